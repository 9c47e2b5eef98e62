//! A table that is too long to be in the document at once, on a phone.

use serde_json::json;
use support::browser::Look;

use super::{
    look::{check, picture},
    visit::Visit,
};

/// A cell that is narrower than this shows a few letters of what is in it: CSS pixels.
const NARROWEST: f64 = 90.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_long_table_is_read_on_a_phone() {
    let look = Look {
        width: 390,
        height: 844,
        ..Look::default()
    };
    let visit = Visit::settled(look).await;
    let browser = &visit.browser;
    let client = visit.client("manage").await;
    let create =
        "mutation ($input: CreateRulesInput!) { createRules(input: $input) { rules { id } error { message } } }";
    // The first row that is more than what is shown whole.
    let rules: Vec<_> = (0..101)
        .map(|index| json!({"list": "DENY", "target": "USER_AGENT", "pattern": format!("agent-{index}")}))
        .collect();
    let answer = client.graphql(create, json!({"input": {"rules": rules}})).await;
    assert_eq!(answer.data()["createRules"]["error"], json!(null));
    visit.go("/s/shop/lists").await;
    browser.sees("agent-0").await;
    let cells = "return [...document.querySelectorAll('.table-box.long tbody tr:not(.gap):nth-child(2) td')].map((cell) => \
                 cell.getBoundingClientRect().width)";
    let cells = browser.script(cells, json!([])).await;
    let cells: Vec<f64> = serde_json::from_value(cells).expect("widths");
    assert_eq!(cells.len(), 7, "the columns of the list: {cells:?}");
    assert!(cells.iter().all(|width| *width >= NARROWEST), "{cells:?}");
    // What can be done with a row is in sight from the first, and whole.
    let ways = "const box = document.querySelector('.table-box.long').getBoundingClientRect(); return \
                [...document.querySelectorAll('.table-box.long tbody tr:not(.gap):nth-child(2) td.ways button')].map((button) => \
                { const frame = button.getBoundingClientRect(); return frame.left >= box.left && frame.right <= box.right; })";
    assert_eq!(browser.script(ways, json!([])).await, json!([true, true]));
    check(browser, "a long table on a phone").await;
    picture(browser, "long-table-phone").await;
    visit.was_clean().await;
}
