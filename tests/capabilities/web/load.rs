//! What a browser fetches before anything is seen.

use serde_json::json;
use support::{Browser, browser::Look};

use super::{bundle::FIRST_LOAD, visit::Visit};

/// What Chromium itself says of it, which nothing has been kept from before: with the answers for the overview, and with
/// what it would have fetched twice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_load_is_small_for_a_browser() {
    let mut visit = Visit::settled(Look::default()).await;
    visit.browser = Browser::start().await;
    let browser = &visit.browser;
    visit.go("/s/shop/overview").await;
    visit.sign_in().await;
    browser.arrives("/s/shop/overview").await;
    browser.sees("No event in this period").await;
    browser.misses("Loading…").await;
    let fetched = "return ['navigation', 'resource'].flatMap((kind) => performance.getEntriesByType(kind)).map((one) => \
                   [one.name, one.transferSize])";
    let fetched = browser.script(fetched, json!([])).await;
    let fetched: Vec<(String, usize)> = serde_json::from_value(fetched).expect("names and sizes");
    let mut sum = 0;
    for (name, size) in &fetched {
        println!("{size:>8} {name}");
        sum += size;
    }
    println!("{sum:>8} in all");
    let named = |part: &str| fetched.iter().filter(|(name, _)| name.contains(part)).count();
    assert!(named("/assets/app-") >= 2, "the program and its script: {fetched:#?}");
    assert!(named("/graphql") > 0, "{fetched:#?}");
    assert_eq!(named("/assets/split_"), 0, "{fetched:#?}");
    assert!(sum <= FIRST_LOAD, "{sum} bytes before anything is seen");
}
