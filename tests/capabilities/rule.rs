//! Allow and deny lists: what they refuse, what they count, and when a change of them holds.

use serde_json::{Value, json};
use support::Client;

mod change;
mod effect;
mod explain;
mod hit;
mod judge;
mod preview;

/// What is asked of a rule.
macro_rules! rule {
    () => {
        "id list target pattern note enabled shadow expiresAt createdAt hits lastHitAt days { date hits }"
    };
}

const CREATE: &str = concat!(
    "mutation ($input: CreateRuleInput!) { createRule(input: $input) { rule { ",
    rule!(),
    " } error { code message path } } }"
);
const CREATE_MANY: &str = "mutation ($input: CreateRulesInput!) { createRules(input: $input) { rules { id pattern } \
     error { code message path } } }";
const UPDATE: &str = concat!(
    "mutation ($input: UpdateRuleInput!) { updateRule(input: $input) { rule { ",
    rule!(),
    " } error { code message path } } }"
);
const DELETE: &str = concat!(
    "mutation ($id: ID!) { deleteRule(id: $id) { rule { ",
    rule!(),
    " } error { code message path } } }"
);
const LIST: &str = concat!(
    "query ($list: RuleList, $target: RuleTarget, $first: Int, $after: String) { rules(list: $list, target: $target, \
     first: $first, after: $after) { totalCount nodes { ",
    rule!(),
    " } pageInfo { hasNextPage hasPreviousPage endCursor } } }"
);

/// A deny rule.
fn deny(target: &str, pattern: &str) -> Value {
    json!({"list": "DENY", "target": target, "pattern": pattern})
}

/// An allow rule.
fn allow(target: &str, pattern: &str) -> Value {
    json!({"list": "ALLOW", "target": target, "pattern": pattern})
}

/// The same rule with another setting.
fn with(mut rule: Value, field: &str, value: Value) -> Value {
    rule[field] = value;
    rule
}

/// Adds a rule, and gives it as it is.
async fn create(client: &Client, rule: Value) -> Value {
    let answer = client.graphql(CREATE, json!({"input": {"rule": rule}})).await;
    let payload = &answer.data()["createRule"];
    assert!(payload["error"].is_null(), "{payload:#}");
    payload["rule"].clone()
}

/// Changes a rule, and gives it as it is.
async fn update(client: &Client, input: Value) -> Value {
    let answer = client.graphql(UPDATE, json!({"input": input})).await;
    let payload = &answer.data()["updateRule"];
    assert!(payload["error"].is_null(), "{payload:#}");
    payload["rule"].clone()
}

async fn delete(client: &Client, rule: &Value) -> Value {
    let answer = client.graphql(DELETE, json!({"id": rule["id"]})).await;
    let payload = &answer.data()["deleteRule"];
    assert!(payload["error"].is_null(), "{payload:#}");
    payload["rule"].clone()
}

/// All rules of the site, oldest first.
async fn list(client: &Client) -> Vec<Value> {
    let answer = client.graphql(LIST, json!({"first": 1000})).await;
    answer.data()["rules"]["nodes"].as_array().expect("a list").clone()
}

/// One rule with its hits.
async fn read(client: &Client, rule: &Value) -> Value {
    let rules = list(client).await;
    let found = rules.into_iter().find(|one| one["id"] == rule["id"]);
    found.expect("the rule is listed")
}

/// Logs an event; gives its outcome alone.
async fn outcome(client: &Client, event: Value) -> String {
    let payload = client.log(event).await;
    payload["outcome"].as_str().expect("an outcome").to_owned()
}
