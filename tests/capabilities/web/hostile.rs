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
    // What opens on a press.
    visit.go("/s/shop/raw").await;
    browser.press("Open: e1").await;
    browser.sees("trafficSource").await;
    check(&visit, "one event").await;
    visit.go("/s/shop/lists").await;
    browser.sees(&marked).await;
    browser.press(&format!("Edit: {CODE}")).await;
    browser.sees("Edit rule").await;
    check(&visit, "a rule").await;
    visit.go("/s/shop/live").await;
    browser.sees("live").await;
    let logged = client.log(json!({"action": CODE, "label": CODE, "actor": CODE})).await;
    assert_eq!(logged["outcome"], "ACCEPTED");
    browser.sees(CODE).await;
    check(&visit, "live").await;
    visit.was_refused().await;
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
