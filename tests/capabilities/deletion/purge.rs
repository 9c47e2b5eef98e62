//! The purge: events leave the disk for good.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{answers, await_state, bytes_on_disk, event};
use crate::inside;

support::on_both_engines!(
    what_was_purged_is_gone_for_good_but_its_id_stays_taken,
    a_large_deletion_ends_though_the_newest_event_is_purged,
    a_clock_that_was_ahead_puts_no_purge_off,
    it_is_told_when_the_next_purge_is_due,
);

async fn what_was_purged_is_gone_for_good_but_its_id_stays_taken(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--purge-interval", "1s").start().await;
    tidemark.accept((0..10).map(event).collect()).await;
    tidemark.await_folded().await;
    let deleted = tidemark.client().delete_many(json!({"actor": "user 2"})).await;
    assert_eq!(deleted["count"], 2, "{deleted:#}");
    let id = &deleted["deletion"]["id"];
    await_state(&tidemark, id, "PURGED").await;
    let restored = tidemark.client().restore(id.as_str().expect("an id")).await;
    assert_eq!(restored["error"]["code"], "NOT_RESTORABLE", "{restored:#}");
    let again = tidemark.client().log(event(2)).await;
    assert_eq!(
        (&again["outcome"], &again["event"]),
        (&json!("DUPLICATE"), &Value::Null)
    );
    let (view, raw, unique, ids) = answers(&tidemark).await;
    assert_eq!((view, raw, unique, ids.len()), (8, 8, 4, 8));
    let missing = tidemark.client().delete("event 2").await;
    assert_eq!(missing["error"]["code"], "NOT_FOUND", "{missing:#}");
}

async fn a_large_deletion_ends_though_the_newest_event_is_purged(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--deletion-slice-events", "1")
        .flag("--purge-interval", "200ms")
        .start()
        .await;
    tidemark.accept((0..401).map(event).collect()).await;
    let newest = tidemark.client().delete("event 400").await;
    assert_eq!(newest["count"], 1, "{newest:#}");
    let filter = json!({"filter": {"where": [{"dimension": "action", "value": "odd"}]}});
    let many = tidemark.client().delete_many(filter).await;
    assert_eq!(many["count"], 200, "{many:#}");
    for deletion in [newest, many] {
        await_state(&tidemark, &deletion["deletion"]["id"], "PURGED").await;
    }
    let (view, raw, _, ids) = answers(&tidemark).await;
    assert_eq!((view, raw, ids.len()), (200, 200, 200));
}

async fn a_clock_that_was_ahead_puts_no_purge_off(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--purge-interval", "1s").start().await;
    tidemark.accept((0..10).map(event).collect()).await;
    // As a server leaves it whose clock is years ahead.
    inside::execute(
        tidemark.database(),
        "UPDATE configuration SET purged_at = 4000000000000000000",
    )
    .await;
    let deleted = tidemark.client().delete("event 2").await;
    await_state(&tidemark, &deleted["deletion"]["id"], "PURGED").await;
}

#[expect(
    clippy::disallowed_methods,
    reason = "what a server is told is compared with the time here"
)]
async fn it_is_told_when_the_next_purge_is_due(engine: Engine) {
    let hour = jiff::SignedDuration::from_hours(1);
    let begin = jiff::Timestamp::now();
    let tidemark = Tidemark::builder(engine).flag("--purge-interval", "1h").start().await;
    let due = async || {
        let answer = tidemark.client().graphql("{ deletions { purgeAt } }", json!({})).await;
        let told = answer.data()["deletions"]["purgeAt"].as_str().map(str::to_owned);
        told.expect("a time").parse::<jiff::Timestamp>().expect("a time")
    };
    // Nothing was purged yet: from the first start.
    let first = due().await;
    assert!(
        (begin + hour..=jiff::Timestamp::now() + hour).contains(&first),
        "{first} of {begin}"
    );
    // An hour after the last.
    let last = jiff::Timestamp::from_second(begin.as_second() - 1_800).expect("a time");
    let statement = format!("UPDATE configuration SET purged_at = {}", last.as_nanosecond());
    inside::execute(tidemark.database(), &statement).await;
    assert_eq!(due().await, last + hour);
}

/// An event whose every text holds the marker of its owner.
fn marked(marker: &str, number: usize) -> Value {
    let name = |part: &str| format!("{marker}-{part}-{number}");
    json!({
        "id": name("id"), "action": name("action"), "label": name("label"), "actor": name("actor"),
        "device": name("device"), "session": name("session"), "language": name("language"), "city": name("city"),
        "url": format!("https://{marker}-host-{number}.example/{marker}-path"),
        "referrer": format!("https://{marker}-from-{number}.example/"), "userAgent": name("agent"),
        "tag": {"network": name("network"), "group": name("group"), "deep": {"note": name("note")}},
        "time": format!("2026-11-18T{:02}:00:00Z", number % 24),
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn purged_texts_are_in_no_file_of_sqlite_any_more() {
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--purge-interval", "1s")
        .flag("--fold-interval", "10ms")
        .start()
        .await;
    let create = json!({"input": {"name": "labels", "dimensions": ["label", "url.path", "actor", "tag.deep.note"]}});
    let document = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    let _ = tidemark.client().graphql(document, create).await.data();
    // Enough for pages to fill up and to be split.
    for batch in 0..20 {
        let numbers = batch * 50..(batch + 1) * 50;
        let events = numbers.map(|number| marked(if number % 3 == 0 { "forgotten" } else { "remembered" }, number));
        tidemark.accept(events.collect()).await;
    }
    tidemark.await_folded().await;
    assert!(count(&bytes_on_disk(&tidemark), b"forgotten") > 100);
    let filter = json!({"filter": {"where": [{"dimension": "action", "op": "PREFIX", "value": "forgotten"}]}});
    let deleted = tidemark.client().delete_many(filter).await;
    assert_eq!(deleted["count"], 334, "{deleted:#}");
    await_state(&tidemark, &deleted["deletion"]["id"], "PURGED").await;
    let bytes = bytes_on_disk(&tidemark);
    let at = bytes.windows(9).position(|part| part == b"forgotten");
    let around = at.map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..(at + 200).min(bytes.len())]));
    assert_eq!(count(&bytes, b"forgotten"), 0, "such as {around:?}");
    assert!(count(&bytes, b"remembered") > 100);
}

fn count(bytes: &[u8], wanted: &[u8]) -> usize {
    bytes.windows(wanted.len()).filter(|part| *part == wanted).count()
}
