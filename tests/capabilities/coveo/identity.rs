//! Who did it: visitors, visits and users.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};

use super::{ANALYTICS, VISITOR, accept, click, contains, events};

support::on_both_engines!(
    a_visitor_is_who_it_says_it_is,
    a_visit_goes_on,
    a_user_is_named_by_whom_may,
    pages_keep_their_visitor,
);

const OTHER: &str = "61afaffd-f47f-4d81-858a-6a2475b3d46d";

/// Sends something custom, with a query and a cookie.
async fn custom(client: &Client, query: &str, cookie: &str, id: Option<&str>) -> Answer {
    let body = json!({"eventType": "facet", "eventValue": "a", "language": "en", "clientId": id});
    let request = client.request(Method::POST, &format!("{ANALYTICS}/custom{query}"));
    client.send(request.header(header::COOKIE, cookie).json(&body)).await
}

fn cookies(answer: &Answer) -> Vec<String> {
    let lines = answer.headers.get_all(header::SET_COOKIE).iter();
    lines.map(|line| line.to_str().expect("text").to_owned()).collect()
}

async fn a_visitor_is_who_it_says_it_is(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (query, cookie, id, expected) in [
        (
            "?visitor=query&prioritizeVisitorParameter=true",
            "visitor=cookie",
            Some(VISITOR),
            VISITOR,
        ),
        (
            "?visitor=query&prioritizeVisitorParameter=true",
            "visitor=cookie",
            None,
            "query",
        ),
        ("?visitor=query", "visitor=cookie", None, "cookie"),
        ("?visitor=query", "coveo_visitorId=page", None, "page"),
        ("?visitorId=query", "a=b", None, "query"),
    ] {
        let answer = custom(client, query, cookie, id).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        assert_eq!(
            (&answer.body["visitorId"], &answer.body["clientId"]),
            (&json!(expected), &json!(expected))
        );
        let own = format!("visitor={expected}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
        assert_eq!(cookies(&answer)[0], own);
    }
    let answer = custom(client, "", "", None).await;
    let made = answer.body["visitorId"].as_str().expect("an id").to_owned();
    assert!(uuid::Uuid::parse_str(&made).is_ok());
    let devices: Vec<_> = events(&tidemark)
        .await
        .into_iter()
        .map(|event| event["device"].clone())
        .collect();
    assert_eq!(devices, [VISITOR, "query", "cookie", "page", "query", &made]);
    let answer = custom(client, "", "", Some("no-uuid")).await;
    assert_eq!((answer.status, &answer.body["type"]), (400, &json!("InvalidObject")));
    let forget = client
        .without_key()
        .request(Method::DELETE, &format!("{ANALYTICS}/visit"));
    let answer = client.send(forget).await;
    assert_eq!((answer.status, &answer.body), (200, &json!({})));
    assert!(
        cookies(&answer)[0].starts_with("visitor=; Path=/; Max-Age=0;"),
        "{:?}",
        cookies(&answer)
    );
}

async fn a_visit_goes_on(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let get = |query: &str| {
        client
            .without_key()
            .request(Method::GET, &format!("{ANALYTICS}/visit{query}"))
    };
    let first = accept(client, "click", click(json!({}))).await;
    let second = accept(client, "click", click(json!({}))).await;
    assert_eq!(first["visitId"], second["visitId"]);
    let asked = client.send(get(&format!("?clientId={VISITOR}&org=any"))).await;
    assert_eq!(
        asked.body,
        json!({"id": first["visitId"], "visitorId": VISITOR, "clientId": VISITOR})
    );
    let other = accept(client, "click", click(json!({"clientId": OTHER}))).await;
    assert_ne!(other["visitId"], first["visitId"]);
    // A browser remembers its visit, also for servers that do not.
    let told = "01234567-89ab-4cde-8f01-23456789abcd";
    let answer = custom(client, "?visitor=somebody", &format!("visit={told}"), None).await;
    assert_eq!(answer.body["visitId"], told);
    assert!(cookies(&answer)[1].starts_with(&format!("visit={told}; Path=/; Max-Age=1800; HttpOnly")));
    let sessions: Vec<_> = events(&tidemark)
        .await
        .into_iter()
        .map(|event| event["session"].clone())
        .collect();
    assert_eq!(
        sessions,
        [&first["visitId"], &first["visitId"], &other["visitId"], &json!(told)].map(Value::clone)
    );
    let asked = client.send(get("")).await;
    assert!(
        asked.body["visitorId"].is_string() && asked.body["id"].is_string(),
        "{}",
        asked.text
    );
}

async fn a_user_is_named_by_whom_may(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let may = tidemark.client();
    let may_not = tidemark.client_allowed("log").await;
    let named = click(json!({"username": "ada@example.com", "userDisplayName": "Ada"}));
    accept(may, "click", named.clone()).await;
    let told = accept(&may_not, "click", named.clone()).await;
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(2), "{told:#}");
    accept(may, "click", click(json!({"username": "anonymous"}))).await;
    accept(&may_not, "click", click(json!({}))).await;
    let mut anonymous = named;
    anonymous["anonymous"] = json!(true);
    accept(may, "click", anonymous.clone()).await;
    accept(&may_not, "click", anonymous).await;
    let found = events(&tidemark).await;
    let who: Vec<_> = found
        .iter()
        .map(|event| {
            (
                event["actor"].as_str().expect("an actor"),
                event["tag"]["userDisplayName"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        who,
        [
            ("ada@example.com", Some("Ada")),
            (VISITOR, None),
            (VISITOR, None),
            (VISITOR, None),
            ("ada@example.com", Some("Ada")),
            (VISITOR, None),
        ]
    );
    contains(&found[1]["tag"], &json!({"dropped": ["username", "userDisplayName"]}));
    // What is collected names its user in another field.
    let collected = json!({"t": "event", "uid": "ada@example.com"});
    accept(may, "collect", collected.clone()).await;
    accept(&may_not, "collect", collected).await;
    let found = events(&tidemark).await;
    assert_eq!(found[6]["actor"], "ada@example.com");
    assert_ne!(found[7]["actor"], "ada@example.com");
}

async fn pages_keep_their_visitor(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let page = "https://www.example.com";
    let flags = ["--site", "shop", "--allow", "log", "--origin", page];
    let key = tidemark.key(&flags).await;
    let nobody = tidemark.client().without_key();
    let send = |body: Value| {
        let request = nobody.request(Method::POST, &format!("{ANALYTICS}/click"));
        let request = request.header(header::ORIGIN, page).bearer_auth(&key);
        nobody.send(request.json(&body))
    };
    let _ = send(click(json!({}))).await;
    for (body, status) in [(click(json!({})), 200), (json!({}), 400)] {
        let answer = send(body).await;
        assert_eq!(answer.status, status, "{}", answer.text);
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], page);
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert!(answer.headers[header::VARY].to_str().expect("text").contains("Origin"));
    }
    let preflight = |path: &str| {
        let request = nobody.request(Method::OPTIONS, path).header(header::ORIGIN, page);
        let request = request.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST");
        nobody.send(request.header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization, content-type"))
    };
    let answer = preflight(&format!("{ANALYTICS}/search")).await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS],
        "authorization, content-type"
    );
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
    let stranger = nobody.request(Method::OPTIONS, &format!("{ANALYTICS}/click"));
    let stranger = stranger.header(header::ORIGIN, "https://evil.example");
    let answer = nobody
        .send(stranger.header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST"))
        .await;
    assert_eq!(answer.status, 403);
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_CREDENTIALS));
}
