//! The keyboard alone: the Tab key comes to everything, and Enter and Space do it.

use serde_json::json;
use support::{Browser, browser::Look, person::PASSWORD};

use super::{
    look::{IN_USE, PAGES},
    scene,
    visit::{EMAIL, Visit},
};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";
/// More presses of Tab than any page takes.
const PRESSES: usize = 80;
const PHONE: Look = Look {
    width: 390,
    height: 844,
    dark: false,
    language: "en",
};

/// What the Tab key is to reach: everything that can be pressed, chosen or filled in, and boxes that scroll; of a dialog that
/// is open, all that is in it.
const REACHABLE: &str = "const shown = document.querySelector('dialog[open]') ?? document; const all = \
                         [...shown.querySelectorAll('a[href], button, input, select, textarea, summary, \
                         [tabindex=\"0\"]')].filter((element) => !element.disabled && element.tabIndex >= 0 && \
                         element.checkVisibility({ visibilityProperty: true }));";

/// Fails where the Tab key does not reach all of what is shown, beginning at the first of it.
pub(super) async fn walk(browser: &Browser, what: &str) {
    // A dialog may still ask the server for what it shows.
    let filled = format!("{REACHABLE} return all.length");
    let has_come = async || match browser.script(&filled, json!([])).await {
        none if none == json!(0) => Err("there is nothing to reach".to_owned()),
        _ => Ok(()),
    };
    browser.retry(&format!("walk {what}"), has_come).await;
    let begin = format!(
        "{REACHABLE} window.walked = new Set(); document.addEventListener('focusin', (event) => \
         window.walked.add(event.target)); document.activeElement.blur(); all[0].focus(); return all.length"
    );
    let amount = browser.script(&begin, json!([])).await.as_u64().expect("a number");
    // A field for a day takes several presses.
    let presses = usize::try_from(amount).expect("few") + 12;
    browser.keys(&TAB.repeat(presses)).await;
    let missed = format!(
        "{REACHABLE} return all.filter((element) => !window.walked.has(element)).map((element) => element.outerHTML)"
    );
    assert_eq!(
        browser.script(&missed, json!([])).await,
        json!([]),
        "{what}: the keyboard does not reach these"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tab_key_reaches_all_of_every_page() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    for (page, path, text) in PAGES {
        visit.go(path).await;
        browser.sees(text).await;
        browser.misses("Loading…").await;
        walk(browser, page).await;
    }
    scene::fill(&visit).await;
    for (page, path, text) in IN_USE {
        visit.go(path).await;
        browser.sees(text).await;
        browser.misses("Loading…").await;
        walk(browser, &format!("{page} in use")).await;
        browser.wear(PHONE).await;
        walk(browser, &format!("{page} on a phone")).await;
        browser.wear(Look::default()).await;
    }
    browser.wear(PHONE).await;
    browser.press("Menu").await;
    browser.sees("Sign out").await;
    walk(browser, "the menu of a phone").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tab_key_reaches_all_of_the_way_in() {
    for look in [Look::default(), PHONE] {
        let visit = Visit::begin(look).await;
        let browser = &visit.browser;
        visit.go("/sign-in").await;
        browser.sees("E-mail address").await;
        walk(browser, "sign in").await;
        visit.go("/nowhere").await;
        browser.sees("There is nothing here").await;
        walk(browser, "not found").await;
        browser.open(&visit.link()).await;
        browser.sees("Set your password").await;
        walk(browser, "link").await;
        visit.set_password().await;
        browser.sees("There is no site yet").await;
        walk(browser, "first site").await;
    }
}

/// Presses Tab until what is called so has the keyboard.
async fn tab_to(browser: &Browser, name: &str) {
    let now = "const now = document.activeElement; const name = now.getAttribute('aria-label') ?? now.labels?.[0]?.innerText ?? \
               now.innerText ?? ''; return name.replace(/\\s+/g, ' ').trim()";
    let mut passed = Vec::new();
    for _ in 0..PRESSES {
        let at = browser.script(now, json!([])).await;
        let at = at.as_str().unwrap_or_default().to_owned();
        // Behind the name stands what is said of it: `Note optional`.
        if at == name || at.starts_with(&format!("{name} ")) {
            return;
        }
        passed.push(at);
        browser.keys(TAB).await;
    }
    panic!("the Tab key does not come to “{name}”, but to {passed:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_site_and_a_rule_are_made_by_the_keyboard_alone() {
    let visit = Visit::begin(Look::default()).await;
    let browser = &visit.browser;
    browser.open(&visit.link()).await;
    browser.sees("Set your password").await;
    for (field, text) in [("E-mail address", EMAIL), ("Name", "Ada"), ("Password", PASSWORD)] {
        tab_to(browser, field).await;
        browser.keys(text).await;
    }
    browser.keys(ENTER).await;
    browser.sees("There is no site yet").await;
    tab_to(browser, "Name of the site").await;
    browser.keys("shop").await;
    tab_to(browser, "Create site").await;
    browser.keys(" ").await;
    browser.arrives("/s/shop/").await;
    browser.sees("No event in this period").await;
    browser.keys("gl").await;
    browser.sees("No rule yet").await;
    tab_to(browser, "Add rule").await;
    browser.keys(" ").await;
    browser.sees("Looks at").await;
    // A dialog begins where something is to be filled in.
    browser.keys("secret*").await;
    assert_eq!(browser.value("Pattern").await, "secret*");
    tab_to(browser, "Shadow").await;
    browser.keys(" ").await;
    tab_to(browser, "Try it on the last 7 days").await;
    browser.keys(" ").await;
    browser.sees("Of 0 events").await;
    tab_to(browser, "Add rule").await;
    browser.keys(ENTER).await;
    browser.sees("The rule holds from the next event on.").await;
    browser.sees("shadow").await;
    tab_to(browser, "Delete: secret*").await;
    browser.keys(ENTER).await;
    browser.sees("Type “secret*” to confirm").await;
    browser.keys(&format!("secret*{ENTER}")).await;
    browser.sees("The rule is deleted.").await;
    browser.sees("No rule yet").await;
    // What is behind the end of a page is the browser's own: from its beginning.
    browser.reload().await;
    browser.sees("No rule yet").await;
    tab_to(browser, "Sign out").await;
    browser.keys(ENTER).await;
    browser.arrives("/sign-in").await;
    for (field, text) in [("E-mail address", EMAIL), ("Password", PASSWORD)] {
        tab_to(browser, field).await;
        browser.keys(text).await;
    }
    browser.keys(ENTER).await;
    browser.arrives("/s/shop/").await;
    visit.was_clean().await;
}
