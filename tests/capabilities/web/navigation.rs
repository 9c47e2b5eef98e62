//! Ways to the pages: also without a site, also among ten thousand sites, and by keys as long as somebody wants them.

use serde_json::json;
use support::{Client, binary, browser::Look};

use super::visit::{EMAIL, Visit};
use crate::inside;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_site_the_organisation_has_its_pages() {
    let visit = Visit::begin(Look::default()).await;
    let browser = &visit.browser;
    browser.open(&visit.link()).await;
    visit.set_password().await;
    browser.sees("There is no site yet").await;
    browser.press("System").await;
    browser.sees("SQLite").await;
    browser.keys("gp").await;
    browser.arrives("/people").await;
    browser.sees(EMAIL).await;
    browser.keys("/").await;
    browser.keys("audit\u{e007}").await;
    browser.arrives("/audit").await;
    browser.sees("Search").await;
    // Pages of a site are not offered, neither by their names nor by their keys.
    assert!(!browser.text().await.contains("Overview"));
    browser.keys("?").await;
    browser.sees("Go to: System").await;
    assert!(!browser.text().await.contains("Go to: Keys"));
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_keys_go_where_nobody_wants_them() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    visit.go("/account").await;
    browser.sees("this one").await;
    browser.keys("?").await;
    browser.sees("Use these keys").await;
    browser.press("Use these keys").await;
    browser.keys("\u{e00c}").await;
    browser.misses("Use these keys").await;
    // This browser remembers it.
    browser.reload().await;
    browser.sees("this one").await;
    let begun = "return [document.querySelector('dialog[open]') !== null, document.activeElement.type ?? '', location.pathname]";
    browser.keys("?/gk").await;
    assert_eq!(browser.script(begun, json!([])).await, json!([false, "", "/account"]));
    // A button leads back to them.
    browser.press("Keys of the keyboard").await;
    browser.press("Use these keys").await;
    browser.keys("\u{e00c}").await;
    browser.misses("Use these keys").await;
    browser.keys("gk").await;
    browser.arrives("/s/shop/keys").await;
    visit.was_clean().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn among_ten_thousand_sites_pages_carry_their_own_alone() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let columns = "time_zone, action_policy, ip_policy, identity_period, raw_floor, rollup_floor, created_at, tag_mode, \
                   quarantine_days, quarantine_megabytes";
    let many = format!(
        "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 9999) INSERT INTO site (name, \
         {columns}) SELECT printf('site-%05d', n), {columns} FROM site, numbers WHERE name = 'shop'"
    );
    inside::execute(&visit.database, &many).await;
    // With a key more the server reads what there is anew.
    let made = binary::run(&visit.database, &["key", "create", "--allow", "query"]).await;
    let client = Client::new(visit.server.address(), made.success().trim_end());
    let known = async || {
        let told = client
            .graphql("{ sites(name: \"site-09999\") { name } }", json!({}))
            .await;
        if told.text.contains("\"site-09999\"") {
            Ok(())
        } else {
            Err(told.text)
        }
    };
    browser.retry("have the sites known", known).await;
    let keep = "const ask = window.fetch; window.told = []; window.fetch = async (...request) => { const answer = await \
                ask.apply(window, request); answer.clone().text().then((text) => window.told.push(text)); return answer; }";
    browser.prepare(keep).await;
    let options = "return document.querySelectorAll('#site option').length";
    let settings = "return window.told.filter((text) => text.startsWith('{') && text.includes('quarantineMegabytes')).map((text) => \
                    JSON.parse(text).data.sites.map((site) => site.name))";
    visit.go("/s/site-09999/settings").await;
    browser.sees("Time zone").await;
    let alone = async || match browser.script(settings, json!([])).await {
        told if told == json!([["site-09999"]]) => Ok(()),
        told => Err(format!("{} characters of settings", told.to_string().len())),
    };
    browser.retry("be told of one site's settings alone", alone).await;
    assert_eq!(
        browser.script(options, json!([])).await,
        1,
        "until somebody turns to the list"
    );
    // Each is found by its name, and is in the list.
    browser.keys("/").await;
    browser.keys("site-04711\u{e007}").await;
    browser.arrives("/s/site-04711/settings").await;
    browser.choose("Site", "site-00042").await;
    browser.arrives("/s/site-00042/settings").await;
    assert_eq!(browser.script(options, json!([])).await, 10_000);
    let chosen = "return document.querySelector('#site').value";
    assert_eq!(browser.script(chosen, json!([])).await, "site-00042");
    visit.was_clean().await;
}
