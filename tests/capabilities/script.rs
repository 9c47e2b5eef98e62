//! Our own script for pages: what it sends is taken in, each site may rename it, and in a real browser it tells what happens.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Answer, Client, Engine, Tidemark,
    kept::{counted, told},
};

mod mark;
mod page;
mod small;
mod sr;
mod sure;

support::on_both_engines!(
    what_it_sends_is_logged_once,
    what_is_wrong_is_named_and_counted,
    a_site_gives_it_another_name,
    an_image_stands_for_it,
    the_image_tells_nothing_of_who_asks_not_to_be_followed,
    a_body_that_is_too_large_is_told_to_be,
);

/// Sends as the script does: as text, without a header of its own.
async fn send(client: &Client, path: &str, origin: Option<&str>, body: &Value) -> Answer {
    let nobody = client.without_key();
    let mut request = nobody
        .request(Method::POST, path)
        .header(header::CONTENT_TYPE, "text/plain;charset=UTF-8")
        .body(body.to_string());
    if let Some(origin) = origin {
        request = request.header(header::ORIGIN, origin);
    }
    nobody.send(request).await
}

async fn public_key(tidemark: &Tidemark, origin: &str) -> String {
    tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--origin", origin])
        .await
}

async fn what_it_sends_is_logged_once(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = public_key(&tidemark, "https://www.example.com").await;
    let body = json!({"key": key, "messages": [
        {"identify": "ada", "traits": {"plan": "pro"}, "session": "s-1"},
        {"id": "one", "action": "pageview", "url": "https://www.example.com/a", "session": "s-1", "actor": "ada"},
        {"id": "two", "action": "signup", "label": "now", "tag": {"plan": "pro"}, "device": "d-1"},
    ]});
    let sent = send(client, "/script", Some("https://www.example.com"), &body).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(
        sent.body,
        json!({"outcomes": [{"outcome": "ACCEPTED", "id": "one"}, {"outcome": "ACCEPTED", "id": "two"}]})
    );
    assert_eq!(
        sent.headers["access-control-allow-origin"], "https://www.example.com",
        "the page may read it"
    );
    let again = send(client, "/script", Some("https://www.example.com"), &body).await;
    assert_eq!(
        again.body,
        json!({"outcomes": [{"outcome": "DUPLICATE", "id": "one"}, {"outcome": "DUPLICATE", "id": "two"}]})
    );
    let event = client.event("one").await;
    assert_eq!(
        (&event["url"], &event["session"], &event["actor"]),
        (&json!("https://www.example.com/a"), &json!("s-1"), &json!("ada"))
    );
    let answer = client
        .graphql("{ actor(id: \"ada\") { traits sessions } }", json!({}))
        .await;
    assert_eq!(
        answer.data()["actor"],
        json!({"traits": {"plan": "pro"}, "sessions": ["s-1"]})
    );
    // From elsewhere the key opens nothing.
    let elsewhere = send(client, "/script", Some("https://evil.example"), &body).await;
    assert_eq!(elsewhere.status, 403, "{}", elsewhere.text);
    assert!(!elsewhere.headers.contains_key("access-control-allow-origin"));
}

async fn what_is_wrong_is_named_and_counted(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = tidemark.key(&["--site", tidemark.site(), "--allow", "log"]).await;
    let body = json!({"key": key, "messages": [
        {"action": "fine"},
        {"action": "odd", "colour": "red"},
        {"label": "no action"},
        7,
        {"action": ""},
    ]});
    let sent = send(client, "/script", None, &body).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    let outcomes = sent.body["outcomes"].as_array().expect("outcomes").clone();
    assert_eq!(outcomes[0]["outcome"], "ACCEPTED");
    for (index, told) in [(1, "colour"), (2, "action"), (3, "message")] {
        let error = &outcomes[index]["error"];
        assert_eq!(outcomes[index]["outcome"], "INVALID");
        assert_eq!(error["path"], format!("messages[{index}]"));
        let message = error["message"].as_str().unwrap_or_default();
        assert!(message.contains(told), "{message}");
    }
    assert_eq!(outcomes[4]["error"]["path"], "action");
    // They are kept, as the page that sent them cannot mend them.
    let kept = client.graphql("{ quarantine { totalCount } }", json!({})).await;
    assert_eq!(kept.data()["quarantine"]["totalCount"], 4);
    for body in [
        json!({"key": key}),
        json!({"key": key, "messages": [], "more": 1}),
        json!([]),
    ] {
        let refused = send(client, "/script", None, &body).await;
        // Without its body nobody knows the key.
        assert_eq!(refused.status, 401, "{}", refused.text);
    }
    let nobody = send(client, "/script", None, &json!({"messages": []})).await;
    assert_eq!(
        (nobody.status, &nobody.body["error"]["code"]),
        (401, &json!("UNAUTHENTICATED"))
    );
    let asked = json!({"from": "2026-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z", "groupBy": ["OUTCOME", "CODE", "DIALECT"]});
    let ledger = client.ledger(asked).await;
    let rows = ledger["rows"].as_array().expect("rows").iter();
    let mut rows: Vec<_> = rows
        .filter(|row| row["dialect"] == "script")
        .map(|row| (row["outcome"].as_str(), row["code"].as_str(), row["count"].as_i64()))
        .collect();
    rows.sort();
    assert_eq!(
        rows,
        [
            (Some("ACCEPTED"), None, Some(1)),
            (Some("INVALID"), Some("INVALID_ACTION"), Some(1)),
            (Some("INVALID"), Some("MALFORMED_REQUEST"), Some(3)),
        ]
    );
}

async fn a_site_gives_it_another_name(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let manager = tidemark.client_allowed("manage").await;
    let key = public_key(&tidemark, "https://www.example.com").await;
    let body = json!({"key": key, "messages": [{"id": "named", "action": "pageview"}]});
    let origin = Some("https://www.example.com");
    assert_eq!(send(client, "/hello", origin, &body).await.status, 404);
    let rename = "mutation ($name: String) { updateSite(input: {scriptName: $name}) { scriptName } }";
    let refused = manager.graphql(rename, json!({"name": "a/b"})).await;
    assert_eq!(
        (refused.error_code(), refused.error_path()),
        ("INVALID_ARGUMENT", "input.scriptName")
    );
    let renamed = manager.graphql(rename, json!({"name": "hello"})).await;
    assert_eq!(renamed.data()["updateSite"]["scriptName"], "hello");
    let sent = send(client, "/hello", origin, &body).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(sent.headers["access-control-allow-origin"], "https://www.example.com");
    let script = async |path: &str| {
        let request = client.without_key().request(Method::GET, path);
        client.without_key().send(request).await
    };
    let (own, renamed) = (script("/script.js").await, script("/hello.js").await);
    assert_eq!((own.status, renamed.status), (200, 200));
    assert_eq!(own.text, renamed.text);
    let dot = script(&format!("/hello.gif?key={key}&url=https://www.example.com/x")).await;
    // An image comes with a page; nobody else may use the key.
    assert_eq!(dot.status, 403, "{}", dot.text);
}

async fn an_image_stands_for_it(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = public_key(&tidemark, "https://www.example.com").await;
    let nobody = client.without_key();
    let path = format!("/script.gif?key={key}&referrer=https://www.google.com/");
    let request = nobody
        .request(Method::GET, &path)
        .header(header::REFERER, "https://www.example.com/without");
    let image = nobody.send(request).await;
    assert_eq!(image.status, 200, "{}", image.text);
    assert_eq!(image.headers["content-type"], "image/gif");
    assert!(image.text.starts_with("GIF89a"), "{}", image.text);
    let events = client
        .graphql("{ events { edges { node { action url trafficSource } } } }", json!({}))
        .await;
    assert_eq!(
        events.data()["events"]["edges"],
        json!([{"node": {"action": "pageview", "url": "https://www.example.com/without", "trafficSource": "search"}}])
    );
    // Odd addresses are read as well as they can be, whatever the name.
    let document = "mutation { updateSite(input: {scriptName: \"hello\"}) { scriptName } }";
    let manager = tidemark.client_allowed("manage").await;
    let _ = manager.graphql(document, json!({})).await.data();
    for path in ["/script.gif", "/hello.gif"] {
        let path = format!("{path}?label=a%2&label=b&key={key}&key=other&=&action=odd%FF&t=1");
        let request = nobody
            .request(Method::GET, &path)
            .header(header::REFERER, "https://www.example.com/without");
        let image = nobody.send(request).await;
        assert_eq!(image.status, 200, "{path}: {}", image.text);
    }
    let events = client
        .graphql(
            "{ events(orderBy: ARRIVAL_ASCENDING) { edges { node { action label } } } }",
            json!({}),
        )
        .await;
    let odd = json!({"node": {"action": "odd\u{fffd}", "label": "a%2"}});
    assert_eq!(events.data()["events"]["edges"][1], odd);
    assert_eq!(events.data()["events"]["edges"][2], odd);
    for path in ["/script.gif", "/hello.gif", "/hello.gif?key&key", "/hello.gif?%"] {
        let refused = nobody.send(nobody.request(Method::GET, path)).await;
        assert_eq!(refused.status, 401, "{path}");
        assert!(refused.text.starts_with("GIF89a"), "an image all the same");
    }
}

async fn the_image_tells_nothing_of_who_asks_not_to_be_followed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = public_key(&tidemark, "https://www.example.com").await;
    let nobody = client.without_key();
    let look = async |action: &'static str, more: &'static str, signal: (&'static str, &'static str)| {
        let path = format!("/script.gif?key={key}&action={action}{more}");
        let request = nobody
            .request(Method::GET, &path)
            .header(header::REFERER, "https://www.example.com/without")
            .header(signal.0, signal.1);
        let image = nobody.send(request).await;
        assert_eq!(image.status, 200, "{signal:?}: {}", image.text);
        assert!(image.text.starts_with("GIF89a"), "{signal:?}: {}", image.text);
    };
    for signal in [("Sec-GPC", "1"), ("DNT", "1")] {
        look("silent", "", signal).await;
        look("silent", "&without=files", signal).await;
        // The page may say that its reader was asked, as it may of the script.
        look("asked", "&without=signals", signal).await;
        look("asked", "&without=files+signals", signal).await;
    }
    for signal in [("Sec-GPC", "0"), ("DNT", "0"), ("DNT", "unspecified")] {
        look("open", "", signal).await;
    }
    // Nor does the ledger know of the others.
    let rows = [("ACCEPTED", "", "asked", 4), ("ACCEPTED", "", "open", 3)];
    assert_eq!(counted(client, "script").await, told(&rows));
}

/// A page that hears it sends less at once.
async fn a_body_that_is_too_large_is_told_to_be(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let origin = "https://www.example.com";
    let key = public_key(&tidemark, origin).await;
    let long = json!({"action": "long", "tag": {"list": vec![1; 10_000]}});
    let sent = send(
        client,
        "/script",
        Some(origin),
        &json!({"key": key, "messages": [long]}),
    )
    .await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    let body = json!({"key": key, "messages": [long, long]});
    let refused = send(client, "/script", Some(origin), &body).await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (413, &json!("BODY_TOO_LARGE"))
    );
    assert_eq!(
        refused.headers["access-control-allow-origin"], origin,
        "the page may read it"
    );
    // Nobody was known by then of whom it could be counted.
    assert_eq!(counted(client, "script").await, told(&[("ACCEPTED", "", "long", 1)]));
}
