//! Lists: a rule is tried on past days, acts on the next event, counts it, and is explained; then it is changed and goes.

use serde_json::{Value, json};
use support::browser::Look;

use super::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_is_tried_added_felt_and_taken_away() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    let from = |host: &str| json!({"action": "pageview", "referrer": format!("https://{host}/"), "url": "https://shop.example/"});
    for host in ["spam.example", "spam.example", "friend.example"] {
        assert_eq!(client.log(from(host)).await["outcome"], "ACCEPTED");
    }
    visit.go("/s/shop/lists").await;
    browser.sees("No rule yet").await;
    browser.press("Add rule").await;
    browser.choose("Looks at", "Referrer’s host").await;
    browser.fill("Pattern", "spam.*").await;
    browser.fill("Note", "<b>comment spam</b>").await;
    browser.press("Try it on the last 7 days").await;
    browser.sees("Of 3 events it would have refused 2.").await;
    browser.sees("pageview: 2 of 3").await;
    browser.press("Add rule").await;
    browser.sees("The rule holds from the next event on.").await;
    browser.sees("<b>comment spam</b>").await;
    // The server learns of it from the database, within a second.
    browser
        .retry(
            "be refused",
            async || match client.log(from("spam.example")).await["outcome"].as_str() {
                Some("DENIED") => Ok(()),
                other => Err(format!("{other:?}")),
            },
        )
        .await;
    assert_eq!(client.log(from("friend.example")).await["outcome"], "ACCEPTED");
    let hits = "return document.querySelector('tbody td.number').textContent";
    browser
        .retry("count", async || {
            browser.reload().await;
            browser.sees("spam.*").await;
            let seen = browser.script(hits, json!([])).await;
            if seen == "1" { Ok(()) } else { Err(seen.to_string()) }
        })
        .await;
    // Day by day as well.
    browser.press("Hits: 1, spam.*").await;
    browser.sees("Hits of “spam.*” in the last 30 days").await;
    let days =
        "return [...document.querySelectorAll('#rule-days tbody tr')].map((row) => Number(row.cells[1].textContent))";
    let days = browser
        .retry("see the days", async || {
            let days: Vec<u32> = serde_json::from_value(browser.script(days, json!([])).await).expect("numbers");
            if days.is_empty() {
                Err("none yet".to_owned())
            } else {
                Ok(days)
            }
        })
        .await;
    assert_eq!((days.len(), days.iter().sum::<u32>()), (30, 1), "{days:?}");
    browser.press("Close").await;
    browser.misses("in the last 30 days").await;
    // What would become of an event is explained, by the rule that meets it.
    browser
        .fill(
            "Event",
            r#"{"action": "pageview", "referrer": "https://spam.example/"}"#,
        )
        .await;
    browser.press("Ask").await;
    browser.sees("A rule would refuse it.").await;
    browser.sees("Rules that match").await;
    browser.fill("Event", r#"{"action": "pageview", "colour": 7}"#).await;
    browser.press("Ask").await;
    browser.sees("This is no event: unknown field").await;
    // In the shadow it only counts.
    browser.press("Edit: spam.*").await;
    browser.sees("Edit rule").await;
    browser.press("Shadow").await;
    browser.press("Save").await;
    browser
        .retry(
            "be let in",
            async || match client.log(from("spam.example")).await["outcome"].as_str() {
                Some("ACCEPTED") => Ok(()),
                other => Err(format!("{other:?}")),
            },
        )
        .await;
    browser.press("Delete: spam.*").await;
    browser.fill("Type “spam.*” to confirm", "spam.*").await;
    browser.press("Delete").await;
    browser.sees("The rule is deleted.").await;
    browser.sees("No rule yet").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_lets_in_names_the_views_it_would_empty_and_ends() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log,manage").await;
    let view = "mutation { createView(input: {name: \"orders\", actions: [\"order.placed\"], dimensions: [\"country\"]}) { name } }";
    let _ = client.graphql(view, json!({})).await.data();
    let log = async |action: &str| client.log(json!({"action": action})).await["outcome"].clone();
    for action in ["pageview", "pageview", "order.placed"] {
        assert_eq!(log(action).await, "ACCEPTED");
    }
    let becomes = async |wanted: &str| {
        browser
            .retry(&format!("be {wanted}"), async || match log("order.placed").await {
                outcome if outcome == wanted => Ok(()),
                outcome => Err(outcome.to_string()),
            })
            .await;
    };
    let ends = async |moment: &str| {
        let fill = "const field = document.getElementById('rule-expires'); field.value = arguments[0]; \
                    field.dispatchEvent(new Event('input', { bubbles: true }))";
        browser.script(fill, json!([moment])).await;
    };
    visit.go("/s/shop/lists").await;
    browser.press("Add rule").await;
    browser.choose("List", "Allow").await;
    browser.choose("Looks at", "Action").await;
    browser.fill("Pattern", "page*").await;
    ends("2031-06-01T12:00").await;
    browser.press("Try it on the last 7 days").await;
    browser.sees("Of 3 events it would have refused 1.").await;
    browser.sees("These views would fall to zero: orders.").await;
    browser.press("Add rule").await;
    browser.sees("The rule holds from the next event on.").await;
    becomes("DENIED").await;
    assert_eq!(log("pageview").await, "ACCEPTED");
    browser.sees("page*").await;
    let row = "return [...document.querySelectorAll('tbody tr td')].slice(0, 4).map((cell) => cell.innerText)";
    assert_eq!(
        browser.script(row, json!([])).await,
        json!(["Allow", "Action", "page*", "acts"])
    );
    // Its end has come: it says so, and lets in what it kept out.
    browser.press("Edit: page*").await;
    assert_eq!(browser.value("Stops at").await, "2031-06-01T12:00");
    ends("2020-01-01T00:00").await;
    browser.press("Save").await;
    browser.sees("expired").await;
    becomes("ACCEPTED").await;
    visit.was_clean().await;
}

/// A frame may take this long while a long table scrolls: milliseconds.
const LONGEST_FRAME: f64 = 50.0;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_rules_scroll_and_few_are_in_the_document() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("manage").await;
    let create =
        "mutation ($input: CreateRulesInput!) { createRules(input: $input) { rules { id } error { message } } }";
    for part in 0..10 {
        let rules: Vec<_> = (0..1_000)
            .map(|index| json!({"list": "DENY", "target": "USER_AGENT", "pattern": format!("agent-{part}-{index}")}))
            .collect();
        let answer = client.graphql(create, json!({"input": {"rules": rules}})).await;
        assert_eq!(answer.data()["createRules"]["error"], json!(null));
    }
    visit.go("/s/shop/lists").await;
    browser.sees("agent-0-0").await;
    assert_eq!(
        browser
            .script(
                "return document.querySelector('table').getAttribute('aria-rowcount')",
                json!([])
            )
            .await,
        "10001"
    );
    // Down to the end and back in 120 steps; how long the frame of each took.
    let scroll = "const done = arguments[0]; const box = document.querySelector('.table-box'); let step = 0, last; const \
                  frames = []; const next = (now) => { frames.push(now - last); last = now; step += 1; box.scrollTop = \
                  box.scrollHeight * (step < 60 ? step / 60 : (120 - step) / 60); if (step < 120) \
                  requestAnimationFrame(next); else done(frames); }; requestAnimationFrame((now) => { last = now; \
                  requestAnimationFrame(next); })";
    // What else the machine does lengthens frames as well; but what the page itself takes for a step, it takes each time.
    let mut best = vec![f64::INFINITY; 120];
    for _ in 0..5 {
        let frames = browser.script_to_end(scroll, json!([])).await;
        let frames: Vec<f64> = frames
            .as_array()
            .expect("frames")
            .iter()
            .filter_map(Value::as_f64)
            .collect();
        assert_eq!(frames.len(), best.len());
        let longest = frames.iter().copied().fold(0.0, f64::max);
        println!("the longest frame took {longest:.1} ms");
        best = best.iter().zip(frames).map(|(best, frame)| best.min(frame)).collect();
    }
    let longest = best.iter().copied().fold(0.0, f64::max);
    assert!(longest <= LONGEST_FRAME, "a frame takes {longest} ms: {best:?}");
    let rows = browser
        .script("return document.querySelectorAll('tbody tr').length", json!([]))
        .await;
    assert!(
        rows.as_u64().is_some_and(|rows| rows < 100),
        "{rows} rows in the document"
    );
    browser
        .script("document.querySelector('.table-box').scrollTop = 1e9", json!([]))
        .await;
    browser.sees("agent-9-999").await;
    browser.misses("agent-0-0\n").await;
}
