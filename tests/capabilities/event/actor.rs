//! Who did it, and how much of their address is kept.

use std::time::{Duration, Instant};

use jiff::{SignedDuration, Timestamp};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::kept;
use crate::inside;

support::on_both_engines!(
    a_named_actor_is_the_user_else_the_device,
    an_unnamed_actor_is_the_same_for_a_day,
    an_unnamed_actor_is_the_same_for_a_period_of_the_sites_zone,
    an_unnamed_actor_can_be_the_same_for_ever,
    a_salt_goes_two_days_after_its_last_use,
    the_connection_names_the_unnamed,
    a_site_keeps_as_much_of_addresses_as_it_says,
);

async fn a_named_actor_is_the_user_else_the_device(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for (sent, actor, source) in [
        (json!({"actor": "ada", "device": "d"}), json!("ada"), json!("USER")),
        (json!({"actor": "ada"}), json!("ada"), json!("USER")),
        (json!({"device": "d"}), json!("d"), json!("DEVICE")),
        (json!({"company": "ACME", "actor": "ada"}), json!("ada"), json!("USER")),
        (json!({"company": "ACME", "device": "d"}), json!("d"), json!("DEVICE")),
        (json!({"company": "ACME"}), Value::Null, Value::Null),
    ] {
        let mut event = sent.clone();
        event["action"] = json!("pageview");
        let event = kept(tidemark.client(), event).await;
        assert_eq!((&event["actor"], &event["actorSource"]), (&actor, &source), "{sent}");
        assert_eq!(event["device"], sent["device"]);
    }
    let unique = json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    assert_eq!(
        tidemark.client().unique(unique).await["count"],
        2,
        "a company is no actor"
    );
}

async fn unnamed(client: &Client, ip: &str, agent: &str, time: Option<&str>) -> String {
    let event = kept(
        client,
        json!({"action": "pageview", "ip": ip, "userAgent": agent, "time": time}),
    )
    .await;
    assert_eq!(event["actorSource"], "UNNAMED", "{event:#}");
    let actor = event["actor"].as_str().expect("a hash").to_owned();
    assert!(!actor.contains(ip) && !actor.contains(agent), "{actor}");
    actor
}

/// Two moments of one day and one of the next, all of them lately.
async fn lately(client: &Client) -> [String; 3] {
    let event = kept(client, json!({"action": "clock", "company": "c"})).await;
    let now: Timestamp = event["time"].as_str().expect("a time").parse().expect("a time");
    let day = |ago: i64| (now - SignedDuration::from_hours(24 * ago)).to_string()[..10].to_owned();
    [
        format!("{}T00:00:00Z", day(3)),
        format!("{}T23:59:59.999Z", day(3)),
        format!("{}T00:00:00Z", day(2)),
    ]
}

async fn an_unnamed_actor_is_the_same_for_a_day(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let [morning, night, next] = lately(tidemark.client()).await;
    let client = tidemark.client();
    let first = unnamed(client, "192.0.2.1", "agent", Some(&morning)).await;
    assert_eq!(unnamed(client, "192.0.2.1", "agent", Some(&night)).await, first);
    assert_eq!(
        unnamed(client, "::ffff:192.0.2.1", "agent", Some(&night)).await,
        first,
        "the same address"
    );
    // Addresses that are kept alike are still two actors.
    assert_ne!(unnamed(client, "192.0.2.2", "agent", Some(&morning)).await, first);
    assert_ne!(unnamed(client, "192.0.2.1", "another", Some(&morning)).await, first);
    assert_ne!(unnamed(client, "192.0.2.1", "agent", Some(&next)).await, first);
    let other = tidemark.another_site("other").await;
    assert_ne!(unnamed(&other, "192.0.2.1", "agent", Some(&morning)).await, first);
    tidemark.server_mut().restart().await;
    assert_eq!(
        unnamed(tidemark.client(), "192.0.2.1", "agent", Some(&night)).await,
        first
    );

    let unique = json!({"from": morning, "to": next, "action": "pageview"});
    let counted = tidemark.client().unique(unique).await;
    assert_eq!(
        (&counted["count"], &counted["identityPeriod"]),
        (&json!(3), &json!("DAY"))
    );
}

/// To the millisecond, and over a day of 25 hours: New York put its clocks back on Sunday, 2 November 2025. In UTC the
/// first moment of each period belongs with the one before it, and not with the last.
async fn an_unnamed_actor_is_the_same_for_a_period_of_the_sites_zone(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let zone = ["--time-zone", "America/New_York", "--max-event-age", "none"];
    for (period, begin, end) in [
        ("day", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z"),
        ("week", "2025-10-27T04:00:00Z", "2025-11-03T05:00:00Z"),
        ("month", "2025-11-01T04:00:00Z", "2025-12-01T05:00:00Z"),
    ] {
        let flags = [&zone[..], &["--identity-period", period]].concat();
        let client = tidemark.another_site_with(period, &flags).await;
        let just_before = |time: &str| {
            let time: Timestamp = time.parse().expect("a time");
            (time - SignedDuration::from_millis(1)).to_string()
        };
        let at = async |time: &str| unnamed(&client, "192.0.2.1", "agent", Some(time)).await;
        let (before, first) = (at(&just_before(begin)).await, at(begin).await);
        let (last, after) = (at(&just_before(end)).await, at(end).await);
        assert_eq!(first, last, "one {period}");
        assert!(
            before != first && after != first && before != after,
            "three of a {period}: {before} {first} {after}"
        );
        let unique = json!({"from": "2025-10-01T00:00:00Z", "to": "2026-01-01T00:00:00Z"});
        let counted = client.unique(unique).await;
        assert_eq!(
            (&counted["count"], &counted["identityPeriod"]),
            (&json!(3), &json!(period.to_uppercase()))
        );
    }
}

async fn an_unnamed_actor_can_be_the_same_for_ever(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--identity-period", "never")
        .start()
        .await;
    let client = tidemark.client();
    let [morning, _, next] = lately(client).await;
    let first = unnamed(client, "2001:db8::1", "agent", Some(&morning)).await;
    assert_eq!(unnamed(client, "2001:db8::1", "agent", Some(&next)).await, first);
    assert_eq!(unnamed(client, "2001:DB8:0::1", "agent", None).await, first);
}

/// Waits until so many salts are there.
async fn await_salts(tidemark: &Tidemark, wanted: i64) {
    let connection = inside::connect(tidemark.database()).await;
    let begin = Instant::now();
    loop {
        let text = "SELECT CAST(count(*) AS BIGINT) FROM identity_salt";
        let statement = Statement::from_string(connection.get_database_backend(), text);
        let row = connection.query_one_raw(statement).await.expect("it can be read");
        let count: i64 = row.expect("a row").try_get_by_index(0).expect("a number");
        if count == wanted {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(20), "there are {count} salts");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    connection.close().await.expect("it can be closed");
}

async fn a_salt_goes_two_days_after_its_last_use(engine: Engine) {
    let mut tidemark = Tidemark::builder(engine).flag("--purge-interval", "1s").start().await;
    let [morning, _, next] = lately(tidemark.client()).await;
    let at = async |client: &Client, time: &str| unnamed(client, "192.0.2.1", "agent", Some(time)).await;
    let mut older = at(tidemark.client(), &morning).await;
    let newer = at(tidemark.client(), &next).await;
    // The only way to the past is through the database: one salt was used 48 hours ago, that of the later day 47.
    let age = "UPDATE identity_salt SET used_at = used_at - 3600000000000 * \
         CASE WHEN period_start = (SELECT min(period_start) FROM identity_salt) THEN 48 ELSE 47 END";
    // Twice: had its second use not been noted, the other salt would be 94 hours old then.
    for _ in 0..2 {
        await_salts(&tidemark, 2).await;
        inside::execute(tidemark.database(), age).await;
        await_salts(&tidemark, 1).await;
        // A server remembers salts for an hour after their use, which for those that go is long ago.
        tidemark.server_mut().restart().await;
        let fresh = at(tidemark.client(), &morning).await;
        assert_ne!(fresh, older, "the salt is gone, and another in its place");
        assert_eq!(at(tidemark.client(), &morning).await, fresh);
        assert_eq!(at(tidemark.client(), &next).await, newer, "the salt was used lately");
        older = fresh;
    }
}

async fn the_connection_names_the_unnamed(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--ip-policy", "whole")
        .start()
        .await;
    let client = tidemark.client();
    let document = "mutation { logEvent(input: {action: \"a\"}) { event { actor ip userAgent language browser } } }";
    let mut actors = Vec::new();
    for agent in [
        "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        "other",
    ] {
        let request = client
            .request(reqwest::Method::POST, "/graphql")
            .header("user-agent", agent)
            .header("accept-language", "de-CH, de;q=0.9, en;q=0.8")
            .json(&json!({"query": document}));
        let answer = client.send(request).await;
        let event = answer.data()["logEvent"]["event"].clone();
        assert_eq!(
            (&event["ip"], &event["language"]),
            (&json!("127.0.0.1"), &json!("de-CH")),
            "{event:#}"
        );
        assert_eq!(event["userAgent"], agent);
        actors.push(event["actor"].clone());
    }
    assert!(actors[0].is_string() && actors[0] != actors[1], "{actors:?}");
}

async fn a_site_keeps_as_much_of_addresses_as_it_says(engine: Engine) {
    for (policy, v4, v6) in [
        ("whole", json!("81.2.69.142"), json!("2001:db8:1:2:3:4:5:6")),
        ("truncated", json!("81.2.69.0"), json!("2001:db8:1::")),
        ("none", Value::Null, Value::Null),
    ] {
        let tidemark = Tidemark::builder(engine).site_flag("--ip-policy", policy).start().await;
        for (ip, expected) in [("81.2.69.142", v4), ("2001:db8:1:2:3:4:5:6", v6)] {
            let event = kept(tidemark.client(), json!({"action": "a", "ip": ip})).await;
            assert_eq!(event["ip"], expected, "{policy}");
            assert_eq!(event["actorSource"], "UNNAMED", "{policy}");
        }
    }
}
