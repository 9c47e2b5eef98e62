//! Synerise's event tracking: what its clients send means here what it means there.

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    Answer, Client,
    kept::{counted, events, misfits, told},
};

mod client;
mod event;
mod example;
mod list;
mod overwrite;
mod refusal;
mod route;
mod sign_in;
mod size;

const CUSTOM: &str = "/v4/events/custom";
const BATCH: &str = "/v4/events/batch";

#[expect(clippy::disallowed_methods, reason = "the server's clock is the system's")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Posts with the client's key.
async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    let request = client.request(Method::POST, path).header("Api-Version", "4.4");
    client.send(request.json(body)).await
}

/// Posts, and fails unless it is accepted.
async fn accept(client: &Client, path: &str, body: Value) {
    let answer = post(client, path, &body).await;
    assert_eq!((answer.status, answer.text.as_str()), (202, ""), "{path}");
}

/// An event with these fields besides those that it must have.
fn custom(with: Value) -> Value {
    let mut fields = json!({"action": "context.activity", "label": "Did it", "client": {"uuid": "u-1"}});
    for (name, value) in with.as_object().expect("an object") {
        fields[name] = value.clone();
    }
    fields
}

/// Fails unless it is refused in the documented words with this status; gives the fields that are wrong.
fn refused(answer: &Answer, status: u16, error: &str) -> Vec<String> {
    let body = &answer.body;
    assert_eq!(
        (answer.status, &body["status"], &body["error"]),
        (status, &json!(status), &json!(error)),
        "{}",
        answer.text
    );
    let timestamp = body["timestamp"].as_str().expect("a text");
    assert!(timestamp.len() == 24 && timestamp.ends_with('Z'), "{timestamp}");
    assert!(
        body["message"].is_string() && body["path"].is_string(),
        "{}",
        answer.text
    );
    let errors = body["errors"].as_array().expect("a list").iter();
    let field = |wrong: &Value| {
        assert_eq!(wrong["code"], status);
        assert!(wrong["message"].is_string(), "{wrong}");
        wrong["field"].as_str().expect("a text").to_owned()
    };
    errors.map(field).collect()
}
