//! Coveo's usage analytics and event protocol: their clients come in unmodified, and what they send means here what it
//! means there.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Answer, Client,
    kept::{events, events_of, misfits},
};

mod around;
mod click;
mod example;
mod identity;
mod library;
mod order;
mod refusal;
mod relay;
mod route;
mod token;

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

/// Fails unless `found` has every field of `expected`; a tag has no others.
fn contains(found: &Value, expected: &Value) {
    for (name, value) in expected.as_object().expect("an object") {
        assert_eq!(&found[name], value, "{name} of {found:#}");
    }
}
