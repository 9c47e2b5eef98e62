//! Unique actors: by scope, in whole days and parts of days, exact while few and within bounds when many.

use serde_json::{Value, json};
use support::{Engine, Tidemark, graphql};

use crate::truth::{
    Actor, Event,
    unique::{self, Unique},
};

support::on_both_engines!(
    actors_are_told_apart_in_every_scope_and_part_of_a_day,
    a_scope_has_exactly_one_equality_on_each_field,
    many_actors_are_within_their_bounds_and_follow_a_deletion,
);

const ZONE: &str = "Europe/Berlin";

async fn start(engine: Engine) -> Tidemark {
    let builder = Tidemark::builder(engine).time_zone(ZONE);
    builder.site_flag("--max-event-age", "none").start().await
}

/// Users, devices, a company and somebody unnamed, about the change of Berlin's clocks.
fn crowd() -> Vec<Event> {
    (0..240)
        .map(|number: i64| {
            let time = crate::truth::instant("2026-10-23T20:00:00Z") + jiff::SignedDuration::from_mins(19 * number);
            let index = usize::try_from(number).expect("small");
            let mut tag = json!({"group": (["a", "b"][index % 2]), "plan": number % 3});
            if index % 4 != 0 {
                tag["network"] = json!(["facebook", ""][index % 3 % 2]);
            }
            let action = ["pageview", "conversion"][index / 2 % 2];
            let mut event = Event::new(&format!("event {index}"), action, &time.to_string(), tag);
            event.referrer = (index % 5 == 0).then(|| "https://www.google.com/search".to_owned());
            event.actor = match index % 8 {
                0 => Actor::Unnamed,
                1 => Actor::Company("Tidal Ltd".to_owned()),
                2 => Actor::Device(format!("device {}", index % 12)),
                _ => Actor::User(format!("user {}", index % 29)),
            };
            event
        })
        .collect()
}

fn questions() -> Vec<Unique> {
    let mut questions = Vec::new();
    for (from, to) in [
        ("2026-10-23T22:00:00Z", "2026-10-26T23:00:00Z"),
        ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ("2026-10-24T10:17:00Z", "2026-10-26T03:11:00.5Z"),
        ("2026-10-25T00:59:59Z", "2026-10-25T01:00:01Z"),
    ] {
        let whole = || Unique::new(ZONE, from, to);
        questions.extend([
            whole(),
            whole().of("conversion"),
            whole().of("nothing"),
            whole().series("DAY", ZONE),
            whole().of("pageview").series("HOUR", "Asia/Kolkata"),
            whole().within("tag.network", json!("")),
            whole().within("tag.network", json!("nowhere")),
            whole()
                .within("tag.traffic_source", json!("search"))
                .series("DAY", "America/New_York"),
            whole()
                .of("conversion")
                .within("tag.group", json!("a"))
                .series("WEEK", ZONE),
            // The order of the conditions means nothing.
            whole()
                .within("tag.traffic_source", json!("direct"))
                .within("tag.group", json!("b")),
            whole()
                .within("tag.network", json!("facebook"))
                .within("tag.group", json!("b"))
                .series("MONTH", "UTC"),
        ]);
    }
    questions
}

async fn check(tidemark: &Tidemark, questions: &[Unique], events: &[Event]) {
    let document = format!(
        "query ($input: UniqueInput!) {{ unique(input: $input) {{ {} }} }}",
        unique::RESULT
    );
    for question in questions {
        let answer = tidemark
            .client()
            .graphql(&document, json!({"input": question.input()}))
            .await;
        let found = Unique::read(&answer.data()["unique"]);
        assert_eq!(found, question.answer(events), "{}", question.input());
    }
}

async fn actors_are_told_apart_in_every_scope_and_part_of_a_day(engine: Engine) {
    let mut events = crowd();
    let tidemark = start(engine).await;
    tidemark.accept(events.iter().map(Event::input).collect()).await;
    check(&tidemark, &questions(), &events).await;
    await_sets(&tidemark).await;
    check(&tidemark, &questions(), &events).await;

    // A declared scope answers from the first moment, and when it has caught up.
    let document = "mutation { createUniqueScope(fields: [\"tag.plan\", \"tag.network\"]) { name state } }";
    let manager = tidemark.client_of_all_sites("manage").await;
    let made = manager.graphql(document, json!({})).await;
    assert_eq!(made.data()["createUniqueScope"]["name"], "<tag.plan,tag.network>");
    let declared: Vec<_> = questions()
        .into_iter()
        .filter(|question| question.fields.is_empty())
        .map(|question| {
            question
                .within("tag.network", json!("facebook"))
                .within("tag.plan", json!(2))
        })
        .collect();
    check(&tidemark, &declared, &events).await;
    await_sets(&tidemark).await;
    check(&tidemark, &declared, &events).await;

    // What is deleted is told apart no more, until it is restored.
    let deleted = tidemark.client().delete_many(json!({"actor": "user 3"})).await;
    let hit = |event: &&mut Event| event.actor == Actor::User("user 3".to_owned());
    events.iter_mut().filter(hit).for_each(|event| event.hidden = true);
    for _ in 0..2 {
        check(&tidemark, &questions(), &events).await;
        check(&tidemark, &declared, &events).await;
        await_sets(&tidemark).await;
    }
    let id = deleted["deletion"]["id"].as_str().expect("an id");
    assert_eq!(tidemark.client().restore(id).await["error"], Value::Null);
    events.iter_mut().for_each(|event| event.hidden = false);
    for _ in 0..2 {
        check(&tidemark, &questions(), &events).await;
        await_sets(&tidemark).await;
    }
}

/// Waits until whole days are answered from sets alone, in every scope.
async fn await_sets(tidemark: &Tidemark) {
    let begin = std::time::Instant::now();
    loop {
        let document = "query ($input: UniqueInput!) { uniqueScopes { state } \
             unique(input: $input) { provenance { source } } }";
        let input = json!({"from": "2026-10-23T22:00:00Z", "to": "2026-10-26T23:00:00Z"});
        let answer = tidemark.client().graphql(document, json!({"input": input})).await;
        let source = &answer.data()["unique"]["provenance"]["source"];
        if source == "ROLLUP" && !answer.text.contains("BACKFILLING") {
            return;
        }
        assert!(begin.elapsed().as_secs() < 60, "sets are not made: {}", answer.text);
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}

async fn a_scope_has_exactly_one_equality_on_each_field(engine: Engine) {
    let tidemark = start(engine).await;
    let ask = async |scope: Value, conditions: Value| {
        let mut input = json!({"from": "2026-10-01T00:00:00Z", "to": "2026-11-01T00:00:00Z", "where": conditions});
        if !scope.is_null() {
            input["scope"] = scope;
        }
        tidemark
            .client()
            .graphql(graphql::UNIQUE, json!({"input": input}))
            .await
    };
    let network = json!({"dimension": "tag.network", "value": "facebook"});
    let group = json!({"dimension": "tag.group", "value": "a"});
    for (scope, conditions) in [
        (json!(["tag.group", "tag.network"]), json!([network, group])),
        (Value::Null, json!([network, group])),
        (json!(["tag.network"]), json!([network])),
        (json!([]), json!([])),
    ] {
        let _ = ask(scope, conditions).await.data();
    }
    let one_of = json!({"dimension": "tag.network", "op": "IN", "value": ["facebook"]});
    let nothing_declared = json!({"dimension": "tag.plan", "value": 7});
    for (scope, conditions) in [
        (json!(["tag.group", "tag.network"]), json!([network])),
        (json!(["tag.network"]), json!([network, group])),
        (json!(["tag.network"]), json!([one_of])),
        (Value::Null, json!([network, network])),
        (Value::Null, json!([nothing_declared])),
        (Value::Null, json!([{"dimension": "label", "value": "x"}])),
    ] {
        let answer = ask(scope, conditions).await;
        assert_eq!(answer.error_code(), "UNSUPPORTED_SCOPE", "{}", answer.text);
        assert!(answer.error_path().starts_with("input.where"), "{}", answer.text);
    }
    let answer = ask(Value::Null, json!([nothing_declared])).await;
    let message = answer.error()["message"].as_str().expect("a message").to_owned();
    assert!(
        message.contains("<tag.group,tag.network>") && message.contains("<>"),
        "{message}"
    );

    let create = "mutation ($fields: [String!]!) { createUniqueScope(fields: $fields) { name } }";
    let delete = "mutation ($fields: [String!]!) { deleteUniqueScope(fields: $fields) { name } }";
    let manager = tidemark.client_of_all_sites("manage").await;
    for (document, fields, code) in [
        (create, json!(["tag.network", "tag.group"]), "ALREADY_EXISTS"),
        (create, json!(["label"]), "INVALID_ARGUMENT"),
        (create, json!(["tag.a", "tag.a"]), "INVALID_ARGUMENT"),
        (delete, json!(["tag.network"]), "RESERVED_NAME"),
        (delete, json!(["tag.plan"]), "UNSUPPORTED_SCOPE"),
    ] {
        let answer = manager.graphql(document, json!({"fields": fields})).await;
        assert_eq!(answer.error_code(), code, "{fields}");
    }
}

async fn many_actors_are_within_their_bounds_and_follow_a_deletion(engine: Engine) {
    const ACTORS: i64 = 20_000;
    let tidemark = start(engine).await;
    let event = |number: i64| {
        let day = 24 + number % 3;
        let network = if number % 10 == 0 { "small" } else { "large" };
        json!({
            "action": "pageview", "actor": format!("user {number}"), "time": format!("2026-10-{day}T10:00:00Z"),
            "tag": {"network": network},
        })
    };
    for batch in 0..5 {
        let numbers = batch * ACTORS / 5..(batch + 1) * ACTORS / 5;
        tidemark.accept(numbers.map(event).collect()).await;
    }
    assert_near(&ask(&tidemark, Value::Null).await, ACTORS);
    await_sets(&tidemark).await;
    let whole = ask(&tidemark, Value::Null).await;
    assert_eq!(whole["exact"], false, "{whole:#}");
    assert_near(&whole, ACTORS);
    assert_near(&ask(&tidemark, json!("large")).await, ACTORS / 10 * 9);
    let small = ask(&tidemark, json!("small")).await;
    assert_eq!((&small["count"], &small["exact"]), (&json!(ACTORS / 10), &json!(true)));

    // A sketch cannot forget anybody; it is made anew.
    let filter = json!({"filter": {"where": [{"dimension": "tag.network", "value": "large"}]}});
    let deleted = tidemark.client().delete_many(filter).await;
    assert_eq!(deleted["count"], ACTORS / 10 * 9, "{deleted:#}");
    for _ in 0..2 {
        let left = ask(&tidemark, Value::Null).await;
        assert_eq!((&left["count"], &left["exact"]), (&json!(ACTORS / 10), &json!(true)));
        assert_eq!(ask(&tidemark, json!("large")).await["count"], 0);
        await_sets(&tidemark).await;
    }
}

async fn ask(tidemark: &Tidemark, network: Value) -> Value {
    let mut input = json!({"from": "2026-10-23T22:00:00Z", "to": "2026-10-26T23:00:00Z"});
    if !network.is_null() {
        input["where"] = json!([{"dimension": "tag.network", "value": network}]);
    }
    tidemark.client().unique(input).await
}

/// Within 2 %, five standard errors of a sketch, so that no unlucky run fails; bounds 4 % apart at most.
fn assert_near(found: &Value, true_count: i64) {
    let number = |name: &str| found[name].as_i64().expect("a count");
    let bounds = (number("lower"), number("upper"));
    assert!(bounds.0 <= number("count") && number("count") <= bounds.1, "{found:#}");
    let error = (number("count") - true_count).abs();
    assert!(error * 50 <= true_count, "{found:#} for {true_count}");
    assert!(bounds.1 - bounds.0 <= true_count / 25, "{found:#}");
}
