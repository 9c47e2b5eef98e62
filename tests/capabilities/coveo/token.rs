//! Search tokens: what they claim, and what of it events take over.

use std::fs;

use base64::Engine as _;
use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, folder::repository};

use super::{ANALYTICS, VISITOR, accept, click, contains, events, post};

support::on_both_engines!(
    documented_examples_are_sent_by_a_token,
    a_token_says_what_its_page_leaves_out,
    a_token_is_minted_by_whom_may,
);

const TOKEN: &str = "/rest/search/v2/token?organizationId=acme";

async fn mint(client: &Client, body: Value) -> String {
    let told = accept(client, TOKEN, body).await;
    told["token"].as_str().expect("a token").to_owned()
}

async fn documented_examples_are_sent_by_a_token(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let read = |name: &str| {
        let path = repository().join("tests/fixtures/coveo").join(name);
        fs::read_to_string(path).expect("a file of the fixture")
    };
    let send = async |by: &Client, token: &str, name: &str| {
        let path = read(&format!("{name}/path"));
        let request = by.request(Method::POST, path.trim()).bearer_auth(token);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let answer = by.send(request.body(read(&format!("{name}/request.json")))).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        answer.body
    };
    let nobody = client.without_key();
    let told = send(&nobody, client.key().expect("a key"), "token").await;
    let token = told["token"].as_str().expect("a token");
    assert_eq!(told, json!({"token": token}));
    let answer = send(&nobody, token, "click").await;
    let expected: Value = serde_json::from_str(&read("click/events.json")).expect("JSON");
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 1);
    contains(&found[0], &expected[0]);
    contains(
        &found[0],
        &json!({"actor": "asmith@example.com", "actorSource": "USER", "session": answer["visitId"]}),
    );
    // The organization is told in either spelling, and binds the token.
    let path = "/rest/search/v2/token?organizationid=acme";
    let token = post(client, path, &json!({})).await.body["token"].clone();
    let token = token.as_str().expect("a token");
    for (org, status) in [("acme", 200), ("other", 403)] {
        let request = nobody.request(Method::POST, &format!("{ANALYTICS}/click?org={org}"));
        let answer = nobody.send(request.bearer_auth(token).json(&click(json!({})))).await;
        assert_eq!(answer.status, status, "{org}: {}", answer.text);
    }
}

async fn a_token_says_what_its_page_leaves_out(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let users = json!([{"name": "ada@example.com", "provider": "Email Security Provider", "type": "User"}]);
    let token = mint(
        client,
        json!({"userIds": users, "userDisplayName": "Ada", "searchHub": "Community", "pipeline": "best", "userGroups": ["staff"]}),
    )
    .await;
    let claims = token.split('.').nth(1).expect("three parts");
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .expect("base64");
    let claims: Value = serde_json::from_slice(&claims).expect("JSON");
    contains(
        &claims,
        &json!({"userIds": users, "userDisplayName": "Ada", "searchHub": "Community", "pipeline": "best", "userGroups": ["staff"],
            "organization": "acme"}),
    );
    let life = claims["exp"].as_i64().expect("a time") - claims["iat"].as_i64().expect("a time");
    assert_eq!(life, 24 * 60 * 60, "a day");
    let send = |name: &str, body: Value| {
        let request = client
            .without_key()
            .request(Method::POST, &format!("{ANALYTICS}/{name}"));
        client.send(request.bearer_auth(&token).json(&body))
    };
    let search =
        json!({"actionCause": "enter", "searchQueryUid": "q", "language": "en", "queryText": "", "responseTime": 1});
    for (name, body) in [
        ("click?org=acme", click(json!({}))),
        (
            "click",
            click(json!({"originLevel1": "Own", "queryPipeline": "own", "username": "bob", "userDisplayName": "Bob"})),
        ),
        ("click", click(json!({"anonymous": true, "username": "bob"}))),
        ("search", search),
        ("view", json!({"location": "https://a.example/"})),
        ("collect", json!({"t": "pageview", "uid": "bob"})),
    ] {
        let answer = send(name, body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
    }
    let found = events(&tidemark).await;
    contains(&found[0], &json!({"actor": "ada@example.com", "device": VISITOR}));
    contains(
        &found[0]["tag"],
        &json!({"userDisplayName": "Ada", "originLevel1": "Community", "queryPipeline": "best"}),
    );
    contains(&found[1], &json!({"actor": "ada@example.com"}));
    contains(
        &found[1]["tag"],
        &json!({"userDisplayName": "Ada", "originLevel1": "Own", "queryPipeline": "own", "dropped": ["username", "userDisplayName"]}),
    );
    contains(&found[2], &json!({"actor": VISITOR}));
    assert_eq!(found[2]["tag"]["userDisplayName"], Value::Null);
    contains(
        &found[3]["tag"],
        &json!({"userGroups": ["staff"], "queryPipeline": "best"}),
    );
    contains(&found[4]["tag"], &json!({"originLevel1": "Community"}));
    assert_eq!(found[4]["tag"]["queryPipeline"], Value::Null);
    contains(&found[5], &json!({"actor": "ada@example.com"}));
    let answer = send("click?org=other", click(json!({}))).await;
    assert_eq!(
        (answer.status, &answer.body["type"]),
        (403, &json!("Forbidden")),
        "{}",
        answer.text
    );
    assert_eq!(events(&tidemark).await.len(), 6);
}

async fn a_token_is_minted_by_whom_may(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let logs = tidemark.client_allowed("log").await;
    let user = json!({"userIds": [{"name": "ada"}]});
    assert_eq!(post(&logs, TOKEN, &user).await.status, 403, "it may name nobody");
    mint(&logs, json!({"searchHub": "Community"})).await;
    let asks = tidemark.client_allowed("query").await;
    assert_eq!(post(&asks, TOKEN, &json!({})).await.status, 403);
    assert_eq!(post(&client.without_key(), TOKEN, &json!({})).await.status, 401);
    for bad in [
        json!([]),
        json!({"validFor": 899_999}),
        json!({"validFor": 86_400_001}),
        json!({"validFor": "1"}),
        json!({"userIds": "ada"}),
        json!({"userIds": [{}]}),
        json!({"userGroups": [{}]}),
        json!({"searchHub": "x".repeat(129)}),
    ] {
        let answer = post(client, TOKEN, &bad).await;
        assert_eq!(answer.status, 400, "{bad}: {}", answer.text);
    }
    let token = mint(client, json!({"validFor": 900_000})).await;
    let request = client
        .without_key()
        .request(Method::POST, &format!("{ANALYTICS}/click?access_token={token}"));
    let answer = client.send(request.json(&click(json!({})))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(events(&tidemark).await[0]["actor"], VISITOR);
}
