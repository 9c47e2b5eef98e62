//! The tag schema: one type for each key, who gives it, who may change it, and what becomes of an event that does not fit.

use serde_json::{Value, json};
use support::{Client, Tidemark};

mod limit;
mod lock;
mod race;
mod registry;

const LIST: &str = "query ($site: String, $prefix: String, $declared: Boolean, $first: Int, $after: String) { \
     tagTypes(site: $site, prefix: $prefix, declared: $declared, first: $first, after: $after) { totalCount nodes { name \
     type declared declaredAt createdAt firstSeenAt firstSite firstAction lastSeenAt count sites samples } \
     edges { cursor node { name } } pageInfo { hasNextPage hasPreviousPage endCursor } } }";
const DECLARE: &str = "mutation ($input: TagTypeInput!) { declareTagType(input: $input) { tagType { name type declared } \
     error { code message path } } }";
const RETYPE: &str = "mutation ($input: TagTypeInput!) { retypeTagType(input: $input) { tagType { name type declared } \
     error { code message path } } }";
const RELEASE: &str = "mutation ($name: String!) { releaseTagType(name: $name) { tagType { name type declared } \
     error { code message path } } }";

/// What becomes of an event with this tag: its outcome, and where it is refused, the code and the path.
async fn logged(client: &Client, tag: Value) -> (String, String, String) {
    let payload = client.log(json!({"action": "a", "tag": tag})).await;
    told(&payload)
}

/// The same of a payload.
fn told(payload: &Value) -> (String, String, String) {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (
        text(&payload["outcome"]),
        text(&payload["error"]["code"]),
        text(&payload["error"]["path"]),
    )
}

fn accepted() -> (String, String, String) {
    ("ACCEPTED".into(), String::new(), String::new())
}

fn conflict(path: &str) -> (String, String, String) {
    (
        "TYPE_CONFLICT".into(),
        "TAG_TYPE_CONFLICT".into(),
        format!("input.tag.{path}"),
    )
}

/// A caller who may manage all sites, as types are the whole organisation's.
async fn admin(tidemark: &Tidemark) -> Client {
    tidemark.client_of_all_sites("log,query,delete,manage").await
}

/// The payload of a change of a type.
async fn change(client: &Client, document: &str, variables: Value) -> Value {
    let answer = client.graphql(document, variables).await;
    let fields = answer.data().as_object().expect("fields");
    fields.values().next().expect("one field").clone()
}

/// Gives a key a type by one of the documents above.
async fn set(client: &Client, document: &str, name: &str, kind: &str) -> Value {
    let payload = change(client, document, json!({"input": {"name": name, "type": kind}})).await;
    assert!(payload["error"].is_null(), "{payload:#}");
    payload["tagType"].clone()
}

async fn release(client: &Client, name: &str) -> Value {
    let payload = change(client, RELEASE, json!({"name": name})).await;
    assert!(payload["error"].is_null(), "{payload:#}");
    payload["tagType"].clone()
}

/// The keys that are listed.
async fn list(client: &Client, variables: Value) -> Vec<Value> {
    let answer = client.graphql(LIST, variables).await;
    answer.data()["tagTypes"]["nodes"].as_array().expect("a list").clone()
}

/// Names and types of all keys that the caller may know.
async fn types(client: &Client) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = list(client, json!({"first": 1000, "after": after})).await;
        all.extend(page.iter().map(|key| (text(&key["name"]), text(&key["type"]))));
        match page.last() {
            Some(last) if page.len() == 1000 => after = last["name"].clone(),
            _ => return all,
        }
    }
}
