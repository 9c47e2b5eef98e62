//! Coveo's usage analytics and event protocol: their clients come in unmodified, and what they send means here what it
//! means there.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Answer, Client, Tidemark};

mod click;
mod example;
mod identity;
mod library;
mod refusal;
mod relay;
mod token;

/// All times.
const FROM: &str = "2000-01-01T00:00:00Z";
const TO: &str = "2060-01-01T00:00:00Z";

/// A client that most tests send as.
const VISITOR: &str = "489aa3e3-aed2-4563-8e81-62bb73178a56";

const ANALYTICS: &str = "/rest/ua/v15/analytics";

/// Posts with the client's key, as JSON.
async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    let path = if path.starts_with('/') {
        path.to_owned()
    } else {
        format!("{ANALYTICS}/{path}")
    };
    client.send(client.request(Method::POST, &path).json(body)).await
}

/// Posts a body of any kind, with no key but what is in it.
async fn post_form(client: &Client, path: &str, body: String) -> Answer {
    let request = client
        .without_key()
        .request(Method::POST, &format!("{ANALYTICS}/{path}"));
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    client.send(request.body(body)).await
}

/// Posts, and fails unless it is answered that all is well.
async fn accept(client: &Client, path: &str, body: Value) -> Value {
    let answer = post(client, path, &body).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    answer.body
}

/// A click with these fields besides those that it must have.
fn click(with: Value) -> Value {
    let mut fields = json!({"actionCause": "documentOpen", "documentPosition": 2, "sourceName": "web", "language": "en",
        "searchQueryUid": "7bfc652a-9dea-4811-b3f9-6d24345c37ce", "clientId": VISITOR});
    for (name, value) in with.as_object().expect("an object") {
        fields[name] = value.clone();
    }
    fields
}

/// The site's events, in the order of arrival.
async fn events(tidemark: &Tidemark) -> Vec<Value> {
    events_of(tidemark.client()).await
}

async fn events_of(client: &Client) -> Vec<Value> {
    let page = client
        .events(json!({"first": 500, "orderBy": "ARRIVAL_ASCENDING"}))
        .await;
    let edges = page["edges"].as_array().expect("a list");
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// What is in quarantine: code, path and action of each, in order.
async fn quarantined(client: &Client) -> Vec<String> {
    let document = "{ quarantine(first: 200) { edges { node { code path event { action door } } } } }";
    let page = client.graphql(document, json!({})).await;
    let edges = page.data()["quarantine"]["edges"].as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let shown = edges.iter().map(|edge| {
        let node = &edge["node"];
        assert_eq!(node["event"]["door"], "coveo");
        format!(
            "{} {} {}",
            text(&node["code"]),
            text(&node["path"]),
            text(&node["event"]["action"])
        )
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown
}

/// Fails unless `found` has every field of `expected`; a tag has no others.
fn contains(found: &Value, expected: &Value) {
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&found[name], value, "{name} of {found:#}");
    }
}
