//! Keys that browsers know: where they may be used from, and what for.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, graphql};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::change::{CREATE, UPDATE};

support::on_both_engines!(
    a_public_key_is_used_from_its_origins_alone,
    a_public_key_may_log_and_nothing_else,
    what_a_browser_says_of_its_caller_does_not_count,
);

/// A key with allowed origins.
async fn public(tidemark: &Tidemark) -> Client {
    let flags = ["--site", tidemark.site(), "--allow", "log"];
    let origins = [
        "--origin",
        "https://www.example.com",
        "--origin",
        "http://*.example.com:8080",
    ];
    let key = tidemark.key(&[&flags[..], &origins[..]].concat()).await;
    Client::new(tidemark.server().address(), &key)
}

/// Status and body of logging an event from a page.
async fn log_from(client: &Client, origin: Option<&str>, event: Value) -> (u16, Value) {
    let body = json!({"query": graphql::LOG_EVENT, "variables": {"input": event}});
    let mut request = client.request(Method::POST, "/graphql").json(&body);
    if let Some(origin) = origin {
        request = request.header("origin", origin);
    }
    let answer = client.send(request).await;
    (answer.status, answer.body)
}

async fn a_public_key_is_used_from_its_origins_alone(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = public(&tidemark).await;
    for origin in [
        "https://www.example.com",
        "https://www.example.com:443",
        "http://a.example.com:8080",
        "http://a.b.example.com:8080",
    ] {
        let (status, body) = log_from(&client, Some(origin), json!({"action": "a"})).await;
        assert_eq!(status, 200, "{origin}: {body:#}");
        assert_eq!(body["data"]["logEvent"]["outcome"], "ACCEPTED", "{origin}: {body:#}");
    }
    for origin in [
        None,
        Some("null"),
        Some(""),
        Some("http://www.example.com"),
        Some("https://www.example.com:8443"),
        Some("https://example.com"),
        Some("http://example.com:8080"),
        Some("http://aexample.com:8080"),
        Some("https://www.example.com.evil.example"),
        Some("https://evil.example/https://www.example.com"),
    ] {
        let (status, body) = log_from(&client, origin, json!({"action": "refused"})).await;
        let code = &body["errors"][0]["extensions"]["code"];
        assert_eq!(
            (status, code),
            (403, &json!("ORIGIN_NOT_ALLOWED")),
            "{origin:?}: {body:#}"
        );
    }
    let refused = json!({"filter": {"where": [{"dimension": "action", "value": "refused"}]}});
    let events = tidemark.client().events(refused).await;
    assert_eq!(events["edges"], json!([]), "nothing of it was stored");
    // A backend's key needs none, and may send any.
    for origin in [None, Some("https://anywhere.example")] {
        assert_eq!(log_from(tidemark.client(), origin, json!({"action": "a"})).await.0, 200);
    }

    // A socket is opened from a page, too.
    for (origin, welcome) in [("https://www.example.com", true), ("https://evil.example", false)] {
        let url = client.url("/graphql").replace("http://", "ws://");
        let mut request = url.into_client_request().expect("a request");
        let headers = request.headers_mut();
        headers.insert(
            "sec-websocket-protocol",
            HeaderValue::from_static("graphql-transport-ws"),
        );
        headers.insert("origin", HeaderValue::from_static(origin));
        let (mut socket, _) = connect_async(request).await.expect("a socket");
        let payload = json!({"type": "connection_init", "payload": {"apiKey": client.key()}});
        use futures_util::{SinkExt, StreamExt};
        socket
            .send(Message::text(payload.to_string()))
            .await
            .expect("it is open");
        let told = socket.next().await.expect("an answer").expect("a message");
        match told {
            Message::Text(text) => assert!(welcome && text.contains("connection_ack"), "{origin}: {text}"),
            Message::Close(Some(frame)) => assert!(!welcome && u16::from(frame.code) == 4403, "{origin}: {frame:?}"),
            other => panic!("{origin}: {other:?}"),
        }
    }

    // The origins can be changed, and taken away.
    let id = &client.key().expect("it has one")[..15];
    let input = json!({"key": id, "origins": ["https://elsewhere.example"]});
    let _ = tidemark.client().graphql(UPDATE, json!({"input": input})).await.data();
    assert_eq!(
        log_from(&client, Some("https://www.example.com"), json!({"action": "a"}))
            .await
            .0,
        403
    );
    assert_eq!(
        log_from(&client, Some("https://elsewhere.example"), json!({"action": "a"}))
            .await
            .0,
        200
    );
    let input = json!({"key": id, "origins": []});
    let _ = tidemark.client().graphql(UPDATE, json!({"input": input})).await.data();
    assert_eq!(log_from(&client, None, json!({"action": "a"})).await.0, 200);
}

async fn a_public_key_may_log_and_nothing_else(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for more in ["query", "delete", "manage", "impersonate"] {
        let allow = format!("log,{more}");
        let flags = [
            "--site",
            tidemark.site(),
            "--allow",
            &allow,
            "--origin",
            "https://a.example",
        ];
        let refused = tidemark
            .command(&[&["key", "create"], &flags[..]].concat())
            .await
            .failure();
        assert!(
            refused.contains(more) && refused.contains("createClientToken"),
            "{refused}"
        );
        let input = json!({"permissions": ["LOG", more.to_uppercase()], "origins": ["https://a.example"]});
        let made = tidemark.client().graphql(CREATE, json!({"input": input})).await;
        let error = &made.data()["createKey"]["error"];
        assert_eq!(
            (&error["code"], &error["path"]),
            (&json!("INVALID_ARGUMENT"), &json!("input.permissions"))
        );
    }
    // Neither does a change make one: not of its permissions, and not of its origins.
    let public = public(&tidemark).await;
    let public = &public.key().expect("it has one")[..15];
    let backend = tidemark.key(&["--site", tidemark.site(), "--allow", "log,query"]).await;
    for input in [
        json!({"key": public, "permissions": ["LOG", "QUERY"]}),
        json!({"key": &backend[..15], "origins": ["https://a.example"]}),
    ] {
        let changed = tidemark.client().graphql(UPDATE, json!({"input": input})).await;
        assert_eq!(
            changed.data()["updateKey"]["error"]["path"],
            "input.permissions",
            "{}",
            changed.text
        );
    }
}

async fn what_a_browser_says_of_its_caller_does_not_count(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = public(&tidemark).await;
    let event = json!({
        "id": "claimed", "action": "a", "ip": "203.0.113.9", "userAgent": "Mine/1", "country": "SE", "city": "Lund",
    });
    let (_, body) = log_from(&client, Some("https://www.example.com"), event.clone()).await;
    assert_eq!(body["data"]["logEvent"]["outcome"], "ACCEPTED", "{body:#}");
    let stored = tidemark.client().event("claimed").await;
    assert_eq!(stored["ip"], "127.0.0.1", "{stored:#}");
    for field in ["country", "city"] {
        assert_eq!(stored[field], Value::Null, "{stored:#}");
    }
    assert_ne!(stored["userAgent"], "Mine/1", "{stored:#}");
    // A browser's id is another than a backend's of the same text: it takes none away.
    let mut theirs = event;
    theirs["action"] = json!("b");
    assert_eq!(tidemark.client().log(theirs).await["outcome"], "ACCEPTED");
}
