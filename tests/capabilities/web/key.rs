//! Keys: made in the browser, used by a program, renewed and taken back in the browser.

use serde_json::json;
use support::{Client, browser::Look};

use super::visit::Visit;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_used_renewed_and_revoked() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.go("/s/shop/keys").await;
    browser.press("Create key").await;
    browser.fill("Name", "backend").await;
    browser.press("Query").await;
    browser.press("Create key").await;
    let first = browser.value("The key").await;
    let log = async |secret: &str| {
        let client = Client::new(visit.server.address(), secret);
        client
            .graphql(support::graphql::LOG_EVENT, json!({"input": {"action": "signup"}}))
            .await
    };
    let logged = log(&first).await;
    assert_eq!(logged.data()["logEvent"]["outcome"], "ACCEPTED", "{}", logged.text);
    browser.press("Done").await;
    browser.sees("backend").await;
    browser.sees("Log, Query").await;
    // Its secret is shown no more, and stands nowhere in the page.
    let document = browser
        .script("return document.documentElement.outerHTML", json!([]))
        .await;
    assert!(!document.as_str().expect("text").contains(&first));
    // What it may do is changed, and its secret stays; one that has stopped lets nothing in.
    browser.press("Edit: backend").await;
    assert_eq!(browser.value("Name").await, "backend");
    browser.press("Query").await;
    browser.fill("Events a second", "50").await;
    browser.press("Save").await;
    browser.sees("The key is changed; its secret stays.").await;
    browser.misses("Log, Query").await;
    let logged = log(&first).await;
    assert_eq!(logged.data()["logEvent"]["outcome"], "ACCEPTED", "{}", logged.text);
    browser.press("Rotate: backend").await;
    browser.press("Rotate").await;
    let second = browser.value("The key").await;
    assert_ne!(first, second);
    for secret in [&first, &second] {
        let logged = log(secret).await;
        assert_eq!(logged.data()["logEvent"]["outcome"], "ACCEPTED", "{}", logged.text);
    }
    browser.press("Done").await;
    browser.press("Revoke: backend").await;
    // The button does nothing until the name stands there.
    let blocked = browser
        .script(
            "return document.querySelector('dialog[open] button[type=submit]').disabled",
            json!([]),
        )
        .await;
    assert_eq!(blocked, true);
    browser.fill("Type “backend” to confirm", "backend").await;
    browser.press("Revoke").await;
    browser.sees("The key is revoked").await;
    browser.sees("revoked").await;
    let refused = log(&second).await;
    assert_eq!(refused.status, 401, "{}", refused.text);
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_says_what_a_key_may_not_be() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.go("/s/shop/keys").await;
    browser.press("Create key").await;
    browser.fill("Name", "<img src=x onerror=alert(1)>").await;
    browser.press("Query").await;
    browser.fill("Origins", "https://www.example.com").await;
    browser.press("Create key").await;
    browser.sees("may only log").await;
    browser.fill("Events a second", "many").await;
    browser.sees("A whole number is needed").await;
    browser.fill("Events a second", "10").await;
    browser.press("Query").await;
    browser.press("Create key").await;
    browser.press("Done").await;
    // What people type is text, whatever it looks like.
    browser.sees("<img src=x onerror=alert(1)>").await;
    browser.sees("public").await;
    visit.was_clean().await;
}
