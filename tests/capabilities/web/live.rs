//! Live: what arrives shows by itself, once each, also what came while the connection was broken.

use serde_json::json;
use support::browser::Look;

use super::visit::Visit;

/// Keeps the page's sockets, so that a test can cut one.
const KEEP: &str = "window.sockets = []; const Plain = WebSocket; window.WebSocket = class extends Plain { \
                    constructor(...given) { super(...given); window.sockets.push(this); } };";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_arrive_by_themselves_and_none_is_lost_or_doubled() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    let log = async |action: &str| {
        let logged = client.log(json!({"action": action, "actor": "ada"})).await;
        assert_eq!(logged["outcome"], "ACCEPTED");
    };
    log("before").await;
    browser.prepare(KEEP).await;
    visit.go("/s/shop/live").await;
    browser.sees("before").await;
    // A row stays the one it is while others come above it.
    let mark = "document.querySelector('tbody tr').dataset.mine = 'yes'";
    browser.script(mark, json!([])).await;
    log("during").await;
    browser.sees("during").await;
    let marked = "return [...document.querySelectorAll('tbody tr')].map((row) => row.dataset.mine ?? null)";
    assert_eq!(browser.script(marked, json!([])).await, json!([null, "yes"]));
    // The connection breaks, and something happens before it stands again.
    browser.script("window.sockets.at(-1).close()", json!([])).await;
    browser.sees("interrupted, trying again").await;
    for index in 0..3 {
        log(&format!("meanwhile {index}")).await;
    }
    browser.sees("meanwhile 2").await;
    log("after").await;
    browser.sees("after").await;
    let actions =
        "return [...document.querySelectorAll('tbody td.main .strong')].map((cell) => cell.textContent).sort()";
    assert_eq!(
        browser.script(actions, json!([])).await,
        json!(["after", "before", "during", "meanwhile 0", "meanwhile 1", "meanwhile 2"])
    );
    // Held still, it counts what comes and shows it afterwards.
    browser.press("Pause").await;
    log("while held").await;
    browser.sees("paused: 1 more").await;
    assert!(!browser.text().await.contains("while held"));
    browser.press("Go on").await;
    browser.sees("while held").await;
    // Filtered, the others stay away.
    browser.fill("Filter by", "action").await;
    browser.fill("Value", "wanted").await;
    browser.press("Filter").await;
    browser.sees("action: wanted").await;
    browser.sees("Nothing has arrived yet").await;
    log("unwanted").await;
    log("wanted").await;
    browser
        .retry("see the wanted alone", async || {
            let seen = browser.script(actions, json!([])).await;
            if seen == json!(["wanted"]) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    visit.was_clean().await;
}
