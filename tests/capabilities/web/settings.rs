//! The settings of a site: changed, felt, and the code that brings the first event.

use serde_json::{Value, json};
use support::{Client, Pages, binary, browser::Look};

use super::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_changed_and_hold() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log").await;
    visit.go("/s/shop/settings").await;
    browser.sees("Waiting for the first event").await;
    // The first one shows by itself.
    assert_eq!(
        client.log(json!({"action": "any text at all"})).await["outcome"],
        "ACCEPTED"
    );
    browser.sees("Events arrive. The last one: any text at all").await;
    browser.choose("Actions", "context.activity").await;
    browser.fill("Time zone", "Nowhere/Here").await;
    browser.press("Save").await;
    browser.sees("Nowhere/Here").await;
    visit.was_refused().await;
    browser.fill("Time zone", "Asia/Tokyo").await;
    browser.fill("Raw events, in days", "ninety").await;
    browser.sees("A whole number is needed").await;
    browser.fill("Raw events, in days", "90").await;
    browser.fill("Origins", "https://www.example.com").await;
    browser.press("Save").await;
    browser.fill("Type “shop” to confirm", "shop").await;
    browser.press("Save all the same").await;
    browser.sees("The settings are saved.").await;
    browser.reload().await;
    assert_eq!(browser.value("Time zone").await, "Asia/Tokyo");
    assert_eq!(browser.value("Raw events, in days").await, "90");
    assert_eq!(browser.value("Oldest event, in days").await, "30");
    // Half a day is one as well; what is no number is not sent.
    browser.fill("Oldest event, in days", "a while").await;
    browser.sees("A number of days is needed").await;
    browser.fill("Oldest event, in days", "0.5").await;
    browser.press("Save").await;
    browser.sees("The settings are saved.").await;
    browser.reload().await;
    assert_eq!(browser.value("Oldest event, in days").await, "0.5");
    let told = visit.client("query").await;
    let told = told.graphql("{ sites { maxEventAgeSeconds } }", json!({})).await;
    assert_eq!(told.data()["sites"][0]["maxEventAgeSeconds"], 43_200);
    browser
        .retry("feel it", async || {
            match client.log(json!({"action": "any text at all"})).await["outcome"].as_str() {
                Some("INVALID") => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    // A limit that is taken off is gone.
    browser.fill("Raw events, in days", "").await;
    browser.press("Save").await;
    browser.sees("The settings are saved.").await;
    browser.reload().await;
    browser.sees("Raw events, in days").await;
    assert_eq!(browser.value("Raw events, in days").await, "");
    browser.press("New site").await;
    browser.fill("Name of the site", "blog").await;
    browser.press("Create site").await;
    browser.arrives("/s/blog/settings").await;
    browser.sees("Waiting for the first event").await;
    visit.was_clean().await;
}

/// Waits until a setting of the site is what it is to be.
async fn holds(visit: &Visit, client: &Client, setting: &str, value: Value) {
    let look = async || {
        let told = client.graphql(&format!("{{ sites {{ {setting} }} }}"), json!({})).await;
        let found = told.data()["sites"][0][setting].clone();
        if found == value {
            Ok(())
        } else {
            Err(format!("it is {found}"))
        }
    };
    visit
        .browser
        .retry(&format!("find {setting} to be {value}"), look)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_costs_something_kept_is_asked_for_by_name() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("query").await;
    visit.go("/s/shop/settings").await;
    for (label, setting, less) in [
        ("Raw events, in days", "rawRetentionDays", 90),
        ("Counts, in days", "rollupRetentionDays", 400),
        ("Quarantine, in days", "quarantineDays", 10),
        ("Room for quarantine, in MB", "quarantineMegabytes", 5),
    ] {
        let before = client.graphql(&format!("{{ sites {{ {setting} }} }}"), json!({})).await;
        browser.fill(label, &less.to_string()).await;
        browser.press("Save").await;
        browser.sees("Keep less of “shop”").await;
        let blocked = "return document.querySelector('dialog[open] button[type=submit]').disabled";
        assert_eq!(browser.script(blocked, json!([])).await, true, "{setting}");
        browser.press("Cancel").await;
        browser.misses("Keep less of “shop”").await;
        let after = client.graphql(&format!("{{ sites {{ {setting} }} }}"), json!({})).await;
        assert_eq!(before.data(), after.data(), "nothing is changed before it is confirmed");
        browser.press("Save").await;
        browser.fill("Type “shop” to confirm", "shop").await;
        browser.press("Save all the same").await;
        holds(&visit, &client, setting, json!(less)).await;
        browser.misses("Keep less of “shop”").await;
        // More costs nothing.
        browser.fill(label, &(less + 100).to_string()).await;
        browser.press("Save").await;
        holds(&visit, &client, setting, json!(less + 100)).await;
    }
    // Old counts go with another time zone alone.
    browser.fill("Time zone", "Asia/Tokyo").await;
    browser.press("Old counts may go").await;
    browser.press("Save").await;
    browser.sees("Keep less of “shop”").await;
    browser.press("Cancel").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_that_is_old_leaves_what_others_have_changed() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("query,manage").await;
    visit.go("/s/shop/settings").await;
    browser.sees("Time zone").await;
    // Somebody else changes something while the page is open.
    let update = "mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { name } }";
    let input = json!({"rawRetentionDays": 400, "origins": ["https://other.example"], "ipPolicy": "NONE"});
    let _ = client.graphql(update, json!({"input": input})).await.data();
    browser.fill("Name of the script", "hello").await;
    browser.fill("Oldest event, in days", "").await;
    browser.press("Save").await;
    browser.sees("The settings are saved.").await;
    let asked = "{ sites { rawRetentionDays origins ipPolicy scriptName maxEventAgeSeconds } }";
    assert_eq!(
        client.graphql(asked, json!({})).await.data()["sites"][0],
        json!({
            "rawRetentionDays": 400, "origins": ["https://other.example"], "ipPolicy": "NONE",
            "scriptName": "hello", "maxEventAgeSeconds": null,
        })
    );
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_code_for_pages_logs() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let pages = Pages::start().await;
    let flags = [
        "key",
        "create",
        "--site",
        "shop",
        "--allow",
        "log",
        "--origin",
        pages.origin(),
    ];
    let key = binary::run(&visit.database, &flags).await.success();
    visit.go("/s/shop/settings").await;
    browser.fill("Name of the script", "hello").await;
    browser.press("Save").await;
    browser.sees("The settings are saved.").await;
    browser.reload().await;
    browser.sees("/hello.js").await;
    let code = browser
        .script("return document.querySelector('#snippet-code').textContent", json!([]))
        .await;
    let code = code.as_str().expect("code").replace("YOUR-KEY", key.trim_end());
    pages.put("/", &format!("<!doctype html><link rel=icon href=data:,>{code}<body>"));
    visit.was_clean().await;
    browser.open(&pages.url("/")).await;
    visit.go("/s/shop/settings").await;
    browser.sees("Events arrive. The last one: session.end").await;
}
