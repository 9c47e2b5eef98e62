//! What becomes of an event on its way in: its outcome, and what is kept of it.

use serde_json::{Value, json};
use support::Client;

mod actor;
mod enrichment;
mod id;
mod limit;
mod number;
mod outcome;
mod page;
mod rate;
mod tag;

/// Outcome, code and path of one answer.
type Judgement = (String, String, String);

fn judgement(payload: &Value) -> Judgement {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (code, path) = (text(&payload["error"]["code"]), text(&payload["error"]["path"]));
    (text(&payload["outcome"]), code, path)
}

/// Logs an event that breaks a rule, and expects to be told which.
async fn refuses(client: &Client, event: Value, code: &str, path: &str) {
    let shown: String = event.to_string().chars().take(200).collect();
    let payload = client.log(event).await;
    let expected = ("INVALID".to_owned(), code.to_owned(), path.to_owned());
    assert_eq!(judgement(&payload), expected, "{shown}");
    assert!(payload["event"].is_null(), "{payload:#}");
    let message = payload["error"]["message"].as_str().unwrap_or_default();
    assert!(message.len() > 10, "a sentence: {message:?}");
}

/// Logs an event and expects it to be stored; gives what is kept of it, as it is read back.
async fn kept(client: &Client, event: Value) -> Value {
    let payload = client.log(event).await;
    assert_eq!(payload["outcome"], "ACCEPTED", "{payload:#}");
    let id = payload["event"]["id"].as_str().expect("an id").to_owned();
    let event = client.event(&id).await;
    assert_eq!(event, payload["event"], "what is answered is what is kept");
    event
}

/// The ids of the site's events, in order of their arrival.
async fn ids(client: &Client) -> Vec<String> {
    let page = client
        .events(json!({"first": 1000, "orderBy": "ARRIVAL_ASCENDING"}))
        .await;
    let edges = page["edges"].as_array().expect("a list");
    let id = |edge: &Value| edge["node"]["id"].as_str().expect("an id").to_owned();
    edges.iter().map(id).collect()
}
