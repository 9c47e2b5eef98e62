//! Names and values are values: no dimension, tag path, filter, order or cursor ends a statement or a JSON path.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

support::on_both_engines!(no_text_becomes_a_statement, odd_keys_and_values_mean_themselves);

const SPAN: [&str; 2] = ["2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"];

pub(crate) const TEXTS: &[&str] = &[
    "' OR '1'='1",
    "' OR 1=1 --",
    "'; DROP TABLE event; --",
    "\"; DROP TABLE event; --",
    "\") OR 1=1 --",
    "x') UNION SELECT secret_hash FROM api_key --",
    "$.plan",
    "$[*]",
    "$.*",
    "**",
    "plan')) IS NOT NULL OR ((1=1",
    "plan\" ? (1==1)",
    "plan{}",
    "#>>'{plan}'",
    "->>'plan'",
    "\\",
    "\\'",
    "%",
    "_",
    "$1",
    "?",
    ":1",
    "{plan}",
    "plan[0]",
    "plan\"]",
    "\u{2019}\u{ff07}",
    "0x27 OR 1=1",
    "/* */",
    "NULL",
];

/// Two sites; on the one that is asked three events, of whose actors something is known, on the other one that must not
/// be seen.
pub(super) async fn two_sites(engine: Engine) -> Tidemark {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let theirs = json!({"id": "theirs", "action": "secret", "time": "2026-11-18T10:00:00Z", "tag": {"plan": "hidden"}});
    assert_eq!(other.log(theirs).await["outcome"], "ACCEPTED");
    let known = json!({"plan": "gold", "%": "100%", "a'b": "x"});
    for (client, plan) in [(tidemark.client(), &known), (&other, &json!({"plan": "hidden"}))] {
        let group = json!({"type": "group", "userId": "1", "groupId": "1", "traits": plan});
        let identify = json!({"type": "identify", "userId": "1", "traits": plan});
        let request = client.without_key().request(Method::POST, "/v1/batch");
        let request = request.basic_auth(client.key().expect("a key"), Some(""));
        let answer = client.send(request.json(&json!({"batch": [identify, group]}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let event = |id: &str, plan: &str| json!({"id": id, "action": "a", "time": "2026-11-18T10:00:00Z", "actor": id, "company": id, "tag": {"plan": plan}});
    tidemark
        .accept(vec![event("1", "gold"), event("2", "100%"), event("3", "100x")])
        .await;
    tidemark
}

/// An answer may be empty or refused by name; it is never ours to be ashamed of, and never another site's.
pub(super) fn harmless(answer: &support::Answer, what: &str) {
    assert!(answer.status == 200 || answer.status == 400, "{what}: {}", answer.text);
    for word in [
        "INTERNAL",
        // Then nothing would have been tried.
        "RATE_LIMITED",
        "hidden",
        "theirs",
        "secret_hash",
        "syntax",
        "SQL",
        "sqlite",
        "postgres",
    ] {
        // What was sent may come back in the sentence that refuses it.
        let told = answer.text.replace("SELECT secret_hash FROM api_key", "");
        assert!(!told.contains(word), "{what}: {word} in {}", answer.text);
    }
}

async fn total(client: &Client) -> Value {
    let find = json!({"view": "events", "from": SPAN[0], "to": SPAN[1]});
    client.find(find).await["total"].clone()
}

async fn no_text_becomes_a_statement(engine: Engine) {
    let tidemark = two_sites(engine).await;
    let client = tidemark.client();
    let find = "query ($input: FindInput!) { find(input: $input) { total rows { dimensions count } } }";
    let events = "query ($filter: EventFilter, $after: String) { events(filter: $filter, after: $after) { edges { node { id tag } } } }";
    let unique = "query ($input: UniqueInput!) { unique(input: $input) { count } }";
    let batch = "query ($inputs: [FindInput!]!) { findBatch(inputs: $inputs) { result { total rows { dimensions } } error { message } } }";
    for text in TEXTS {
        let base = |more: Value| {
            let mut input = json!({"view": "events", "from": SPAN[0], "to": SPAN[1]});
            input
                .as_object_mut()
                .expect("an object")
                .extend(more.as_object().expect("an object").clone());
            input
        };
        let mut inputs = vec![
            base(json!({"groupBy": [text]})),
            base(json!({"groupBy": [format!("tag.{text}")]})),
            base(json!({"groupBy": [format!("tag.plan.{text}")]})),
            base(json!({"groupBy": [format!("actor.{text}")]})),
            base(json!({"groupBy": [format!("company.{text}")]})),
            base(json!({"groupBy": [format!("actor.plan.{text}")]})),
            base(json!({"where": [{"dimension": format!("actor.{text}"), "value": text}]})),
            base(json!({"where": [{"dimension": format!("company.{text}"), "op": "GT", "value": 1}]})),
            base(json!({"view": text})),
            base(json!({"timeZone": text})),
            base(json!({"site": text})),
            base(json!({"where": [{"dimension": format!("tag.{text}"), "op": "EXISTS", "value": true}]})),
        ];
        for dimension in [
            "action",
            "label",
            "url.host",
            "url.path",
            "referrer.host",
            "traffic_source",
            "device",
            "browser",
            "os",
            "country",
            "city",
            "language",
            "company",
            "actor",
            "session",
            "bot",
            "tag.plan",
            "actor.plan",
            "company.plan",
        ] {
            for op in ["EQ", "NE", "PREFIX", "CONTAINS", "GT", "LTE"] {
                inputs.push(base(
                    json!({"where": [{"dimension": dimension, "op": op, "value": text}], "groupBy": [dimension]}),
                ));
            }
            inputs.push(base(
                json!({"where": [{"dimension": dimension, "op": "IN", "value": [text, "x"]}]}),
            ));
        }
        for input in &inputs {
            harmless(&client.graphql(find, json!({"input": input})).await, &input.to_string());
        }
        let answer = client.graphql(batch, json!({"inputs": &inputs[..20]})).await;
        harmless(&answer, text);
        for filter in [
            json!({"where": [{"dimension": format!("tag.{text}"), "value": text}]}),
            json!({"where": [{"dimension": "tag.plan", "op": "CONTAINS", "value": text}]}),
        ] {
            harmless(&client.graphql(events, json!({"filter": filter})).await, text);
        }
        harmless(&client.graphql(events, json!({"after": text})).await, text);
        for input in [
            json!({"from": SPAN[0], "to": SPAN[1], "action": text}),
            json!({"from": SPAN[0], "to": SPAN[1], "scope": [format!("tag.{text}")], "where": [{"dimension": format!("tag.{text}"), "value": text}]}),
            json!({"from": SPAN[0], "to": SPAN[1], "where": [{"dimension": "tag.network", "value": text}]}),
        ] {
            harmless(&client.graphql(unique, json!({"input": input})).await, text);
        }
        let delete = "mutation ($input: DeleteEventsInput!) { deleteEvents(input: $input) { count } }";
        for input in [
            json!({"ids": [text]}),
            json!({"actor": text}),
            json!({"filter": {"where": [{"dimension": "action", "value": text}]}}),
        ] {
            let answer = client.graphql(delete, json!({"input": input})).await;
            harmless(&answer, text);
            assert_eq!(answer.data()["deleteEvents"]["count"], 0, "{text}");
        }
        harmless(
            &client
                .graphql("query ($id: ID!) { event(id: $id) { id tag } }", json!({"id": text}))
                .await,
            text,
        );
    }
    assert_eq!(total(client).await, 3, "everything is still there");
}

async fn odd_keys_and_values_mean_themselves(engine: Engine) {
    let tidemark = two_sites(engine).await;
    let client = tidemark.client();
    let count = async |dimension: &str, op: &str, value: Value| {
        let input = json!({"view": "events", "from": SPAN[0], "to": SPAN[1], "where": [{"dimension": dimension, "op": op, "value": value}]});
        client.find(input).await["total"].clone()
    };
    // What stands for anything elsewhere stands for itself here.
    for (op, value, wanted) in [
        ("CONTAINS", "%", 1),
        ("CONTAINS", "_", 0),
        ("CONTAINS", "0", 2),
        ("PREFIX", "100", 2),
        ("PREFIX", "%", 0),
        ("PREFIX", "___", 0),
        ("EQ", "100%", 1),
        ("EQ", "gold' OR '1'='1", 0),
        ("NE", "gold", 2),
    ] {
        assert_eq!(count("tag.plan", op, json!(value)).await, wanted, "{op} {value}");
    }
    for (dimension, op, value, wanted) in [
        ("actor.plan", "EQ", "gold", 1),
        ("actor.plan", "EQ", "gold' OR '1'='1", 0),
        ("company.plan", "EQ", "gold", 1),
        ("actor.%", "CONTAINS", "%", 1),
        ("actor.%", "PREFIX", "100_", 0),
        ("actor.a'b", "EQ", "x", 1),
        ("actor.*", "EXISTS", "", 0),
        ("company.a'b", "NE", "x", 2),
    ] {
        let value = if op == "EXISTS" { json!(true) } else { json!(value) };
        assert_eq!(count(dimension, op, value).await, wanted, "{dimension} {op}");
    }
    // Keys of tags may hold anything but dots.
    let odd = [
        "a'b", "a\"b", "a]b", "$", "*", "a b", "{}", "\\", "--", "?", "$1", "0", "ключ",
    ];
    for (number, key) in odd.iter().enumerate() {
        let event = json!({"id": format!("odd {number}"), "action": "odd", "time": "2026-11-18T11:00:00Z", "tag": {*key: format!("v{number}")}});
        assert_eq!(client.log(event).await["outcome"], "ACCEPTED", "{key}");
    }
    for (number, key) in odd.iter().enumerate() {
        let dimension = format!("tag.{key}");
        assert_eq!(count(&dimension, "EQ", json!(format!("v{number}"))).await, 1, "{key}");
        assert_eq!(count(&dimension, "EXISTS", json!(true)).await, 1, "{key}");
        let input = json!({"view": "events", "from": SPAN[0], "to": SPAN[1], "groupBy": [dimension], "where": [{"dimension": "action", "value": "odd"}, {"dimension": dimension, "op": "EXISTS", "value": true}]});
        let rows = client.find(input).await["rows"].clone();
        assert_eq!(
            rows[0]["dimensions"][&dimension],
            format!("v{number}"),
            "{key}: {rows:#}"
        );
    }
}
