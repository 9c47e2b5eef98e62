//! Events: found, opened whole, deleted with a count beforehand, brought back, and purged.

use std::time::Duration;

use serde_json::{Value, json};
use support::{Client, browser::Look};

use super::visit::Visit;
use crate::inside;

/// The deletions of the site, as callers of the API have them.
async fn deletions(client: &Client) -> Value {
    let document = "{ deletions(first: 10) { purgeAt nodes { state } } }";
    client.graphql(document, json!({})).await.data()["deletions"].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_found_opened_deleted_and_brought_back() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log,query,delete").await;
    let script = "<script>alert(1)</script>";
    let events: Vec<Value> = (0..8)
        .map(|index| {
            let action = if index < 5 { "pageview" } else { "signup" };
            json!({"id": format!("e{index}"), "action": action, "label": script, "actor": script, "company": script,
                   "url": format!("https://shop.example/{script}"), "tag": {script: script}, "userAgent": script})
        })
        .collect();
    assert_eq!(client.log_many(events).await["accepted"], 8);
    let left = async || {
        client
            .graphql("{ events(first: 100) { edges { node { id } } } }", json!({}))
            .await
            .data()["events"]["edges"]
            .as_array()
            .map(Vec::len)
    };
    visit.go("/s/shop/raw?zone=UTC").await;
    browser.sees("signup").await;
    // One, whole; what it holds is text.
    browser.press("Open: e7").await;
    browser.sees("trafficSource").await;
    browser.sees(script).await;
    browser.keys("\u{e00c}").await;
    // It is told what would go, and not how much alone.
    let lost =
        "return [...document.querySelectorAll('dialog[open] dl.fields > div > *')].map((cell) => cell.innerText)";
    browser.press("Delete all that match").await;
    browser.sees("Delete 8 events").await;
    browser.sees("What they are;").await;
    assert_eq!(
        browser.script(lost, json!([])).await,
        json!(["pageview", "5", "signup", "3"])
    );
    browser.press("Cancel").await;
    browser.misses("Delete 8 events").await;
    // By a filter: counted first, and typed.
    browser.fill("Value", "signup").await;
    browser.press("Filter").await;
    browser.sees("action: signup").await;
    browser.misses("pageview").await;
    browser.press("Delete all that match").await;
    browser.sees("Delete 3 events").await;
    assert_eq!(browser.script(lost, json!([])).await, json!(["signup", "3"]));
    assert_eq!(left().await, Some(8), "counting deletes nothing");
    browser.fill("Type “3” to confirm", "3").await;
    browser.press("Delete").await;
    browser.sees("3 events are deleted.").await;
    browser.sees("No event here").await;
    assert_eq!(left().await, Some(5));
    // Until when they can come back is said, and no longer once they are.
    let until = "return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone: 'UTC' })\
                 .format(new Date(arguments[0]))";
    let purge_at = deletions(&client).await["purgeAt"].clone();
    let until = browser.script(until, json!([purge_at])).await;
    let until = until.as_str().expect("a time");
    browser.sees("Can come back until").await;
    browser.sees(until).await;
    browser.press("Bring back").await;
    browser.sees("3 events are back.").await;
    browser.misses(until).await;
    browser.sees("signup").await;
    assert_eq!(left().await, Some(8));
    // A selection.
    browser.press("Take away the filter action: signup").await;
    browser.sees("pageview").await;
    for id in ["e0", "e6"] {
        browser.press(&format!("Select {id}")).await;
    }
    browser.press("Delete selected (2)").await;
    browser.sees("Delete 2 events").await;
    browser.fill("Type “2” to confirm", "2").await;
    browser.press("Delete").await;
    browser.sees("2 events are deleted.").await;
    assert_eq!(left().await, Some(6));
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_deletion_shows_how_far_it_is_and_leaves_what_is_ticked() {
    // Slices so small that it takes a while.
    let visit = Visit::settled_with(Look::default(), &[("--deletion-slice-events", "10")]).await;
    let browser = &visit.browser;
    let client = visit.client("log,query").await;
    let events: Vec<Value> = (0..4_000).map(|_| json!({"action": "noise"})).collect();
    assert_eq!(client.log_many(events).await["accepted"], 4_000);
    assert_eq!(
        client.log(json!({"id": "kept", "action": "kept"})).await["outcome"],
        "ACCEPTED"
    );
    visit.go("/s/shop/raw?period=7d&where=action%3D%22noise%22").await;
    browser.press("Delete all that match").await;
    browser.sees("Delete 4,000 events").await;
    browser.fill("Type “4000” to confirm", "4000").await;
    browser.press("Delete").await;
    browser.sees("of 4,000").await;
    browser.press("Take away the filter action: noise").await;
    browser.press("Select kept").await;
    browser.sees("Delete selected (1)").await;
    // Once it is done, it can still be brought back; what was ticked meanwhile is.
    browser.misses_within("of 4,000", Duration::from_secs(120)).await;
    browser.sees("Bring back").await;
    browser.sees("Delete selected (1)").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_shows_by_itself_and_how_far_it_is() {
    let visit = Visit::settled_with(Look::default(), &[("--purge-interval", "5s")]).await;
    let browser = &visit.browser;
    // A purge goes by slices of 500 events; after two of them it comes no further, and tries again.
    let hold = "CREATE TRIGGER hold BEFORE DELETE ON event WHEN (SELECT count(*) FROM event) <= 3000 \
                BEGIN SELECT RAISE(ABORT, 'held up'); END";
    inside::execute(&visit.database, hold).await;
    let client = visit.client("log,delete").await;
    let events: Vec<Value> = (0..4_000).map(|_| json!({"action": "noise"})).collect();
    assert_eq!(client.log_many(events).await["accepted"], 4_000);
    visit.go("/s/shop/raw").await;
    browser.press("Delete all that match").await;
    browser.sees("Delete 4,000 events").await;
    browser.fill("Type “4000” to confirm", "4000").await;
    browser.press("Delete").await;
    browser.sees("4,000 events are deleted.").await;
    // It has begun by itself, and told how far it was when it was held up; and it goes on to its end.
    browser.sees("being purged").await;
    browser.sees("1,000 of 4,000").await;
    let progress = "const { max, value } = document.querySelector('tbody progress'); return [max, value]";
    assert_eq!(browser.script(progress, json!([])).await, json!([4_000, 1_000]));
    browser.misses("Bring back").await;
    inside::execute(&visit.database, "DROP TRIGGER hold").await;
    browser.misses_within("being purged", Duration::from_secs(120)).await;
    assert_eq!(deletions(&client).await["nodes"], json!([{"state": "PURGED"}]));
    visit.was_clean().await;
}
