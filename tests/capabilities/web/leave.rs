//! Pages that are left before they are there, and addresses that no page writes.

use serde_json::json;
use support::browser::Look;

use super::{
    loading::{GATE, INSTEAD, elsewhere},
    look::PAGES,
    visit::Visit,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_are_left_while_they_wait() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.prepare(GATE).await;
    for (page, path, _) in PAGES {
        let (from, text) = elsewhere(page);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_way_back_leads_through_what_was_chosen() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    let event = json!({"action": "pageview", "actor": "ada", "url": "https://shop.example/prices"});
    assert_eq!(client.log(event).await["outcome"], "ACCEPTED");
    let chosen = async |period: &str| {
        let pressed = "return document.querySelector('.segments [aria-pressed=true]')?.innerText ?? null";
        let looks = async || match browser.script(pressed, json!([])).await {
            seen if seen == period => Ok(()),
            seen => Err(seen.to_string()),
        };
        browser.retry(&format!("see “{period}” chosen"), looks).await;
    };
    visit.go("/s/shop/overview").await;
    browser.press("/prices 1").await;
    browser.sees("url.path: /prices").await;
    browser.press("12 months").await;
    browser.arrives("period=12m").await;
    chosen("12 months").await;
    browser.script("history.back()", json!([])).await;
    chosen("30 days").await;
    browser.sees("url.path: /prices").await;
    browser.script("history.back()", json!([])).await;
    browser.misses("url.path: /prices").await;
    browser.sees("/prices").await;
    browser.script("history.forward()", json!([])).await;
    browser.sees("url.path: /prices").await;
    chosen("30 days").await;
    // Under filters that form no scope, uniques are not counted.
    visit.was_refused().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_an_older_version_is_loaded_anew() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.prepare(INSTEAD).await;
    let open_with = async |instead: &str| {
        visit.go("/account").await;
        visit.has_link("/s/shop/keys").await;
        browser.sees("this one").await;
        browser.script(&format!("window.instead = {instead}"), json!([])).await;
        visit.follow("/s/shop/keys").await;
    };
    // An answer that this version cannot read.
    open_with("(address) => address.includes('/graphql') ? [200, '{\"data\": {\"strange\": true}}'] : null").await;
    browser.sees("The server runs another version by now").await;
    browser.press("Load anew").await;
    browser.sees("No key yet").await;
    // Code that is not there any more.
    open_with("(address) => address.includes('.wasm') ? [404, ''] : null").await;
    browser.sees("This did not work").await;
    browser.press("Try again").await;
    browser.sees("No key yet").await;
}
