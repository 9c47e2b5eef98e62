//! Events of wrong types, and what no database could store.

use serde_json::{Value, json};
use support::{Engine, Tidemark, graphql};

use super::{goes_on, refuses};

support::on_both_engines!(wrong_types_are_named, extremes_are_stored_or_refused);

const TEXTS: [&str; 15] = [
    "site",
    "action",
    "label",
    "time",
    "url",
    "referrer",
    "ip",
    "userAgent",
    "actor",
    "device",
    "session",
    "company",
    "language",
    "country",
    "city",
];

async fn wrong_types_are_named(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for field in TEXTS {
        for wrong in [json!(7), json!(true), json!(["a"]), json!({"a": 1}), json!(1e300)] {
            let mut event = json!({"action": "pageview"});
            event[field] = wrong;
            let path = format!("input.{field}");
            refuses(
                client,
                graphql::LOG_EVENT,
                json!({"input": event}),
                "INVALID_ARGUMENT",
                &path,
            )
            .await;
            let path = format!("inputs[1].{field}");
            let variables = json!({"inputs": [{"action": "pageview"}, event]});
            refuses(client, graphql::LOG_EVENTS, variables, "INVALID_ARGUMENT", &path).await;
        }
    }
    for (wrong, path) in [
        (json!({"action": "a", "id": true}), "input.id"),
        (json!({"action": "a", "id": 1.5}), "input.id"),
        (json!({"action": null}), "input.action"),
        (json!({}), "input.action"),
        (json!({"action": "a", "nothingLikeThat": 1}), "input.nothingLikeThat"),
        (json!("pageview"), "input"),
        (json!(null), "variables.input"),
        (json!(7), "input"),
    ] {
        refuses(
            client,
            graphql::LOG_EVENT,
            json!({ "input": wrong }),
            "INVALID_ARGUMENT",
            path,
        )
        .await;
    }
    refuses(
        client,
        graphql::LOG_EVENTS,
        json!({"inputs": null}),
        "INVALID_ARGUMENT",
        "variables.inputs",
    )
    .await;
    refuses(
        client,
        graphql::LOG_EVENTS,
        json!({"inputs": [null]}),
        "INVALID_ARGUMENT",
        "inputs[0]",
    )
    .await;
    let page = client.events(json!({})).await;
    assert_eq!(page["edges"], json!([]), "nothing of it was stored");
    goes_on(&tidemark).await;
}

async fn extremes_are_stored_or_refused(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for event in [
        json!({"action": "\0"}),
        json!({"action": "a", "time": "9".repeat(100_000)}),
        json!({"action": "a", "time": "-9999-01-01T00:00:00Z"}),
        json!({"action": "a", "time": "2026-11-21T09:30:00+99:99"}),
        json!({"action": "a", "ip": "9".repeat(65)}),
        json!({"action": "a", "tag": "\0"}),
        json!({"action": "x".repeat(1_000_000)}),
    ] {
        let payload = client.log(event).await;
        assert_eq!(payload["outcome"], "INVALID", "{payload:#}");
        assert!(payload["error"]["path"].is_string(), "{payload:#}");
    }
    for event in [
        json!({"action": "'; DROP TABLE event; --", "label": "\\", "actor": "%_", "device": "\u{1}\u{7f}\u{fffd}"}),
        json!({"action": "a", "url": "http://[::1", "referrer": "javascript:alert(1)"}),
        json!({"action": "a", "url": "https://ex ample/\u{202e}?#", "referrer": "//"}),
        json!({"action": "a", "url": "https://user:pass@host.example:99999/x", "referrer": "https://☃.example/ü"}),
        json!({"action": "a", "url": format!("https://{}.example/", "x".repeat(5_000))}),
        json!({"action": "a", "userAgent": "\u{1}(((((((((([[[[[[[*+?".repeat(80)}),
        json!({"action": "a", "tag": {"huge": 1e308, "tiny": 5e-324, "int": u64::MAX, "negative": i64::MIN}}),
        json!({"action": "a", "time": "2026-11-21T00:00:00.000000001+14:00", "id": "\u{10ffff}"}),
    ] {
        let payload = client.log(event.clone()).await;
        let outcome = payload["outcome"].as_str().unwrap_or_default();
        assert!(
            outcome == "ACCEPTED" || payload["error"]["code"] == "EVENT_TOO_OLD",
            "{event}: {payload:#}"
        );
    }
    // What was stored is folded and found.
    tidemark.await_folded().await;
    for view in ["actions", "pages", "referrers", "devices"] {
        let input = json!({"view": view, "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
        assert!(client.find(input).await["total"].is_number(), "{view}");
    }
    let page: Value = client.events(json!({"first": 100})).await;
    assert!(
        page["edges"].as_array().is_some_and(|edges| edges.len() >= 7),
        "{page:#}"
    );
    goes_on(&tidemark).await;
}
