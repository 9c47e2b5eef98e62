//! What is refused: its sender is told what the API tells, and nothing is lost that could be kept.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{accept, actor, anonymous, counted, events, post, quarantined, told};

support::on_both_engines!(
    what_breaks_a_rule_is_kept_in_quarantine,
    an_id_of_a_message_has_a_hundred_characters,
    what_cannot_be_read_or_is_too_large_is_400,
    what_is_packed_otherwise_is_415,
    nobody_known_is_told_so,
    a_used_up_rate_is_told_to_come_back,
    what_is_kept_can_be_tried_again,
    traits_keep_their_types,
    a_token_speaks_for_its_user_alone,
);

async fn what_breaks_a_rule_is_kept_in_quarantine(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    tidemark
        .accept(vec![json!({"action": "first", "tag": {"plan": "text"}})])
        .await;
    let deny =
        "mutation { createRule(input: {rule: {list: DENY, target: ACTION, pattern: \"secret\"}}) { error { code } } }";
    assert_eq!(
        client.graphql(deny, json!({})).await.data()["createRule"]["error"],
        Value::Null
    );
    let long = "x".repeat(300);
    accept(
        client,
        "/v1/batch",
        json!({"batch": [
            {"type": "track", "event": "good", "userId": "u"},
            {"type": "track", "userId": "u", "properties": {"a": 1}},
            {"type": "track", "event": "nobody"},
            {"type": "tract", "event": "odd", "userId": "u"},
            7,
            {"type": "track", "event": "misfit", "userId": "u", "properties": {"plan": 7}},
            {"type": "track", "event": "secret", "userId": "u", "properties": {"kept": true}},
            {"type": "track", "event": "old", "userId": "u", "timestamp": "2012-12-02T00:30:08.276Z"},
            {"type": "track", "event": "long", "userId": long},
            {"type": "track", "event": "nul\u{0}", "userId": "u"},
            {"type": "track", "event": "address", "userId": "u", "context": {"ip": "here"}},
            {"type": "track", "event": "list", "userId": "u", "properties": "text"},
            {"type": "group", "userId": "u", "traits": {"a": 1}},
            {"type": "alias", "userId": "u"},
        ]}),
    )
    .await;
    assert_eq!(events(&tidemark).await.len(), 3);
    assert_eq!(
        counted(client, "segment").await,
        told(&[
            // What is no address loses no event.
            ("ACCEPTED", "", "address", 1),
            ("ACCEPTED", "", "good", 1),
            ("DENIED", "DENIED", "secret", 1),
            ("INVALID", "EVENT_TOO_OLD", "old", 1),
            ("INVALID", "INVALID_TAG", "list", 1),
            ("INVALID", "INVALID_TEXT", "nul\u{fffd}", 1),
            ("INVALID", "MALFORMED_REQUEST", "", 3),
            ("INVALID", "MALFORMED_REQUEST", "alias", 1),
            ("INVALID", "MALFORMED_REQUEST", "group", 1),
            ("INVALID", "MALFORMED_REQUEST", "nobody", 1),
            ("INVALID", "TOO_LONG", "long", 1),
            ("TYPE_CONFLICT", "TAG_TYPE_CONFLICT", "misfit", 1),
        ])
    );
    let kept = quarantined(client).await;
    let mut shown: Vec<_> = kept
        .iter()
        .map(|one| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{} {} {}",
                text(&one["event"]["action"]),
                text(&one["code"]),
                text(&one["path"])
            )
        })
        .collect();
    shown.sort();
    assert_eq!(
        shown,
        [
            " MALFORMED_REQUEST batch[1].event",
            " MALFORMED_REQUEST batch[3].type",
            " MALFORMED_REQUEST batch[4]",
            "alias MALFORMED_REQUEST batch[13].previousId",
            "group MALFORMED_REQUEST batch[12].groupId",
            "list INVALID_TAG tag",
            "long TOO_LONG actor",
            "misfit TAG_TYPE_CONFLICT plan",
            "nobody MALFORMED_REQUEST batch[2].userId",
            "nul\u{fffd} INVALID_TEXT action",
            "old EVENT_TOO_OLD time",
            "secret DENIED action",
        ]
    );
    let one = |path: &str| kept.iter().find(|one| one["path"] == path).expect("it is kept");
    // Each is kept whole.
    assert_eq!(one("batch[1].event")["event"]["tag"]["a"], 1);
    assert_eq!(one("batch[4]")["event"]["tag"]["message"], 7);
    assert_eq!(one("batch[3].type")["event"]["tag"]["message"]["event"], "odd");
    assert_eq!(one("actor")["receivedType"], json!(long));
    assert_eq!(one("time")["event"]["time"], "2012-12-02T00:30:08.276Z");
    assert_eq!(one("tag")["event"]["tag"]["value"], "text");
    assert!(kept.iter().all(|one| one["event"]["door"] == "segment"));
}

async fn an_id_of_a_message_has_a_hundred_characters(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (most, more, other) = ("ä".repeat(100), "ä".repeat(101), "ö".repeat(101));
    let track = |id: &str| json!({"type": "track", "event": "e", "userId": "u", "messageId": id});
    let batch = json!({"batch": [
        track(&most),
        track(&more),
        {"type": "page", "userId": "u", "messageId": other},
        // Nothing keeps the id of what is no event.
        {"type": "identify", "userId": "ada", "messageId": more, "traits": {"plan": "pro"}},
        track(&most),
    ]});
    accept(client, "/v1/batch", batch).await;
    let ids = async || -> Vec<Value> {
        events(&tidemark)
            .await
            .iter()
            .map(|event| event["id"].clone())
            .collect()
    };
    assert_eq!(ids().await, [most.as_str()]);
    assert_eq!(actor(client, "ada").await["traits"], json!({"plan": "pro"}));
    assert_eq!(
        counted(client, "segment").await,
        told(&[
            ("ACCEPTED", "", "e", 1),
            ("DUPLICATE", "", "e", 1),
            ("INVALID", "TOO_LONG", "e", 1),
            ("INVALID", "TOO_LONG", "page.visit", 1),
        ])
    );
    let kept = quarantined(client).await;
    let mut paths: Vec<_> = kept.iter().filter_map(|one| one["path"].as_str()).collect();
    paths.sort_unstable();
    assert_eq!(paths, ["batch[1].messageId", "batch[2].messageId"]);
    // Whoever wants them all the same has them: it is the format that knows no longer ids.
    let redrive = "mutation { redriveQuarantine(input: {}) { accepted refused } }";
    let redriven = client.graphql(redrive, json!({})).await.data()["redriveQuarantine"].clone();
    assert_eq!(redriven, json!({"accepted": 2, "refused": 0}));
    let mut found = ids().await;
    found.sort_by_key(Value::to_string);
    assert_eq!(found, [most, more, other]);
}

async fn what_cannot_be_read_or_is_too_large_is_400(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let send = |path: &'static str, body: String| {
        let request = anonymous(client)
            .request(Method::POST, path)
            .basic_auth(client.key().expect("a key"), Some(""));
        client.send(request.header(header::CONTENT_TYPE, "application/json").body(body))
    };
    for (path, body) in [
        ("/v1/track", "{\"event\": ".to_owned()),
        ("/v1/track", "[]".to_owned()),
        ("/v1/track", String::new()),
        ("/v1/batch", "{\"batch\": {}}".to_owned()),
        ("/v1/batch", "{}".to_owned()),
    ] {
        let answer = send(path, body.clone()).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (400, &json!(false)),
            "{path} {body}: {}",
            answer.text
        );
    }
    let track = |letters: usize| json!({"type": "track", "event": "large", "userId": "u", "properties": {"a": "x".repeat(letters)}});
    assert_eq!(send("/v1/track", track(31_000).to_string()).await.status, 200);
    assert_eq!(send("/v1/track", track(33_000).to_string()).await.status, 400);
    // A batch is refused as a whole, and its good messages with it.
    let batch =
        |sizes: &[usize]| json!({"batch": sizes.iter().map(|size| track(*size)).collect::<Vec<_>>()}).to_string();
    assert_eq!(send("/v1/batch", batch(&[10_000, 33_000, 10])).await.status, 400);
    assert_eq!(send("/v1/batch", batch(&[31_000; 15])).await.status, 200);
    assert_eq!(send("/v1/batch", batch(&[31_000; 17])).await.status, 400);
    // Too many are answered as if all were well, and none is stored.
    let many = |number: usize| {
        json!({"batch": vec![json!({"type": "track", "event": "m", "userId": "u"}); number]}).to_string()
    };
    assert_eq!(send("/v1/batch", many(2_500)).await.status, 200);
    assert_eq!(send("/v1/batch", many(2_501)).await.status, 200);
    assert_eq!(send("/v1/batch", many(6_000)).await.status, 200);
    let page = client
        .graphql("{ quarantine(first: 1) { totalCount } }", json!({}))
        .await;
    assert_eq!(page.data()["quarantine"]["totalCount"], 2_501);
    assert_eq!(
        counted(client, "segment").await,
        told(&[
            ("ACCEPTED", "", "large", 16),
            ("ACCEPTED", "", "m", 2_500),
            ("INVALID", "BATCH_REFUSED", "", 2),
            ("INVALID", "BODY_TOO_LARGE", "", 3),
            ("INVALID", "MALFORMED_JSON", "", 2),
            ("INVALID", "MALFORMED_REQUEST", "", 3),
            ("INVALID", "TOO_MANY_ITEMS", "", 6_000),
            ("INVALID", "TOO_MANY_ITEMS", "m", 2_501),
        ])
    );
}

async fn what_is_packed_otherwise_is_415(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let track = json!({"event": "e", "userId": "u"}).to_string();
    for (encoding, kind, status) in [
        ("br", "application/json", 415),
        ("deflate", "text/plain", 415),
        ("gzip", "application/json", 400),
        ("identity", "application/xml", 400),
    ] {
        let request = anonymous(client)
            .request(Method::POST, "/v1/track")
            .basic_auth(client.key().expect("a key"), Some(""))
            .header(header::CONTENT_TYPE, kind)
            .header(header::CONTENT_ENCODING, encoding);
        let answer = client.send(request.body(track.clone())).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (status, &json!(false)),
            "{encoding} {kind}: {}",
            answer.text
        );
    }
    assert!(events(&tidemark).await.is_empty());
}

async fn nobody_known_is_told_so(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let nobody = anonymous(client);
    let track = json!({"event": "e", "userId": "u"});
    for (key, status) in [
        (None, 401),
        (Some("wrong"), 401),
        (Some("tm_000000000000_0000000000000000000000000000000000000000000"), 401),
    ] {
        let request = nobody.request(Method::POST, "/v1/track").json(&track);
        let request = match key {
            Some(key) => request.basic_auth(key, Some("")),
            None => request,
        };
        let answer = nobody.send(request).await;
        assert_eq!(
            (answer.status, &answer.body["success"]),
            (status, &json!(false)),
            "{key:?}: {}",
            answer.text
        );
    }
    let reader = tidemark.client_allowed("query").await;
    for path in ["/v1/track", "/v1/identify"] {
        assert_eq!(post(&reader, path, &track).await.status, 403, "{path}");
    }
    let of_all = tidemark.client_of_all_sites("log").await;
    let answer = post(&of_all, "/v1/track", &track).await;
    assert_eq!((answer.status, &answer.body["code"]), (400, &json!("SITE_REQUIRED")));
    assert!(events(&tidemark).await.is_empty());
    assert_eq!(
        counted(client, "segment").await,
        told(&[("INVALID", "FORBIDDEN", "", 1), ("INVALID", "FORBIDDEN", "e", 1)])
    );
}

async fn a_used_up_rate_is_told_to_come_back(engine: Engine) {
    let tidemark = Tidemark::builder(engine).key_flag("--rate", "5/s").start().await;
    let client = tidemark.client();
    let batch = |from: usize| {
        json!({"batch": (from..from + 4).map(|number| json!({
        "type": "track", "event": "e", "userId": "u", "messageId": number.to_string(),
    })).collect::<Vec<_>>()})
    };
    accept(client, "/v1/batch", batch(0)).await;
    let answer = post(client, "/v1/batch", &batch(4)).await;
    assert_eq!(answer.status, 429, "{}", answer.text);
    assert!(answer.headers.contains_key(header::RETRY_AFTER) && answer.headers.contains_key("ratelimit"));
    // Sent again as often as it is told to, everything is stored once.
    for _ in 0..20 {
        tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
        if post(client, "/v1/batch", &batch(4)).await.status == 200 {
            break;
        }
    }
    assert_eq!(events(&tidemark).await.len(), 8);
}

async fn what_is_kept_can_be_tried_again(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let policy = |policy: &str| format!("mutation {{ updateSite(input: {{actionPolicy: {policy}}}) {{ name }} }}");
    let _ = client.graphql(&policy("CONTEXT_ACTIVITY"), json!({})).await.data();
    let long = "x".repeat(300);
    accept(client, "/v1/batch", json!({"batch": [
        {"type": "track", "event": "Signed Up", "userId": "u", "messageId": "m1"},
        {"type": "track", "event": "old.event", "userId": "u", "messageId": "m2", "timestamp": "2012-12-02T00:30:08.276Z"},
        {"type": "track", "event": "who.event", "messageId": "m3"},
        {"type": "track", "event": "long.event", "userId": long, "messageId": "m4"},
        {"type": "identify", "userId": "u", "traits": 7},
    ]})).await;
    assert!(events(&tidemark).await.is_empty());
    let redrive = "mutation { redriveQuarantine(input: {}) { accepted refused outcomes { error { code } } } }";
    let redriven = client.graphql(redrive, json!({})).await.data()["redriveQuarantine"].clone();
    // How old it is does not matter now; the site still wants actions of its form.
    assert_eq!(
        (&redriven["accepted"], &redriven["refused"]),
        (&json!(1), &json!(4)),
        "{redriven:#}"
    );
    let _ = client.graphql(&policy("FREE"), json!({})).await.data();
    let redriven = client.graphql(redrive, json!({})).await.data()["redriveQuarantine"].clone();
    assert_eq!(
        (&redriven["accepted"], &redriven["refused"]),
        (&json!(1), &json!(3)),
        "{redriven:#}"
    );
    let mut actions: Vec<_> = events(&tidemark)
        .await
        .iter()
        .map(|event| event["action"].to_string())
        .collect();
    actions.sort();
    assert_eq!(actions, ["\"Signed Up\"", "\"old.event\""]);
    // It keeps its id, so that its client's retry is a duplicate.
    accept(
        client,
        "/v1/track",
        json!({"event": "Signed Up", "userId": "u", "messageId": "m1"}),
    )
    .await;
    assert_eq!(events(&tidemark).await.len(), 2);
}

async fn traits_keep_their_types(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    // Traits of users, traits of companies and tags have a map each.
    tidemark
        .accept(vec![json!({"action": "first", "tag": {"age": "tag"}})])
        .await;
    accept(
        client,
        "/v1/identify",
        json!({"userId": "ada", "traits": {"age": 36, "address": {"zip": "W1"}}}),
    )
    .await;
    accept(
        client,
        "/v1/group",
        json!({"userId": "ada", "groupId": "acme", "traits": {"age": true}}),
    )
    .await;
    accept(
        client,
        "/v1/identify",
        json!({"userId": "bob", "traits": {"other": {"age": "old"}, "plan": "pro"}}),
    )
    .await;
    accept(
        client,
        "/v1/identify",
        json!({"userId": "carl", "traits": {"zip": ["W1"]}}),
    )
    .await;
    assert_eq!(
        actor(client, "ada").await["traits"],
        json!({"age": 36, "address": {"zip": "W1"}})
    );
    assert_eq!(super::company(client, "acme").await["traits"], json!({"age": true}));
    // One that does not fit says nothing at all.
    assert_eq!(actor(client, "bob").await, Value::Null);
    let kept = quarantined(client).await;
    let shown: Vec<_> = kept
        .iter()
        .map(|one| (&one["code"], &one["path"], &one["event"]["actor"]))
        .collect();
    assert_eq!(
        shown,
        [
            (&json!("TAG_TYPE_CONFLICT"), &json!("traits.other.age"), &json!("bob")),
            (&json!("TAG_TYPE_CONFLICT"), &json!("traits.zip"), &json!("carl")),
        ]
    );
}

async fn a_token_speaks_for_its_user_alone(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mint = "mutation { createClientToken(input: {permissions: [LOG], username: \"ada\"}) { token } }";
    let minted = client.graphql(mint, json!({})).await.data()["createClientToken"]["token"].clone();
    let token = minted.as_str().expect("a token");
    let nobody = anonymous(client);
    for (path, body) in [
        ("/v1/identify", json!({"userId": "ada", "traits": {"plan": "pro"}})),
        ("/v1/identify", json!({"userId": "bob", "traits": {"plan": "pro"}})),
        (
            "/v1/group",
            json!({"userId": "ada", "groupId": "acme", "traits": {"size": 1}}),
        ),
        ("/v1/alias", json!({"userId": "ada", "previousId": "bob"})),
        ("/v1/track", json!({"userId": "ada", "event": "own"})),
        ("/v1/track", json!({"userId": "bob", "event": "foreign"})),
    ] {
        let answer = nobody
            .send(nobody.request(Method::POST, path).bearer_auth(token).json(&body))
            .await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
    }
    let all = events(&tidemark).await;
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0]["action"], &all[0]["actor"]), (&json!("own"), &json!("ada")));
    assert_eq!(actor(client, "ada").await["traits"], json!({"plan": "pro"}));
    assert_eq!(super::company(client, "acme").await, Value::Null);
    let codes: Vec<_> = quarantined(client)
        .await
        .iter()
        .map(|one| one["code"].clone())
        .collect();
    assert_eq!(codes, vec![json!("FORBIDDEN"); 4]);
    let redrive = "mutation { redriveQuarantine(input: {}) { accepted refused } }";
    let redriven = client.graphql(redrive, json!({})).await.data()["redriveQuarantine"].clone();
    assert_eq!(redriven, json!({"accepted": 0, "refused": 4}));
}
