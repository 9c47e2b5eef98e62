//! The playground: its code comes as it is opened; it asks, watches, and says what there is.

use serde_json::json;
use support::browser::Look;

use super::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn graphql_is_asked_by_hand_and_looked_up() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    let fetched = async || {
        let count =
            "return performance.getEntriesByType('resource').filter((one) => one.name.includes('playground')).length";
        browser.script(count, json!([])).await
    };
    assert_eq!(
        fetched().await,
        0,
        "its code is fetched as it is opened, and not before"
    );
    browser.keys("gq").await;
    browser.arrives("/playground").await;
    browser.sees("Nothing was sent yet.").await;
    browser.fill("Variables", "{").await;
    browser.press("Send").await;
    browser.sees("This is no JSON").await;
    browser.fill("Variables", r#"{"site": "shop"}"#).await;
    browser
        .fill("Operation", "query ($site: String) { actions(site: $site) { name } }")
        .await;
    browser.press("Send").await;
    browser.sees("\"actions\": ").await;
    // What the server refuses is shown as it says it.
    browser.fill("Operation", "{ colour }").await;
    browser.chord('\u{e009}', '\u{e007}').await;
    browser.sees("\"errors\"").await;
    visit.was_refused().await;
    browser
        .fill(
            "Operation",
            "subscription ($site: String) { eventLogged(site: $site) { action } }",
        )
        .await;
    browser.press("Send").await;
    browser.sees("Waiting for what happens").await;
    browser
        .retry("hear of it", async || {
            let logged = client.log(json!({"action": "heard <b>of</b>"})).await;
            assert_eq!(logged["outcome"], "ACCEPTED");
            let seen = browser.text().await;
            if seen.contains("heard <b>of</b>") {
                Ok(())
            } else {
                Err(seen)
            }
        })
        .await;
    browser.press("Stop").await;
    browser.misses("Stop").await;
    browser.fill("Search names", "Query.explainEvent").await;
    browser.sees("1 found").await;
    browser.press("Query.explainEvent").await;
    browser.sees("explainEvent(").await;
    browser.sees("): EventExplanation!").await;
    browser.fill("Search names", "ViewResult").await;
    browser.press("ViewResult").await;
    browser.sees("type ViewResult {").await;
    assert_ne!(fetched().await, 0);
    visit.was_clean().await;
}
