//! Uniques: how many actors there are, with the bounds of an estimate written, drawn, and in the table.

use std::fmt::Write as _;

use serde_json::{Value, json};
use support::{binary, browser::Look};

use super::visit::Visit;

/// Far more actors of one day than a set holds one by one: a sketch of them, with an error that shows.
const MANY: u64 = 12_000;
/// As few as are counted one by one.
const FEW: u64 = 40;

/// Events at a moment, each by somebody else.
fn lines(at: u64, amount: u64) -> String {
    let mut lines = String::new();
    let time = jiff::Timestamp::from_second(i64::try_from(at).expect("a time")).expect("a time");
    for index in 0..amount {
        let network = if index % 2 == 0 { "north" } else { "south" };
        let event = json!({"action": "pageview", "time": time.to_string(), "actor": format!("actor {index}"),
                           "tag": {"network": network}});
        let _ = writeln!(lines, "{event}");
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_estimate_is_shown_with_what_it_lies_between() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log,query").await;
    let now = browser.script("return Math.floor(Date.now() / 1000)", json!([])).await;
    let noon = now.as_u64().expect("a time") / 86_400 * 86_400 + 43_200;
    let input = lines(noon - 2 * 86_400, MANY) + &lines(noon - 3 * 86_400, FEW);
    let arguments = ["import", "events", "-", "--site", "shop"];
    let imported = binary::run_with_input(&visit.database, &arguments, input.as_bytes())
        .await
        .success();
    assert!(imported.contains("12040 events imported"), "{imported}");
    let all = json!({"from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z"});
    let mut north = all.clone();
    north["scope"] = json!(["tag.network"]);
    north["where"] = json!([{"dimension": "tag.network", "value": "north"}]);
    let document = "query ($input: UniqueInput!) { unique(input: $input) { exact provenance { markLagEvents } } }";
    // Sets of actors have marks of their own, one for each scope; until it has passed, actors are counted one by one.
    browser
        .retry("see estimates", async || {
            for input in [&all, &north] {
                let answer = client.graphql(document, json!({"input": input})).await;
                match &answer.data()["unique"] {
                    told if told["exact"] == json!(false) => {}
                    told => return Err(told.to_string()),
                }
            }
            Ok(())
        })
        .await;
    visit.go("/s/shop/uniques?period=7d&zone=UTC").await;
    // A line from the lower bound to the upper one, where the number is an estimate; none where it is exact.
    let drawn = "const lines = [...document.querySelectorAll('#unique-chart .chart-bounds')].map((line) => \
                 line.getBBox().height > 0 && line.getBoundingClientRect().height > 0); return lines.length ? lines : null";
    let drawn = browser
        .retry("see bounds", async || match browser.script(drawn, json!([])).await {
            Value::Null => Err("none is drawn".to_owned()),
            lines => Ok(lines),
        })
        .await;
    assert_eq!(drawn, json!([true]));
    let note = "return document.querySelector('.figure-value + .beside').textContent";
    let note = browser.script(note, json!([])).await;
    assert!(
        note.as_str().is_some_and(|note| note.starts_with("between 1")),
        "{note}"
    );
    // The same in the table, where a screen reader finds it: the estimate lies between its bounds, the exact one is both.
    browser.press("As a table").await;
    browser.sees("At least").await;
    let cells = "return [...document.querySelectorAll('#unique-chart tbody tr')].map((row) => [...row.cells].slice(1) \
                 .map((cell) => Number(cell.textContent.replaceAll(',', ''))))";
    let rows = browser.script(cells, json!([])).await;
    let rows: Vec<Vec<f64>> = serde_json::from_value(rows).expect("numbers");
    let estimate = rows.iter().find(|row| row[0] > 1_000.0).expect("the day of many");
    assert!(
        estimate[1] < estimate[0] && estimate[0] < estimate[2],
        "{estimate:?} lies between its bounds"
    );
    assert!(estimate[1] > 11_000.0 && estimate[2] < 13_000.0, "{estimate:?}");
    assert!(rows.contains(&vec![40.0, 40.0, 40.0]), "{rows:?}");
    // Within a scope: it asks for the value that it needs, and counts those alone.
    browser.choose("Scope", "tag.network").await;
    browser
        .sees("Give a value for each field of the scope: tag.network.")
        .await;
    browser.fill("tag.network", "north").await;
    browser.press("Count").await;
    browser.sees("6,000 between").await;
    browser.choose("Action", "conversion").await;
    browser.sees("0 exact").await;
    visit.was_clean().await;
}
