//! Live: what arrives shows by itself, once each, also what came while the connection was broken.

use serde_json::json;
use support::browser::Look;

use super::{
    loading::{INSTEAD, OVERLOADED},
    visit::Visit,
};

/// Keeps the page's sockets, so that a test can cut one, or have it go deaf.
const KEEP: &str = "window.sockets = []; const Plain = WebSocket; window.WebSocket = class extends Plain { \
                    constructor(...given) { super(...given); window.sockets.push(this); } \
                    set onmessage(hear) { super.onmessage = hear && ((event) => this.deaf || hear(event)); } };";

/// Has the page look in haste whether its line still stands.
const HASTE: &str = "const every = window.setInterval; window.setInterval = (run, pause, ...rest) => \
                     every(run, pause === 15000 ? 3000 : pause, ...rest);";

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
    browser.prepare(INSTEAD).await;
    visit.go("/s/shop/live").await;
    browser.sees("before").await;
    // A row stays the one it is while others come above it.
    let mark = "document.querySelector('tbody tr').dataset.mine = 'yes'";
    browser.script(mark, json!([])).await;
    log("during").await;
    browser.sees("during").await;
    let marked = "return [...document.querySelectorAll('tbody tr')].map((row) => row.dataset.mine ?? null)";
    assert_eq!(browser.script(marked, json!([])).await, json!([null, "yes"]));
    // The connection breaks, and something happens before it stands again; then the server is too busy to tell, at first.
    let busy = "let times = 2; const told = arguments[0]; window.instead = (address) => address.includes('/graphql') && \
                times-- > 0 ? [503, told] : null; window.sockets.at(-1).close()";
    browser.script(busy, json!([OVERLOADED])).await;
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_is_dead_is_noticed() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    browser.prepare(KEEP).await;
    browser.prepare(HASTE).await;
    visit.go("/s/shop/live").await;
    browser.sees("Nothing has arrived yet").await;
    browser.script("window.sockets.at(-1).deaf = true", json!([])).await;
    let logged = client.log(json!({"action": "unheard", "actor": "ada"})).await;
    assert_eq!(logged["outcome"], "ACCEPTED");
    browser.sees("interrupted, trying again").await;
    browser.sees("unheard").await;
    let alive = "return window.sockets.length > 1 && !window.sockets.at(-1).deaf";
    let stands = async || match browser.script(alive, json!([])).await {
        serde_json::Value::Bool(true) => Ok(()),
        _ => Err("there is no other line".to_owned()),
    };
    browser.retry("have another line", stands).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_passes_is_tried_again_and_what_does_not_is_said() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    browser.prepare(KEEP).await;
    visit.go("/s/shop/live").await;
    browser.sees("Nothing has arrived yet").await;
    let refuse = "window.sockets.at(-1).dispatchEvent(new MessageEvent('message', {data: JSON.stringify({id: '1', type: \
                  'error', payload: [{message: 'Too much at once.', extensions: {code: 'OVERLOADED'}}]})}))";
    browser.script(refuse, json!([])).await;
    browser.sees("interrupted, trying again").await;
    let logged = client.log(json!({"action": "overcome", "actor": "ada"})).await;
    assert_eq!(logged["outcome"], "ACCEPTED");
    browser.sees("overcome").await;
    visit.was_clean().await;
    // No event has such a field, now or later.
    visit.go("/s/shop/live?where=nonsense%3D%221%22").await;
    browser.sees("refused").await;
    browser.sees("This did not work").await;
    let text = browser.text().await;
    for wrong in ["Nothing has arrived yet", "trying again"] {
        assert!(!text.contains(wrong), "{text}");
    }
    browser.press("Take away the filter nonsense: 1").await;
    browser.sees("overcome").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn times_are_those_of_the_zone_that_was_chosen() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    let yesterday = "return new Date(Date.now() - 86400000).toISOString().slice(0, 10)";
    let yesterday = browser.script(yesterday, json!([])).await;
    let time = format!("{}T23:30:00Z", yesterday.as_str().expect("a day"));
    let log = async |price: serde_json::Value| {
        let event = json!({"action": "buy", "time": time, "tag": {"price": price}});
        client.log(event).await["outcome"].clone()
    };
    assert_eq!(log(json!(5)).await, "ACCEPTED");
    assert_eq!(log(json!("many")).await, "TYPE_CONFLICT");
    for (zone, clock) in [("UTC", "23:30:00"), ("Asia%2FTokyo", "08:30:00")] {
        visit.go(&format!("/s/shop/live?zone={zone}")).await;
        browser.sees(clock).await;
        // It holds on the next pages, also past one that shows no day.
        for path in ["/s/shop/raw", "/s/shop/lists", "/s/shop/tags"] {
            visit.has_link(path).await;
            visit.follow(path).await;
            browser.arrives(&format!("{path}?zone=")).await;
            if path != "/s/shop/lists" {
                browser.sees(clock).await;
            }
        }
    }
    // Pages of no site are read by the same clock; half an hour tells it from the browser's.
    let mut seen = Vec::new();
    for zone in ["UTC", "Asia%2FKolkata"] {
        visit.go(&format!("/audit?zone={zone}")).await;
        browser.sees("createSite").await;
        let first = "return document.querySelector('tbody td').textContent";
        seen.push(browser.script(first, json!([])).await);
    }
    assert_ne!(seen[0], seen[1]);
    visit.was_clean().await;
}
