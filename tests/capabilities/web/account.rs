//! One's own account: the second factor, the password, the sessions.

use support::{browser::Look, person::PASSWORD};
use totp_rs::Totp;

use super::visit::{EMAIL, Visit};

/// The code of an app that was given the secret, at a time so many steps from now.
pub(super) async fn code(visit: &Visit, uri: &str, steps: i64) -> String {
    let now = visit
        .browser
        .script("return Math.floor(Date.now() / 1000)", serde_json::json!([]))
        .await;
    let at = now
        .as_u64()
        .expect("a time")
        .checked_add_signed(steps * 30)
        .expect("a time");
    Totp::from_url(uri).expect("an otpauth URI").generate(at).to_string()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_factor_is_set_up_and_asked_for() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    browser.press("Ada").await;
    browser.arrives("/account").await;
    browser.fill("Password now", PASSWORD).await;
    browser
        .script(
            "document.querySelector('#factor-password').focus()",
            serde_json::json!([]),
        )
        .await;
    browser.keys(PASSWORD).await;
    browser.press("Set up").await;
    browser.sees("Open in the app").await;
    let uri = browser
        .script(
            "return document.querySelector('a[href^=otpauth]').href",
            serde_json::json!([]),
        )
        .await;
    let uri = uri.as_str().expect("an address").to_owned();
    browser.fill("First code", &code(&visit, &uri, 0).await).await;
    browser.press("Confirm").await;
    browser.sees("Recovery codes").await;
    let codes = browser.script(
        "return [...document.querySelectorAll('.codes code')].map((code) => code.textContent)",
        serde_json::json!([]),
    );
    let codes = codes.await;
    assert_eq!(codes.as_array().map(Vec::len), Some(10), "{codes}");
    browser.press("Done").await;
    browser.sees("Recovery codes left: 10").await;
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    visit.sign_in().await;
    browser
        .fill("Code of your second factor", codes[0].as_str().expect("a code"))
        .await;
    browser.press("Sign in").await;
    browser.arrives("/account").await;
    browser.sees("Recovery codes left: 9").await;
    // It is taken away again, by a code as well, and then asked for no more.
    browser
        .script(
            "document.querySelector('#factor-password').focus()",
            serde_json::json!([]),
        )
        .await;
    browser.keys(PASSWORD).await;
    browser.fill("Code now", codes[1].as_str().expect("a code")).await;
    browser.press("Take away").await;
    browser.sees("The second factor is gone.").await;
    browser
        .sees("With a second factor a stolen password opens nothing.")
        .await;
    browser.press("Sign out").await;
    browser.arrives("/sign-in").await;
    visit.sign_in().await;
    browser.sees("this one").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_session_is_ended() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let address = visit.server.address();
    let elsewhere = support::person::sign_in(address, EMAIL, PASSWORD, None).await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.text);
    visit.go("/account").await;
    browser.sees("this one").await;
    browser.press("End:").await;
    browser.sees("The session is ended.").await;
    let cookie = support::person::cookie(&elsewhere);
    let renewed = support::person::post(address, "/session/refresh", &serde_json::json!({}), Some(&cookie)).await;
    assert_eq!(renewed.status, 401, "{}", renewed.text);
    // This one goes on, and is the only one.
    browser.reload().await;
    browser.sees("this one").await;
    let ends = "return document.querySelectorAll('button[aria-label^=\"End: \"]').length";
    assert_eq!(browser.script(ends, serde_json::json!([])).await, 0);
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_changed_and_ends_other_sessions() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let elsewhere = support::person::sign_in(visit.server.address(), EMAIL, PASSWORD, None).await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.text);
    visit.go("/account").await;
    browser.sees("this one").await;
    browser.sees("End").await;
    browser.fill("Password now", PASSWORD).await;
    browser.fill("New password", "another horse battery staple").await;
    browser.press("Change password").await;
    browser.sees("The password is changed").await;
    let cookie = support::person::cookie(&elsewhere);
    let renewed = support::person::post(
        visit.server.address(),
        "/session/refresh",
        &serde_json::json!({}),
        Some(&cookie),
    )
    .await;
    assert_eq!(renewed.status, 401, "{}", renewed.text);
    browser.reload().await;
    browser.sees("this one").await;
}
