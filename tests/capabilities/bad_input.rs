//! Bad input is told apart by code and field, and harms nobody: no answer is the server's fault, and it goes on.

use serde_json::{Value, json};
use support::{Answer, Client, Tidemark};

mod argument;
mod body;
mod event;
mod kind;
mod question;

/// Expects a refusal that names the field.
async fn refuses(client: &Client, document: &str, variables: Value, code: &str, path: &str) {
    let shown: String = variables.to_string().chars().take(300).collect();
    let answer = client.graphql(document, variables).await;
    assert!(answer.status < 500, "status {}: {document} {shown}", answer.status);
    let found = answer.error()["extensions"]["path"].as_str();
    assert_eq!(
        (answer.error_code(), found),
        (code, Some(path)),
        "{document} {shown}: {}",
        answer.text
    );
    speaks_to_people(&answer);
}

/// The message is a sentence without words from inside.
fn speaks_to_people(answer: &Answer) {
    let message = answer.error()["message"].as_str().unwrap_or_default();
    assert!(message.len() > 10, "{}", answer.text);
    for inside in ["panick", "sqlx", "SqlErr", "sea_orm", "unwrap", "src/", "SELECT "] {
        assert!(!message.contains(inside), "{}", answer.text);
    }
}

/// The server still takes events and answers.
async fn goes_on(tidemark: &Tidemark) {
    let client = tidemark.client();
    assert_eq!(client.log(json!({"action": "pageview"})).await["outcome"], "ACCEPTED");
    let input = json!({
        "view": "events", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z",
        "where": [{"dimension": "action", "value": "pageview"}],
    });
    assert_eq!(client.find(input).await["total"], 1);
    let log = tidemark.server().log();
    assert!(!log.contains("ERROR"), "{log}");
}
