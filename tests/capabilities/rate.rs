//! How much each caller may use up: budgets, what questions cost, and what is told of it.

mod budget;
mod cost;
mod fairness;
mod header;
mod instances;
mod mint;

use serde_json::{Value, json};
use support::{Answer, Client};

/// What a caller has left, by the name of the budget.
async fn left(client: &Client, name: &str) -> Value {
    let answer = client
        .graphql(
            "{ viewer { rateLimits { name limit seconds remaining resetsAt } } }",
            json!({}),
        )
        .await;
    let limits = answer.data()["viewer"]["rateLimits"].clone();
    let mut limits = limits.as_array().expect("a list").iter();
    limits
        .find(|limit| limit["name"] == name)
        .unwrap_or_else(|| panic!("no limit {name}: {}", answer.text))
        .clone()
}

/// A number among the headers `RateLimit-Policy` and `RateLimit`, such as `q` of `"log"`.
fn told(answer: &Answer, header: &str, name: &str, parameter: &str) -> u64 {
    let text = answer
        .headers
        .get(header)
        .unwrap_or_else(|| panic!("no {header}: {}", answer.text));
    let text = text.to_str().expect("text");
    let item = text.split(", ").find(|item| item.starts_with(&format!("\"{name}\";")));
    let item = item.unwrap_or_else(|| panic!("{header}: {text} has no {name}"));
    let found = item
        .split(';')
        .find_map(|part| part.strip_prefix(&format!("{parameter}=")));
    let found = found.unwrap_or_else(|| panic!("{header}: {text} has no {parameter}"));
    found.parse().unwrap_or_else(|_| panic!("{header}: {text}"))
}
