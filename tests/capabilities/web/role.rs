//! What a role may not see is not offered; and who goes there all the same is told so.

use serde_json::json;
use support::{Browser, browser::Look, person::PASSWORD};

use super::{look::PAGES, visit::Visit};

const ANALYSTS: &[&str] = &["analyst", "admin"];
const ADMINS: &[&str] = &["admin"];

/// What changes something on pages that everybody may see: the page, how it is called or begins, and to whom it is offered.
const OFFERED: &[(&str, &str, &[&str])] = &[
    ("events", "Delete all that match", ADMINS),
    ("events", "Delete selected", ADMINS),
    ("events", "Select ", ADMINS),
    ("events", "Bring back", ADMINS),
    ("views", "Declare view", ANALYSTS),
    ("views", "Declare scope", ANALYSTS),
    ("views", "Delete: plans", ANALYSTS),
    ("tags", "Declare key", ADMINS),
    ("tags", "Change type: price", ADMINS),
    ("tags", "Release: price", ADMINS),
    ("tags", "Mend: ", ADMINS),
    ("tags", "Delete all", ADMINS),
];
/// What these pages show to everybody once they are there.
const SHOWN: &[(&str, &str)] = &[("events", "signup"), ("views", "plans"), ("tags", "price")];

/// Something of everything that can be changed: an event, one that is deleted, one in quarantine, a view.
async fn fill(visit: &Visit) {
    let client = visit.client("log,query,delete,manage").await;
    for id in ["e1", "e2"] {
        let event = json!({"id": id, "action": "signup", "tag": {"price": 5}});
        assert_eq!(client.log(event).await["outcome"], "ACCEPTED");
    }
    let conflict = json!({"action": "signup", "tag": {"price": "5"}});
    assert_eq!(client.log(conflict).await["outcome"], "TYPE_CONFLICT");
    let deleted = client.delete("e2").await;
    assert!(deleted["error"].is_null(), "{deleted}");
    let create = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    let view = json!({"name": "plans", "dimensions": ["action"]});
    let _ = client.graphql(create, json!({"input": view})).await.data();
}

/// Fails where something is offered to a role that may not do it, or is kept from one that may.
async fn check_offers(browser: &Browser, role: &str, page: &str) {
    let Some((_, shown)) = SHOWN.iter().find(|(one, _)| *one == page) else {
        return;
    };
    browser.sees(shown).await;
    let names = "return [...document.querySelectorAll('main button, main input[type=checkbox]')].map((one) => \
                 one.getAttribute('aria-label') ?? one.innerText)";
    let offers = OFFERED.iter().filter(|(one, ..)| *one == page);
    // All of it is there at once, as soon as it is known what the role may do.
    let looks = async || {
        let names = browser.script(names, json!([])).await;
        let names: Vec<String> = serde_json::from_value(names).expect("names");
        let wrong: Vec<_> = offers
            .clone()
            .filter(|(_, name, roles)| names.iter().any(|one| one.starts_with(name)) != roles.contains(&role))
            .map(|(_, name, _)| name)
            .collect();
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("{wrong:?} among {names:?}"))
        }
    };
    browser
        .retry(&format!("offer on {page} what is for {role}"), looks)
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_so_where_a_role_may_not_see_it() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    fill(&visit).await;
    for (email, role, offered) in [
        ("viewer@example.com", "viewer", 10),
        ("analyst@example.com", "analyst", 10),
        ("admin@example.com", "admin", 15),
    ] {
        visit.account(email, role).await;
        visit.go("/s/shop/overview").await;
        browser.press("Sign out").await;
        browser.fill("E-mail address", email).await;
        browser.fill("Password", PASSWORD).await;
        browser.press("Sign in").await;
        browser.arrives("/s/shop/").await;
        let mut seen = 0;
        for (page, path, _) in PAGES.iter().filter(|(page, ..)| *page != "account") {
            visit.go(path).await;
            browser.sees("Sign out").await;
            let links = "const links = [...document.querySelectorAll('.navigation a')].map((link) => \
                         link.getAttribute('href')); return links.length ? links : null";
            let links = browser
                .retry("see the navigation", async || {
                    let links = browser.script(links, json!([])).await;
                    links
                        .as_array()
                        .cloned()
                        .ok_or_else(|| "it is not there yet".to_owned())
                })
                .await;
            browser.misses("Loading…").await;
            let is_offered = links.contains(&json!(path));
            seen += usize::from(is_offered);
            let refused = browser.text().await.contains("This is not for your role");
            assert_ne!(is_offered, refused, "{role}, {page}: {}", browser.text().await);
            check_offers(browser, role, page).await;
        }
        assert_eq!(seen, offered, "{role}");
    }
    visit.was_refused().await;
}
