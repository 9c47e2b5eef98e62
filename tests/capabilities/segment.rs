//! Segment's HTTP tracking API: its clients come in unmodified, and what they send means here what it means there.

use reqwest::Method;
use serde_json::{Value, json};
use support::{
    Answer, Client,
    example::contains,
    kept::{actor, company, counted, events, quarantined, told},
};

mod context;
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
