//! The event protocol: each event is answered for itself, and can be looked at before.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{VISITOR, contains, events, misfits, post};

support::on_both_engines!(
    each_event_is_answered_for_itself,
    what_is_too_long_is_cut_and_noted,
    what_the_site_refuses_is_told,
    events_can_be_looked_at_before,
);

const EVENTS: &str = "/rest/organizations/acme/events/v1";

#[expect(clippy::disallowed_methods, reason = "the server's clock is the system's")]
fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

fn event(kind: &str, with: Value) -> Value {
    let mut event = json!({"meta": {"type": kind, "config": {"trackingId": "shop"}, "ts": now(),
        "source": ["app@1", "relay@2.1.1"], "clientId": VISITOR, "userAgent": null, "referrer": null,
        "location": "https://shop.example.com/"}});
    event
        .as_object_mut()
        .expect("an object")
        .extend(with.as_object().expect("an object").clone());
    event
}

fn click() -> Value {
    event(
        "itemClick",
        json!({"responseId": "7bfc652a-9dea-4811-b3f9-6d24345c37ce", "position": 2,
            "itemMetadata": {"uniqueFieldName": "permanentid", "uniqueFieldValue": "1", "title": "Boats", "author": "ada", "url": "https://a.example/"}}),
    )
}

async fn each_event_is_answered_for_itself(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mut nobody = event("itemView", json!({}));
    nobody["meta"]["clientId"] = json!("x");
    let mut nowhere = click();
    nowhere["position"] = json!(0);
    let list = json!([
        click(),
        event("ec.cartAction", json!({"action": "add", "quantity": 1})),
        nobody,
        nowhere,
        7
    ]);
    for folder in ["", "/coveo"] {
        let answer = post(client, &format!("{folder}{EVENTS}"), &list).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let told = answer.body["events"].as_array().expect("a list").clone();
        assert_eq!(told[..2], [json!({"accepted": true}), json!({"accepted": true})]);
        for one in &told[2..] {
            assert_eq!(
                (&one["accepted"], &one["errorCode"]),
                (&json!(false), &json!("InvalidObject")),
                "{one}"
            );
            assert!(one["errorMessage"].is_string());
        }
    }
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 4);
    contains(
        &found[0],
        &json!({"action": "itemClick", "url": "https://shop.example.com/", "device": VISITOR, "actor": VISITOR}),
    );
    contains(
        &found[0]["tag"],
        &json!({"documentPosition": 2, "searchQueryUid": "7bfc652a-9dea-4811-b3f9-6d24345c37ce", "contentIDKey": "permanentid",
            "contentIDValue": "1", "title": "Boats", "documentUrl": "https://a.example/", "documentAuthor": "ada", "trackingId": "shop",
            "source": ["app@1", "relay@2.1.1"]}),
    );
    assert!(
        found
            .iter()
            .all(|event| event["session"] == found[0]["session"] && event["session"].is_string())
    );
    assert_eq!(misfits(client, "coveo").await.len(), 6);
    assert_eq!(post(client, EVENTS, &json!("x")).await.status, 400);
    let nobody = client.without_key();
    let answer = nobody.send(nobody.request(Method::POST, EVENTS).json(&json!([]))).await;
    assert_eq!(answer.status, 401);
}

async fn what_is_too_long_is_cut_and_noted(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let address = |letters: usize| format!("https://shop.example/{}", "x".repeat(letters - 21));
    let mut long = event(&"t".repeat(257), json!({}));
    for (name, text) in [
        ("location", address(8_193)),
        ("referrer", address(8_193)),
        ("userAgent", "a".repeat(1_025)),
    ] {
        long["meta"][name] = json!(text);
    }
    let answer = post(client, EVENTS, &json!([long])).await;
    assert_eq!(
        (answer.status, &answer.body["events"]),
        (200, &json!([{"accepted": true}])),
        "{}",
        answer.text
    );
    contains(
        &events(&tidemark).await[0],
        &json!({"action": "t".repeat(256), "url": address(8_192), "referrer": address(8_192), "userAgent": "a".repeat(1_024)}),
    );
    let noted = json!(["meta.type", "meta.location", "meta.referrer", "meta.userAgent"]);
    assert_eq!(events(&tidemark).await[0]["tag"]["truncated"], noted);
}

async fn what_the_site_refuses_is_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let deny =
        "mutation { createRule(input: {rule: {list: DENY, target: ACTION, pattern: \"denied\"}}) { error { code } } }";
    let made = client.graphql(deny, json!({})).await;
    assert_eq!(made.data()["createRule"]["error"], Value::Null);
    let accepted = json!({"accepted": true});
    let answer = post(
        client,
        EVENTS,
        &json!([event("denied", json!({})), event("good", json!({"extra": 1}))]),
    )
    .await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = &answer.body["events"];
    assert_eq!(
        (&told[0]["accepted"], &told[0]["errorCode"]),
        (&json!(false), &json!("DENIED")),
        "{}",
        answer.text
    );
    assert!(told[0]["errorMessage"].as_str().is_some_and(|text| !text.is_empty()));
    assert_eq!(told[1], accepted);
    let list = json!([
        event("good", json!({"extra": "text"})),
        event("nul\u{0}", json!({})),
        event("good", json!({"extra": 2}))
    ]);
    let answer = post(client, EVENTS, &list).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    let told = &answer.body["events"];
    for (at, code) in [(0, "TAG_TYPE_CONFLICT"), (1, "INVALID_TEXT")] {
        assert_eq!(
            (&told[at]["accepted"], &told[at]["errorCode"]),
            (&json!(false), &json!(code)),
            "{}",
            answer.text
        );
        assert!(told[at]["errorMessage"].as_str().is_some_and(|text| !text.is_empty()));
    }
    assert_eq!((&told[2], &told[3]), (&accepted, &Value::Null));
    let stored: Vec<_> = events(&tidemark)
        .await
        .iter()
        .map(|event| event["action"].clone())
        .collect();
    assert_eq!(stored, ["good", "good"]);
    assert_eq!(
        misfits(client, "coveo").await,
        [
            "DENIED action denied",
            "INVALID_TEXT action nul\u{fffd}",
            "TAG_TYPE_CONFLICT extra good",
        ]
    );
}

async fn events_can_be_looked_at_before(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mut nowhere = click();
    nowhere["position"] = json!("2");
    nowhere["meta"]["ts"] = json!(null);
    let answer = post(client, &format!("{EVENTS}/validate"), &json!([click(), nowhere])).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.body[0], json!({"valid": true, "errors": []}));
    assert_eq!(answer.body[1]["valid"], false);
    let paths = |errors: &Value| -> Vec<String> {
        let errors = errors.as_array().expect("a list").iter();
        errors
            .map(|error| format!("{} {}", error["type"], error["path"]).replace('"', ""))
            .collect()
    };
    assert_eq!(
        paths(&answer.body[1]["errors"]),
        ["MissingParameter meta.ts", "InvalidObject position"]
    );
    for (name, body, wrong) in [
        ("click", super::click(json!({})), vec![]),
        (
            "click",
            json!({"documentPosition": 0}),
            vec![
                "MissingParameter actionCause",
                "InvalidObject documentPosition",
                "MissingParameter searchQueryUid",
                "MissingParameter sourceName",
                "MissingParameter language",
            ],
        ),
        (
            "custom",
            json!({"eventType": "a", "eventValue": "b", "language": "en"}),
            vec![],
        ),
        ("view", json!({"location": "https://a.example/"}), vec![]),
        ("view", json!({}), vec!["MissingParameter location"]),
        (
            "search",
            json!({"actionCause": "a", "searchQueryUid": "q", "language": "en", "queryText": "", "responseTime": -1}),
            vec!["InvalidObject responseTime"],
        ),
        (
            "searches",
            json!([{"actionCause": "a", "searchQueryUid": "q", "language": "en", "queryText": ""}]),
            vec!["MissingParameter [0].responseTime"],
        ),
        ("collect", json!({"t": "pageview"}), vec![]),
        ("collect", json!({}), vec!["MissingParameter t"]),
    ] {
        let answer = post(client, &format!("{EVENTS}/analytics/{name}/validate"), &body).await;
        assert_eq!(answer.status, 200, "{name}: {}", answer.text);
        assert_eq!(paths(&answer.body["errors"]), wrong, "{name}");
        assert_eq!(answer.body["valid"], wrong.is_empty());
    }
    assert_eq!(
        post(client, &format!("{EVENTS}/analytics/other/validate"), &json!({}))
            .await
            .status,
        404
    );
    let asks = tidemark.client_allowed("query").await;
    assert_eq!(post(&asks, &format!("{EVENTS}/validate"), &json!([])).await.status, 403);
    assert!(events(&tidemark).await.is_empty());
}
