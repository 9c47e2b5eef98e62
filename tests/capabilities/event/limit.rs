//! What an event may hold: lengths, times, actions.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{kept, refuses};

support::on_both_engines!(
    texts_have_lengths,
    times_have_bounds,
    a_site_chooses_the_age_it_takes,
    a_strict_site_wants_context_and_activity,
    a_request_holds_so_many_events,
);

async fn texts_have_lengths(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (field, most, code) in [
        ("action", 256, "INVALID_ACTION"),
        ("id", 128, "TOO_LONG"),
        ("label", 1_024, "TOO_LONG"),
        ("url", 8_192, "TOO_LONG"),
        ("referrer", 8_192, "TOO_LONG"),
        ("userAgent", 2_048, "TOO_LONG"),
        ("actor", 256, "TOO_LONG"),
        ("device", 256, "TOO_LONG"),
        ("session", 256, "TOO_LONG"),
        ("company", 256, "TOO_LONG"),
        ("language", 64, "TOO_LONG"),
        ("country", 64, "TOO_LONG"),
        ("city", 256, "TOO_LONG"),
    ] {
        let event = |text: String| {
            let mut event = json!({"action": "a"});
            event[field] = text.into();
            event
        };
        // Characters are counted, and not bytes.
        let longest = "ß".repeat(most);
        let stored = kept(client, event(longest.clone())).await;
        if field == "userAgent" {
            assert!(longest.starts_with(stored[field].as_str().expect("text")), "{stored:#}");
        } else {
            assert_eq!(stored[field], longest, "{field}");
        }
        let path = format!("input.{field}");
        refuses(client, event("ß".repeat(most + 1)), code, &path).await;
        refuses(client, event("a\0b".to_owned()), "INVALID_TEXT", &path).await;
    }
    refuses(client, json!({"action": ""}), "INVALID_ACTION", "input.action").await;
    for ip in ["nonsense", "1.2.3", "1.2.3.4.5", "::g"] {
        refuses(client, json!({"action": "a", "ip": ip}), "INVALID_IP", "input.ip").await;
    }
}

/// The server's time.
async fn now(client: &Client) -> Timestamp {
    let event = kept(client, json!({"action": "clock"})).await;
    event["received"].as_str().expect("a time").parse().expect("a time")
}

fn at(time: Timestamp) -> Value {
    json!({"action": "pageview", "time": time.to_string()})
}

async fn times_have_bounds(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (now, day, second) = (
        now(client).await,
        SignedDuration::from_hours(24),
        SignedDuration::from_secs(1),
    );
    let ahead = SignedDuration::from_mins(5);
    kept(client, at(now + ahead - 10 * second)).await;
    kept(client, at(now - 30 * day + 60 * second)).await;
    let path = "input.time";
    refuses(client, at(now + ahead + 60 * second), "INVALID_TIME", path).await;
    refuses(client, at(now - 30 * day - second), "EVENT_TOO_OLD", path).await;
    for text in [
        "",
        "yesterday",
        "2026-11-21",
        "2026-02-30T00:00:00Z",
        "2026-11-21T25:00:00Z",
        "1763719200",
        "9999-12-31T23:59:59Z",
        "1500-01-01T00:00:00Z",
        "2026-11-21T09:30:00",
        "2026-11-21T09:30:00Z\0",
    ] {
        refuses(client, json!({"action": "a", "time": text}), "INVALID_TIME", path).await;
    }
    // Any offset is fine, and nanoseconds are kept.
    let whole = now.to_string()[..19].to_owned();
    let earlier: Timestamp = format!("{whole}.123456789Z").parse().expect("a time");
    let earlier = earlier - 7 * SignedDuration::from_hours(1);
    let elsewhere = earlier.to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(5)));
    let text = elsewhere.strftime("%Y-%m-%dT%H:%M:%S.%N%:z").to_string();
    assert_eq!(
        kept(client, json!({"action": "a", "time": text})).await["time"],
        earlier.to_string()
    );
}

async fn a_site_chooses_the_age_it_takes(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "60")
        .start()
        .await;
    let client = tidemark.client();
    let (now, minute) = (now(client).await, SignedDuration::from_mins(1));
    kept(client, at(now - minute / 2)).await;
    refuses(client, at(now - 2 * minute), "EVENT_TOO_OLD", "input.time").await;
    let site = ["site", "update", tidemark.site(), "--max-event-age", "none"];
    let _ = tidemark.command(&site).await.success();
    let old = json!({"action": "pageview", "time": "1999-12-31T23:59:59Z"});
    let begin = Instant::now();
    while client.log(old.clone()).await["outcome"] != "ACCEPTED" {
        assert!(
            begin.elapsed() < Duration::from_secs(1),
            "a change holds within a second"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_strict_site_wants_context_and_activity(engine: Engine) {
    let strict = Tidemark::builder(engine).site_flag("--action-policy", "context-activity");
    let tidemark = strict.start().await;
    let client = tidemark.client();
    for action in ["button.click", "a.b-c_D.9", ".", "abcdefghijklmnopqrstuvwxyz.12345"] {
        assert_eq!(kept(client, json!({"action": action})).await["action"], action);
    }
    for action in [
        "pageview",
        "Clicked Sign Up",
        "a b.c",
        "ä.b",
        "abcdefghijklmnopqrstuvwxyz.123456",
    ] {
        refuses(client, json!({"action": action}), "INVALID_ACTION", "input.action").await;
    }
}

async fn a_request_holds_so_many_events(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--max-events-per-request", "3")
        .start()
        .await;
    let client = tidemark.client();
    tidemark.accept(vec![json!({"action": "a"}); 3]).await;
    let inputs = vec![json!({"action": "a"}); 4];
    let answer = client
        .graphql(support::graphql::LOG_EVENTS, json!({"inputs": inputs}))
        .await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("TOO_MANY_ITEMS", "inputs"),
        "{}",
        answer.text
    );
    assert_eq!(super::ids(client).await.len(), 3, "nothing of it was stored");
}
