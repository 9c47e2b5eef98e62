//! Working on the UI: the page loads itself anew once the server has another one.

use std::fs;

use serde_json::json;
use support::{browser::Look, folder::repository};

use super::visit::Visit;

/// A server that has the same page for a while, none as it starts anew, and then another one.
const SERVER: &str = "window.before = true; window.asked = 0; const ask = window.fetch; window.fetch = async (...request) => { \
                      if (request[0] !== '/') return ask(...request); window.asked += 1; if (window.asked === 3) throw new \
                      TypeError('it starts anew'); return new Response('', { headers: { ETag: window.asked < 5 ? 'one' : 'other' } \
                      }); };";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_worked_on_loads_itself_anew() {
    let visit = Visit::begin(Look::default()).await;
    let browser = &visit.browser;
    visit.go("/sign-in").await;
    browser.sees("E-mail address").await;
    // What people get looks for nothing.
    let start = "const done = arguments[0]; const [start] = [...document.scripts].filter((script) => \
                 script.src.includes('/assets/start-')); fetch(start.src).then((answer) => answer.text()).then(done)";
    let start = browser.script_to_end(start, json!([])).await;
    let start = start.as_str().expect("a script");
    assert!(start.contains("init("), "{start}");
    assert!(!start.contains("reload"), "{start}");
    let source = fs::read_to_string(repository().join("web/static/again.js")).expect("the script");
    browser.script(&format!("{SERVER}\n{source}"), json!([])).await;
    let is_at = async |wanted: serde_json::Value| {
        let now = browser
            .script("return [window.before ?? false, window.asked ?? 0]", json!([]))
            .await;
        if now == wanted { Ok(()) } else { Err(now.to_string()) }
    };
    // The same page stays, also where the server did not answer for a moment; another one is loaded.
    browser
        .retry("be looked at four times", async || is_at(json!([true, 4])).await)
        .await;
    browser
        .retry("be loaded anew", async || is_at(json!([false, 0])).await)
        .await;
    browser.sees("E-mail address").await;
}
