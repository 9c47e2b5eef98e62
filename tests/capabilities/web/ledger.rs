//! The ledger, the audit log, the actors and the system: what happened, who changed what, who did what, how the server is.

use serde_json::json;
use support::browser::Look;

use super::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_event_received_is_in_the_ledger_once() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    for index in 0..3 {
        let event = json!({"id": format!("e{index}"), "action": "pageview"});
        assert_eq!(client.log(event).await["outcome"], "ACCEPTED");
    }
    assert_eq!(
        client.log(json!({"id": "e0", "action": "pageview"})).await["outcome"],
        "DUPLICATE"
    );
    assert_eq!(client.log(json!({"action": ""})).await["outcome"], "INVALID");
    visit.go("/s/shop/ledger?period=day").await;
    browser.sees("5 received = 5 by outcome. Nothing is missing.").await;
    let figures =
        "return [...document.querySelectorAll('.figure')].map((figure) => figure.innerText.replace(/\\s+/g, ' '))";
    assert_eq!(
        browser.script(figures, json!([])).await,
        json!(["Received 5", "Stored 3", "Known already 1", "Not valid 1"])
    );
    // By reason: what was not let in says why.
    let rows = "return [...document.querySelectorAll('[aria-labelledby=ledger-outcomes] tbody tr')].map((row) => \
                [...row.cells].map((cell) => cell.innerText.trim())).sort()";
    assert_eq!(
        browser.script(rows, json!([])).await,
        json!([
            ["Known already", "–", "1"],
            ["Not valid", "INVALID_ACTION", "1"],
            ["Stored", "–", "3"]
        ])
    );
    // The chart shows what was received, with a mark at what was stored; as a table it has the same figures.
    let chart = "const chart = document.querySelector('#ledger-chart'); const sum = (place) => [...chart.querySelectorAll('tbody \
                 tr')].reduce((sum, row) => sum + Number(row.cells[place].textContent), 0); return [chart.querySelector('svg[role=img]')\
                 .getAttribute('aria-label').startsWith('Received: 5 in all'), chart.querySelectorAll('svg[role=img] .chart-column').length > 0, \
                 chart.querySelectorAll('svg[role=img] .chart-mark').length > 0, sum(1), sum(2)]";
    browser.press("As a table").await;
    assert_eq!(browser.script(chart, json!([])).await, json!([true, true, true, 5, 3]));
    browser.choose("Show by", "Action").await;
    browser.sees("pageview").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_changed_what_is_found_and_opened() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.client("log").await;
    visit.go("/audit").await;
    browser.sees("createSite").await;
    browser.sees("createKey").await;
    browser.sees("command line").await;
    browser.fill("What", "createSite").await;
    browser.press("Search").await;
    browser.misses("createKey").await;
    browser.sees("ada@example.com").await;
    browser.press("Open").await;
    browser.sees("After").await;
    browser.sees("\"name\": \"shop\"").await;
    browser.keys("\u{e00c}").await;
    browser.fill("Who", "nobody@example.com").await;
    browser.press("Search").await;
    browser.sees("No change here").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn somebody_is_found_with_what_they_did() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    for (actor, company, label) in [
        ("<u>ada</u>", "Analytical Engines", "first"),
        ("<u>ada</u>", "Analytical Engines", "second"),
        ("bob", "Builders", "third"),
    ] {
        let event = json!({"action": "visit", "actor": actor, "company": company, "label": label});
        assert_eq!(client.log(event).await["outcome"], "ACCEPTED");
    }
    visit.go("/s/shop/actors?period=day").await;
    browser.sees("<u>ada</u>").await;
    browser.sees("bob").await;
    browser.fill("Part of the name", "ada").await;
    browser.press("Search").await;
    browser.misses("bob").await;
    browser.press("What they did: <u>ada</u>").await;
    browser.arrives("actor=").await;
    browser.sees("What <u>ada</u> did").await;
    browser.sees("second").await;
    browser.misses("third").await;
    browser.fill("Filter by", "label").await;
    browser.fill("Value", "first").await;
    browser.press("Filter").await;
    browser.sees("label: first").await;
    browser.misses("second").await;
    browser.press("Take away the filter label: first").await;
    browser.press("Everybody").await;
    browser.choose("Who", "Companies").await;
    browser.sees("Analytical Engines").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_system_says_how_it_is() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.go("/system").await;
    browser.sees("ready").await;
    browser.sees("SQLite").await;
    browser.sees(env!("CARGO_PKG_VERSION")).await;
    browser.sees("Events in the queue").await;
    // Each with its figure.
    let figures = "return Object.fromEntries([...document.querySelectorAll('.fields > div')].map((line) => \
                   [line.querySelector('dt').innerText, line.querySelector('dd').innerText]))";
    let figures = browser.script(figures, json!([])).await;
    for name in [
        "Room of the database",
        "Free on its disk",
        "Events past the mark",
        "Events in the queue",
    ] {
        let figure = figures[name].as_str().unwrap_or_default();
        assert!(
            figure.starts_with(|first: char| first.is_ascii_digit()),
            "{name}: {figures}"
        );
    }
    visit.was_clean().await;
}
