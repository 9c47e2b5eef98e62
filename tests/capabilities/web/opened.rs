//! What opens on a page, and what stands in for one: dialogs, the way in with a second factor, and pages that are not there,
//! not for somebody, or not to be had. For everybody, as the pages are.

use serde_json::json;
use support::{Browser, browser::Look, person::PASSWORD};

use super::{
    account::code,
    look::{check, looks, picture},
    scene,
    visit::Visit,
    walk::walk,
};

/// The dialogs of a site that is in use: their names, where they open, and what is pressed, or how that begins.
pub(super) const OPENED: &[(&str, &str, &str)] = &[
    ("rule-add", "/s/shop/lists", "Add rule"),
    ("rule-edit", "/s/shop/lists", "Edit: *.spam.example"),
    ("rule-delete", "/s/shop/lists", "Delete: *.spam.example"),
    ("rule-hits", "/s/shop/lists", "Hits: "),
    ("event", "/s/shop/raw", "Open: "),
    ("event-delete", "/s/shop/raw", "Delete all that match"),
    ("key-create", "/s/shop/keys", "Create key"),
    ("key-edit", "/s/shop/keys", "Edit: Website"),
    ("key-rotate", "/s/shop/keys", "Rotate: Website"),
    ("key-revoke", "/s/shop/keys", "Revoke: Website"),
    ("view-declare", "/s/shop/views", "Declare view"),
    ("scope-declare", "/s/shop/views", "Declare scope"),
    ("view-delete", "/s/shop/views", "Delete: plans"),
    ("tag-declare", "/s/shop/tags", "Declare key"),
    ("tag-retype", "/s/shop/tags", "Change type: price"),
    ("tag-release", "/s/shop/tags", "Release: price"),
    ("quarantine-mend", "/s/shop/tags", "Mend: "),
    ("quarantine-empty", "/s/shop/tags", "Delete all"),
    ("site-create", "/s/shop/settings", "New site"),
    ("person-invite", "/people", "Invite"),
    ("person-roles", "/people", "Roles: grace@example.com"),
    ("person-link", "/people", "New link: grace@example.com"),
    ("person-lock", "/people", "Lock: grace@example.com"),
    ("audit", "/audit", "Open: "),
];

/// Opens a dialog, and waits until it shows what it shows.
pub(super) async fn open(visit: &Visit, path: &str, press: &str) {
    visit.go(path).await;
    visit.browser.press(press).await;
    let there = "const dialog = document.querySelector('dialog[open]'); return !!dialog?.querySelector('h2') && \
                 !dialog.querySelector('.loading')";
    let is_open = async || match visit.browser.script(there, json!([])).await {
        serde_json::Value::Bool(true) => Ok(()),
        _ => Err("there is none yet".to_owned()),
    };
    visit.browser.retry(&format!("open “{press}” of {path}"), is_open).await;
}

/// Has axe look at what is shown, on a phone in the dark and on a desk in the light.
async fn look_at(browser: &Browser, what: &str) {
    for (name, look) in looks().filter(|(name, _)| ["phone-dark", "desk-light"].contains(&name.as_str())) {
        browser.wear(look).await;
        check(browser, &format!("{what}, {name}")).await;
        picture(browser, &format!("opened-{what}-{name}")).await;
    }
    browser.wear(Look::default()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_dialog_is_for_everybody() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    scene::fill(&visit).await;
    for (name, path, press) in OPENED {
        open(&visit, path, press).await;
        look_at(browser, name).await;
        walk(browser, name).await;
    }
    // What was tried stands in the dialog as well.
    open(&visit, "/s/shop/lists", "Add rule").await;
    browser.fill("Pattern", "pageview").await;
    browser.press("Try it on the last 7 days").await;
    browser.sees("it would have refused").await;
    look_at(browser, "rule-tried").await;
    visit.go("/account").await;
    browser.sees("this one").await;
    browser.keys("?").await;
    browser.sees("Keys of the keyboard").await;
    look_at(browser, "keyboard").await;
    walk(browser, "keyboard").await;
    visit.go("/s/shop/overview").await;
    browser.sees("Countries").await;
    browser.press("Export").await;
    look_at(browser, "export").await;
    visit.was_clean().await;
}

/// From here on the server answers no question.
pub(super) const FAIL: &str = "const ask = window.fetch; window.fetch = (...request) => String(request[0].url ?? \
                               request[0]).includes('/graphql') ? Promise.resolve(new Response('', { status: 503 })) : \
                               ask(...request)";

/// Signs out, on phones as well, where the button for it is in a menu.
pub(super) async fn sign_out(browser: &Browser) {
    let sign_out = "const done = arguments[0]; fetch('/session/sign-out', {method: 'POST', body: '{}', headers: \
                    {'Content-Type': 'application/json'}}).then((answer) => done(answer.status))";
    let status = browser.script_to_end(sign_out, json!([])).await;
    assert_eq!(status, json!(204), "signed out");
}

/// Somebody who may look, and no more.
pub(super) const VIEWER: &str = "viewer@example.com";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_in_for_a_page_is_for_everybody() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.account(VIEWER, "viewer").await;
    for (name, path, text) in [
        ("not-found", "/nowhere", "There is nothing here"),
        ("no-site", "/s/none/overview", "No such site"),
        ("broken-link", "/session/link", "This link is not whole"),
    ] {
        visit.go(path).await;
        browser.sees(text).await;
        look_at(browser, name).await;
    }
    visit.go("/account").await;
    visit.has_link("/system").await;
    browser.script(FAIL, json!([])).await;
    visit.follow("/system").await;
    browser.sees("This did not work").await;
    look_at(browser, "failed").await;
    walk(browser, "failed").await;
    // A second factor, from its secret to the page that asks for it.
    visit.go("/account").await;
    browser.sees("this one").await;
    browser
        .script("document.querySelector('#factor-password').focus()", json!([]))
        .await;
    browser.keys(PASSWORD).await;
    browser.press("Set up").await;
    browser.sees("Open in the app").await;
    look_at(browser, "factor-secret").await;
    let uri = browser
        .script("return document.querySelector('a[href^=otpauth]').href", json!([]))
        .await;
    let first = code(&visit, uri.as_str().expect("an address"), 0).await;
    browser.fill("First code", &first).await;
    browser.press("Confirm").await;
    browser.sees("Recovery codes").await;
    look_at(browser, "factor-codes").await;
    browser.press("Done").await;
    browser.sees("Recovery codes left: 10").await;
    look_at(browser, "factor").await;
    sign_out(browser).await;
    visit.go("/account").await;
    visit.sign_in().await;
    browser.sees("Code of your second factor").await;
    look_at(browser, "sign-in-factor").await;
    walk(browser, "sign in with a second factor").await;
    browser.fill("Code of your second factor", "000000").await;
    browser.press("Sign in").await;
    browser
        .retry("be refused", async || {
            let told = "return document.querySelector('[role=alert]').innerText";
            let told = browser.script(told, json!([])).await;
            (told != "").then_some(()).ok_or_else(|| "nothing is said".to_owned())
        })
        .await;
    look_at(browser, "sign-in-refused").await;
    // Somebody to whom a page is not shown.
    visit.go("/people").await;
    browser.fill("E-mail address", VIEWER).await;
    browser.fill("Password", PASSWORD).await;
    browser.press("Sign in").await;
    browser.sees("This is not for your role").await;
    look_at(browser, "not-for-them").await;
    visit.was_refused().await;
}
