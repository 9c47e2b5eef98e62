//! Coming in: the first link, the password, the second factor, and out again.

use support::{browser::Look, person::PASSWORD};

use super::visit::{EMAIL, Visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_link_makes_an_owner_and_the_first_site() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    assert!(
        !browser.url().await.contains('#'),
        "the link's secret is out of the address"
    );
    browser.sees("Ada").await;
    // The session outlives the page.
    browser.reload().await;
    browser.sees("Ada").await;
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    browser.sees("Sign in").await;
    // What is behind signing in is not shown to anybody, and remembered as the way to go.
    visit.go("/s/shop/keys").await;
    browser.arrives("/sign-in?next=").await;
    visit.sign_in().await;
    browser.arrives("/s/shop/keys").await;
    browser.sees("No key yet").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_words_are_answered_in_place() {
    let visit = Visit::begin(Look::default()).await;
    let browser = &visit.browser;
    // Too short: the server says so, and what was typed stays.
    browser.open(&visit.link()).await;
    browser.fill("E-mail address", EMAIL).await;
    browser.fill("Password", "short").await;
    browser.press("Set your password").await;
    browser.sees("12").await;
    assert_eq!(browser.value("E-mail address").await, EMAIL);
    visit.set_password().await;
    browser.sees("There is no site yet").await;
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    browser.fill("E-mail address", EMAIL).await;
    browser.fill("Password", "not the password at all").await;
    browser.press("Sign in").await;
    browser
        .retry("be told", async || {
            let alert = browser
                .script(
                    "return document.querySelector('[role=alert]').innerText",
                    serde_json::json!([]),
                )
                .await;
            if alert.as_str().is_some_and(|text| text.contains("password")) {
                Ok(())
            } else {
                Err(alert.to_string())
            }
        })
        .await;
    assert!(!browser.text().await.contains(PASSWORD));
    // A link without its secret is explained.
    visit.go("/session/link").await;
    browser.sees("This link is not whole").await;
    visit.go("/nowhere/at/all").await;
    browser.sees("There is nothing here").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_page_speaks_german_to_germans() {
    let look = Look {
        language: "de-AT,de",
        ..Look::default()
    };
    let visit = Visit::begin(look).await;
    visit.go("/sign-in").await;
    visit.browser.sees("Anmelden").await;
    let language = visit
        .browser
        .script("return document.documentElement.lang", serde_json::json!([]))
        .await;
    assert_eq!(language, "de");
}
