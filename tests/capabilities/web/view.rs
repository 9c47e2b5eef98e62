//! Views and scopes: declared, filled with what was there before, asked, taken away.

use serde_json::json;
use support::browser::Look;

use super::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_is_declared_filled_asked_and_taken_away() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    let events = (0..600).map(|index| {
        let plan = if index % 3 == 0 { "<i>pro</i>" } else { "free" };
        json!({"action": "signup", "actor": format!("actor {}", index % 7), "tag": {"plan": plan, "price": 2}})
    });
    assert_eq!(client.log_many(events.collect()).await["accepted"], 600);
    visit.go("/s/shop/views").await;
    browser.sees("countries").await;
    browser.press("Declare view").await;
    browser.fill("Name", "plans").await;
    browser.fill("Dimensions", "tag.plan").await;
    browser.fill("Measures", "tag.price").await;
    browser.press("Declare view").await;
    browser.sees("plans is declared.").await;
    // It takes in what was there, by itself and before one's eyes.
    let row = "return [...document.querySelectorAll('tbody tr')].find((row) => row.innerText.includes('plans'))?.innerText ?? ''";
    browser
        .retry("see it filled", async || {
            let seen = browser.script(row, json!([])).await;
            let seen = seen.as_str().unwrap_or_default().to_owned();
            if seen.contains("ready") { Ok(()) } else { Err(seen) }
        })
        .await;
    visit.go("/s/shop/explore?period=day&view=plans").await;
    browser.sees("600").await;
    browser.choose("Group by", "tag.plan").await;
    browser.arrives("by=tag.plan").await;
    browser.sees("<i>pro</i>").await;
    browser.sees("Sum of tag.price").await;
    let cells = "return [...document.querySelectorAll('[aria-labelledby=explore-groups] tbody td')].map((cell) => \
                 cell.innerText)";
    browser
        .retry("see both groups", async || {
            let seen = browser.script(cells, json!([])).await;
            if seen == json!(["free", "400", "800", "<i>pro</i>", "200", "400"]) {
                Ok(())
            } else {
                Err(seen.to_string())
            }
        })
        .await;
    visit.go("/s/shop/views").await;
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
