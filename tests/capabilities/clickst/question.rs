//! Asking: counts, groups, series and distinct visitors.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{Signer, ask, try_ask};

support::on_both_engines!(
    questions_are_answered,
    distinct_visitors_and_batches_are_answered,
    quotas_are_told,
);

/// Five events of three visitors, and somebody who may ask about them.
pub(super) async fn stock(engine: Engine) -> (Tidemark, Signer) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let signer = Signer::new(&tidemark).await;
    let day = |day: u8, action: &str, network: Value, visitor: &str| {
        json!({"action": action, "time": format!("2026-11-{day:02}T10:00:00Z"), "device": visitor,
            "tag": {"network": network, "group": "g", "price": day}})
    };
    tidemark
        .accept(vec![
            day(10, "button.click", json!("twitter"), "a"),
            day(10, "button.click", json!("facebook"), "b"),
            day(11, "button.click", json!("twitter"), "a"),
            day(13, "button.click", json!("twitter"), "c"),
            day(13, "pageview", json!(null), "c"),
        ])
        .await;
    (tidemark, signer)
}

async fn questions_are_answered(engine: Engine) {
    let (tidemark, signer) = stock(engine).await;
    let client = tidemark.client();
    let ask = async |method: &str, arguments: &[(&str, &str)]| ask(client, &signer, method, arguments).await;
    assert_eq!(ask("action.find", &[("view", "actions")]).await, json!({"count": 5}));
    let clicks = r#"{"action": "button.click"}"#;
    assert_eq!(
        ask("action.find", &[("view", "actions"), ("where", clicks)]).await,
        json!({"count": 4})
    );
    let brackets = [("view", "actions"), ("where[action]", "button.click")];
    assert_eq!(ask("action.find", &brackets).await, json!({"count": 4}));
    // Seconds since 1970 and ISO 8601, the begin inside and the end outside.
    let bounds = [
        ("view", "actions"),
        ("begin", "1794391200"),
        ("end", "2026-11-13T10:00:00Z"),
    ];
    assert_eq!(ask("action.find", &bounds).await, json!({"count": 1}));
    let by_network = [("view", "networks"), ("where", clicks), ("group_by", "tag.network")];
    assert_eq!(
        ask("action.find", &by_network).await,
        json!([{"tag.network": "twitter", "count": 3}, {"tag.network": "facebook", "count": 1}])
    );
    let series = [
        ("view", "actions"),
        ("series", "true"),
        ("begin", "2026-11-10T00:00:00Z"),
        ("end", "2026-11-14T00:00:00Z"),
    ];
    assert_eq!(
        ask("action.find", &series).await,
        json!({"period": "day", "series": [
            {"begin": 1_794_268_800, "count": 2}, {"begin": 1_794_355_200, "count": 1},
            {"begin": 1_794_441_600, "count": 0}, {"begin": 1_794_528_000, "count": 2},
        ]})
    );
    for (period, points) in [("week", 1), ("month", 1), ("hour", 96)] {
        let mut asked = series.to_vec();
        asked.push(("period", period));
        let answer = ask("action.find", &asked).await;
        assert_eq!(
            (&answer["period"], answer["series"].as_array().map(Vec::len)),
            (&json!(period), Some(points))
        );
    }
    // Without a begin from the first event on: before it there is nothing, and nothing to complain of.
    for end in ["2026-11-10T10:00:00Z", "2026-01-01T00:00:00Z", "0"] {
        for view in ["actions", "events", "unique_actions"] {
            let until = [("view", view), ("end", end)];
            assert_eq!(ask("action.find", &until).await, json!({"count": 0}), "{view} {end}");
            let until = [("view", view), ("end", end), ("series", "true")];
            assert_eq!(
                ask("action.find", &until).await,
                json!({"period": "day", "series": []}),
                "{view} {end}"
            );
        }
    }
    for view in ["actions", "events"] {
        let until = [("view", view), ("end", "2026-11-10T10:00:01Z")];
        assert_eq!(ask("action.find", &until).await, json!({"count": 2}), "{view}");
    }
    // Every form of a condition.
    for (conditions, count) in [
        (r#"{"tag.network": ["twitter", "facebook"]}"#, 4),
        (r#"{"tag.network": {"ne": "twitter"}}"#, 2),
        (r#"{"tag.network": {"prefix": "twi"}}"#, 3),
        (r#"{"tag.network": {"exists": false}}"#, 0),
        (r#"{"tag.price": {"gt": 10, "lte": 11}}"#, 1),
        (r#"{"tag.price": {"gte": 10, "lt": 13}}"#, 3),
    ] {
        let answer = ask("action.find", &[("view", "events"), ("where", conditions)]).await;
        assert_eq!(answer, json!({"count": count}), "{conditions}");
    }
}

async fn distinct_visitors_and_batches_are_answered(engine: Engine) {
    let (tidemark, signer) = stock(engine).await;
    let client = tidemark.client();
    let ask = async |method: &str, arguments: &[(&str, &str)]| ask(client, &signer, method, arguments).await;
    // Distinct visitors, in every scope that there is.
    for (conditions, count) in [
        (r#"{}"#, 3),
        (r#"{"action": "button.click"}"#, 3),
        (r#"{"action": "button.click", "tag.network": "twitter"}"#, 2),
        (r#"{"tag.traffic_source": "direct"}"#, 3),
        (r#"{"tag.group": "g", "tag.network": "twitter"}"#, 2),
        (r#"{"tag.group": "g"}"#, 3),
        (r#"{"tag.group": "other"}"#, 0),
        (r#"{"tag.group": "g", "tag.traffic_source": "direct"}"#, 3),
        (r#"{"tag.group": "g", "tag.traffic_source": "search"}"#, 0),
    ] {
        let answer = ask("action.find", &[("view", "unique_actions"), ("where", conditions)]).await;
        assert_eq!(answer, json!({"count": count}), "{conditions}");
    }
    let refused = try_ask(
        client,
        &signer,
        "action.find",
        &[("view", "unique_actions"), ("where", r#"{"tag.price": 10}"#)],
    )
    .await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (400, &json!("unsupported_scope")),
        "{}",
        refused.text
    );
    assert!(
        refused.text.contains("tag.network"),
        "the scopes are listed: {}",
        refused.text
    );
    let queries = json!([
        {"view": "actions"}, {"view": "nothing"}, {"view": "unique_actions", "where": {"action": "pageview"}}, 7,
    ]);
    let batch = ask("action.find_batch", &[("queries", &queries.to_string())]).await;
    assert_eq!(
        (&batch[0], &batch[2]),
        (&json!({"count": 5}), &json!({"count": 1})),
        "{batch:#}"
    );
    assert_eq!(
        (&batch[1]["error"]["code"], &batch[3]["error"]["code"]),
        (&json!("unknown_view"), &json!("invalid_argument"))
    );
}

async fn quotas_are_told(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-query-units", "600")
        .start()
        .await;
    let signer = Signer::new(&tidemark).await;
    for method in ["quota.get", "quota.getlist"] {
        #[expect(clippy::disallowed_methods, reason = "the server's clock is the system's")]
        let now = || jiff::Timestamp::now().as_second();
        let before = now();
        let quotas = ask(tidemark.client(), &signer, method, &[]).await;
        let quotas = quotas.as_array().expect("a list");
        let names: Vec<_> = quotas.iter().map(|quota| quota["name"].clone()).collect();
        assert_eq!(
            names,
            [json!("log"), json!("query"), json!("delete"), json!("manage")],
            "{method}"
        );
        for quota in quotas {
            let mut fields: Vec<_> = quota.as_object().expect("an object").keys().collect();
            fields.sort();
            assert_eq!(fields, ["limit", "name", "period", "resets_at", "used"], "{method}");
            let number = |name: &str| quota[name].as_i64().unwrap_or_else(|| panic!("{quota}"));
            // What is used comes back within moments.
            assert!((0..number("limit")).contains(&number("used")), "{quota}");
            let resets = before..=now() + number("period") + 1;
            assert!(resets.contains(&number("resets_at")), "{quota}");
        }
        assert_eq!((&quotas[1]["limit"], &quotas[1]["period"]), (&json!(600), &json!(60)));
    }
}
