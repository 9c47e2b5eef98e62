//! Who did it, and how much of their address is kept.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::kept;

support::on_both_engines!(
    a_named_actor_is_the_user_else_the_device,
    an_unnamed_actor_is_the_same_for_a_day,
    an_unnamed_actor_can_be_the_same_for_ever,
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
    let now: jiff::Timestamp = event["time"].as_str().expect("a time").parse().expect("a time");
    let day = |ago: i64| (now - jiff::SignedDuration::from_hours(24 * ago)).to_string()[..10].to_owned();
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
