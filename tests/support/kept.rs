//! What became of what was sent, as tests of doors look at it: events, profiles, quarantine and ledger of a client's site.

use serde_json::{Value, json};

use crate::{Client, Tidemark};

/// The site's events, in the order of arrival.
pub async fn events(tidemark: &Tidemark) -> Vec<Value> {
    events_of(tidemark.client()).await
}

/// The events of a client's site, in the order of arrival.
pub async fn events_of(client: &Client) -> Vec<Value> {
    let page = client
        .events(json!({"first": 500, "orderBy": "ARRIVAL_ASCENDING"}))
        .await;
    nodes(&page)
}

/// What is known of an actor; null where nothing is.
pub async fn actor(client: &Client, id: &str) -> Value {
    let document = "query ($id: ID!) { actor(id: $id) { id aliases traits sessions firstSeen lastSeen company { id traits } \
         firstTouch { time campaign } lastTouch { time campaign } events(first: 100) { edges { node { action actor } } } } }";
    client.graphql(document, json!({"id": id})).await.data()["actor"].clone()
}

/// What is known of a company; null where nothing is.
pub async fn company(client: &Client, id: &str) -> Value {
    let document = "query ($id: ID!) { company(id: $id) { id traits firstSeen lastSeen subscriptions { id traits } \
         events(first: 100) { edges { node { action actor } } } } }";
    client.graphql(document, json!({"id": id})).await.data()["company"].clone()
}

/// What is in quarantine, whole.
pub async fn quarantined(client: &Client) -> Vec<Value> {
    let document = "{ quarantine(first: 200) { edges { node { id code path receivedType event { id action actor device tag \
         time door } } } } }";
    let page = client.graphql(document, json!({})).await;
    nodes(&page.data()["quarantine"])
}

/// What is in quarantine and came in by this door, as is all that is there: code, path and action of each, in order.
pub async fn misfits(client: &Client, door: &str) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let kept = quarantined(client).await;
    let shown = kept.iter().map(|node| {
        assert_eq!(node["event"]["door"], door);
        let (code, path, action) = (&node["code"], &node["path"], &node["event"]["action"]);
        format!("{} {} {}", text(code), text(path), text(action))
    });
    let mut shown: Vec<_> = shown.collect();
    shown.sort();
    shown
}

/// A row of the ledger: outcome, code, action and number.
pub type Counted = (String, String, String, i64);

/// What came in by this door, in order.
pub async fn counted(client: &Client, door: &str) -> Vec<Counted> {
    let by = ["OUTCOME", "CODE", "ACTION", "DIALECT"];
    let (from, to) = ("2000-01-01T00:00:00Z", "2060-01-01T00:00:00Z");
    let answer = client.ledger(json!({"from": from, "to": to, "groupBy": by})).await;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let rows = answer["rows"].as_array().expect("a list").iter();
    let rows = rows.filter(|row| row["dialect"] == door).map(|row| {
        let count = row["count"].as_i64().expect("a number");
        (text(&row["outcome"]), text(&row["code"]), text(&row["action"]), count)
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort();
    rows
}

/// Rows of the ledger as they are written in a test.
#[must_use]
pub fn told(rows: &[(&str, &str, &str, i64)]) -> Vec<Counted> {
    let row = |(outcome, code, action, n): &(&str, &str, &str, i64)| {
        ((*outcome).to_owned(), (*code).to_owned(), (*action).to_owned(), *n)
    };
    rows.iter().map(row).collect()
}

fn nodes(page: &Value) -> Vec<Value> {
    let edges = page["edges"].as_array().expect("a list");
    edges.iter().map(|edge| edge["node"].clone()).collect()
}
