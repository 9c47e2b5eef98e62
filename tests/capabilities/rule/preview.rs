//! Trying a rule: what it tells is what then happens.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{allow, create, deny, list, update, with};

support::on_both_engines!(
    a_preview_tells_what_is_then_refused,
    a_preview_counts_beside_the_rules_that_are_there,
    addresses_that_are_cut_are_not_exact,
    what_is_deleted_or_too_old_is_not_tried,
    views_that_would_lose_everything_are_named,
    a_preview_has_bounds,
);

const PREVIEW: &str = "query ($input: PreviewRuleInput!) { previewRule(input: $input) { from to events refused \
     refusedAlready byAction { action events refused } emptiedViews exact inexactBecause } }";

async fn preview(client: &Client, rule: &Value, days: i64) -> Value {
    let answer = client
        .graphql(PREVIEW, json!({"input": {"rule": rule, "days": days}}))
        .await;
    answer.data()["previewRule"].clone()
}

/// A day of events, of many kinds.
fn day() -> Vec<Value> {
    let agents = ["Mozilla/5.0 Firefox/1", "curl/8.0", "Googlebot/2.1", ""];
    let mut events = Vec::new();
    for number in 0_u8..120 {
        let pick = |list: &[&str]| json!(list[usize::from(number) % list.len()]);
        let mut event = json!({
            "action": pick(&["pageview", "click", "signup", "click.deep", "Click"]),
            "ip": format!("192.0.{}.{}", number % 3, number),
            "userAgent": pick(&agents),
            "url": pick(&["https://shop.example/a/b", "/admin/x", "https://shop.example/", "no address"]),
            "referrer": pick(&["https://a.spam.example/", "https://spam.example/", "", "https://ok.example/x"]),
            "country": pick(&["AT", "DE", "", "at", "FR"]),
        });
        if number % 7 == 0 {
            event["ip"] = json!(format!("2001:db8:{number}::1"));
        }
        events.push(event);
    }
    events
}

/// Logs the events again; gives how many are denied.
async fn replay(client: &Client, events: &[Value]) -> usize {
    let payload = client.log_many(events.to_vec()).await;
    let outcomes = payload["outcomes"].as_array().expect("a list");
    outcomes.iter().filter(|outcome| outcome["outcome"] == "DENIED").count()
}

async fn a_preview_tells_what_is_then_refused(engine: Engine) {
    let rules = [
        deny("ACTION", "click"),
        deny("ACTION", "*c*k*"),
        allow("ACTION", "click*"),
        deny("IP", "192.0.1.0/24"),
        deny("IP", "192.0.0.33"),
        deny("IP", "192.0.0.32/27"),
        allow("IP", "2001:db8::/32"),
        deny("USER_AGENT", "*Firefox*"),
        allow("USER_AGENT", "curl/8.0"),
        deny("REFERRER_HOST", "*spam.example"),
        deny("URL_PATH", "/a*"),
        allow("URL_PATH", "/"),
        deny("COUNTRY", "AT"),
        allow("COUNTRY", "*"),
        deny("BOT", "true"),
        allow("BOT", "false"),
        with(
            with(deny("ACTION", "signup"), "shadow", json!(true)),
            "enabled",
            json!(false),
        ),
    ];
    let day = day();
    for rule in rules {
        let builder = Tidemark::builder(engine).site_flag("--ip-policy", "whole");
        let tidemark = builder.start().await;
        let client = tidemark.client();
        tidemark.accept(day.clone()).await;
        let told = preview(client, &rule, 1).await;
        assert_eq!(
            (&told["events"], &told["exact"]),
            (&json!(day.len()), &json!(true)),
            "{rule}: {told:#}"
        );
        assert_eq!(told["inexactBecause"], json!([]));
        assert!(list(client).await.is_empty(), "it stores nothing");
        let made = create(client, rule.clone()).await;
        update(client, json!({"id": made["id"], "shadow": false, "enabled": true})).await;
        let refused = replay(client, &day).await;
        assert_eq!(told["refused"], refused, "{rule}: {told:#}");
        assert!(
            refused > 0 && refused < day.len(),
            "the rule divides the day: {refused}"
        );
        let by_action = told["byAction"].as_array().expect("a list");
        let sum: i64 = by_action.iter().filter_map(|action| action["refused"].as_i64()).sum();
        assert_eq!(told["refused"], sum);
    }
}

async fn a_preview_counts_beside_the_rules_that_are_there(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let event = |action: &str, country: &str| json!({"action": action, "country": country});
    let day = [
        event("a", "AT"),
        event("a", "DE"),
        event("b", "AT"),
        event("b", "DE"),
        event("b", "DE"),
    ];
    tidemark.accept(day.to_vec()).await;
    let present = create(client, deny("COUNTRY", "DE")).await;
    let told = preview(client, &deny("ACTION", "b"), 1).await;
    let counts = |told: &Value| json!([told["events"], told["refused"], told["refusedAlready"]]);
    assert_eq!(counts(&told), json!([5, 1, 3]));
    assert_eq!(told["byAction"], json!([{"action": "b", "events": 3, "refused": 1}]));
    // In its place instead of beside it.
    let input = json!({"rule": deny("ACTION", "b"), "days": 1, "replaces": present["id"]});
    let answer = client.graphql(PREVIEW, json!({"input": input})).await;
    assert_eq!(counts(&answer.data()["previewRule"]), json!([5, 3, 0]));
    // Together they refuse both sums.
    create(client, deny("ACTION", "b")).await;
    assert_eq!(replay(client, &day).await, 4);
    // Another ALLOW rule beside one that is there refuses nothing more.
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    tidemark.accept(day.to_vec()).await;
    create(client, allow("COUNTRY", "AT")).await;
    assert_eq!(
        counts(&preview(client, &allow("COUNTRY", "DE"), 1).await),
        json!([5, 0, 3])
    );
}

async fn addresses_that_are_cut_are_not_exact(engine: Engine) {
    let events = || {
        vec![
            json!({"action": "a", "ip": "192.0.2.7"}),
            json!({"action": "a", "ip": "2001:db8:1:2::3"}),
        ]
    };
    for (policy, pattern, refused, exact) in [
        ("whole", "192.0.2.7", 1, true),
        ("truncated", "192.0.2.7", 0, false),
        ("truncated", "192.0.2.0/25", 1, false),
        ("truncated", "192.0.2.0/24", 1, true),
        ("truncated", "2001:db8:1:2::/64", 0, false),
        ("truncated", "2001:db8:1::/48", 1, true),
        ("none", "192.0.0.0/8", 0, false),
    ] {
        let tidemark = Tidemark::builder(engine).site_flag("--ip-policy", policy).start().await;
        tidemark.accept(events()).await;
        let told = preview(tidemark.client(), &deny("IP", pattern), 1).await;
        let counts = (&told["refused"], &told["exact"]);
        assert_eq!(counts, (&json!(refused), &json!(exact)), "{policy} {pattern}: {told:#}");
        let reasons = told["inexactBecause"].as_array().expect("a list");
        assert_eq!(reasons.is_empty(), exact, "{reasons:?}");
        assert!(
            reasons
                .iter()
                .all(|reason| reason.as_str().is_some_and(|text| text.contains("IP")))
        );
        // What does not look at addresses is exact all the same.
        assert_eq!(preview(tidemark.client(), &deny("ACTION", "a"), 1).await["exact"], true);
    }
}

async fn what_is_deleted_or_too_old_is_not_tried(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let first = client.log(json!({"id": "gone", "action": "a"})).await;
    let now: jiff::Timestamp = first["event"]["time"]
        .as_str()
        .and_then(|time| time.parse().ok())
        .expect("a time");
    let ago = |hours: i64| (now - jiff::SignedDuration::from_hours(hours)).to_string();
    tidemark
        .accept(vec![
            json!({"action": "a"}),
            json!({"action": "a", "time": ago(50)}),
            json!({"action": "a", "time": ago(24 * 6)}),
            json!({"action": "a", "time": ago(24 * 20)}),
        ])
        .await;
    client.delete("gone").await;
    for (days, events) in [(1, 1), (4, 2), (8, 3), (30, 4), (90, 4)] {
        let told = preview(client, &deny("ACTION", "*"), days).await;
        assert_eq!(
            (&told["events"], &told["refused"]),
            (&json!(events), &json!(events)),
            "{days} days"
        );
    }
}

async fn views_that_would_lose_everything_are_named(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let document = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    for (name, actions) in [
        ("signups", vec!["signup"]),
        ("both", vec!["signup", "click"]),
        ("none", vec!["never"]),
    ] {
        let input = json!({"input": {"name": name, "actions": actions, "dimensions": ["action"]}});
        let _ = client.graphql(document, input).await.data();
    }
    let events = ["signup", "signup", "click", "other"].map(|action| json!({"action": action}));
    tidemark.accept(events.to_vec()).await;
    let emptied = async |rule: Value| preview(client, &rule, 1).await["emptiedViews"].clone();
    assert_eq!(emptied(deny("ACTION", "sign*")).await, json!(["signups"]));
    assert_eq!(emptied(deny("ACTION", "*i*")).await, json!(["signups", "both"]));
    assert_eq!(emptied(deny("COUNTRY", "*")).await, json!([]));
    let all = emptied(allow("COUNTRY", "*")).await;
    let all: Vec<_> = all
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert!(
        all.contains(&"actions") && all.contains(&"events") && all.contains(&"both"),
        "{all:?}"
    );
    assert!(!all.contains(&"none"), "it has nothing to lose");
}

async fn a_preview_has_bounds(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for days in [0, -1, 91] {
        let input = json!({"input": {"rule": deny("ACTION", "a"), "days": days}});
        let answer = client.graphql(PREVIEW, input).await;
        assert_eq!(
            (answer.error_code(), answer.error_path()),
            ("INVALID_ARGUMENT", "input.days")
        );
    }
    let input = json!({"input": {"rule": deny("IP", "x")}});
    let answer = client.graphql(PREVIEW, input).await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("INVALID_PATTERN", "input.rule.pattern")
    );
    let told = preview(client, &deny("ACTION", "*"), 90).await;
    assert_eq!(
        (&told["events"], &told["refused"], &told["exact"]),
        (&json!(0), &json!(0), &json!(true))
    );
}
