//! What each kind of message means, and where its fields go.

use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, header};
use serde_json::{Value, json};
use std::io::Write;
use support::{Engine, Tidemark};

use super::{accept, actor, anonymous, company, contains, events, post};

support::on_both_engines!(
    fields_go_where_they_belong,
    short_paths_and_folders_are_the_same,
    a_message_that_comes_again_is_stored_once,
    a_wrong_clock_is_set_right,
    pages_may_send_where_their_key_says_so,
    identities_are_joined,
);

async fn fields_go_where_they_belong(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = tidemark.client();
    let context = json!({
        "ip": "198.51.100.7", "locale": "de-DE", "groupId": "acme", "sessionId": 1_700_000_000,
        "userAgent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        "page": {"url": "https://shop.example/cart", "path": "/cart", "referrer": "https://news.example/", "title": "Cart"},
        "campaign": {"source": "mail", "name": "spring"},
    });
    let around = json!({
        "context": context, "sentAt": "2026-11-21T12:00:00Z",
        "batch": [
            {"type": "track", "event": "Bought", "userId": 42, "anonymousId": "d1", "messageId": "m1",
             "properties": {"price": 7.5, "a.b": 1},
             "context": {"ip": "198.51.100.8", "page": {"referrer": "https://forum.example/"}, "campaign": {"source": "social"}}},
            {"type": "page", "anonymousId": "d1", "userId": null, "name": "Basket", "category": "Shop",
             "properties": {"url": "https://shop.example/basket", "title": "Basket!"}},
        ],
    });
    accept(client, "/v1/batch", around).await;
    let all = events(&tidemark).await;
    contains(
        &json!(all),
        &json!([
            {
                "id": "m1", "action": "Bought", "label": null, "actor": "42", "actorSource": "USER", "device": "d1",
                "company": "acme", "session": "1700000000", "language": "de-DE", "ip": "198.51.100.8",
                // Of what the batch and the message both say, at any depth, the message counts.
                "url": "https://shop.example/cart", "referrer": "https://forum.example/", "trafficSource": "other",
                "deviceType": "mobile", "os": "iOS", "door": "segment",
                "tag": {"price": 7.5, "a_b": 1, "campaign": {"source": "social", "name": "spring"}, "traffic_source": "other"},
            },
            {
                "action": "page.visit", "label": "Basket", "actor": "d1", "actorSource": "DEVICE", "ip": "198.51.100.7",
                "url": "https://shop.example/basket", "referrer": "https://news.example/",
                "tag": {"url": "https://shop.example/basket", "title": "Basket!", "category": "Shop",
                    "campaign": {"source": "mail", "name": "spring"}, "traffic_source": "other"},
            },
        ]),
        "",
    );
    // The connection is the server's own, unless it says that it is its user's.
    accept(client, "/v1/track", json!({"event": "relayed", "userId": "u"})).await;
    accept(
        client,
        "/v1/track",
        json!({"event": "direct", "userId": "u", "context": {"direct": true}}),
    )
    .await;
    let all = events(&tidemark).await;
    assert_eq!((&all[2]["ip"], &all[3]["ip"]), (&Value::Null, &json!("127.0.0.1")));
}

async fn short_paths_and_folders_are_the_same(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for folder in ["/v1", "/segment/v1"] {
        for (path, body) in [
            ("t", json!({"event": "done", "userId": "u"})),
            ("p", json!({"userId": "u"})),
            ("s", json!({"userId": "u"})),
            ("i", json!({"userId": "u", "traits": {"a": 1}})),
            ("g", json!({"userId": "u", "groupId": "g", "traits": {"b": 1}})),
            ("a", json!({"userId": "u", "previousId": "v"})),
            (
                "b",
                json!({"batch": [{"type": "track", "event": "done", "userId": "u"}]}),
            ),
            (
                "import",
                json!({"batch": [{"type": "track", "event": "done", "userId": "u"}]}),
            ),
            ("m", json!({"series": []})),
        ] {
            accept(client, &format!("{folder}/{path}"), body).await;
        }
    }
    let mut actions: Vec<_> = events(&tidemark)
        .await
        .iter()
        .map(|event| event["action"].clone())
        .collect();
    actions.sort_by_key(Value::to_string);
    let mut expected = vec![json!("done"); 6];
    expected.extend([
        json!("page.visit"),
        json!("page.visit"),
        json!("screen.view"),
        json!("screen.view"),
    ]);
    assert_eq!(actions, expected);
    // What libraries call JSON, packed or not, with the key in the body or around it.
    let key = client.key().expect("a key");
    let track = json!({"event": "sent", "userId": "u", "writeKey": key}).to_string();
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(track.as_bytes()).expect("memory");
    let packed = packed.finish().expect("memory");
    let nobody = anonymous(client);
    for request in [
        nobody
            .request(Method::POST, "/v1/t")
            .header(header::CONTENT_TYPE, "text/plain")
            .body(track.clone()),
        nobody.request(Method::POST, "/v1/t").body(track.clone()),
        nobody
            .request(Method::POST, "/v1/t")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::CONTENT_ENCODING, "gzip")
            .body(packed),
        nobody
            .request(Method::POST, "/v1/t")
            .bearer_auth("some OAuth token")
            .json(&json!({
                "event": "sent", "userId": "u", "writeKey": key,
            })),
        nobody
            .request(Method::POST, "/v1/t")
            .bearer_auth(key)
            .json(&json!({"event": "sent", "userId": "u"})),
        nobody
            .request(Method::POST, "/v1/t")
            .json(&json!({"event": "sent", "userId": "u", "writeKey": key})),
    ] {
        let answer = client.send(request).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let sent = events(&tidemark).await;
    assert_eq!(sent.iter().filter(|event| event["action"] == "sent").count(), 6);
    let answer = nobody
        .send(nobody.request(Method::GET, &format!("/segment/v1/projects/{key}/settings")))
        .await;
    let host = tidemark.server().url("").replace("http://", "");
    assert_eq!(
        answer.body,
        json!({
            "integrations": {"Segment.io": {"apiKey": key, "apiHost": format!("{host}/segment/v1"), "protocol": "http"}},
            "plan": {"track": {"__default": {"enabled": true}}},
        })
    );
}

async fn a_message_that_comes_again_is_stored_once(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let batch = json!({"batch": (0..5).map(|number| json!({
        "type": "track", "event": "once", "userId": "u", "messageId": format!("m{}", number % 4),
    })).collect::<Vec<_>>()});
    for _ in 0..3 {
        accept(client, "/v1/batch", batch.clone()).await;
    }
    assert_eq!(events(&tidemark).await.len(), 4);
    assert_eq!(
        super::counted(client, "segment").await,
        super::told(&[("ACCEPTED", "", "once", 4), ("DUPLICATE", "", "once", 11)])
    );
}

#[expect(clippy::disallowed_methods, reason = "the server goes by the real clock")]
fn clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

async fn a_wrong_clock_is_set_right(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let now = clock();
    let ahead = now + jiff::SignedDuration::from_hours(10_000);
    let before = ahead - jiff::SignedDuration::from_mins(10);
    let track = |event: &str, time: Value, sent: Value| json!({"event": event, "userId": "u", "timestamp": time, "sentAt": sent});
    let text = |time: jiff::Timestamp| json!(time.to_string());
    for (event, time, sent) in [
        ("corrected", text(before), text(ahead)),
        ("ahead", text(ahead), Value::Null),
        ("unreadable", json!("the other day"), Value::Null),
        (
            "milliseconds",
            json!((now - jiff::SignedDuration::from_mins(10)).as_millisecond()),
            Value::Null,
        ),
    ] {
        accept(client, "/v1/track", track(event, time, sent)).await;
    }
    let all = events(&tidemark).await;
    for (event, minutes) in all.iter().zip([10, 0, 0, 10]) {
        let time: jiff::Timestamp = event["time"].as_str().expect("a time").parse().expect("a time");
        let ago = clock().duration_since(time).as_secs();
        assert!((minutes * 60 - 5..minutes * 60 + 60).contains(&ago), "{event:#}");
    }
}

async fn pages_may_send_where_their_key_says_so(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", "shop", "--allow", "log", "--origin", page])
        .await;
    let nobody = anonymous(tidemark.client());
    let send = |origin: &'static str| {
        let body = json!({"event": "seen", "anonymousId": "d", "writeKey": key, "context": {"ip": "203.0.113.4"}});
        let request = nobody.request(Method::POST, "/v1/t").header(header::ORIGIN, origin);
        let request = request
            .header(header::CONTENT_TYPE, "text/plain")
            .body(body.to_string());
        nobody.send(request)
    };
    // The server meets the key, and so what it allows.
    let _ = send(page).await;
    let answer = send(page).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], page);
    let preflight = nobody
        .request(Method::OPTIONS, "/v1/t")
        .header(header::ORIGIN, page)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "authorization,x-odd");
    let answer = nobody.send(preflight).await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        answer.headers[header::ACCESS_CONTROL_ALLOW_HEADERS],
        "authorization,x-odd"
    );
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], page);
    let answer = send("https://evil.example").await;
    assert_eq!(answer.status, 403);
    assert!(!answer.headers.contains_key(header::ACCESS_CONTROL_ALLOW_ORIGIN));
    // A refusal can be read by the page, or its library would try for ever.
    let request = nobody
        .request(Method::POST, "/v1/t")
        .header(header::ORIGIN, page)
        .body("{");
    let answer = nobody.send(request).await;
    assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], page);
    let all = events(&tidemark).await;
    let seen: Vec<_> = all.iter().filter(|event| event["action"] == "seen").collect();
    assert!(!seen.is_empty());
    // What a page says of an address does not count; its own does.
    assert!(seen.iter().all(|event| event["ip"] == "127.0.0.0"), "{all:#?}");
}

async fn identities_are_joined(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let track = |event: &str, user: &str| json!({"type": "track", "event": event, "userId": user});
    accept(client, "/v1/batch", json!({"batch": [
        {"type": "track", "event": "looked", "anonymousId": "d1"},
        {"type": "identify", "anonymousId": "d1", "traits": {"source": "ad", "plan": "none"}, "timestamp": "2026-11-20T10:00:00Z",
         "context": {"campaign": {"source": "ad"}}},
        {"type": "identify", "anonymousId": "d1", "userId": "ada", "traits": {"plan": "pro", "name": null}, "timestamp": "2026-11-20T11:00:00Z",
         "context": {"campaign": {"source": "mail"}}},
        // The device has its user, whoever else uses it.
        {"type": "identify", "anonymousId": "d1", "userId": "bob", "traits": {"plan": "free"}},
        track("bought", "ada"),
        track("left", "bob"),
        {"type": "group", "userId": "ada", "groupId": "acme", "traits": {"size": 7}},
        {"type": "track", "event": "worked", "userId": "ada", "context": {"groupId": "acme"}},
    ]})).await;
    let ada = actor(client, "ada").await;
    contains(
        &ada,
        &json!({
            "aliases": ["d1"], "traits": {"source": "ad", "plan": "pro"}, "company": {"id": "acme", "traits": {"size": 7}},
            "firstSeen": "2026-11-20T10:00:00Z",
            "firstTouch": {"time": "2026-11-20T10:00:00Z", "campaign": {"source": "ad"}},
            "lastTouch": {"time": "2026-11-20T11:00:00Z", "campaign": {"source": "mail"}},
        }),
        "ada",
    );
    let actions = |known: &Value| {
        let edges = known["events"]["edges"].as_array().expect("a list").iter();
        let mut actions: Vec<_> = edges
            .map(|edge| edge["node"]["action"].as_str().expect("a text").to_owned())
            .collect();
        actions.sort();
        actions
    };
    assert_eq!(actions(&ada), ["bought", "looked", "worked"]);
    assert_eq!(actor(client, "d1").await["id"], "ada");
    assert_eq!(actions(&actor(client, "bob").await), ["left"]);
    assert_eq!(actions(&company(client, "acme").await), ["worked"]);
    // Two users turn out to be one: what both know is joined, the later counts, and so are their events.
    accept(client, "/v1/alias", json!({"previousId": "bob", "userId": "d1"})).await;
    accept(client, "/v1/alias", json!({"previousId": "ada", "userId": "bob"})).await;
    let ada = actor(client, "bob").await;
    contains(
        &ada,
        &json!({"id": "ada", "aliases": ["bob", "d1"], "traits": {"source": "ad", "plan": "free"}}),
        "both",
    );
    assert_eq!(actions(&ada), ["bought", "left", "looked", "worked"]);
    // Counted are actors as events name them, whatever was said of their ids since; folded or not.
    for folded in [false, true] {
        if folded {
            tidemark.await_folded().await;
        }
        let unique = client.unique(json!({"from": super::FROM, "to": super::TO})).await;
        assert_eq!(unique["count"], 3, "ada, bob and d1: {unique:#}");
    }
    // Of whom nobody has heard there is nothing; of who only did something, that.
    assert_eq!(actor(client, "nobody").await, Value::Null);
    assert_eq!(company(client, "nobody").await, Value::Null);
    accept(client, "/v1/track", json!({"event": "came", "userId": "carl"})).await;
    contains(
        &actor(client, "carl").await,
        &json!({"id": "carl", "aliases": [], "traits": {}, "firstSeen": null}),
        "carl",
    );
    let elsewhere = tidemark.another_site("other").await;
    assert_eq!(actor(&elsewhere, "ada").await, Value::Null);
    let answer = post(client, "/v1/identify", &json!({"userId": "ada", "traits": "none"})).await;
    assert_eq!(answer.status, 200);
    assert_eq!(super::quarantined(client).await[0]["code"], "INVALID_TAG");
}
