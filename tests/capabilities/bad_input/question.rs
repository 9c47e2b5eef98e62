//! Questions that cannot be answered.

use serde_json::{Value, json};
use support::{Engine, Tidemark, graphql};

use super::{goes_on, refuses};

support::on_both_engines!(
    bad_finds_name_the_field,
    bad_conditions_name_the_value,
    bad_uniques_name_the_field,
    one_bad_find_of_a_batch_spoils_no_other,
    wrong_types_of_questions_are_named,
);

fn with(base: &Value, changes: &Value) -> Value {
    let mut input = base.clone();
    for (name, value) in changes.as_object().expect("an object") {
        input[name] = value.clone();
    }
    json!({ "input": input })
}

/// A year, of the view `actions`.
fn find() -> Value {
    json!({"view": "actions", "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"})
}

fn condition(dimension: &str, op: &str, value: Value) -> Value {
    json!({"view": "events", "where": [{"dimension": "action", "value": "a"}, {"dimension": dimension, "op": op, "value": value}]})
}

async fn bad_finds_name_the_field(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let long = "x".repeat(100_000);
    let many: Vec<Value> = vec![json!({"dimension": "action", "value": "a"}); 51];
    for (changes, code, path) in [
        (json!({"view": "nowhere"}), "UNKNOWN_VIEW", "input.view"),
        (json!({"view": ""}), "UNKNOWN_VIEW", "input.view"),
        (json!({"view": "a\0b"}), "UNKNOWN_VIEW", "input.view"),
        (json!({ "view": long }), "UNKNOWN_VIEW", "input.view"),
        (json!({"site": "nowhere"}), "UNKNOWN_SITE", "input.site"),
        (json!({"groupBy": ["country"]}), "UNKNOWN_DIMENSION", "input.groupBy[0]"),
        (
            json!({"groupBy": ["action", "nothing"]}),
            "UNKNOWN_DIMENSION",
            "input.groupBy[1]",
        ),
        (json!({"groupBy": ["tag."]}), "UNKNOWN_DIMENSION", "input.groupBy[0]"),
        (
            json!({"groupBy": ["action", "action"]}),
            "INVALID_ARGUMENT",
            "input.groupBy[1]",
        ),
        (
            json!({"where": [{"dimension": "country", "value": "DE"}]}),
            "UNKNOWN_DIMENSION",
            "input.where[0].dimension",
        ),
        (
            json!({"where": [{"dimension": "", "value": "DE"}]}),
            "UNKNOWN_DIMENSION",
            "input.where[0].dimension",
        ),
        (json!({ "where": many }), "TOO_MANY_ITEMS", "input.where"),
        (
            json!({"timeZone": "Mars/Olympus"}),
            "UNKNOWN_TIME_ZONE",
            "input.timeZone",
        ),
        (json!({"timeZone": ""}), "UNKNOWN_TIME_ZONE", "input.timeZone"),
        (
            json!({"timeZone": "../../etc/passwd"}),
            "UNKNOWN_TIME_ZONE",
            "input.timeZone",
        ),
        (
            json!({"timeZone": "Europe/Berlin\0"}),
            "UNKNOWN_TIME_ZONE",
            "input.timeZone",
        ),
        (json!({"to": "2026-01-01T00:00:00Z"}), "INVALID_RANGE", "input.from"),
        (json!({"to": "2025-01-01T00:00:00Z"}), "INVALID_RANGE", "input.from"),
        (json!({"from": "yesterday"}), "INVALID_TIME", "input.from"),
        (json!({"to": "2026-13-01T00:00:00Z"}), "INVALID_TIME", "input.to"),
        (json!({"to": "9999-12-31T23:59:59Z"}), "INVALID_TIME", "input.to"),
        (json!({"from": "0000-01-01T00:00:00Z"}), "INVALID_TIME", "input.from"),
        (
            json!({"from": "1977-01-01T00:00:00Z", "series": true, "period": "HOUR"}),
            "TOO_MANY_POINTS",
            "input.period",
        ),
        (
            json!({"from": "1678-01-01T00:00:00Z", "to": "2261-01-01T00:00:00Z", "series": true}),
            "TOO_MANY_POINTS",
            "input.period",
        ),
        (json!({"limit": 0}), "INVALID_ARGUMENT", "input.limit"),
        (json!({"limit": -1}), "INVALID_ARGUMENT", "input.limit"),
        (json!({"limit": 1_001}), "INVALID_ARGUMENT", "input.limit"),
        (json!({"limit": 2_147_483_647}), "INVALID_ARGUMENT", "input.limit"),
    ] {
        refuses(tidemark.client(), graphql::FIND, with(&find(), &changes), code, path).await;
    }
    // What a view lacks is told together with what it has.
    let answer = tidemark
        .client()
        .graphql(graphql::FIND, with(&find(), &json!({"groupBy": ["country"]})))
        .await;
    let message = answer.error()["message"].as_str().expect("a message");
    assert!(message.contains("country") && message.contains("action"), "{message}");
    // Long ranges with few points are fine.
    let century =
        json!({"from": "1970-01-01T00:00:00Z", "to": "2070-01-01T00:00:00Z", "series": true, "period": "MONTH"});
    let answer = tidemark.client().graphql(graphql::FIND, with(&find(), &century)).await;
    assert_eq!(answer.data()["find"]["series"].as_array().map(Vec::len), Some(1_200));
    goes_on(&tidemark).await;
}

async fn bad_conditions_name_the_value(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let value = "input.where[1].value";
    for (dimension, op, wrong, code, path) in [
        ("action", "IN", json!("a"), "INVALID_CONDITION", value),
        ("action", "EQ", json!(["a"]), "INVALID_CONDITION", value),
        ("action", "EQ", json!({"a": 1}), "INVALID_CONDITION", value),
        ("action", "PREFIX", json!(7), "INVALID_CONDITION", value),
        ("action", "CONTAINS", json!(null), "INVALID_CONDITION", value),
        ("tag.a", "GT", json!(true), "INVALID_CONDITION", value),
        ("tag.a", "LT", json!(null), "INVALID_CONDITION", value),
        ("tag.a", "EXISTS", json!("yes"), "INVALID_CONDITION", value),
        ("tag.a", "NOT_IN", json!([[1]]), "INVALID_CONDITION", value),
        ("action", "EQ", json!("a\0b"), "INVALID_TEXT", value),
        (
            "tag.a\0b",
            "EQ",
            json!(1),
            "UNKNOWN_DIMENSION",
            "input.where[1].dimension",
        ),
    ] {
        let changes = condition(dimension, op, wrong);
        refuses(tidemark.client(), graphql::FIND, with(&find(), &changes), code, path).await;
    }
    goes_on(&tidemark).await;
}

async fn bad_uniques_name_the_field(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let unique = json!({"from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"});
    let by = |dimension: &str, op: &str| json!({"where": [{"dimension": dimension, "op": op, "value": "a"}]});
    for (changes, code, path) in [
        (json!({"to": "2026-01-01T00:00:00Z"}), "INVALID_RANGE", "input.from"),
        (json!({"to": "2020-01-01T00:00:00Z"}), "INVALID_RANGE", "input.from"),
        (
            json!({"from": "1977-01-01T00:00:00Z", "series": true, "period": "HOUR"}),
            "TOO_MANY_POINTS",
            "input.period",
        ),
        (
            json!({"timeZone": "Mars/Olympus"}),
            "UNKNOWN_TIME_ZONE",
            "input.timeZone",
        ),
        (json!({"site": "nowhere"}), "UNKNOWN_SITE", "input.site"),
        (json!({"from": ""}), "INVALID_TIME", "input.from"),
        (by("tag.undeclared", "EQ"), "UNSUPPORTED_SCOPE", "input.where"),
        (by("tag.network", "NE"), "UNSUPPORTED_SCOPE", "input.where[0]"),
        (by("nothing", "EQ"), "UNKNOWN_DIMENSION", "input.where[0].dimension"),
        (json!({"scope": ["tag.network"]}), "UNSUPPORTED_SCOPE", "input.where"),
        (
            json!({"scope": ["tag.group", "tag.network"], "where": by("tag.network", "EQ")["where"]}),
            "UNSUPPORTED_SCOPE",
            "input.where",
        ),
    ] {
        refuses(tidemark.client(), graphql::UNIQUE, with(&unique, &changes), code, path).await;
    }
    let answer = tidemark
        .client()
        .graphql(graphql::UNIQUE, with(&unique, &by("tag.undeclared", "EQ")))
        .await;
    let message = answer.error()["message"].as_str().expect("a message");
    assert!(
        message.contains("<tag.group,tag.network>"),
        "the scopes that exist: {message}"
    );
    goes_on(&tidemark).await;
}

async fn one_bad_find_of_a_batch_spoils_no_other(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let bad = |changes: &Value| with(&find(), changes)["input"].clone();
    let inputs = vec![
        find(),
        bad(&json!({"view": "nowhere"})),
        bad(&json!({"to": "2020-01-01T00:00:00Z"})),
        find(),
    ];
    let outcomes = tidemark.client().find_batch(inputs).await;
    assert!(
        outcomes[0]["error"].is_null() && outcomes[0] == outcomes[3],
        "{outcomes:#}"
    );
    for (index, code, path) in [
        (1, "UNKNOWN_VIEW", "inputs[1].view"),
        (2, "INVALID_RANGE", "inputs[2].from"),
    ] {
        let error = &outcomes[index]["error"];
        assert_eq!((&error["code"], &error["path"]), (&json!(code), &json!(path)));
        assert!(outcomes[index]["result"].is_null());
    }
    let many = json!({"inputs": vec![find(); 51]});
    refuses(tidemark.client(), graphql::FIND_BATCH, many, "TOO_MANY_ITEMS", "inputs").await;
    goes_on(&tidemark).await;
}

async fn wrong_types_of_questions_are_named(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for (changes, path) in [
        (json!({"view": 7}), "input.view"),
        (json!({"view": null}), "input.view"),
        (json!({"from": 1_763_719_200}), "input.from"),
        (json!({"from": null}), "input.from"),
        (json!({"series": "yes"}), "input.series"),
        (json!({"period": "DECADE"}), "input.period"),
        (json!({"period": 7}), "input.period"),
        (json!({"limit": 1.5}), "input.limit"),
        (json!({"limit": 9_999_999_999_i64}), "input.limit"),
        (json!({"groupBy": [7]}), "input.groupBy[0]"),
        (json!({"where": [7]}), "input.where[0]"),
        (
            json!({"where": [{"dimension": "action", "op": "LIKE", "value": "a"}]}),
            "input.where[0].op",
        ),
        (json!({"where": [{"value": "a"}]}), "input.where[0].dimension"),
        (json!({"nothingLikeThat": 1}), "input.nothingLikeThat"),
    ] {
        refuses(
            tidemark.client(),
            graphql::FIND,
            with(&find(), &changes),
            "INVALID_ARGUMENT",
            path,
        )
        .await;
    }
    goes_on(&tidemark).await;
}
