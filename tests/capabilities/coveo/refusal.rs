//! What is refused, in which words, and what becomes of it.

use reqwest::{Method, header};
use serde_json::{Value, json};
use support::{
    Engine, Tidemark,
    kept::{counted, told},
};

use super::{ANALYTICS, accept, click, events, misfits, post, post_form};

support::on_both_engines!(
    what_cannot_be_taken_is_told_by_its_type,
    what_is_packed_otherwise_is_415,
    who_may_not_is_told_so,
    what_is_too_long_is_cut_and_noted,
    what_is_collected_is_cut_and_noted,
    one_bad_search_refuses_its_list,
    what_the_site_refuses_is_kept_and_not_told,
    a_program_is_flagged_and_stored,
    a_language_is_a_code_or_unknown,
);

async fn what_cannot_be_taken_is_told_by_its_type(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let facet = |with: Value| {
        let mut facet =
            json!({"field": "author", "id": "author", "value": "a", "facetType": "specific", "state": "selected"});
        facet
            .as_object_mut()
            .expect("an object")
            .extend(with.as_object().expect("an object").clone());
        json!({"actionCause": "a", "searchQueryUid": "q", "language": "en", "queryText": "", "responseTime": 1, "facetState": [facet]})
    };
    for (path, body, kind) in [
        ("click", json!([]), "InvalidObject"),
        ("click", click(json!({"documentPosition": null})), "MissingParameter"),
        ("click", click(json!({"documentPosition": 0})), "InvalidObject"),
        ("click", click(json!({"documentPosition": "2"})), "InvalidObject"),
        ("click", click(json!({"outcome": 6})), "InvalidObject"),
        ("click", click(json!({"language": "english"})), "InvalidObject"),
        ("click", click(json!({"clientId": "x"})), "InvalidObject"),
        (
            "search",
            json!({"actionCause": "a", "searchQueryUid": "q", "language": "en", "responseTime": 1}),
            "MissingParameter",
        ),
        ("search", facet(json!({"id": "a b"})), "InvalidObject"),
        ("search", facet(json!({"state": "open"})), "InvalidObject"),
        (
            "custom",
            json!({"eventType": "a", "language": "en"}),
            "MissingParameter",
        ),
        ("view", json!({"language": "en"}), "MissingParameter"),
        ("collect", json!({"cid": super::VISITOR}), "MissingParameter"),
        ("collect", json!({"t": "event", "cid": "x"}), "InvalidObject"),
    ] {
        let answer = post(client, path, &body).await;
        assert_eq!(
            (answer.status, &answer.body["type"]),
            (400, &json!(kind)),
            "{path} {body}: {}",
            answer.text
        );
        assert!(answer.body["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    let raw = |kind: &str, body: &str| {
        let request = client.request(Method::POST, &format!("{ANALYTICS}/click"));
        client.send(request.header(header::CONTENT_TYPE, kind).body(body.to_owned()))
    };
    for (kind, body, status, wanted) in [
        ("application/json", "{", 400, "InvalidJson"),
        ("application/xml", "<a/>", 400, "InvalidHeadersException"),
        (
            "application/json",
            &format!("\"{}\"", "x".repeat(1 << 20)),
            413,
            "RequestTooLarge",
        ),
        (
            "application/x-www-form-urlencoded",
            "clickEvent=%7B",
            400,
            "InvalidJson",
        ),
        (
            "application/x-www-form-urlencoded",
            "searchEvent=%7B%7D",
            400,
            "InvalidJson",
        ),
    ] {
        let answer = raw(kind, body).await;
        assert_eq!(
            (answer.status, &answer.body["type"]),
            (status, &json!(wanted)),
            "{}",
            answer.text
        );
    }
    assert!(events(&tidemark).await.is_empty());
    // What could be read is kept, each with its reason.
    let kept = misfits(client, "coveo").await;
    assert_eq!(kept.len(), 13, "{kept:#?}");
    assert!(
        kept.contains(&"MALFORMED_REQUEST facetState[0].state a".to_owned()),
        "{kept:#?}"
    );
    assert!(
        kept.contains(&"MALFORMED_REQUEST documentPosition documentOpen".to_owned()),
        "{kept:#?}"
    );
}

async fn what_is_packed_otherwise_is_415(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (path, encoding, body) in [
        (format!("{ANALYTICS}/click"), "br", click(json!({}))),
        (format!("{ANALYTICS}/searches"), "deflate", json!([])),
        ("/rest/search/v2/token".to_owned(), "br", json!({})),
        ("/rest/organizations/shop/events/v1".to_owned(), "br", json!([])),
    ] {
        let request = client.request(Method::POST, &path).json(&body);
        let answer = client.send(request.header(header::CONTENT_ENCODING, encoding)).await;
        assert_eq!(
            (answer.status, &answer.body["type"]),
            (415, &json!("InvalidHeadersException")),
            "{path}: {}",
            answer.text
        );
    }
    assert!(events(&tidemark).await.is_empty());
}

async fn who_may_not_is_told_so(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let by = |token: &str| {
        let request = client
            .without_key()
            .request(Method::POST, &format!("{ANALYTICS}/click"));
        client.send(request.bearer_auth(token).json(&click(json!({}))))
    };
    for (token, status, kind) in [("xx-unknown", 401, "Unauthorized"), ("a.b.c", 400, "InvalidToken")] {
        let answer = by(token).await;
        assert_eq!(
            (answer.status, &answer.body["type"]),
            (status, &json!(kind)),
            "{}",
            answer.text
        );
    }
    let answer = post_form(client, "click", "clickEvent=%7B%7D".to_owned()).await;
    assert_eq!(answer.status, 401, "{}", answer.text);
    let asks = tidemark.client_allowed("query").await;
    assert_eq!(post(&asks, "click", &click(json!({}))).await.status, 403);
    // A key to all sites is told by the organization which is meant.
    let all = tidemark.client_of_all_sites("log").await;
    for (query, status) in [("?org=shop", 200), ("?org=nowhere", 403), ("", 400)] {
        let answer = post(&all, &format!("click{query}"), &click(json!({}))).await;
        assert_eq!(answer.status, status, "{query}: {}", answer.text);
    }
    assert_eq!(events(&tidemark).await.len(), 1);
}

async fn what_is_too_long_is_cut_and_noted(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let body = click(json!({
        "documentTitle": "ä".repeat(1_025), "originLevel3": "x".repeat(900), "documentUriHash": "h".repeat(32), "language": "en-GB",
        "trackingId": "Shop-1", "customData": {"Content ID Key": "a", "contentIDValue": "v".repeat(513), "n": 5, "o": {"a": 1}, "ü": 1},
    }));
    let told = accept(client, "click", body).await;
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(6), "{told:#}");
    let found = &events(&tidemark).await[0];
    let tag = &found["tag"];
    assert_eq!(tag["documentTitle"], "ä".repeat(1_024));
    assert_eq!(tag["originLevel3"], "x".repeat(900));
    assert_eq!(tag["contentidvalue"], "v".repeat(513)[..512]);
    assert_eq!(
        tag["truncated"],
        json!(["customData.contentidvalue", "documentTitle", "originLevel3"])
    );
    assert_eq!(tag["dropped"], json!(["customData.ü"]));
    assert_eq!(
        (&tag["content_id_key"], &tag["n"], &tag["o"]),
        (&json!("a"), &json!("5"), &json!("{\"a\":1}"))
    );
    assert_eq!(
        (&found["language"], &tag["trackingId"]),
        (&json!("en"), &json!("Shop-1"))
    );
}

async fn what_is_collected_is_cut_and_noted(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let address = |letters: usize| format!("https://shop.example/{}", "x".repeat(letters - 21));
    let body = json!({"t": "t".repeat(257), "dl": address(8_193), "dr": address(8_193), "ua": "a".repeat(1_025),
        "ul": "l".repeat(65), "dt": "d".repeat(9_000)});
    let told = accept(client, "collect", body).await;
    assert_eq!(told["warnings"].as_array().map(Vec::len), Some(5), "{told:#}");
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 1, "{:#?}", misfits(client, "coveo").await);
    for (field, wanted) in [
        ("action", "t".repeat(256)),
        ("url", address(8_192)),
        ("referrer", address(8_192)),
        ("userAgent", "a".repeat(1_024)),
        ("language", "l".repeat(64)),
    ] {
        assert_eq!(found[0][field], wanted, "{field}");
    }
    let tag = &found[0]["tag"];
    assert_eq!(tag["truncated"], json!(["t", "dl", "dr", "ua", "ul"]));
    assert_eq!(tag["dt"], "d".repeat(9_000));
}

async fn one_bad_search_refuses_its_list(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let search = |text: Value| {
        json!({"actionCause": "enter", "searchQueryUid": "q", "language": "en", "queryText": text, "responseTime": 1,
            "clientId": super::VISITOR})
    };
    let answer = accept(client, "searches", json!([search(json!("a")), search(json!("b"))])).await;
    let found = events(&tidemark).await;
    let ids: Vec<_> = found.iter().map(|event| event["id"].clone()).collect();
    let told: Vec<_> = answer
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| one["searchEventUid"].clone())
        .collect();
    assert_eq!(told, ids, "in order");
    assert_eq!(answer[0]["visitorId"], super::VISITOR);
    let answer = post(client, "searches", &json!([search(json!("c")), search(json!(null))])).await;
    assert_eq!((answer.status, &answer.body["type"]), (400, &json!("MissingParameter")));
    let message = answer.body["message"].as_str().expect("a text");
    assert!(message.contains("[1].queryText"), "{message}");
    assert_eq!(post(client, "searches", &search(json!("d"))).await.status, 400);
    assert_eq!(events(&tidemark).await.len(), 2);
    assert_eq!(
        misfits(client, "coveo").await,
        ["BATCH_REFUSED  enter", "MALFORMED_REQUEST [1].queryText enter"]
    );
    // The good one can be tried again, and the other cannot.
    let document = "mutation { redriveQuarantine(input: {filter: {}}) { accepted refused } }";
    let answer = client.graphql(document, json!({})).await;
    assert_eq!(answer.data()["redriveQuarantine"]["accepted"], 1, "{}", answer.text);
}

async fn what_the_site_refuses_is_kept_and_not_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let document = "mutation { createRule(input: {rule: {list: DENY, target: ACTION, pattern: \"denied\"}}) { error { message } } }";
    assert_eq!(
        client.graphql(document, json!({})).await.data()["createRule"]["error"],
        Value::Null
    );
    accept(client, "click", click(json!({"actionCause": "denied"}))).await;
    accept(client, "click", click(json!({"extra": 1}))).await;
    accept(client, "click", click(json!({"extra": "text"}))).await;
    let search =
        json!({"actionCause": "denied", "searchQueryUid": "q", "language": "en", "queryText": "", "responseTime": 1});
    let answer = accept(client, "search", search).await;
    assert!(answer["searchEventUid"].is_string(), "{answer:#}");
    assert_eq!(events(&tidemark).await.len(), 1);
    assert_eq!(
        misfits(client, "coveo").await,
        [
            "DENIED action denied",
            "DENIED action denied",
            "TAG_TYPE_CONFLICT extra documentOpen",
        ]
    );
    assert_eq!(
        counted(client, "coveo").await,
        told(&[
            ("ACCEPTED", "", "documentOpen", 1),
            ("DENIED", "DENIED", "denied", 2),
            ("TYPE_CONFLICT", "TAG_TYPE_CONFLICT", "documentOpen", 1),
        ])
    );
}

async fn a_program_is_flagged_and_stored(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
    accept(client, "click", click(json!({"userAgent": bot}))).await;
    accept(client, "click", click(json!({"userAgent": "unknown"}))).await;
    let found = events(&tidemark).await;
    assert_eq!((&found[0]["bot"], found.len()), (&json!(true), 2));
}

/// The library says `unknown` of a language where there is no page, and would lose its events if it were refused.
async fn a_language_is_a_code_or_unknown(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for language in ["unknown", "Unknown", "UNKNOWN"] {
        accept(client, "click", click(json!({"language": language}))).await;
    }
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 3);
    assert!(found.iter().all(|event| event["language"] == Value::Null), "{found:#?}");
    for language in ["xx", "english", "unknown-US", "unknowns", " unknown", "none", ""] {
        let answer = post(client, "click", &click(json!({"language": language}))).await;
        assert_eq!(
            (answer.status, &answer.body["type"]),
            (400, &json!("InvalidObject")),
            "{language}: {}",
            answer.text
        );
    }
    assert_eq!(events(&tidemark).await.len(), 3);
}
