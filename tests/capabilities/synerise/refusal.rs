//! What is refused, in whose words, and what is kept of it.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{BATCH, CUSTOM, accept, counted, custom, events, misfits, now, post, refused, told};

support::on_both_engines!(
    what_is_wrong_is_named_field_by_field,
    lengths_and_letters_are_bounded,
    a_list_is_taken_whole_or_not_at_all,
    what_php_writes_for_nothing_is_nothing,
    bodies_are_json_and_no_longer_than_a_megabyte,
    nobody_sends_without_the_permission,
);

async fn what_is_wrong_is_named_field_by_field(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let event = custom(json!({"action": "a b", "label": "", "client": {}}));
    let answer = post(client, CUSTOM, &event).await;
    assert_eq!(refused(&answer, 400, "Bad Request"), ["action", "label", "client"]);
    let body = &answer.body;
    assert_eq!(
        (&body["message"], &body["path"]),
        (&json!("Validation failed"), &json!(CUSTOM))
    );
    assert_eq!(
        body["errors"][0],
        json!({"code": 400, "field": "action", "message": "must match \"^[a-zA-Z0-9.\\-_]+$\"", "rejectedValue": "a b"})
    );
    for (missing, path) in [
        ("action", CUSTOM),
        ("label", CUSTOM),
        ("client", CUSTOM),
        ("label", "/v4/events/product-view"),
        ("client", "/v4/events/push/viewed"),
    ] {
        let mut event = custom(json!({}));
        event.as_object_mut().expect("an object").remove(missing);
        assert_eq!(
            refused(&post(client, path, &event).await, 400, "Bad Request"),
            [missing]
        );
    }
    assert!(events(&tidemark).await.is_empty());
    let kept = misfits(client, "synerise").await;
    assert_eq!(kept.len(), 6, "{kept:?}");
    assert_eq!(kept[0], "MALFORMED_REQUEST action ");
}

async fn lengths_and_letters_are_bounded(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (action, label) = ("a".repeat(32), "ł".repeat(1_024));
    let fine = [
        json!({"action": action, "label": label}),
        json!({"action": "A-b_9.c"}),
        json!({"client": {"email": "\"a b\"@[192.0.2.1]", "customId": "Ada Łovelace"}}),
        json!({"client": {"id": 0}}),
        json!({"client": {"uuid": "u", "email": "", "customId": null}}),
    ];
    for with in &fine {
        accept(client, CUSTOM, custom(with.clone())).await;
    }
    for (with, field) in [
        (json!({"action": "a".repeat(33)}), "action"),
        (json!({"action": ""}), "action"),
        (json!({"action": "ends.so\n"}), "action"),
        (json!({"action": "ä"}), "action"),
        (json!({"action": 5}), "action"),
        (json!({"label": "x".repeat(1_025)}), "label"),
        (json!({"label": 5}), "label"),
        (json!({"client": "u"}), "client"),
        (json!({"client": {"id": "5"}}), "client.id"),
        (json!({"client": {"id": 1.5}}), "client.id"),
        (json!({"client": {"email": "a@b"}}), "client.email"),
        (json!({"client": {"email": "a,b@example.com"}}), "client.email"),
        (json!({"client": {"email": "a@example.c"}}), "client.email"),
        (json!({"client": {"uuid": "\u{1f600}"}}), "client.uuid"),
        (json!({"client": {"uuid": "a\r"}}), "client.uuid"),
        (json!({"client": {"customId": "a\nb"}}), "client.customId"),
        (json!({"client": {"customId": "a\u{2028}b"}}), "client.customId"),
        (json!({"client": {"customId": "a\u{2029}b"}}), "client.customId"),
        (json!({"client": {"customId": "a\u{ad}b"}}), "client.customId"),
        (json!({"client": {"customId": "a\u{fe0f}"}}), "client.customId"),
        (json!({"client": {"customId": "a\u{0}"}}), "client.customId"),
        (json!({"client": []}), "client"),
        (json!({"params": [1]}), "params"),
        (json!({"params": ""}), "params"),
        (json!({"eventSalt": 5}), "eventSalt"),
        (json!({"eventSalt": []}), "eventSalt"),
    ] {
        let answer = post(client, CUSTOM, &custom(with.clone())).await;
        assert_eq!(refused(&answer, 400, "Bad Request"), [field], "{with}");
    }
    assert_eq!(events(&tidemark).await.len(), fine.len());
}

async fn a_list_is_taken_whole_or_not_at_all(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let good = |action: &str| custom(json!({"action": action}));
    accept(client, BATCH, json!([good("a"), good("b")])).await;
    accept(client, BATCH, json!([])).await;
    let bad = json!([good("c"), good("d"), good("e"), good("f f"), 7]);
    let answer = post(client, BATCH, &bad).await;
    assert_eq!(refused(&answer, 400, "Bad Request"), ["[3].action", "[4]"]);
    let many: Vec<_> = (0..1_001).map(|_| good("g")).collect();
    refused(&post(client, BATCH, &json!(many)).await, 400, "Bad Request");
    refused(&post(client, BATCH, &good("h")).await, 400, "Bad Request");
    let compat = "/v4/events/ai-compat/batch";
    for (body, field) in [
        (json!({"eventType": "own.action", "items": []}), "eventType"),
        (json!({"eventType": "recommendation.view"}), "items"),
        (
            json!({"eventType": "recommendation.view", "items": [{"clientUUID": 7}]}),
            "[0].client.uuid",
        ),
    ] {
        let answer = post(client, compat, &body).await;
        assert_eq!(refused(&answer, 400, "Bad Request"), [field]);
    }
    accept(client, BATCH, json!(many[..1_000])).await;
    let page = client
        .events(json!({"first": 500, "filter": {"where": [{"dimension": "action", "op": "NE", "value": "g"}]}}))
        .await;
    assert_eq!(page["edges"].as_array().map(Vec::len), Some(2));
    // The good ones of a refused list are kept as well, and everything is counted.
    assert_eq!(
        misfits(client, "synerise").await,
        [
            "BATCH_REFUSED  c",
            "BATCH_REFUSED  d",
            "BATCH_REFUSED  e",
            "MALFORMED_REQUEST [0].client.uuid recommendation.view",
            "MALFORMED_REQUEST [3].action f f",
            "MALFORMED_REQUEST [4] ",
        ]
    );
    assert_eq!(
        counted(client, "synerise").await,
        told(&[
            ("ACCEPTED", "", "a", 1),
            ("ACCEPTED", "", "b", 1),
            ("ACCEPTED", "", "g", 1_000),
            ("INVALID", "BATCH_REFUSED", "c", 1),
            ("INVALID", "BATCH_REFUSED", "d", 1),
            ("INVALID", "BATCH_REFUSED", "e", 1),
            ("INVALID", "MALFORMED_REQUEST", "", 5),
            ("INVALID", "MALFORMED_REQUEST", "f f", 1),
            ("INVALID", "MALFORMED_REQUEST", "recommendation.view", 1),
        ])
    );
}

/// An empty array of PHP is a list in JSON, whatever it was to hold.
async fn what_php_writes_for_nothing_is_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    accept(client, CUSTOM, custom(json!({"params": [], "eventSalt": ""}))).await;
    // No salt overwrites nothing.
    let time = now().to_string();
    let same = custom(json!({"time": time, "params": [], "eventSalt": ""}));
    accept(client, BATCH, json!([same.clone(), same])).await;
    let short = json!({"clientUUID": "u-1", "params": [], "campaignId": "k"});
    accept(client, "/v4/events/ai-compat/recommendation.click", short).await;
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found.iter().all(|event| event["tag"]["params"].is_null()), "{found:#?}");
    assert!(
        found.iter().any(|event| event["tag"]["campaignId"] == "k"),
        "{found:#?}"
    );
}

async fn bodies_are_json_and_no_longer_than_a_megabyte(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let send = async |kind: &str, body: String| {
        let request = client.request(Method::POST, CUSTOM).header(header::CONTENT_TYPE, kind);
        client.send(request.body(body)).await
    };
    let padded = |bytes: usize| {
        let event = custom(json!({"params": {"text": ""}})).to_string();
        let padding = bytes - event.len();
        event.replace("\"text\":\"\"", &format!("\"text\":\"{}\"", "x".repeat(padding)))
    };
    let json = "application/json";
    let whole = padded(900_000);
    assert_eq!(send("application/json; charset=utf-8", whole).await.status, 202);
    for body in ["{", "[]", "7", "", &padded((1 << 20) + 1)] {
        refused(&send(json, body.to_owned()).await, 400, "Bad Request");
    }
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/xml"] {
        let body = custom(json!({})).to_string();
        refused(&send(kind, body).await, 415, "Unsupported Media Type");
    }
    for encoding in ["br", "deflate"] {
        let request = client.request(Method::POST, CUSTOM).json(&custom(json!({})));
        let answer = client.send(request.header(header::CONTENT_ENCODING, encoding)).await;
        refused(&answer, 415, "Unsupported Media Type");
    }
    assert_eq!(events(&tidemark).await.len(), 1);
    assert_eq!(
        counted(client, "synerise").await.iter().map(|row| row.3).sum::<i64>(),
        11,
        "all of it is counted"
    );
}

async fn nobody_sends_without_the_permission(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let nobody = client.without_key();
    refused(&post(&nobody, CUSTOM, &custom(json!({}))).await, 401, "Unauthorized");
    let request = nobody.request(Method::POST, CUSTOM).bearer_auth("nonsense");
    refused(
        &nobody.send(request.json(&custom(json!({})))).await,
        401,
        "Unauthorized",
    );
    let asks = tidemark.client_allowed("query,impersonate").await;
    for body in [custom(json!({})), custom(json!({"action": "a b"}))] {
        refused(&post(&asks, CUSTOM, &body).await, 403, "Forbidden");
    }
    assert!(events(&tidemark).await.is_empty());
    let counted: Vec<_> = counted(client, "synerise").await;
    assert_eq!(
        counted
            .iter()
            .map(|row| (row.1.as_str(), row.3))
            .fold(0, |sum, (code, n)| {
                assert_eq!(code, "FORBIDDEN");
                sum + n
            }),
        2
    );
    // A token that has run out is one no more.
    let mint = "mutation { createClientToken(input: {permissions: [LOG], expiresIn: 1}) { token } }";
    let minted = client.graphql(mint, Value::Null).await;
    let token = minted.data()["createClientToken"]["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let by_token = async || {
        let request = nobody.request(Method::POST, CUSTOM).bearer_auth(&token);
        nobody.send(request.json(&custom(json!({})))).await
    };
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(30);
    loop {
        let answer = by_token().await;
        if answer.status != 202 {
            refused(&answer, 401, "Unauthorized");
            break;
        }
        assert!(std::time::Instant::now() < deadline, "it never runs out");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}
