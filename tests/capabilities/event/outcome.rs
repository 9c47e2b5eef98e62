//! Each event has an outcome of its own.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{ids, judgement, kept};

support::on_both_engines!(
    an_event_is_kept_as_it_was_sent,
    empty_texts_are_absent,
    good_events_of_a_batch_are_stored_beside_bad_ones,
    an_empty_batch_does_nothing,
);

async fn an_event_is_kept_as_it_was_sent(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let sent = json!({
        "id": "order-7", "action": "Clicked Sign Up", "label": "übung 🐟", "time": "2026-01-01T00:00:00Z",
        "url": "https://shop.example/a%20b?q=1#top", "referrer": "https://news.example/x",
        "tag": {"plan": "pro", "nested": {"list": [1, 2.5, null], "objects": [{"deep": true}, null]}},
        "actor": "ada", "device": "d-1", "session": "s-1", "company": "ACME", "language": "de-AT",
        "country": "AT", "city": "Wien", "userAgent": "something", "ip": "192.0.2.77",
    });
    let now = server_time(&tidemark).await;
    let mut sent_now = sent.clone();
    sent_now["time"] = json!(now);
    let event = kept(tidemark.client(), sent_now.clone()).await;
    for (field, value) in sent_now.as_object().expect("an object") {
        match field.as_str() {
            "tag" => {
                assert_eq!(event["tag"]["plan"], "pro");
                assert_eq!(event["tag"]["nested"], value["nested"]);
            }
            "ip" => assert_eq!(event["ip"], "192.0.2.0", "truncated, as sites do unless told otherwise"),
            _ => assert_eq!(event[field], *value, "{field}"),
        }
    }
    assert_eq!(
        (&event["door"], &event["trafficSource"]),
        (&json!("graphql"), &json!("other"))
    );
    assert!(
        event["received"]
            .as_str()
            .is_some_and(|received| received >= now.as_str())
    );
    let page = tidemark.client().events(json!({"first": 1})).await;
    assert_eq!(page["edges"][0]["node"], event);
}

/// The server's time, as it stamps events without one.
async fn server_time(tidemark: &Tidemark) -> String {
    let payload = tidemark.client().log(json!({"action": "clock"})).await;
    assert_eq!(payload["event"]["time"], payload["event"]["received"], "{payload:#}");
    payload["event"]["time"].as_str().expect("a time").to_owned()
}

async fn empty_texts_are_absent(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let fields = [
        "label", "url", "referrer", "actor", "device", "session", "company", "language", "country", "city",
    ];
    let mut sent = json!({"action": "pageview", "id": "", "ip": "", "userAgent": "", "tag": null});
    for field in fields {
        sent[field] = json!("");
    }
    let event = kept(tidemark.client(), sent).await;
    assert!(event["id"].as_str().is_some_and(|id| id.len() == 36), "{event:#}");
    for field in fields.iter().filter(|field| **field != "actor") {
        assert!(event[*field].is_null(), "{field}: {event:#}");
    }
    assert_eq!(event["tag"], json!({"traffic_source": "direct"}));
}

async fn good_events_of_a_batch_are_stored_beside_bad_ones(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let batch = vec![
        json!({"id": "a", "action": "pageview"}),
        json!({"id": "b", "action": ""}),
        json!({"id": "c", "action": "pageview", "tag": 7}),
        json!({"id": "d", "action": "pageview", "tag": {"n": 1}}),
        json!({"id": "a", "action": "again"}),
        json!({"id": "e", "action": "pageview", "time": "yesterday"}),
        json!({"id": "f", "action": "pageview", "site": "nowhere"}),
        json!({"id": "g", "action": "pageview", "site": tidemark.site()}),
    ];
    let payload = client.log_many(batch.clone()).await;
    let outcomes = payload["outcomes"].as_array().expect("a list");
    let expected = [
        ("ACCEPTED", "", ""),
        ("INVALID", "INVALID_ACTION", "inputs[1].action"),
        ("INVALID", "INVALID_TAG", "inputs[2].tag"),
        ("ACCEPTED", "", ""),
        ("DUPLICATE", "", ""),
        ("INVALID", "INVALID_TIME", "inputs[5].time"),
        ("INVALID", "UNKNOWN_SITE", "inputs[6].site"),
        ("ACCEPTED", "", ""),
    ];
    let expected = expected.map(|(outcome, code, path)| (outcome.to_owned(), code.to_owned(), path.to_owned()));
    assert_eq!(outcomes.iter().map(judgement).collect::<Vec<_>>(), expected);
    assert_eq!(payload["accepted"], 3);
    assert_eq!(outcomes[4]["event"], outcomes[0]["event"], "the one that was stored");
    assert_eq!(ids(client).await, ["a", "d", "g"]);

    // All bad: nothing is stored, and nothing fails.
    let bad: Vec<Value> = batch
        .into_iter()
        .filter(|event| event["id"] == "b" || event["id"] == "c")
        .collect();
    let payload = client.log_many(bad).await;
    assert_eq!(payload["accepted"], 0);
    assert_eq!(ids(client).await.len(), 3);
}

async fn an_empty_batch_does_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let payload = tidemark.client().log_many(Vec::new()).await;
    assert_eq!(payload, json!({"accepted": 0, "outcomes": []}));
}
