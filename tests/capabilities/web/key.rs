//! Keys: made in the browser, used by a program, renewed and taken back in the browser.

use serde_json::json;
use support::{Client, browser::Look, graphql::LOG_EVENT};
use tokio::process::Command;

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
        client.graphql(LOG_EVENT, json!({"input": {"action": "signup"}})).await
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_made_curl_logs_with_it_and_the_event_appears_live() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    visit.sign_in().await;
    browser.arrives("/s/shop/").await;
    visit.go("/s/shop/keys").await;
    browser.press("Create key").await;
    browser.fill("Name", "till").await;
    browser.press("Create key").await;
    let key = browser.value("The key").await;
    browser.press("Done").await;
    browser.sees("never").await;
    let keys = browser.use_window(None).await;
    let live = browser.open_window(&visit.server.url("/s/shop/live")).await;
    browser.sees("Nothing has arrived yet").await;
    let body = json!({"query": LOG_EVENT, "variables": {"input": {"action": "sold by curl"}}}).to_string();
    let done = Command::new("curl")
        .args(["--silent", "--show-error", &visit.server.url("/graphql")])
        .args(["--header", &format!("Authorization: Bearer {key}")])
        .args(["--header", "Content-Type: application/json", "--data-binary", &body])
        .output()
        .await;
    let done = done.expect("curl is there");
    let answer = String::from_utf8_lossy(&done.stdout);
    assert!(
        answer.contains("ACCEPTED"),
        "{answer} {}",
        String::from_utf8_lossy(&done.stderr)
    );
    browser.use_window(Some(&live)).await;
    browser.sees("sold by curl").await;
    // That it was used is noted within seconds.
    browser.use_window(Some(&keys)).await;
    let noted = async || {
        browser.reload().await;
        browser.sees("till").await;
        match browser.text().await {
            text if text.contains("never") => Err("it was never used".to_owned()),
            text => Ok(text),
        }
    };
    let text = browser.retry("read that the key was used", noted).await;
    assert!(text.contains("ago") || text.contains("now"), "{text}");
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_is_copied_with_and_without_a_clipboard() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.go("/s/shop/keys").await;
    browser.press("Create key").await;
    browser.fill("Name", "till").await;
    browser.press("Create key").await;
    let key = browser.value("The key").await;
    let copied = async |how: &str| {
        browser.press("Copy").await;
        let look = async || {
            let copied = browser.script("return window.copied ?? null", json!([])).await;
            if copied == json!(key) {
                Ok(())
            } else {
                Err(copied.to_string())
            }
        };
        browser.retry(&format!("copy the key {how}"), look).await;
        browser.sees("Copied.").await;
    };
    let clipboard = |value: &str| {
        format!(
            "window.copied = null; Object.defineProperty(navigator, 'clipboard', {{configurable: true, value: {value}}})"
        )
    };
    let kept = clipboard("{writeText: async (text) => { window.copied = text; }}");
    browser.script(&kept, json!([])).await;
    copied("by the clipboard").await;
    // On plain HTTP there is none, other than on the person's own machine; others refuse.
    let listen = "document.addEventListener('copy', (event) => { const field = event.target; window.copied = \
                  field.value?.slice(field.selectionStart, field.selectionEnd); })";
    browser.script(listen, json!([])).await;
    browser.script(&clipboard("undefined"), json!([])).await;
    copied("without a clipboard").await;
    let refusing = clipboard("{writeText: async () => { throw new Error('not allowed'); }}");
    browser.script(&refusing, json!([])).await;
    copied("where the clipboard refuses").await;
    // The keyboard is where it was, and nothing is left behind.
    let left = "return [document.activeElement.innerText, document.querySelectorAll('textarea').length]";
    assert_eq!(browser.script(left, json!([])).await, json!(["Copy", 0]));
    // Where nothing helps, that is said.
    browser.script("document.execCommand = () => false", json!([])).await;
    browser.press("Copy").await;
    browser.sees("Not copied").await;
    visit.was_clean().await;
}
