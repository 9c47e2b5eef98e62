//! What a role may not see is not offered; and who goes there all the same is told so.

use serde_json::json;
use support::{Client, binary, browser::Look, person::PASSWORD};

use super::{look::PAGES, visit::Visit};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_says_so_where_a_role_may_not_see_it() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    for (email, role, offered) in [
        ("viewer@example.com", "viewer", 10),
        ("analyst@example.com", "analyst", 10),
        ("admin@example.com", "admin", 15),
    ] {
        let arguments = ["account", "create", email, "--role", role, "--password-stdin"];
        let input = format!("{PASSWORD}\n");
        let _ = binary::run_with_input(&visit.database, &arguments, input.as_bytes())
            .await
            .success();
        // A key that the server has not met yet has it reread what is configured.
        let made = binary::run(&visit.database, &["key", "create", "--allow", "log"])
            .await
            .success();
        let fresh = Client::new(visit.server.address(), made.trim_end());
        let _ = fresh.graphql("{ viewer { kind } }", json!({})).await.data();
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
        }
        assert_eq!(seen, offered, "{role}");
    }
    visit.was_refused().await;
}
