//! What is refused: by which status and code, and that pages may read it.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use futures_util::future::join_all;
use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Engine, Tidemark,
    kept::{counted, told},
};

use super::{Signer, address, events, try_ask};

support::on_both_engines!(
    a_used_up_rate_is_told_to_come_back,
    pages_may_read_what_is_refused,
    what_is_packed_otherwise_is_415,
    what_the_lists_deny_is_told_and_counted,
    what_there_is_not_is_told_by_its_code,
);

async fn a_used_up_rate_is_told_to_come_back(engine: Engine) {
    let tidemark = Tidemark::builder(engine).key_flag("--rate", "1/s").start().await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let nobody = client.without_key();
    let log = || {
        let request = nobody.request(Method::GET, &format!("/rest/action.log?action=a&key={key}"));
        nobody.send(request)
    };
    let (mut taken, mut refused) = (0, 0);
    for _ in 0..10 {
        for answer in join_all((0..20).map(|_| log())).await {
            if answer.status == 200 {
                taken += 1;
                continue;
            }
            refused += 1;
            assert_eq!(
                (answer.status, &answer.body["error"]["code"]),
                (429, &json!("quota_exceeded")),
                "{}",
                answer.text
            );
            let wait = answer.headers[header::RETRY_AFTER].to_str().expect("text");
            assert!(wait.parse::<u64>().is_ok_and(|seconds| seconds >= 1), "{wait}");
        }
        if refused > 0 {
            break;
        }
    }
    assert!(taken > 0 && refused > 0, "{taken} {refused}");
    assert_eq!(events(&tidemark).await.len(), taken);
}

async fn pages_may_read_what_is_refused(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--origin", page])
        .await;
    let nobody = tidemark.client().without_key();
    let send = async |path: &str, origin: &'static str| {
        let request = nobody.request(Method::GET, path).header(header::ORIGIN, origin);
        nobody.send(request).await
    };
    for (path, status, code) in [
        (format!("/rest/action.log?action=a&key={key}"), 200, Value::Null),
        (format!("/rest/action.log?key={key}"), 400, json!("invalid_argument")),
        (
            "/rest/action.log?action=a&key=wrong".to_owned(),
            401,
            json!("unknown_key"),
        ),
        (
            format!("/rest/action.find?view=actions&key={key}"),
            403,
            json!("identity_required"),
        ),
        (format!("/rest/graph.walk?key={key}"), 404, json!("unknown_method")),
    ] {
        let answer = send(&path, page).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (status, &code),
            "{path}: {}",
            answer.text
        );
        let shared = answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert_eq!(shared, Some(&header::HeaderValue::from_static(page)), "{path}");
    }
    let answer = send(&format!("/rest/action.log?action=a&key={key}"), "https://evil.example").await;
    assert_eq!(
        (answer.status, &answer.body["error"]["code"]),
        (403, &json!("identity_required")),
        "{}",
        answer.text
    );
    assert_eq!(answer.headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN), None);
}

async fn what_is_packed_otherwise_is_415(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = client.key().expect("a key");
    let nobody = client.without_key();
    let packed = |text: String| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).expect("it is memory");
        encoder.finish().expect("it is memory")
    };
    let fine = json!({"action": "a"});
    let call = json!({"jsonrpc": "2.0", "id": 1, "method": "action.log", "params": fine});
    for (path, body) in [("/rest/action.log", fine.to_string()), ("/rest", call.to_string())] {
        let send = |encoding: &'static str, kind: &'static str, body: Vec<u8>| {
            let request = nobody.request(Method::POST, &format!("{path}?key={key}"));
            let request = request
                .header(header::CONTENT_ENCODING, encoding)
                .header(header::CONTENT_TYPE, kind);
            nobody.send(request.body(body))
        };
        let json = "application/json";
        for (encoding, kind) in [("br", json), ("deflate", json), ("identity", "text/html")] {
            let answer = send(encoding, kind, body.clone().into()).await;
            assert_eq!(answer.status, 415, "{path} {encoding} {kind}: {}", answer.text);
            assert!(answer.text.contains("unsupported_media_type"), "{}", answer.text);
        }
        let garbage = send("gzip", json, body.clone().into()).await;
        let told = if path == "/rest" { 200 } else { 400 };
        assert_eq!(garbage.status, told, "{path}: {}", garbage.text);
        assert!(garbage.text.contains("invalid_argument"), "{}", garbage.text);
        let answer = send("gzip", json, packed(body)).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        assert!(answer.body["result"]["id"].is_string(), "{path}: {}", answer.text);
    }
    assert_eq!(events(&tidemark).await.len(), 2);
}

async fn what_the_lists_deny_is_told_and_counted(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    client.add_rule("DENY", "secret").await;
    let (key, nobody) = (client.key().expect("a key"), client.without_key());
    for (action, status, code) in [("secret", 403, json!("denied")), ("open", 200, Value::Null)] {
        let arguments = [("key", key), ("action", action)];
        let request = nobody.request(Method::GET, &address("/rest/action.log", &arguments));
        let answer = nobody.send(request).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (status, &code),
            "{action}: {}",
            answer.text
        );
    }
    assert_eq!(
        counted(client, "clickst").await,
        told(&[("ACCEPTED", "", "open", 1), ("DENIED", "DENIED", "secret", 1)])
    );
}

async fn what_there_is_not_is_told_by_its_code(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let signer = Signer::new(&tidemark).await;
    for (said, code, argument) in [
        (vec![("view", "nothing")], "unknown_view", "view"),
        (
            vec![("view", "unique_actions"), ("where[tag.price]", "10")],
            "unsupported_scope",
            "where",
        ),
        (
            vec![("view", "unique_actions"), ("where[tag.group][]", "a")],
            "unsupported_scope",
            "where",
        ),
        (
            vec![("view", "unique_actions"), ("group_by", "tag.group")],
            "invalid_argument",
            "group_by",
        ),
    ] {
        let answer = try_ask(tidemark.client(), &signer, "action.find", &said).await;
        let error = &answer.body["error"];
        assert_eq!(
            (answer.status, &error["code"], &error["argument"]),
            (400, &json!(code), &json!(argument)),
            "{said:?}: {}",
            answer.text
        );
        assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()));
    }
}
