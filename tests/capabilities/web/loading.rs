//! What pages show while the server takes its time.

use serde_json::json;
use support::browser::Look;

use super::{look::PAGES, visit::Visit};

/// Holds back what pages ask the server from `hold` on, until `release`.
pub(super) const GATE: &str = "(() => { const ask = window.fetch; let open = Promise.resolve(), release = () => {}; \
     window.gate = { hold() { open = new Promise((done) => { release = done; }); }, release() { release(); } }; \
     window.fetch = async (...request) => { await open; return ask.apply(window, request); }; })()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_that_it_is_loading() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.prepare(GATE).await;
    for (page, path, text) in PAGES {
        // From a page that is there, so that it is the page itself that waits, and not what is around every page.
        let from = if *page == "account" { "/system" } else { "/account" };
        visit.go(from).await;
        visit.has_link(path).await;
        browser.misses("Loading…").await;
        browser.script("gate.hold()", json!([])).await;
        visit.follow(path).await;
        browser.sees("Loading…").await;
        browser.script("gate.release()", json!([])).await;
        browser.sees(text).await;
        browser.misses("Loading…").await;
    }
    visit.was_clean().await;
}
