//! What is around an event: the visitor's cookie, the agent of its connection, and when it was.

use reqwest::{Method, RequestBuilder, header};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};

use super::{ANALYTICS, VISITOR, accept, click, events};

support::on_both_engines!(
    a_cookie_is_for_pages_of_other_origins_where_it_is_safe,
    whoever_asks_for_a_visit_is_known_in_the_same_order,
    an_agent_that_is_unknown_is_that_of_the_connection,
    what_is_collected_says_when_it_was,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

fn cookies(answer: &Answer) -> Vec<&str> {
    let lines = answer.headers.get_all(header::SET_COOKIE).iter();
    lines.map(|line| line.to_str().expect("text")).collect()
}

async fn a_cookie_is_for_pages_of_other_origins_where_it_is_safe(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--public-url", "https://stats.example.com")
        .start()
        .await;
    let client = tidemark.client();
    let request = client.request(Method::POST, &format!("{ANALYTICS}/click"));
    let answer = client.send(request.json(&click(json!({})))).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let visit = answer.body["visitId"].as_str().expect("an id");
    assert_eq!(
        cookies(&answer),
        [
            format!("visitor={VISITOR}; Path=/; Max-Age=31536000; HttpOnly; SameSite=None; Secure"),
            format!("visit={visit}; Path=/; Max-Age=1800; HttpOnly; SameSite=None; Secure"),
        ]
    );
    let nobody = client.without_key();
    let path = format!("{ANALYTICS}/visit");
    let asked = nobody
        .send(nobody.request(Method::GET, &format!("{path}?clientId={VISITOR}")))
        .await;
    assert_eq!(
        cookies(&asked),
        [format!(
            "visitor={VISITOR}; Path=/; Max-Age=31536000; HttpOnly; SameSite=None; Secure"
        )]
    );
    let forgotten = nobody.send(nobody.request(Method::DELETE, &path)).await;
    assert_eq!(
        cookies(&forgotten),
        [
            "visitor=; Path=/; Max-Age=0; HttpOnly; SameSite=None; Secure",
            "visit=; Path=/; Max-Age=0; HttpOnly; SameSite=None; Secure",
        ]
    );
}

async fn whoever_asks_for_a_visit_is_known_in_the_same_order(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let nobody = tidemark.client().without_key();
    let first = "prioritizeVisitorParameter=true";
    for (query, cookie, expected) in [
        (
            format!("?visitor=query&{first}&clientId={VISITOR}"),
            "visitor=cookie",
            VISITOR,
        ),
        (format!("?visitor=query&{first}"), "visitor=cookie", "query"),
        ("?visitor=query".to_owned(), "visitor=cookie", "cookie"),
        (
            "?visitor=query&prioritizeVisitorParameter=false".to_owned(),
            "visitor=cookie",
            "cookie",
        ),
        (format!("?{first}"), "visitor=cookie", "cookie"),
        ("?visitor=query".to_owned(), "a=b", "query"),
        ("?user=ada&org=acme".to_owned(), "coveo_visitorId=page", "page"),
        // What can be no client's id says nothing.
        ("?clientId=odd".to_owned(), "visitor=cookie", "cookie"),
    ] {
        let request = nobody.request(Method::GET, &format!("{ANALYTICS}/visit{query}"));
        let answer = nobody.send(request.header(header::COOKIE, cookie)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let told = (&answer.body["visitorId"], &answer.body["clientId"]);
        assert_eq!(told, (&json!(expected), &json!(expected)), "{query} {cookie}");
        assert!(answer.body["id"].is_string(), "{}", answer.text);
        let kept = format!("visitor={expected}; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax");
        assert_eq!(cookies(&answer), [kept], "{query} {cookie}");
    }
    // To ask does nothing that is logged.
    assert!(events(&tidemark).await.is_empty());
}

/// Posts from a Firefox.
fn from_firefox(client: &Client, path: &str) -> RequestBuilder {
    client.request(Method::POST, path).header(header::USER_AGENT, FIREFOX)
}

async fn an_agent_that_is_unknown_is_that_of_the_connection(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let relayed = json!([{"meta": {"type": "itemView", "clientId": VISITOR, "ts": now().as_millisecond(), "userAgent": "unknown",
        "location": "https://shop.example.com/", "referrer": null, "config": {"trackingId": "shop"}, "source": ["app@1"]}}]);
    for (path, body) in [
        (format!("{ANALYTICS}/click"), click(json!({"userAgent": "unknown"}))),
        (format!("{ANALYTICS}/click"), click(json!({"userAgent": ""}))),
        (format!("{ANALYTICS}/click"), click(json!({"userAgent": null}))),
        (
            format!("{ANALYTICS}/collect"),
            json!({"t": "pageview", "ua": "unknown"}),
        ),
        ("/rest/organizations/acme/events/v1".to_owned(), relayed),
        // One that is told goes before it.
        (format!("{ANALYTICS}/click"), click(json!({"userAgent": "curl/8.5.0"}))),
    ] {
        let answer = client.send(from_firefox(client, &path).json(&body)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let found = events(&tidemark).await;
    let browsers: Vec<_> = found[..5].iter().map(|event| event["browser"].clone()).collect();
    assert_eq!(browsers, vec![json!("Firefox"); 5]);
    assert_eq!(found.len(), 6);
    assert_ne!(found[5]["browser"], "Firefox");
}

#[expect(clippy::disallowed_methods, reason = "the server's clock is the system's")]
fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

async fn what_is_collected_says_when_it_was(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    // To the millisecond, as it is told.
    let told = jiff::Timestamp::from_millisecond(now().as_millisecond() - 3_600_000).expect("a time");
    let milliseconds = told.as_millisecond();
    for time in [
        json!(milliseconds),
        json!(milliseconds.to_string()),
        json!(told.to_string()),
    ] {
        accept(client, "collect", json!({"t": "pageview", "tm": time})).await;
    }
    accept(client, "collect", json!({"t": "pageview", "tm": "the other day"})).await;
    let found = events(&tidemark).await;
    let time = |event: &Value| -> jiff::Timestamp { event["time"].as_str().expect("a time").parse().expect("a time") };
    let times: Vec<_> = found.iter().map(time).collect();
    assert_eq!(times[..3], [told; 3]);
    assert!(
        now().duration_since(times[3]).as_secs() < 600,
        "what is no time is that of the receipt: {}",
        times[3]
    );
}
