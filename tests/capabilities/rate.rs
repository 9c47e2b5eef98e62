//! How much each caller may use up: budgets, what questions cost, and what is told of it.

mod budget;
mod cost;
mod dialect;
mod fairness;
mod header;
mod instances;
mod mint;

use std::time::Duration;

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
pub(crate) fn told(answer: &Answer, header: &str, name: &str, parameter: &str) -> u64 {
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

/// How long somebody was kept waiting.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    median: Duration,
    /// Of a hundred, ninety-five were faster.
    p95: Duration,
}

impl Pace {
    /// Of these waits, of which there is at least one.
    pub(crate) fn of(mut waits: Vec<Duration>) -> Self {
        waits.sort();
        let at = |part: usize| waits[(waits.len() * part / 100).min(waits.len() - 1)];
        Self {
            median: at(50),
            p95: at(95),
        }
    }

    /// Nobody is slowed by others by more than what these take of the processors: a few times what it took alone, and
    /// `slack` more, twice and a half of it for the slowest ones.
    #[track_caller]
    pub(crate) fn assert_near(&self, alone: &Self, slack: Duration) {
        let most = Self {
            median: alone.median * 4 + slack,
            p95: alone.p95 * 4 + slack * 5 / 2,
        };
        assert!(
            self.median <= most.median && self.p95 <= most.p95,
            "{self:?}, alone {alone:?}, at most {most:?}"
        );
    }
}
