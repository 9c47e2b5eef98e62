//! Tags: a key's type is chosen, what does not fit is quarantined, mended and logged.

use serde_json::json;
use support::browser::Look;

use super::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_quarantine_is_mended_and_logged() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log,query").await;
    let log = async |price: serde_json::Value| client.log(json!({"action": "buy", "tag": {"price": price}})).await;
    assert_eq!(log(json!(5)).await["outcome"], "ACCEPTED");
    for price in ["7", "8"] {
        assert_eq!(log(json!(price)).await["outcome"], "TYPE_CONFLICT");
    }
    let stored = async || {
        let found = client
            .graphql("{ events(first: 100) { edges { node { id } } } }", json!({}))
            .await;
        found.data()["events"]["edges"].as_array().map(Vec::len)
    };
    visit.go("/s/shop/tags").await;
    browser.sees("string where number is expected").await;
    browser.sees("Events here: 2.").await;
    browser.press("Mend: price").await;
    browser.press("Try").await;
    browser.sees("Would be stored: 2.").await;
    assert_eq!(stored().await, Some(1), "trying changes nothing");
    browser.choose("How", "Try them as they are").await;
    browser.press("Try").await;
    browser.sees("Would be refused again: 2.").await;
    browser.choose("How", "Turn the values into the type").await;
    browser.press("Mend and log").await;
    browser.sees("Stored: 2.").await;
    browser.sees("Nothing is in quarantine.").await;
    assert_eq!(stored().await, Some(3));
    // What is beyond mending is deleted, by typing how many there are.
    assert_eq!(log(json!("many")).await["outcome"], "TYPE_CONFLICT");
    browser.reload().await;
    browser.press("Delete all").await;
    browser.fill("Type “1” to confirm", "1").await;
    browser.press("Delete all").await;
    browser.sees("1 events are deleted.").await;
    browser.sees("Nothing is in quarantine.").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_gets_a_type_and_loses_it() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    visit.go("/s/shop/tags").await;
    browser.sees("No key yet").await;
    browser.press("Declare key").await;
    browser.fill("Key", "plan").await;
    browser.fill("Type", "colour").await;
    browser.press("Declare key").await;
    // What the server says of it stands in the form.
    browser
        .retry("be told", async || {
            let alert = "return document.querySelector('dialog[open] [role=alert]').innerText";
            let alert = browser.script(alert, json!([])).await;
            if alert.as_str().is_some_and(|text| text.contains("colour")) {
                Ok(())
            } else {
                Err(alert.to_string())
            }
        })
        .await;
    browser.fill("Type", "number").await;
    browser.press("Declare key").await;
    browser.sees("plan is number from now on.").await;
    let log = async || {
        client
            .log(json!({"action": "buy", "tag": {"plan": "<img src=x onerror=alert(1)>"}}))
            .await
    };
    assert_eq!(log().await["outcome"], "TYPE_CONFLICT");
    browser.press("Change type: plan").await;
    browser.fill("Type", "string").await;
    browser.press("Change type").await;
    browser.sees("plan is string from now on.").await;
    browser
        .retry("be let in", async || match log().await["outcome"].as_str() {
            Some("ACCEPTED") => Ok(()),
            other => Err(format!("{other:?}")),
        })
        .await;
    browser.reload().await;
    browser.sees("<img src=x onerror=alert(1)>").await;
    browser.press("Release: plan").await;
    browser.fill("Type “plan” to confirm", "plan").await;
    browser.press("Release").await;
    browser.sees("plan has no type any more.").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_quarantine_says_how_far_its_emptying_has_come() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    let event = |price: serde_json::Value| json!({"action": "buy", "tag": {"price": price}});
    assert_eq!(client.log(event(json!(5))).await["outcome"], "ACCEPTED");
    for _ in 0..3 {
        let conflicts = (0..400).map(|_| event(json!("many"))).collect();
        let _ = client.log_many(conflicts).await;
    }
    visit.go("/s/shop/tags").await;
    browser.sees("Events here: 1,200.").await;
    browser.press("Delete all").await;
    browser.fill("Type “1200” to confirm", "1200").await;
    // The server deletes a thousand at once; what is asked after that waits.
    let hold = "const ask = window.fetch; let asked = 0; window.fetch = async (...request) => { asked += 1; if (asked === 2) \
                await new Promise((done) => { window.goOn = done; }); return ask.apply(window, request); }";
    browser.script(hold, json!([])).await;
    browser.press("Delete all").await;
    browser.sees("1,000 of 1,200 are deleted.").await;
    browser.script("window.goOn()", json!([])).await;
    browser.sees("1,200 events are deleted.").await;
    browser.sees("Nothing is in quarantine.").await;
    visit.was_clean().await;
}
