//! Views and scopes: declared, filled with what was there before, asked, taken away.

use serde_json::json;
use support::{Browser, browser::Look};

use super::visit::Visit;

/// Waits until the view `plans` takes in what was there, by itself and before one's eyes.
async fn sees_progress(browser: &Browser) {
    let progress = "const row = [...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('plans')); const \
                    bar = row?.querySelector('progress'); return bar && [bar.max, bar.position >= 0, \
                    bar.nextElementSibling.innerText.endsWith('of 3,000')]";
    browser
        .retry("see how far it is", async || {
            match browser.script(progress, json!([])).await {
                seen if seen == json!([3_000, true, true]) => Ok(()),
                seen => Err(seen.to_string()),
            }
        })
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_declared_filled_asked_and_taken_away() {
    // So few events at once that a view takes a while to be filled.
    let visit = Visit::settled_with(Look::default(), &[("--fold-events", "5")]).await;
    let browser = &visit.browser;
    let client = visit.client("log,query").await;
    let event = |index: usize| {
        let plan = if index.is_multiple_of(3) { "<i>pro</i>" } else { "free" };
        json!({"id": format!("e{index}"), "action": "signup", "actor": format!("actor {}", index % 7),
               "tag": {"plan": plan, "price": 2}})
    };
    assert_eq!(
        client.log_many((0..2_999).map(event).collect()).await["accepted"],
        2_999
    );
    assert_eq!(client.log(event(2_999)).await["outcome"], "ACCEPTED");
    visit.go("/s/shop/views").await;
    browser.sees("countries").await;
    browser.press("Declare view").await;
    browser.fill("Name", "plans").await;
    browser.fill("Dimensions", "tag.plan").await;
    browser.fill("Measures", "tag.price").await;
    browser.press("Declare view").await;
    browser.sees("plans is declared.").await;
    sees_progress(browser).await;
    // Once it is, it says how much it keeps, and that nobody has asked it yet.
    let told = "const row = [...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('plans')); return \
                [...row?.cells ?? []].slice(1, 4).map((cell) => cell.innerText)";
    browser
        .retry("see it filled", async || {
            let seen = browser.script(told, json!([])).await;
            let kept = seen[1].as_str().and_then(|rows| rows.parse::<u32>().ok());
            // Two plans, each by the hour and by the day.
            if seen[0] == "ready" && seen[2] == "never" && kept.is_some_and(|rows| rows >= 4) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    client.await_folded("shop").await;
    visit.go("/s/shop/explore?period=day&view=plans").await;
    browser.sees("3,000").await;
    // Where the answer comes from is said, and how fresh it is.
    browser.sees("From counts kept ready. Up to the event e2999.").await;
    browser.choose("View", "events").await;
    browser.sees("From raw events. Up to the event e2999.").await;
    browser.choose("View", "plans").await;
    browser.sees("From counts kept ready.").await;
    browser.choose("Group by", "tag.plan").await;
    browser.arrives("by=tag.plan").await;
    browser.sees("<i>pro</i>").await;
    browser.sees("Sum of tag.price").await;
    let cells = "return [...document.querySelectorAll('[aria-labelledby=explore-groups] tbody td')].map((cell) => \
                 cell.innerText)";
    browser
        .retry("see both groups", async || {
            let seen = browser.script(cells, json!([])).await;
            if seen == json!(["free", "2,000", "4,000", "<i>pro</i>", "1,000", "2,000"]) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    visit.go("/s/shop/views").await;
    // Questions are written down every few seconds.
    browser
        .retry("see that it was asked", async || {
            browser.reload().await;
            browser.sees("plans").await;
            let seen = browser.script(told, json!([])).await;
            let asked = seen[2].as_str().and_then(|asked| asked.split_once(" · "));
            match asked.and_then(|(questions, _)| questions.parse::<u32>().ok()) {
                Some(questions) if questions > 0 => Ok(()),
                _ => Err(seen.to_string()),
            }
        })
        .await;
    browser.press("Declare scope").await;
    browser.fill("Fields", "tag.plan").await;
    browser.press("Declare scope").await;
    browser.sees("<tag.plan> is declared.").await;
    visit.go("/s/shop/uniques?period=day").await;
    browser.sees("exact").await;
    browser.sees("7").await;
    browser.choose("Scope", "tag.plan").await;
    browser
        .sees("Give a value for each field of the scope: tag.plan.")
        .await;
    browser.fill("tag.plan", "free").await;
    browser.press("Count").await;
    browser.arrives("where=tag.plan").await;
    browser.sees("exact").await;
    visit.go("/s/shop/views").await;
    browser.press("Delete: plans").await;
    browser.fill("Type “plans” to confirm", "plans").await;
    browser.press("Delete").await;
    browser.sees("plans is deleted.").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_is_copied_for_others_to_send() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log,query").await;
    assert_eq!(client.log(json!({"action": "it's"})).await["outcome"], "ACCEPTED");
    visit
        .go("/s/shop/explore?period=day&view=actions&by=action&where=action%3D%22it's%22")
        .await;
    browser.sees("it's").await;
    browser
        .script(
            "window.copied = []; navigator.clipboard.writeText = async (text) => { window.copied.push(text); }",
            json!([]),
        )
        .await;
    browser.press("Copy as GraphQL").await;
    browser.press("Copy as curl").await;
    browser.sees("Copied.").await;
    let copied = browser.script("return window.copied", json!([])).await;
    let text = |index: usize| copied[index].as_str().expect("a text").to_owned();
    assert!(text(0).contains("findBatch") && text(0).contains("# "), "{}", text(0));
    // The command does what the page did.
    let command = text(1).replace("YOUR-KEY", client.key().expect("a key"));
    let done = tokio::process::Command::new("sh")
        .arg("-c")
        .arg(command + " -s")
        .output()
        .await;
    let done = done.expect("a shell");
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    assert_eq!(
        answer["data"]["findBatch"][1]["result"]["rows"][0]["count"], 1,
        "{answer}"
    );
}
