//! What is refused: its sender is told what the collector tells, and nothing is lost that could be kept.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Client, Engine, Tidemark,
    kept::{counted, events, misfits, told},
};

use super::{accept, post};

support::on_both_engines!(
    a_body_is_read_by_what_it_is_sent_as,
    lists_and_types_are_kept_to_and_counted,
    a_used_up_rate_is_told_to_come_back,
    errors_can_be_read_by_the_page,
);

async fn a_body_is_read_by_what_it_is_sent_as(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (json, form) = ("application/json", "application/x-www-form-urlencoded");
    let good = "{\"action_name\": \"a\"}";
    for (path, kind, encoding, body, status) in [
        // As `curl -d` sends it that is told no type.
        ("/v1/actions", Some(form), None, good, 201),
        (
            "/v1/actions",
            Some("application/x-www-form-urlencoded; charset=utf-8"),
            None,
            " \n{\"action_name\": \"a\"}",
            201,
        ),
        (
            "/v1/actions/batch",
            Some(form),
            None,
            "[{\"action_name\": \"a\"}, {\"action_name\": \"a\"}]",
            201,
        ),
        ("/v1/users", Some(form), None, "{\"user_id\": \"ada\"}", 201),
        ("/v1/actions", Some("text/plain"), None, good, 201),
        ("/v1/actions", None, None, good, 201),
        ("/v1/actions", Some(form), None, "action_name=a", 400),
        ("/v1/actions", Some("application/xml"), None, good, 400),
        ("/v1/actions", Some(json), None, "{", 400),
        ("/v1/actions", Some(form), None, "{", 400),
        ("/v1/actions", Some(json), Some("gzip"), "no gzip", 400),
        ("/v1/actions", Some(json), Some("br"), good, 415),
        ("/v1/actions", Some(form), Some("deflate"), good, 415),
    ] {
        let request = client.without_key().request(Method::POST, path);
        let mut request = request.header("X-Moesif-Application-Id", client.key().expect("a key"));
        if let Some(kind) = kind {
            request = request.header(header::CONTENT_TYPE, kind);
        }
        if let Some(encoding) = encoding {
            request = request.header(header::CONTENT_ENCODING, encoding);
        }
        let answer = client.send(request.body(body)).await;
        assert_eq!(answer.status, status, "{kind:?} {encoding:?} {body}: {}", answer.text);
    }
    assert_eq!(events(&tidemark).await.len(), 6);
    // Each of them is counted once.
    assert_eq!(
        counted(client, "moesif").await,
        told(&[
            ("ACCEPTED", "", "a", 6),
            ("INVALID", "MALFORMED_JSON", "", 2),
            ("INVALID", "MALFORMED_REQUEST", "", 1),
            ("INVALID", "UNSUPPORTED_MEDIA_TYPE", "", 4),
        ])
    );
}

async fn lists_and_types_are_kept_to_and_counted(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    client.add_rule("DENY", "secret").await;
    let secret = json!({"action_name": "secret", "metadata": {"n": 1}});
    let fine = |n: Value| json!({"action_name": "fine", "metadata": {"n": n}});
    accept(client, "/v1/actions", fine(json!(1))).await;
    // Whoever sends is told nothing of it, alone or in a list.
    accept(client, "/v1/actions", secret.clone()).await;
    accept(client, "/v1/actions", fine(json!("text"))).await;
    accept(
        client,
        "/v1/actions/batch",
        json!([secret.clone(), fine(json!(2)), fine(json!("text"))]),
    )
    .await;
    // Whoever asks is.
    for (body, code) in [(&secret, "DENIED"), (&fine(json!("text")), "TAG_TYPE_CONFLICT")] {
        let answer = post(client, "/v1/actions?strict=1", body).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (400, &json!(code)),
            "{}",
            answer.text
        );
    }
    let list = json!([fine(json!(3)), secret]);
    assert_eq!(post(client, "/v1/actions/batch?strict=1", &list).await.status, 400);
    assert_eq!(events(&tidemark).await.len(), 3);
    assert_eq!(
        counted(client, "moesif").await,
        told(&[
            ("ACCEPTED", "", "fine", 3),
            ("DENIED", "DENIED", "secret", 4),
            ("TYPE_CONFLICT", "TAG_TYPE_CONFLICT", "fine", 3),
        ])
    );
    let kept = misfits(client, "moesif").await;
    assert_eq!(kept[..4], ["DENIED action secret"; 4]);
    assert_eq!(kept[4..], ["TAG_TYPE_CONFLICT n fine"; 3]);
}

async fn a_used_up_rate_is_told_to_come_back(engine: Engine) {
    let tidemark = Tidemark::builder(engine).key_flag("--rate", "5/s").start().await;
    let client = tidemark.client();
    let list = |from: usize| {
        let action = |number: usize| json!({"action_name": "a", "transaction_id": format!("a3765025-46ec-45dd-bc83-b136c8d1{number:04}")});
        Value::from((from..from + 4).map(action).collect::<Vec<_>>())
    };
    accept(client, "/v1/actions/batch", list(0)).await;
    // However slow the machine is, sooner or later there are more than it may send.
    let mut answer = post(client, "/v1/actions/batch", &list(4)).await;
    for _ in 0..200 {
        if answer.status == 429 {
            break;
        }
        answer = post(client, "/v1/actions/batch", &list(0)).await;
    }
    assert_eq!(answer.status, 429, "{}", answer.text);
    let wait = answer.headers[header::RETRY_AFTER].to_str().expect("text");
    assert!(wait.parse::<u64>().is_ok_and(|seconds| seconds > 0), "{wait}");
    // Sent again as often as it is told to, everything is stored once.
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        if post(client, "/v1/actions/batch", &list(4)).await.status == 201 {
            break;
        }
    }
    assert_eq!(events(&tidemark).await.len(), 8);
}

async fn errors_can_be_read_by_the_page(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let page = "https://www.example.com";
    let key = tidemark
        .key(&["--site", "shop", "--allow", "log", "--origin", page])
        .await;
    let nobody: Client = tidemark.client().without_key();
    let send = |key: &str, path: &str, body: Value| {
        let request = nobody.request(Method::POST, path).header(header::ORIGIN, page);
        nobody.send(request.header("X-Moesif-Application-Id", key.to_owned()).json(&body))
    };
    // The server meets the key.
    let good = json!({"action_name": "a"});
    assert_eq!(send(&key, "/v1/actions", good.clone()).await.status, 201);
    for (key, path, body, status) in [
        (key.as_str(), "/v1/actions", json!({}), 400),
        ("wrong", "/v1/actions", good.clone(), 401),
        ("", "/v1/actions/batch", json!([good]), 401),
        (key.as_str(), "/v1/config", good.clone(), 405),
    ] {
        let answer = send(key, path, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(answer.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], page, "{status}");
        let exposed = answer.headers[header::ACCESS_CONTROL_EXPOSE_HEADERS]
            .to_str()
            .expect("text");
        let exposed = exposed.to_lowercase();
        assert!(
            exposed.contains("retry-after") && exposed.contains("x-moesif-config-etag"),
            "{exposed}"
        );
    }
}
