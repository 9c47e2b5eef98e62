//! Explaining an event: what would become of it, and why, with nothing stored.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{allow, create, deny, outcome, with};

support::on_both_engines!(
    each_step_is_told,
    every_rule_that_matches_is_told,
    a_browsers_event_is_explained_as_a_browsers,
    an_explanation_is_what_then_happens,
);

const EXPLAIN: &str = "query ($input: EventInput!, $public: Boolean!) { explainEvent(input: $input, public: $public) { \
     outcome error { code path } steps { step verdict error { code path } } matchedRules { id shadow } \
     event { id action ip bot trafficSource country actor actorSource } } }";

async fn explain(client: &Client, event: &Value, public: bool) -> Value {
    let answer = client.graphql(EXPLAIN, json!({"input": event, "public": public})).await;
    answer.data()["explainEvent"].clone()
}

/// The verdicts of the steps.
fn verdicts(explained: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let steps = explained["steps"].as_array().expect("a list");
    steps
        .iter()
        .map(|step| (text(&step["step"]), text(&step["verdict"])))
        .collect()
}

async fn each_step_is_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    assert_eq!(
        outcome(client, json!({"id": "stored", "action": "a"})).await,
        "ACCEPTED"
    );
    create(client, deny("ACTION", "bad")).await;
    for (event, expected, code, path, steps) in [
        (
            json!({"action": "a"}),
            "ACCEPTED",
            "",
            "",
            ["PASSED", "PASSED", "PASSED", "PASSED"],
        ),
        (
            json!({"action": "a", "time": "never"}),
            "INVALID",
            "INVALID_TIME",
            "input.time",
            ["REFUSED", "NOT_REACHED", "NOT_REACHED", "NOT_REACHED"],
        ),
        (
            json!({"id": "stored", "action": "bad"}),
            "DUPLICATE",
            "",
            "",
            ["PASSED", "DUPLICATE", "NOT_REACHED", "NOT_REACHED"],
        ),
        (
            json!({"id": "new", "action": "bad"}),
            "DENIED",
            "DENIED",
            "input.action",
            ["PASSED", "PASSED", "REFUSED", "NOT_REACHED"],
        ),
    ] {
        let explained = explain(client, &event, false).await;
        assert_eq!(explained["outcome"], expected, "{explained:#}");
        let error = &explained["error"];
        assert_eq!(error["code"].as_str().unwrap_or_default(), code, "{explained:#}");
        assert_eq!(error["path"].as_str().unwrap_or_default(), path, "{explained:#}");
        let named = ["SHAPE", "ID", "RULES", "TAG_TYPES"].into_iter().zip(steps);
        let named: Vec<_> = named
            .map(|(step, verdict)| (step.to_owned(), verdict.to_owned()))
            .collect();
        assert_eq!(verdicts(&explained), named);
        let failed = explained["steps"].as_array().expect("a list").iter();
        let failed: Vec<_> = failed
            .filter(|step| !step["error"].is_null())
            .map(|step| &step["error"])
            .collect();
        assert_eq!(failed.len(), usize::from(!error.is_null()));
        assert!(failed.iter().all(|one| *one == error), "{explained:#}");
        assert_eq!(explained["event"].is_null(), expected == "INVALID");
    }
    let page = client.events(json!({"first": 10})).await;
    assert_eq!(page["edges"].as_array().map(Vec::len), Some(1), "nothing is stored");
    assert_eq!(
        outcome(client, json!({"id": "new", "action": "a"})).await,
        "ACCEPTED",
        "no id is claimed"
    );
    let answer = client
        .graphql(
            EXPLAIN,
            json!({"input": {"action": "a", "site": "nowhere"}, "public": false}),
        )
        .await;
    assert_eq!(answer.error_code(), "UNKNOWN_SITE");
}

async fn every_rule_that_matches_is_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mut made = Vec::new();
    for rule in [
        deny("ACTION", "a*"),
        with(deny("IP", "192.0.2.7"), "shadow", json!(true)),
        allow("COUNTRY", "AT"),
        deny("ACTION", "b"),
        with(deny("ACTION", "ab"), "enabled", json!(false)),
    ] {
        made.push(create(client, rule).await);
    }
    let event = json!({"action": "ab", "ip": "192.0.2.7", "country": "AT"});
    let explained = explain(client, &event, false).await;
    assert_eq!(explained["outcome"], "DENIED");
    let expected: Vec<_> = made[..3]
        .iter()
        .map(|rule| json!({"id": rule["id"], "shadow": rule["shadow"]}))
        .collect();
    assert_eq!(explained["matchedRules"], json!(expected));
    assert_eq!(explained["event"]["ip"], "192.0.2.0", "as it would be kept");
    let explained = explain(client, &json!({"action": "c"}), false).await;
    assert_eq!(
        (&explained["outcome"], &explained["matchedRules"]),
        (&json!("DENIED"), &json!([]))
    );
    assert_eq!(explained["error"]["path"], "input.country");
}

async fn a_browsers_event_is_explained_as_a_browsers(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    create(client, deny("COUNTRY", "AT")).await;
    create(client, deny("IP", "192.0.2.7")).await;
    let event = json!({"action": "a", "country": "AT", "ip": "192.0.2.8", "userAgent": "Googlebot/2.1"});
    assert_eq!(explain(client, &event, false).await["outcome"], "DENIED");
    let explained = explain(client, &event, true).await;
    assert_eq!(
        explained["outcome"], "ACCEPTED",
        "a browser's word on its country does not count"
    );
    let kept = &explained["event"];
    assert_eq!(
        (&kept["country"], &kept["bot"], &kept["ip"]),
        (&Value::Null, &json!(true), &json!("192.0.2.0"))
    );
    assert_eq!(
        (&kept["actor"], &kept["actorSource"]),
        (&Value::Null, &Value::Null),
        "no salt is made for it"
    );
    assert_eq!(
        explain(client, &with(event, "ip", json!("192.0.2.7")), true).await["outcome"],
        "DENIED"
    );
}

async fn an_explanation_is_what_then_happens(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    create(client, deny("USER_AGENT", "*curl*")).await;
    create(client, deny("URL_PATH", "/admin/*")).await;
    create(client, allow("ACTION", "p*")).await;
    for number in 0..30 {
        let pick = |list: &[&str]| json!(list[number % list.len()]);
        let event = json!({
            "id": if number % 4 == 0 { json!(format!("id {}", number % 8)) } else { Value::Null },
            "action": pick(&["pageview", "ping", "click"]),
            "userAgent": pick(&["Mozilla/5.0", "curl/8.0", "x curl y", "Wget", ""]),
            "url": pick(&["/", "/admin/x"]),
            "ip": pick(&["192.0.2.1", "not an address", "::1", "", "10.0.0.1", "10.0.0.2", "::2"]),
        });
        let explained = explain(client, &event, false).await;
        let logged = client.log(event.clone()).await;
        assert_eq!(explained["outcome"], logged["outcome"], "{event}");
        assert_eq!(explained["error"]["path"], logged["error"]["path"], "{event}");
    }
}
