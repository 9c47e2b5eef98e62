//! Whatever the world sends and people type is text on every page, whatever it looks like.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, binary, browser::Look, person::PASSWORD};

use super::{look::PAGES, visit::Visit};

/// Code, wherever it is taken for HTML.
const CODE: &str = "<img src=x onerror=\"window.hacked=1\">";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_sent_or_typed_becomes_code_on_any_page() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log,query,delete,manage").await;
    sent(&visit, &client).await;
    typed(&client).await;
    client.await_folded("shop").await;
    let marked = format!("{CODE} in short");
    let address: String = reqwest::Url::parse_with_params("http://x/", [("actor", CODE)])
        .expect("a URL")
        .query()
        .expect("a query")
        .replace('+', "%20");
    let filtered = reqwest::Url::parse_with_params("http://x/", [("where", format!("action={}", json!(CODE)))]);
    let filtered = filtered.expect("a URL").query().expect("a query").replace('+', "%20");
    let grouped = reqwest::Url::parse_with_params("http://x/", [("by", format!("tag.{}", CODE.replace('.', "_")))]);
    let grouped = grouped.expect("a URL").query().expect("a query").replace('+', "%20");
    let more = [
        ("actor", format!("/s/shop/actors?{address}"), "What is known"),
        (
            "company",
            format!("/s/shop/actors?by=company&{address}"),
            "What is known",
        ),
        ("filtered", format!("/s/shop/overview?{filtered}"), "Countries"),
        (
            "uniques by scope",
            "/s/shop/uniques?scope=tag.network&where=tag.network%3D%22%3Cimg%20src%3Dx%3E%22".to_owned(),
            "As a table",
        ),
        (
            "explore",
            format!("/s/shop/explore?view=events&by=label&{filtered}"),
            "As a table",
        ),
        // What is typed is a heading there; keys have an underscore for a dot.
        (
            "explore by a tag",
            format!("/s/shop/explore?view=events&{grouped}"),
            "window_hacked",
        ),
    ];
    let pages = PAGES
        .iter()
        .map(|(page, path, _)| (*page, (*path).to_owned(), "Sign out"));
    for (page, path, text) in pages.chain(more) {
        visit.go(&path).await;
        browser.sees(text).await;
        browser.misses("Loading…").await;
        check(&visit, page).await;
    }
    hit(&visit, &client, &marked).await;
    check_opened(&visit).await;
    check_asked(&visit).await;
    visit.go("/s/shop/live").await;
    browser.sees("live").await;
    let logged = client.log(json!({"action": CODE, "label": CODE, "actor": CODE})).await;
    assert_eq!(logged["outcome"], "ACCEPTED");
    browser.sees(CODE).await;
    check(&visit, "live").await;
    visit.was_refused().await;
}

/// Has the rule hit something, so that its hits can be opened.
async fn hit(visit: &Visit, client: &Client, shown: &str) {
    let is_hit = async || {
        let logged = client.log(json!({"action": "again", "userAgent": CODE})).await;
        assert_eq!(logged["outcome"], "ACCEPTED", "it only counts");
        visit.go("/s/shop/lists").await;
        visit.browser.sees(shown).await;
        let hits = "return document.querySelectorAll('[aria-label^=\"Hits:\"]').length";
        match visit.browser.script(hits, json!([])).await {
            Value::Number(hits) if hits.as_u64() > Some(0) => Ok(()),
            other => Err(other.to_string()),
        }
    };
    visit.browser.retry("have a rule hit", is_hit).await;
}

/// What opens on a press.
async fn check_opened(visit: &Visit) {
    let browser = &visit.browser;
    let of = |what: &str| format!("{what}: {CODE}");
    for (path, press, text) in [
        ("/s/shop/raw", "Open: e1".to_owned(), "trafficSource"),
        ("/s/shop/raw", "Delete all that match".to_owned(), "to confirm"),
        ("/s/shop/lists", of("Edit"), "Edit rule"),
        ("/s/shop/lists", of("Delete"), "Delete the rule “"),
        ("/s/shop/lists", "Hits: ".to_owned(), "Hits of “"),
        ("/s/shop/keys", of("Edit"), "Edit “"),
        ("/s/shop/keys", of("Rotate"), "a new secret"),
        ("/s/shop/keys", of("Revoke"), "Revoke “"),
        ("/s/shop/tags", "Mend: ".to_owned(), "Mend events with “"),
        ("/people", "Roles: eve@example.com".to_owned(), "Roles of "),
    ] {
        visit.go(path).await;
        browser.press(&press).await;
        browser.sees(text).await;
        browser.misses("Loading…").await;
        check(visit, &format!("{press}, {path}")).await;
    }
}

/// What comes of a question that somebody asks.
async fn check_asked(visit: &Visit) {
    let browser = &visit.browser;
    visit.go("/s/shop/lists").await;
    browser.press(&format!("Edit: {CODE}")).await;
    browser.press("Try it on the last 7 days").await;
    browser.sees(&format!("{CODE}: ")).await;
    check(visit, "a rule that is tried").await;
    visit.go("/audit").await;
    browser.fill("What", "createKey").await;
    browser.press("Search").await;
    browser.misses("createView").await;
    browser.press("Open: ").await;
    browser.sees("img src=x").await;
    check(visit, "a change").await;
    visit.go("/s/shop/ledger").await;
    for (group, text) in [("Action", CODE), ("Key", "Stored"), ("Door", "Stored")] {
        browser.choose("Show by", group).await;
        browser.sees(text).await;
        browser.misses("Loading…").await;
        check(visit, &format!("the ledger by {group}")).await;
    }
    // No site is called so: the server says what its name may have.
    visit.go("/s/shop/settings").await;
    browser.press("New site").await;
    browser.fill("Name of the site", CODE).await;
    browser.press("Create site").await;
    browser.sees("letters, digits, dots, hyphens or underscores").await;
    check(visit, "a site's name").await;
}

/// Fails where it was taken for more than text.
async fn check(visit: &Visit, page: &str) {
    let found = "return [window.hacked ?? null, document.querySelectorAll('img').length]";
    let found = visit.browser.script(found, json!([])).await;
    assert_eq!(found, json!([null, 0]), "{page}");
}

/// In every field that an event has, in what is in quarantine, and in what calls that identify say.
async fn sent(visit: &Visit, client: &Client) {
    let whole = |id: &str| {
        json!({"id": id, "action": CODE, "label": CODE, "url": format!("https://shop.example/{CODE}"),
               "referrer": format!("https://else.example/{CODE}"), "userAgent": CODE, "actor": CODE, "device": CODE, "session": CODE,
               "company": CODE, "language": CODE, "city": CODE, "tag": {CODE: CODE, "network": CODE, "deep": {format!("{CODE} list"): [CODE]}}})
    };
    assert_eq!(client.log(whole("e1")).await["outcome"], "ACCEPTED");
    let mut conflict = whole("e2");
    conflict["tag"][CODE] = json!(7);
    assert_eq!(client.log(conflict).await["outcome"], "TYPE_CONFLICT");
    let said = json!({"batch": [
        {"type": "identify", "userId": CODE, "traits": {CODE: CODE}},
        {"type": "group", "userId": CODE, "groupId": CODE, "traits": {CODE: {CODE: CODE}}},
    ]});
    let key = client.key().expect("a key").to_owned();
    let request = client
        .without_key()
        .request(Method::POST, "/v1/batch")
        .basic_auth(key, Some(""));
    assert_eq!(client.send(request.json(&said)).await.status, 200);
    let arguments = [
        "account",
        "create",
        "eve@example.com",
        "--name",
        CODE,
        "--role",
        "viewer",
        "--password-stdin",
    ];
    let input = format!("{PASSWORD}\n");
    let _ = binary::run_with_input(&visit.database, &arguments, input.as_bytes())
        .await
        .success();
}

/// In what people who manage the site type.
async fn typed(client: &Client) {
    let done = async |document: &str, variables: Value| {
        let answer = client.graphql(document, variables).await;
        assert!(!answer.text.contains("\"message\""), "{document}: {}", answer.text);
    };
    let rule = json!({"list": "DENY", "target": "USER_AGENT", "pattern": CODE, "shadow": true, "note": format!("{CODE} in short")});
    let create = "mutation ($input: CreateRuleInput!) { createRule(input: $input) { error { message } } }";
    done(create, json!({"input": {"rule": rule}})).await;
    let create = "mutation ($input: CreateKeyInput!) { createKey(input: $input) { error { message } } }";
    done(create, json!({"input": {"name": CODE, "permissions": ["LOG"]}})).await;
    let create = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    let view = json!({"name": "hostile", "actions": [CODE], "dimensions": ["label"], "measures": []});
    done(create, json!({"input": view})).await;
}

/// Has letters run from right to left, until something ends it.
const TURN: char = '\u{202e}';

/// Whether a text begins at its left and ends at its right.
const IN_ORDER: &str = "const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT); let found = null; while \
     (walk.nextNode()) if (walk.currentNode.data === arguments[0] && walk.currentNode.parentElement.checkVisibility()) found = \
     walk.currentNode; if (!found) return null; const range = document.createRange(); const left = (at) => { \
     range.setStart(found, at); range.setEnd(found, at + 1); return range.getBoundingClientRect().left; }; const all = \
     [...Array(found.length).keys()].map(left); return all[0] === Math.min(...all) && all.at(-1) === Math.max(...all)";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_runs_from_the_right_turns_nothing_round() {
    let visit = Visit::settled(Look::default()).await;
    let browser = &visit.browser;
    let client = visit.client("log,manage").await;
    let action = format!("{TURN}exe.gnp");
    let logged = client
        .log(json!({"action": action, "label": "plain label", "actor": "anna"}))
        .await;
    assert_eq!(logged["outcome"], "ACCEPTED");
    client.add_rule("DENY", &action).await;
    visit.go("/s/shop/raw").await;
    browser.sees("plain label").await;
    assert_eq!(browser.script(IN_ORDER, json!(["plain label"])).await, true, "a label");
    // What is cut off in a ranking is told whole; the sign behind a filter stays behind it.
    let filtered = reqwest::Url::parse_with_params("http://x/", [("where", format!("action={}", json!(action)))]);
    let filtered = filtered.expect("a URL").query().expect("a query").replace('+', "%20");
    visit.go(&format!("/s/shop/overview?{filtered}")).await;
    browser.sees("Countries").await;
    let titles = "const names = [...document.querySelectorAll('.ranking-name')]; return names.length > 0 && names.every((name) \
                  => name.title === name.textContent)";
    assert_eq!(browser.script(titles, json!([])).await, true, "titles");
    let behind = "const [text, sign] = document.querySelector('.filter').children; return sign.getBoundingClientRect().left >= \
                  text.getBoundingClientRect().right - 1";
    assert_eq!(browser.script(behind, json!([])).await, true, "the sign of a filter");
    // In a sentence it ends where it ends: the last quotation mark is the last of it.
    visit.go("/s/shop/lists").await;
    browser.press(&format!("Delete: {action}")).await;
    browser.sees("Delete the rule “").await;
    let title = browser
        .script(
            "return document.querySelector('dialog[open] h2').textContent",
            json!([]),
        )
        .await;
    assert_eq!(browser.script(IN_ORDER, json!([title])).await, true, "{title}");
    visit.was_clean().await;
}
