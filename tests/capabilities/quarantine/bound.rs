//! How long and how much is kept: the oldest go, and that is told.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{count, list, misfit, misfits, quarantine};
use crate::inside::execute;

support::on_both_engines!(
    the_oldest_go_where_room_is_full,
    what_is_too_old_goes,
    retention_reaches_into_quarantine,
    the_bounds_are_settings,
);

async fn the_oldest_go_where_room_is_full(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--quarantine-megabytes", "1")
        .start()
        .await;
    let client = tidemark.client();
    let other = tidemark.another_site("other").await;
    misfits(&tidemark, vec![misfit("oldest")]).await;
    assert_eq!(other.log(misfit("theirs")).await["outcome"], "TYPE_CONFLICT");
    for batch in 0..15 {
        let event = |number: usize| {
            let mut event = misfit(format!("{batch} {number}"));
            event["tag"]["note"] = json!("x".repeat(10_000));
            event
        };
        let payload = client.log_many((0..10).map(event).collect()).await;
        assert_eq!(payload["outcomes"][9]["outcome"], "TYPE_CONFLICT");
        let page = quarantine(client, json!({"first": 1})).await;
        assert!(page["bytes"].as_i64().expect("bytes") <= 1_000_000, "{page:#}");
    }
    let page = quarantine(client, json!({"first": 1})).await;
    let (left, displaced) = (
        page["totalCount"].as_i64().expect("a count"),
        page["displaced"].as_i64().expect("a count"),
    );
    assert_eq!(left + displaced, 151, "{page:#}");
    assert!((80..100).contains(&left), "{left} are left");
    let kept = list(client).await;
    assert_eq!(kept.last().map(|one| &one["event"]["id"]), Some(&json!("14 9")));
    assert!(kept.iter().all(|one| one["event"]["id"] != "oldest"));
    assert_eq!(count(&other).await, 1, "each site has room of its own");
    assert_eq!(page["expired"], 0);
}

/// Waits until so many are left.
async fn await_count(tidemark: &Tidemark, expected: i64) {
    let begin = Instant::now();
    while count(tidemark.client()).await != expected {
        assert!(begin.elapsed() < Duration::from_secs(30), "they stay");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn what_is_too_old_goes(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--retention-interval", "100ms")
        .start()
        .await;
    misfits(&tidemark, (0..5).map(misfit).collect()).await;
    let day = 86_400_000_000_000_i64;
    let older = |days: i64, path: &str| {
        format!(
            "UPDATE quarantine SET received = received - {} WHERE {path}",
            day * days
        )
    };
    let ids: Vec<_> = list(tidemark.client())
        .await
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    let which = |index: usize| format!("public_id = '{}'", ids[index].as_str().expect("an id"));
    execute(tidemark.database(), &older(31, &which(0))).await;
    execute(tidemark.database(), &older(31, &which(3))).await;
    execute(tidemark.database(), &older(29, &which(1))).await;
    await_count(&tidemark, 3).await;
    let page = quarantine(tidemark.client(), json!({})).await;
    assert_eq!((&page["expired"], &page["displaced"]), (&json!(2), &json!(0)));
    let document = "mutation { updateSite(input: {quarantineDays: 28}) { quarantineDays } }";
    let _ = tidemark.client().graphql(document, json!({})).await.data();
    await_count(&tidemark, 2).await;
}

async fn retention_reaches_into_quarantine(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--retention-interval", "100ms")
        .start()
        .await;
    let now = tidemark.client().log(json!({"action": "now"})).await;
    let now: jiff::Timestamp = now["event"]["time"].as_str().expect("a time").parse().expect("a time");
    let aged = |days: i64| {
        let mut event = misfit(days);
        event["time"] = json!((now - jiff::SignedDuration::from_hours(24 * days)).to_string());
        event
    };
    misfits(&tidemark, [1, 5, 2, 20].map(aged).into()).await;
    let document = "mutation { updateSite(input: {rawRetentionDays: 3}) { name } }";
    let _ = tidemark.client().graphql(document, json!({})).await.data();
    await_count(&tidemark, 2).await;
    let left: Vec<_> = list(tidemark.client())
        .await
        .iter()
        .map(|one| one["event"]["id"].clone())
        .collect();
    assert_eq!(left, ["1", "2"]);
}

async fn the_bounds_are_settings(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let settings = "tagMode quarantineDays quarantineMegabytes";
    let document = format!("{{ sites {{ {settings} }} }}");
    let answer = client.graphql(&document, json!({})).await;
    assert_eq!(
        answer.data()["sites"],
        json!([{"tagMode": "REJECT", "quarantineDays": 30, "quarantineMegabytes": 64}])
    );
    let update = "mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { tagMode quarantineDays quarantineMegabytes } }";
    let answer = client
        .graphql(
            update,
            json!({"input": {"quarantineDays": 1, "quarantineMegabytes": 1_000_000}}),
        )
        .await;
    assert_eq!(
        answer.data()["updateSite"],
        json!({"tagMode": "REJECT", "quarantineDays": 1, "quarantineMegabytes": 1_000_000})
    );
    for (field, value) in [
        ("quarantineDays", 0),
        ("quarantineDays", 36_501),
        ("quarantineMegabytes", 0),
        ("quarantineMegabytes", 1_000_001),
    ] {
        let mut input = json!({});
        input[field] = json!(value);
        let answer = client.graphql(update, json!({"input": input})).await;
        let path: Value = json!(answer.error_path());
        assert_eq!(
            (answer.error_code(), path),
            ("INVALID_ARGUMENT", json!(format!("input.{field}")))
        );
    }
}
