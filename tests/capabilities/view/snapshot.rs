//! One operation, one snapshot: all that it asks adds up, while events pour in.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::{Value, json};
use support::Engine;

use super::start;
use crate::truth::Event;

support::on_both_engines!(all_fields_of_one_operation_see_the_same_events);

async fn all_fields_of_one_operation_see_the_same_events(engine: Engine) {
    let tidemark = start(engine, &[("--fold-interval", "10ms"), ("--fold-events", "30")], &[]).await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut loaders = tokio::task::JoinSet::new();
    for loader in 0..2 {
        let (client, stop) = (tidemark.client().clone(), stop.clone());
        loaders.spawn(async move {
            for batch in 0.. {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let event = |number: usize| {
                    let id = format!("{loader} {batch} {number}");
                    let tag = json!({"network": (["a", "b"][number % 2])});
                    Event::new(&id, ["x", "y", "z"][number % 3], "2026-11-18T10:10:00Z", tag).by(&id)
                };
                let payload = client
                    .log_many((0..9).map(|number| event(number).input()).collect())
                    .await;
                assert_eq!(payload["accepted"], 9, "{payload:#}");
            }
        });
    }
    let mut last = 0;
    for _ in 0..40 {
        last = ask(&tidemark).await.max(last);
    }
    stop.store(true, Ordering::Relaxed);
    loaders.join_all().await;
    assert!(last > 0 && ask(&tidemark).await >= last);
}

/// Asks for one number in many ways, and gives it.
async fn ask(tidemark: &support::Tidemark) -> i64 {
    let document = "query ($view: FindInput!, $raw: FindInput!, $edges: FindInput!, $a: FindInput!, $b: FindInput!, \
         $who: UniqueInput!) { view: find(input: $view) { total rows { count } series { count } } \
         raw: find(input: $raw) { total } edges: find(input: $edges) { total } \
         batch: findBatch(inputs: [$a, $b]) { result { total } } who: unique(input: $who) { count } \
         actions { count } }";
    let question = |view: &str| json!({"view": view, "from": "2026-11-18T00:00:00Z", "to": "2026-11-19T00:00:00Z"});
    let with = |view: &str, name: &str, value: Value| {
        let mut question = question(view);
        question[name] = value;
        question
    };
    let of = |network: &str| {
        with(
            "networks",
            "where",
            json!([{"dimension": "tag.network", "value": network}]),
        )
    };
    let mut view = with("networks", "groupBy", json!(["action"]));
    view["series"] = json!(true);
    view["period"] = json!("HOUR");
    let variables = json!({
        "view": view, "raw": question("events"),
        "edges": with("networks", "to", json!("2026-11-18T10:11:00Z")),
        "a": of("a"), "b": of("b"),
        "who": {"from": "2026-11-18T00:00:00Z", "to": "2026-11-19T00:00:00Z"},
    });
    let answer = tidemark.client().graphql(document, variables).await;
    let data = answer.data();
    let count = |value: &Value| value.as_i64().expect("a count");
    let sum = |list: &Value| -> i64 {
        list.as_array()
            .expect("a list")
            .iter()
            .map(|one| count(&one["count"]))
            .sum()
    };
    let total = count(&data["view"]["total"]);
    let parts = count(&data["batch"][0]["result"]["total"]) + count(&data["batch"][1]["result"]["total"]);
    let all = [
        sum(&data["view"]["rows"]),
        sum(&data["view"]["series"]),
        count(&data["raw"]["total"]),
        count(&data["edges"]["total"]),
        parts,
        count(&data["who"]["count"]),
        sum(&data["actions"]),
    ];
    assert_eq!(all, [total; 7], "{data:#}");
    total
}
