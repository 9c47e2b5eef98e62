//! Retention: raw events go after some days, what was folded from them stays, and what cannot be answered is refused.

use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde_json::{Value, json};
use support::{Engine, Tidemark, graphql};

mod late;

support::on_both_engines!(
    raw_events_go_and_whole_days_still_answer,
    rollups_go_after_their_own_time,
    another_zone_does_not_cost_old_days_unasked,
    without_a_begin_all_that_is_counted_is_told,
);

const ZONE: &str = "Europe/Berlin";
const LIMIT: Duration = Duration::from_secs(60);

/// A site whose raw events go after 3 days, with ten events on each of the last nine days.
async fn keeping(engine: Engine, rollup_days: Value) -> (Tidemark, Date) {
    let (tidemark, today) = stocked(engine).await;
    tidemark
        .accept(
            (1..10)
                .flat_map(|day| (0..10).map(move |number| event(today, day, number)))
                .collect(),
        )
        .await;
    tidemark.await_folded().await;
    retain(&tidemark, 3, rollup_days, 31).await;
    (tidemark, today)
}

/// A site with one event of now, and the date in its zone.
async fn stocked(engine: Engine) -> (Tidemark, Date) {
    let tidemark = Tidemark::builder(engine)
        .time_zone(ZONE)
        .flag("--retention-interval", "100ms")
        .flag("--max-cells-per-hour", "20")
        .start()
        .await;
    let sums = json!({"input": {"name": "sums", "dimensions": ["tag.network"], "measures": ["tag.n"]}});
    mutate(
        &tidemark,
        "$input: CreateViewInput!",
        "createView(input: $input) { name }",
        sums,
    )
    .await;
    let begin = Instant::now();
    while tidemark
        .client()
        .graphql("{ views { state } }", json!({}))
        .await
        .text
        .contains("BACKFILLING")
    {
        assert!(begin.elapsed() < LIMIT, "the view stays behind");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let logged = tidemark.client().log(json!({"action": "now"})).await;
    let now: Timestamp = logged["event"]["time"]
        .as_str()
        .expect("a time")
        .parse()
        .expect("a time");
    let today = TimeZone::get(ZONE).expect("a zone").to_datetime(now).date();
    (tidemark, today)
}

fn event(today: Date, day: i64, number: i64) -> Value {
    json!({
        "id": format!("{day} {number}"), "action": "pageview", "actor": format!("user {number}"),
        "time": noon(today, day).to_string(), "tag": {"network": "n", "n": number},
    })
}

async fn mutate(tidemark: &Tidemark, declaration: &str, field: &str, variables: Value) {
    let document = format!("mutation ({declaration}) {{ {field} }}");
    let _ = tidemark.client().graphql(&document, variables).await.data();
}

/// Sets the site's retention, and waits until so many raw events are left, also on the disk.
async fn retain(tidemark: &Tidemark, raw_days: i64, rollup_days: Value, left: usize) {
    let input = json!({"input": {"rawRetentionDays": raw_days, "rollupRetentionDays": rollup_days}});
    let field = "updateSite(input: $input) { rawRetentionDays }";
    mutate(tidemark, "$input: UpdateSiteInput!", field, input).await;
    let begin = Instant::now();
    while list(tidemark).await != left {
        assert!(begin.elapsed() < LIMIT, "raw events stay: {}", list(tidemark).await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while !tidemark.server().log().contains("retention removed raw events") {
        assert!(begin.elapsed() < LIMIT, "raw events stay on the disk");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn list(tidemark: &Tidemark) -> usize {
    let page = tidemark.client().events(json!({"first": 1000})).await;
    page["edges"].as_array().expect("a list").len()
}

/// Midnight so many days ago.
fn midnight(today: Date, ago: i64) -> Timestamp {
    let date = today.checked_sub(ago.days()).expect("a date");
    date.to_zoned(TimeZone::get(ZONE).expect("a zone"))
        .expect("midnight")
        .timestamp()
}

fn noon(today: Date, ago: i64) -> Timestamp {
    midnight(today, ago).checked_add(12.hours()).expect("noon")
}

fn question(view: &str, from: Timestamp, to: Timestamp) -> Value {
    json!({"view": view, "from": from.to_string(), "to": to.to_string()})
}

async fn refusal(tidemark: &Tidemark, document: &str, input: Value) -> String {
    let answer = tidemark.client().graphql(document, json!({"input": input})).await;
    let error = answer.error();
    format!("{} at {}", error["extensions"]["code"], error["extensions"]["path"])
}

async fn raw_events_go_and_whole_days_still_answer(engine: Engine) {
    let (tidemark, today) = keeping(engine, Value::Null).await;
    let gone = "\"RAW_EVENTS_GONE\" at \"input.from\"";
    let client = tidemark.client();
    // Whole days of the site's zone, and whole hours, answer as before.
    let whole = client
        .find(question("networks", midnight(today, 9), midnight(today, 1)))
        .await;
    assert_eq!(
        (&whole["total"], &whole["provenance"]["source"]),
        (&json!(80), &json!("ROLLUP"))
    );
    let hours = question("networks", noon(today, 8), noon(today, 6));
    assert_eq!(client.find(hours).await["total"], 20);
    let unique = json!({"from": midnight(today, 9).to_string(), "to": midnight(today, 1).to_string()});
    assert_eq!(client.unique(unique).await["count"], 10);
    let mut series = question("networks", midnight(today, 9), midnight(today, 0));
    series["series"] = json!(true);
    let points = client.find(series).await["series"].clone();
    let counts: Vec<_> = points
        .as_array()
        .expect("points")
        .iter()
        .map(|point| &point["count"])
        .collect();
    assert_eq!(counts, [10; 9]);

    // What needs the raw events is refused, and says so.
    let unaligned = midnight(today, 8).checked_add(1.second()).expect("a moment");
    let edge = question("networks", unaligned, midnight(today, 1));
    assert_eq!(refusal(&tidemark, graphql::FIND, edge).await, gone);
    let raw = question("events", midnight(today, 8), midnight(today, 1));
    assert_eq!(refusal(&tidemark, graphql::FIND, raw).await, gone);
    let half = json!({"from": noon(today, 8).to_string(), "to": midnight(today, 1).to_string()});
    assert_eq!(refusal(&tidemark, graphql::UNIQUE, half).await, gone);

    // Inside what is kept everything goes on.
    let kept = question("events", midnight(today, 3), midnight(today, 0));
    assert_eq!(client.find(kept).await["total"], 30);
    let again = json!({"id": "9 0", "action": "pageview", "time": noon(today, 9).to_string()});
    assert_eq!(client.log(again).await["outcome"], "DUPLICATE");
    // A view declared now knows only what is left, and says so for the rest.
    let document = "mutation { createView(input: {name: \"late\", dimensions: [\"tag.network\"]}) { name } }";
    let _ = client.graphql(document, json!({})).await.data();
    let late = question("late", midnight(today, 9), midnight(today, 0));
    assert_eq!(refusal(&tidemark, graphql::FIND, late).await, gone);
    let late = question("late", midnight(today, 3), midnight(today, 0));
    assert_eq!(client.find(late).await["total"], 30);
}

async fn rollups_go_after_their_own_time(engine: Engine) {
    let (tidemark, today) = keeping(engine, json!(6)).await;
    let gone = "\"RAW_EVENTS_GONE\" at \"input.from\"";
    let begin = Instant::now();
    let old = question("networks", midnight(today, 9), midnight(today, 1));
    loop {
        let answer = tidemark.client().graphql(graphql::FIND, json!({"input": old})).await;
        if answer.body["errors"].is_array() {
            break;
        }
        assert!(begin.elapsed() < LIMIT, "rollups stay");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(refusal(&tidemark, graphql::FIND, old).await, gone);
    let kept = question("networks", midnight(today, 6), midnight(today, 1));
    assert_eq!(tidemark.client().find(kept).await["total"], 50);
}

async fn without_a_begin_all_that_is_counted_is_told(engine: Engine) {
    let (tidemark, _) = keeping(engine, Value::Null).await;
    let signer = crate::clickst::Signer::new(&tidemark).await;
    // Ten users, and somebody today.
    for (view, count) in [("networks", 91), ("unique_actions", 11), ("events", 31)] {
        let answer = crate::clickst::try_ask(tidemark.client(), &signer, "action.find", &[("view", view)]).await;
        assert_eq!(
            answer.body["result"],
            json!({"count": count}),
            "{view}: {}",
            answer.text
        );
    }
}

async fn another_zone_does_not_cost_old_days_unasked(engine: Engine) {
    // Where nothing is gone, a zone is changed as before, however short retention is.
    let (fresh, _) = stocked(engine).await;
    let document = "mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { timeZone } }";
    let zone = |zone: &str, drop: bool| json!({"input": {"timeZone": zone, "dropOldRollups": drop}});
    let keep = json!({"input": {"rawRetentionDays": 3}});
    mutate(
        &fresh,
        "$input: UpdateSiteInput!",
        "updateSite(input: $input) { rawRetentionDays }",
        keep,
    )
    .await;
    // It is applied every tenth of a second.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let answer = fresh.client().graphql(document, zone("Asia/Tokyo", false)).await;
    assert_eq!(answer.data()["updateSite"]["timeZone"], "Asia/Tokyo");

    let (tidemark, today) = keeping(engine, Value::Null).await;
    let client = tidemark.client();
    let whole = question("networks", midnight(today, 9), midnight(today, 1));
    let answer = client.graphql(document, zone("Asia/Tokyo", false)).await;
    let refused = (answer.error_code(), answer.error()["extensions"]["path"].as_str());
    assert_eq!(refused, ("INVALID_ARGUMENT", Some("input.timeZone")), "{}", answer.text);
    let update = ["site", "update", "shop", "--time-zone", "Asia/Tokyo"];
    let told = tidemark.command(&update).await.failure();
    assert!(
        told.starts_with("tidemark: --time-zone: ") && told.contains("--drop-old-rollups"),
        "{told}"
    );
    assert_eq!(client.find(whole.clone()).await["total"], 80);
    // The zone that it has is none other.
    let answer = client.graphql(document, zone(ZONE, false)).await;
    assert_eq!(answer.data()["updateSite"]["timeZone"], ZONE);

    // Who says so knows what it costs.
    let told = tidemark
        .command(&[&update[..], &["--drop-old-rollups"]].concat())
        .await
        .success();
    assert!(
        told.contains("Asia/Tokyo") && told.contains("keeps raw events 3 days, rollups for ever"),
        "{told}"
    );
    // The old zone's days answer until the new one's have caught up.
    let begin = Instant::now();
    loop {
        let answer = client.graphql(graphql::FIND, json!({"input": whole})).await;
        if answer.body.get("errors").is_some() {
            assert_eq!(answer.error_code(), "RAW_EVENTS_GONE", "{}", answer.text);
            assert_eq!(answer.error()["extensions"]["path"], "input.from");
            break;
        }
        assert_eq!(answer.data()["find"]["total"], 80);
        assert!(begin.elapsed() < LIMIT, "the new zone stays behind");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
