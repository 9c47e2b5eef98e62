//! Segment's HTTP tracking API: its clients come in unmodified, and what they send means here what it means there.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Tidemark};

mod example;
mod library;
mod message;
mod refusal;

/// All times.
const FROM: &str = "2000-01-01T00:00:00Z";
const TO: &str = "2060-01-01T00:00:00Z";

/// Posts a message or a batch with the client's key, the way that libraries send it.
async fn post(client: &Client, path: &str, body: &Value) -> Answer {
    let request = anonymous(client).request(Method::POST, path);
    let request = request
        .basic_auth(client.key().expect("it has a key"), Some(""))
        .json(body);
    client.send(request).await
}

/// The same caller without the key.
fn anonymous(client: &Client) -> Client {
    client.without_key()
}

/// Posts, and fails unless it is answered that all is well.
async fn accept(client: &Client, path: &str, body: Value) {
    let answer = post(client, path, &body).await;
    assert_eq!(
        (answer.status, &answer.body),
        (200, &json!({"success": true})),
        "{path}: {}",
        answer.text
    );
}

/// The site's events, in the order of arrival.
async fn events(tidemark: &Tidemark) -> Vec<Value> {
    let page = tidemark
        .client()
        .events(json!({"first": 500, "orderBy": "ARRIVAL_ASCENDING"}))
        .await;
    let edges = page["edges"].as_array().expect("a list");
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// What came in by this door, by outcome, code and action.
async fn ledger(client: &Client) -> Vec<(String, String, String, i64)> {
    let by = ["OUTCOME", "CODE", "ACTION", "DIALECT"];
    let answer = client.ledger(json!({"from": FROM, "to": TO, "groupBy": by})).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = answer["rows"].as_array().expect("a list").iter();
    let rows = rows.filter(|row| row["dialect"] == "segment").map(|row| {
        (
            text(&row["outcome"]),
            text(&row["code"]),
            text(&row["action"]),
            row["count"].as_i64().expect("a number"),
        )
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    rows
}

/// The rows of a ledger as they are written in a test.
fn told(rows: &[(&str, &str, &str, i64)]) -> Vec<(String, String, String, i64)> {
    let row = |(outcome, code, action, n): &(&str, &str, &str, i64)| {
        ((*outcome).to_owned(), (*code).to_owned(), (*action).to_owned(), *n)
    };
    rows.iter().map(row).collect()
}

/// What is known of an actor.
async fn actor(client: &Client, id: &str) -> Value {
    let document = "query ($id: ID!) { actor(id: $id) { id aliases traits firstSeen lastSeen company { id traits } \
         firstTouch { time campaign } lastTouch { time campaign } events(first: 100) { edges { node { action actor } } } } }";
    client.graphql(document, json!({"id": id})).await.data()["actor"].clone()
}

/// What is known of a company.
async fn company(client: &Client, id: &str) -> Value {
    let document = "query ($id: ID!) { company(id: $id) { id traits firstSeen lastSeen \
         events(first: 100) { edges { node { action actor } } } } }";
    client.graphql(document, json!({"id": id})).await.data()["company"].clone()
}

/// What is in quarantine: the code, the path and the event of each.
async fn quarantined(client: &Client) -> Vec<Value> {
    let document = "{ quarantine(first: 100) { edges { node { id code path receivedType event { id action actor device tag \
         time door } } } } }";
    let page = client.graphql(document, json!({})).await;
    let edges = page.data()["quarantine"]["edges"].as_array().expect("a list").clone();
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// Fails unless `found` has every field of `expected`, and in objects inside every field of theirs.
fn contains(found: &Value, expected: &Value, at: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) if at.ends_with("tag") || at.ends_with("traits") => {
            assert_eq!(found, expected, "{at}");
        }
        (Value::Object(all), Value::Object(expected)) => {
            for (name, value) in expected {
                contains(all.get(name).unwrap_or(&Value::Null), value, &format!("{at}.{name}"));
            }
        }
        (Value::Array(all), Value::Array(expected)) => {
            assert_eq!(all.len(), expected.len(), "{at}: {all:?}");
            for (index, (one, expected)) in all.iter().zip(expected).enumerate() {
                contains(one, expected, &format!("{at}[{index}]"));
            }
        }
        _ => assert_eq!(found, expected, "{at}"),
    }
}
