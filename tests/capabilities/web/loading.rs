//! What pages show while the server takes its time, and where it does not answer as it should.

use serde_json::json;
use support::browser::Look;

use super::{look::PAGES, visit::Visit};

/// Holds back what pages ask the server from `hold` on, until `release`.
pub(super) const GATE: &str = "(() => { const ask = window.fetch; let open = Promise.resolve(), release = () => {}; \
     window.gate = { hold() { open = new Promise((done) => { release = done; }); }, release() { release(); } }; \
     window.fetch = async (...request) => { await open; return ask.apply(window, request); }; })()";

/// Answers in place of the server where `instead` gives a status and a text for an address.
pub(super) const INSTEAD: &str = "(() => { const ask = window.fetch; window.instead = () => null; window.fetch = async \
     (...request) => { const told = window.instead(String(request[0].url ?? request[0])); return told ? new \
     Response(told[1], { status: told[0] }) : ask.apply(window, request); }; })()";

/// An answer of a server that has too much to do.
pub(super) const OVERLOADED: &str = r#"{"error": {"code": "OVERLOADED", "message": "Too much at once."}}"#;

/// Where a page is opened from, and a text that shows that this is there: so that it is the page itself that waits, and not
/// what is around every page.
pub(super) fn elsewhere(page: &str) -> (&'static str, &'static str) {
    if page == "account" {
        ("/system", "SQLite")
    } else {
        ("/account", "this one")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_that_it_is_loading() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.prepare(GATE).await;
    for (page, path, text) in PAGES {
        let (from, there) = elsewhere(page);
        visit.go(from).await;
        // Once it is the code that is waited for, and once what the server is asked; the playground asks nothing by itself.
        let times = if *page == "playground" { 1 } else { 2 };
        for _ in 0..times {
            visit.has_link(path).await;
            browser.sees(there).await;
            browser.misses("Loading…").await;
            browser.script("gate.hold()", json!([])).await;
            visit.follow(path).await;
            browser.sees("Loading…").await;
            browser.script("gate.release()", json!([])).await;
            browser.sees(text).await;
            browser.misses("Loading…").await;
            visit.follow(from).await;
        }
    }
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_what_went_wrong() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.prepare(INSTEAD).await;
    let refuse =
        "const told = arguments[0]; window.instead = (address) => address.includes('/graphql') ? [503, told] : null";
    for (page, path, text) in PAGES {
        let (from, there) = elsewhere(page);
        visit.go(from).await;
        visit.has_link(path).await;
        browser.sees(there).await;
        browser.script(refuse, json!([OVERLOADED])).await;
        visit.follow(path).await;
        match *page {
            "playground" => browser.press("Send").await,
            // It tries again by itself.
            "live" => browser.sees("interrupted, trying again").await,
            _ => browser.sees("Try again").await,
        }
        if *page != "live" {
            browser.sees("Too much at once.").await;
        }
        browser.script("window.instead = () => null", json!([])).await;
        if *page == "playground" {
            browser.press("Send").await;
            browser.misses("Too much at once.").await;
            continue;
        }
        // A page of several parts says so for each, as it comes to ask for it.
        let again = "for (const button of document.querySelectorAll('.failed button:not(.pressed)')) { \
                     button.classList.add('pressed'); button.click(); } return document.body.innerText.includes(arguments[0])";
        let goes_on = async || match browser.script(again, json!([text])).await.as_bool() {
            Some(true) => Ok(()),
            _ => Err("it is not there yet".to_owned()),
        };
        browser.retry(&format!("see “{text}”"), goes_on).await;
    }
    visit.was_clean().await;
}
