//! The ledger: what became of every event received, as the callers were told it.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use support::Client;

mod bound;
mod cut;
mod door;
mod kill;
mod outcome;
mod question;
mod unknown;

/// All times.
const FROM: &str = "2020-01-01T00:00:00Z";
const TO: &str = "2060-01-01T00:00:00Z";

/// Events by outcome, code, action and key; an empty text stands for none.
type Told = BTreeMap<[String; 4], i64>;

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Adds an event that was told by a payload's outcome.
fn note(told: &mut Told, payload: &Value, action: &str, key: &str) {
    let line = [
        text(&payload["outcome"]),
        text(&payload["error"]["code"]),
        action.into(),
        key.into(),
    ];
    assert!(!line[0].is_empty(), "{payload:#}");
    assert_eq!(
        line[1].is_empty(),
        ["ACCEPTED", "DUPLICATE"].contains(&line[0].as_str()),
        "a refusal has a code: {payload:#}"
    );
    *told.entry(line).or_default() += 1;
}

/// All that the ledger holds, by outcome, code, action and key; its sums are checked.
async fn ledger(client: &Client, site: Option<&str>) -> Told {
    let by = ["OUTCOME", "CODE", "ACTION", "KEY"];
    let answer = client
        .ledger(json!({"site": site, "from": FROM, "to": TO, "groupBy": by}))
        .await;
    let rows = answer["rows"].as_array().expect("a list");
    let sum: i64 = rows.iter().filter_map(|row| row["count"].as_i64()).sum();
    assert_eq!(answer["received"], sum, "{answer:#}");
    let line = |row: &Value| {
        assert_eq!(row["otherActions"], row["action"].is_null(), "{row:#}");
        let names = ["outcome", "code", "action", "key"].map(|name| text(&row[name]));
        (names, row["count"].as_i64().expect("a number"))
    };
    let told: Told = rows.iter().map(line).collect();
    assert_eq!(told.len(), rows.len(), "no group comes twice");
    told
}

/// The public part of a caller's key.
fn prefix(client: &Client) -> String {
    client.key().expect("it has one")[..15].to_owned()
}
