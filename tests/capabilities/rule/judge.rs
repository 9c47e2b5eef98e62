//! What rules let in and what they refuse.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{allow, create, delete, deny, outcome, update, with};

support::on_both_engines!(
    each_target_is_looked_at,
    an_allow_list_takes_only_what_is_on_it,
    what_is_off_over_or_shadow_refuses_nothing,
    the_whole_address_is_judged_whatever_of_it_is_kept,
    a_denied_event_claims_nothing_and_a_stored_one_stays_a_duplicate,
    good_events_are_stored_beside_denied_ones,
    rules_are_of_one_site,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
const GOOGLEBOT: &str = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";

/// Expects an event to be refused by a list, for what is in `field`.
async fn refuses(client: &Client, event: &Value, target: &str, field: &str) {
    let payload = client.log(event.clone()).await;
    let error = &payload["error"];
    let told = (&payload["outcome"], &error["code"], &error["path"]);
    let expected = (&json!("DENIED"), &json!("DENIED"), &json!(format!("input.{field}")));
    assert_eq!(told, expected, "{target}: {payload:#}");
    assert!(payload["event"].is_null(), "{payload:#}");
    let message = error["message"].as_str().expect("a sentence");
    assert!(message.contains(target) && !message.contains("secret"), "{message}");
}

/// A page view with one field of its own.
fn view(field: &str, value: &str) -> Value {
    with(json!({"action": "pageview"}), field, json!(value))
}

async fn each_target_is_looked_at(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let cases = [
        ("ACTION", "spam", "action", "spam", "Spam"),
        ("ACTION", "click.*", "action", "click.a/b.c", "xclick.a"),
        ("ACTION", "*?", "action", "what?", "what"),
        ("IP", "192.0.2.7", "ip", "192.0.2.7", "192.0.2.8"),
        ("IP", "192.0.2.7", "ip", "::ffff:192.0.2.7", "::ffff:192.0.2.8"),
        ("IP", "198.51.100.0/24", "ip", "198.51.100.200", "198.51.101.1"),
        ("IP", "2001:db8:1::/48", "ip", "2001:db8:1:2::3", "2001:db8:2::3"),
        ("USER_AGENT", "*Firefox/*", "userAgent", FIREFOX, "curl/8.0"),
        (
            "REFERRER_HOST",
            "*.Spam.example",
            "referrer",
            "https://a.SPAM.example/x",
            "https://spam.example/x",
        ),
        (
            "REFERRER_HOST",
            "bücher.example",
            "referrer",
            "https://bücher.example/",
            "https://buecher.example/",
        ),
        (
            "URL_PATH",
            "/admin/*",
            "url",
            "https://shop.example/admin/a/b?c",
            "https://shop.example/Admin/a",
        ),
        ("URL_PATH", "/admin/*", "url", "/admin/#x", "/admin"),
        ("COUNTRY", "XX", "country", "XX", "xx"),
        ("BOT", "true", "userAgent", GOOGLEBOT, FIREFOX),
        ("BOT", "false", "userAgent", FIREFOX, GOOGLEBOT),
    ];
    for (target, pattern, field, refused, taken) in cases {
        let rule = create(client, with(deny(target, pattern), "note", json!("a secret"))).await;
        let path = if target == "BOT" { "userAgent" } else { field };
        refuses(client, &view(field, refused), target, path).await;
        assert_eq!(
            outcome(client, view(field, taken)).await,
            "ACCEPTED",
            "{target} {pattern}: {taken}"
        );
        // A missing value matches nothing.
        if ["referrer", "url", "country"].contains(&field) {
            assert_eq!(
                outcome(client, json!({"action": "pageview"})).await,
                "ACCEPTED",
                "{target}"
            );
        }
        delete(client, &rule).await;
        assert_eq!(
            outcome(client, view(field, refused)).await,
            "ACCEPTED",
            "{target} {pattern}"
        );
    }
}

async fn an_allow_list_takes_only_what_is_on_it(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    create(client, allow("ACTION", "page*")).await;
    create(client, allow("ACTION", "click")).await;
    for action in ["pageview", "click"] {
        assert_eq!(outcome(client, json!({"action": action})).await, "ACCEPTED");
    }
    refuses(client, &json!({"action": "clicks"}), "ACTION", "action").await;

    // Each target wants a match of its own, and a missing value is none.
    create(client, allow("COUNTRY", "AT")).await;
    assert_eq!(outcome(client, view("country", "AT")).await, "ACCEPTED");
    refuses(client, &view("country", "DE"), "COUNTRY", "country").await;
    refuses(client, &json!({"action": "pageview"}), "COUNTRY", "country").await;

    // What is denied is not allowed.
    create(client, deny("ACTION", "pageview.test")).await;
    refuses(
        client,
        &with(view("country", "AT"), "action", json!("pageview.test")),
        "ACTION",
        "action",
    )
    .await;
    assert_eq!(
        outcome(client, with(view("country", "AT"), "action", json!("pageview.x"))).await,
        "ACCEPTED"
    );
}

async fn what_is_off_over_or_shadow_refuses_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let past = json!("2026-01-01T00:00:00Z");
    let idle = [
        ("enabled", json!(false)),
        ("shadow", json!(true)),
        ("expiresAt", past.clone()),
    ];
    for rule in [deny("ACTION", "*"), allow("ACTION", "nothing")] {
        for (field, value) in &idle {
            let made = create(client, with(rule.clone(), field, value.clone())).await;
            assert_eq!(outcome(client, json!({"action": "a"})).await, "ACCEPTED", "{made:#}");
            // Once it acts, it refuses; so nothing above was a rule that never matched.
            let acts = json!({"id": made["id"], "enabled": true, "shadow": false, "expiresAt": null});
            update(client, acts).await;
            refuses(client, &json!({"action": "a"}), "ACTION", "action").await;
            update(client, with(json!({"id": made["id"]}), field, value.clone())).await;
            assert_eq!(outcome(client, json!({"action": "a"})).await, "ACCEPTED", "{made:#}");
            delete(client, &made).await;
        }
    }

    // A shadow ALLOW beside one that acts does not let in what it matches.
    create(client, allow("ACTION", "page")).await;
    create(client, with(allow("ACTION", "click"), "shadow", json!(true))).await;
    refuses(client, &json!({"action": "click"}), "ACTION", "action").await;

    // A rule that expires stops by itself, with nobody changing anything.
    let now = server_time(client).await;
    let soon = now.checked_add(SignedDuration::from_millis(1_500)).expect("a time");
    let rule = with(deny("ACTION", "page"), "expiresAt", json!(soon.to_string()));
    create(client, rule).await;
    assert_eq!(outcome(client, json!({"action": "page"})).await, "DENIED");
    loop {
        let before = server_time(client).await;
        let payload = client.log(json!({"action": "page"})).await;
        if payload["outcome"] == "ACCEPTED" {
            break;
        }
        assert!(before < soon, "the rule is over by now: {payload:#}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(server_time(client).await >= soon, "not before its time");
}

/// The server's time, as it stamps what it makes.
async fn server_time(client: &Client) -> Timestamp {
    let rule = create(client, with(deny("ACTION", "server time"), "enabled", json!(false))).await;
    delete(client, &rule).await;
    rule["createdAt"]
        .as_str()
        .and_then(|text| text.parse().ok())
        .expect("a time")
}

async fn the_whole_address_is_judged_whatever_of_it_is_kept(engine: Engine) {
    for policy in ["whole", "truncated", "none"] {
        let builder = Tidemark::builder(engine).site_flag("--ip-policy", policy);
        let tidemark = builder.start().await;
        let client = tidemark.client();
        create(client, deny("IP", "192.0.2.7")).await;
        create(client, deny("IP", "2001:db8::7")).await;
        for (ip, expected) in [
            ("192.0.2.7", "DENIED"),
            ("192.0.2.70", "ACCEPTED"),
            ("192.0.2.0", "ACCEPTED"),
            ("2001:db8::7", "DENIED"),
            ("2001:db8::8", "ACCEPTED"),
        ] {
            assert_eq!(outcome(client, view("ip", ip)).await, expected, "{policy}: {ip}");
        }
    }
}

async fn a_denied_event_claims_nothing_and_a_stored_one_stays_a_duplicate(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let event = json!({"id": "one", "action": "a"});
    assert_eq!(outcome(client, event.clone()).await, "ACCEPTED");
    let rule = create(client, deny("ACTION", "a")).await;
    assert_eq!(
        outcome(client, event).await,
        "DUPLICATE",
        "the look-up comes before the lists"
    );
    let other = json!({"id": "other", "action": "a"});
    refuses(client, &other, "ACTION", "action").await;
    refuses(client, &other, "ACTION", "action").await;
    delete(client, &rule).await;
    assert_eq!(outcome(client, other).await, "ACCEPTED", "a refused event claims no id");
}

async fn good_events_are_stored_beside_denied_ones(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    create(client, deny("ACTION", "bad*")).await;
    let actions = ["good", "bad", "good", "bad.too", "good"];
    let batch = actions
        .iter()
        .enumerate()
        .map(|(id, action)| json!({"id": id.to_string(), "action": action}));
    let payload = client.log_many(batch.collect()).await;
    assert_eq!(payload["accepted"], 3, "{payload:#}");
    let outcomes = payload["outcomes"].as_array().expect("a list");
    for (index, (outcome, action)) in outcomes.iter().zip(actions).enumerate() {
        if action == "good" {
            assert_eq!(outcome["outcome"], "ACCEPTED", "{index}");
        } else {
            assert_eq!(outcome["error"]["path"], format!("inputs[{index}].action"));
            assert_eq!(outcome["outcome"], "DENIED", "{index}");
        }
    }
    let found = client.events(json!({"first": 10})).await;
    assert_eq!(
        found["edges"].as_array().map(Vec::len),
        Some(3),
        "what is denied is not stored"
    );
}

async fn rules_are_of_one_site(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    create(tidemark.client(), deny("ACTION", "*")).await;
    assert_eq!(outcome(tidemark.client(), json!({"action": "a"})).await, "DENIED");
    assert_eq!(outcome(&other, json!({"action": "a"})).await, "ACCEPTED");
}
