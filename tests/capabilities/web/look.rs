//! How every page looks and reads: no violation that axe finds, light and dark; by keyboard alone; pictures of all of it.

use std::{fs, path::PathBuf};

use serde_json::json;
use support::{Browser, browser::Look, folder::repository, setting};

use super::{opened::sign_out, scene, visit::Visit};

/// The pages behind signing in, each with a text that shows that it is there.
pub(super) const PAGES: &[(&str, &str, &str)] = &[
    ("overview", "/s/shop/overview", "No event in this period"),
    ("live", "/s/shop/live", "Nothing has arrived yet"),
    ("explore", "/s/shop/explore", "As a table"),
    ("uniques", "/s/shop/uniques", "As a table"),
    ("actors", "/s/shop/actors", "Nobody here"),
    ("events", "/s/shop/raw", "No event here"),
    ("lists", "/s/shop/lists", "No rule yet"),
    ("tags", "/s/shop/tags", "No key yet"),
    ("ledger", "/s/shop/ledger", "Nothing is missing"),
    ("views", "/s/shop/views", "countries"),
    ("site", "/s/shop/settings", "Save"),
    ("keys", "/s/shop/keys", "No key yet"),
    ("people", "/people", "ada@example.com"),
    ("audit", "/audit", "createSite"),
    ("system", "/system", "SQLite"),
    ("playground", "/playground", "Nothing was sent yet."),
    ("account", "/account", "this one"),
];

/// The pages of a site that is in use, and what opens on them, each with a text that shows that it is there.
pub(super) const IN_USE: &[(&str, &str, &str)] = &[
    ("overview", "/s/shop/overview", "Countries"),
    (
        "overview-filtered",
        "/s/shop/overview?period=7d&where=url.path%3D%22%2Fprices%22",
        "url.path: /prices",
    ),
    ("live", "/s/shop/live", "anna-0"),
    ("explore", "/s/shop/explore?view=plans&by=tag.plan", "harbour"),
    ("uniques", "/s/shop/uniques", "As a table"),
    ("actors", "/s/shop/actors", "Found"),
    ("actor", "/s/shop/actors?actor=anna-0", "Add to basket"),
    ("company", "/s/shop/actors?by=company&actor=acme", "anna-0"),
    ("events", "/s/shop/raw", "Searched for Something"),
    ("lists", "/s/shop/lists", "Comment spam since spring"),
    ("tags", "/s/shop/tags", "basket"),
    ("ledger", "/s/shop/ledger", "Denied by a rule"),
    ("views", "/s/shop/views", "plans"),
    ("site", "/s/shop/settings", "Save"),
    ("keys", "/s/shop/keys", "Reporting for the board"),
    ("people", "/people", "Grace Hopper"),
    ("audit", "/audit", "restoreDeletion"),
    ("system", "/system", "SQLite"),
    ("playground", "/playground", "Nothing was sent yet."),
    ("account", "/account", "this one"),
];

/// Phones, and desks.
const WIDTHS: [(&str, u32, u32); 2] = [("phone", 390, 844), ("desk", 1280, 900)];
/// The narrowest phone, and the widest screen.
const UTMOST: [(&str, u32, u32); 2] = [("narrow", 320, 640), ("wide", 1920, 1080)];

pub(super) fn looks() -> impl Iterator<Item = (String, Look)> {
    [("light", false), ("dark", true)]
        .into_iter()
        .flat_map(|(shade, dark)| {
            WIDTHS.into_iter().map(move |(device, width, height)| {
                let look = Look {
                    width,
                    height,
                    dark,
                    ..Look::default()
                };
                (format!("{device}-{shade}"), look)
            })
        })
}

/// What axe finds on the page as it is, or in the dialog or menu that is open on it, which hides what is below: all rules of WCAG 2.2 AA, of which it leaves out
/// the one for the size of targets unless it is asked for, and what its authors count as good practice.
pub(super) async fn check(browser: &Browser, what: &str) {
    let path = repository().join("tests/audit/node_modules/axe-core/axe.min.js");
    let source = fs::read_to_string(&path)
        .unwrap_or_else(|_| panic!("axe-core is not there: run `npm ci --prefix tests/audit`, as tests/run does"));
    browser.script(&source, json!([])).await;
    let found = browser
        .script_to_end(
            "const done = arguments[0]; const shown = document.querySelector('dialog[open], details.menu[open]') ?? document; axe.run(shown, { rules: \
             { 'target-size': { enabled: true } } }).then((result) => done({ passes: result.passes.length, violations: \
             result.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.map((node) => [node.html, \
             node.failureSummary]) })) }))",
            json!([]),
        )
        .await;
    assert!(found["passes"].as_u64() > Some(3), "axe has looked: {found}");
    assert_eq!(found["violations"], json!([]), "{what}: {found:#}");
    // No page is wider than the window.
    let wide = "return document.documentElement.scrollWidth > document.documentElement.clientWidth";
    assert_eq!(
        browser.script(wide, json!([])).await,
        false,
        "{what} is wider than its window"
    );
}

/// The most that what is on a page may jump while it appears, as Chromium counts it.
const MOST_SHIFT: f64 = 0.01;

/// Fails where something that could be seen has jumped since the page was asked for.
async fn steady(browser: &Browser, what: &str) {
    let shifts = browser
        .script_to_end(
            "const done = arguments[0]; let sum = 0; const add = (list) => { for (const entry of list.getEntries()) if \
             (!entry.hadRecentInput) sum += entry.value; }; new PerformanceObserver(add).observe({ type: 'layout-shift', \
             buffered: true }); setTimeout(() => done(sum), 200)",
            json!([]),
        )
        .await;
    let shifts = shifts.as_f64().expect("a number");
    assert!(shifts <= MOST_SHIFT, "{what} has jumped by {shifts}");
}

/// Saves a picture where `TIDEMARK_TEST_PICTURES` names a folder for them.
pub(super) async fn picture(browser: &Browser, name: &str) {
    if let Some(folder) = setting::pictures() {
        fs::create_dir_all(&folder).expect("a folder for pictures");
        let path: PathBuf = folder.join(format!("{name}.png"));
        browser.picture(&path).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_is_for_everybody() {
    for (name, look) in looks() {
        let visit = Visit::begin(look).await;
        let browser = &visit.browser;
        browser.open(&visit.link()).await;
        browser.sees("Set your password").await;
        check(browser, &format!("link, {name}")).await;
        picture(browser, &format!("link-{name}")).await;
        visit.set_password().await;
        browser.sees("There is no site yet").await;
        check(browser, &format!("first site, {name}")).await;
        picture(browser, &format!("first-site-{name}")).await;
        browser.fill("Name of the site", "shop").await;
        browser.press("Create site").await;
        browser.arrives("/s/shop/").await;
        for (page, path, text) in PAGES {
            visit.go(path).await;
            browser.sees(text).await;
            browser.misses("Loading…").await;
            steady(browser, &format!("{page}, {name}")).await;
            check(browser, &format!("{page}, {name}")).await;
            picture(browser, &format!("{page}-{name}")).await;
        }
        visit.go("/s/shop/keys").await;
        browser.press("Create key").await;
        browser.sees("It may").await;
        check(browser, &format!("a dialog, {name}")).await;
        picture(browser, &format!("key-create-{name}")).await;
        sign_out(browser).await;
        visit.go("/account").await;
        browser.sees("E-mail address").await;
        steady(browser, &format!("sign in, {name}")).await;
        check(browser, &format!("sign in, {name}")).await;
        picture(browser, &format!("sign-in-{name}")).await;
        visit.was_clean().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_in_use_is_for_everybody() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    scene::fill(&visit).await;
    for (name, look) in looks() {
        browser.wear(look).await;
        for (page, path, text) in IN_USE {
            visit.go(path).await;
            browser.sees(text).await;
            browser.misses("Loading…").await;
            steady(browser, &format!("{page} in use, {name}")).await;
            picture(browser, &format!("in-use-{page}-{name}")).await;
            check(browser, &format!("{page} in use, {name}")).await;
            if !look.dark {
                let place = WIDTHS.iter().position(|(_, width, _)| *width == look.width);
                let (device, width, height) = UTMOST[place.expect("one of them")];
                browser.wear(Look { width, height, ..look }).await;
                picture(browser, &format!("in-use-{page}-{device}")).await;
                check(browser, &format!("{page} in use, {device}")).await;
                browser.wear(look).await;
            }
        }
    }
    visit.was_refused().await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keyboard_goes_everywhere() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.go("/account").await;
    browser.sees("Your account").await;
    // By its own account of it.
    browser.keys("?").await;
    browser.sees("Keys of the keyboard").await;
    browser.keys("\u{e00c}").await;
    browser.misses("Keys of the keyboard").await;
    // By search.
    browser.keys("/").await;
    browser.keys("keys\u{e007}").await;
    browser.arrives("/s/shop/keys").await;
    // By a letter, and not while typing.
    visit.go("/s/shop/keys").await;
    browser.sees("No key yet").await;
    browser.keys("/").await;
    browser.keys("gk").await;
    assert_eq!(browser.value("Pages and sites").await, "gk");
    // By Tab: what skips the navigation comes first.
    visit.go("/s/shop/keys").await;
    browser.sees("No key yet").await;
    browser.keys("\u{e004}").await;
    let first = browser
        .script("return document.activeElement.innerText", json!([]))
        .await;
    assert_eq!(first, "Skip to the content");
}
