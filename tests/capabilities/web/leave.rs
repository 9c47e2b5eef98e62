//! Pages that are left before they are there, and addresses that no page writes.

use serde_json::json;
use support::browser::Look;

use super::{loading::GATE, look::PAGES, visit::Visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_left_while_they_wait() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.prepare(GATE).await;
    for (page, path, _) in PAGES {
        let (from, text) = if *page == "account" {
            ("/system", "SQLite")
        } else {
            ("/account", "this one")
        };
        // Once before its code is there, and once after.
        visit.go(from).await;
        for _ in 0..2 {
            visit.has_link(path).await;
            browser.sees(text).await;
            browser.script("gate.hold()", json!([])).await;
            visit.follow(path).await;
            visit.follow(from).await;
            browser.script("gate.release()", json!([])).await;
            browser.sees(text).await;
        }
        // What was asked for the page that was left has come by now, and everything still works.
        visit.follow(path).await;
        visit.follow(from).await;
        browser.sees(text).await;
    }
    // Browsers write down that a page is left before its connection was open, and that nobody was signed in at first.
    let meant = |line: &String| line.contains("WebSocket is closed before") || line.contains("/session/");
    let complaints: Vec<_> = browser
        .complaints()
        .await
        .into_iter()
        .filter(|line| !meant(line))
        .collect();
    assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_no_page_writes_are_read_as_far_as_they_go() {
    let visit = Visit::settled(Look::default()).await;
    let periods = [
        "from=0006-02-02&to=61345-02-02",
        "from=0006-02-02&to=0007-02-02",
        "from=1969-12-31&to=9999-12-31",
        "from=1970-01-01&to=2199-12-31",
        "from=2026-02-31&to=2026-13-01",
        "from=x&to=",
        "period=99999d&zone=Nowhere&where=%7B&where=a%3D&view=nope&by=%00&action=%F0%9F%98%80&scope=,&actor=%",
    ];
    let pages = PAGES.iter().filter(|(_, path, _)| {
        ["/overview", "/explore", "/uniques", "/ledger", "/actors"]
            .iter()
            .any(|end| path.ends_with(end))
    });
    for (_, path, _) in pages {
        for period in periods {
            visit.go(&format!("{path}?{period}")).await;
            visit.has_link("/account").await;
            visit.browser.misses("Loading…").await;
            visit.was_refused().await;
        }
    }
    // A year as it is typed, digit by digit.
    visit.go("/s/shop/ledger?from=2026-01-01&to=2026-02-01").await;
    visit.browser.sees("Nothing is missing").await;
    let typed = "const field = document.getElementById('to'); for (const day of ['0002-02-01', '61345-02-01', '2026-03-01']) { \
                 field.value = day; field.dispatchEvent(new Event('change', {bubbles: true})); }";
    visit.browser.script(typed, json!([])).await;
    visit.browser.arrives("to=2026-03-01").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sign_leads_to_the_start_from_everywhere() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let there = "No event in this period";
    for (_, path, text) in PAGES {
        visit.go(&format!("{path}?period=7d")).await;
        browser.sees(text).await;
        browser
            .script("document.querySelector('.shell-sign').click()", json!([]))
            .await;
        browser.arrives("/s/shop/overview").await;
        browser.sees(there).await;
    }
    // What leads there is not gone back to.
    visit.go("/account").await;
    browser.sees("this one").await;
    visit.go("/").await;
    browser.sees(there).await;
    browser.script("history.back()", json!([])).await;
    browser.sees("this one").await;
    visit.was_clean().await;
}
