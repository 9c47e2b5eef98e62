//! How soon the overview of a site with many events can be used.

use std::fmt::Write as _;

use serde_json::json;
use support::{binary, browser::Look, setting};

use super::visit::Visit;

/// The site's events. What is promised is promised of a million, which an optimised server is to be tested with:
/// `TIDEMARK_TEST_BIN=target/release/tidemark TIDEMARK_TEST_WEB_EVENTS=1000000`. Here are as many as a debug build
/// imports in a moment: rollups answer, whose size follows from the values that occur.
const EVENTS: u64 = 20_000;
/// From asking for the page until everything is on it: milliseconds.
const SOON: f64 = 1_500.0;
/// What else the machine does lengthens it; of so many attempts the best tells what the page itself takes.
const ATTEMPTS: usize = 5;

/// Events of the last 30 days, as lines of JSON.
fn lines(now: u64, amount: u64) -> String {
    let actions = ["pageview", "pageview", "pageview", "signup", "buy", "search"];
    let mut lines = String::new();
    for index in 0..amount {
        let at = now - (index * 29 * 86_400) / amount - 60;
        let action = actions[usize::try_from(index % 6).expect("small")];
        let country = ["AT", "DE", "FR", "US"][usize::try_from(index % 4).expect("small")];
        let event = json!({
            "action": action,
            "time": jiff::Timestamp::from_second(i64::try_from(at).expect("a time")).expect("a time").to_string(),
            "url": format!("https://shop.example/page/{}", index % 500),
            "referrer": format!("https://site-{}.example/", index % 40),
            "actor": format!("actor {}", index % 20_000),
            "country": country,
            "tag": {"network": format!("network {}", index % 5)},
        });
        let _ = writeln!(lines, "{event}");
    }
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_overview_of_a_large_site_is_there_soon() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log,query").await;
    let amount = setting::web_events().unwrap_or(EVENTS);
    let now = browser.script("return Math.floor(Date.now() / 1000)", json!([])).await;
    let input = lines(now.as_u64().expect("a time"), amount);
    let arguments = ["import", "events", "-", "--site", "shop"];
    let imported = binary::run_with_input(&visit.database, &arguments, input.as_bytes())
        .await
        .success();
    assert!(imported.contains(&format!("{amount} events imported")), "{imported}");
    client.await_folded("shop").await;
    // Told by the page itself: when the rankings, which are the last of it, stand there and a press acts.
    let told = "const done = arguments[0]; const look = () => { const row = document.querySelector('.ranking-row'); if (row) \
                requestAnimationFrame(() => done(performance.now())); else setTimeout(look, 5); }; look()";
    let mut best = f64::INFINITY;
    for _ in 0..ATTEMPTS {
        visit.go("/s/shop/overview?period=30d").await;
        let took = browser.script_to_end(told, json!([])).await.as_f64().expect("a time");
        println!("the overview of {amount} events was there after {took:.0} ms");
        best = best.min(took);
    }
    assert!(best <= SOON, "{best} ms");
    browser.press("network 1").await;
    browser.arrives("where=tag.network").await;
}
