//! Questions that are refused, and what a batch makes of them.

use serde_json::{Value, json};
use support::{Engine, graphql};

use super::{refusal, start};
use crate::truth::{
    Event, check,
    find::{Find, View},
};

support::on_both_engines!(
    a_wrong_question_names_what_is_wrong_and_spoils_no_other,
    too_many_rows_are_refused_unless_the_first_are_asked_for,
    the_answers_of_one_operation_fit_into_memory,
    more_keys_than_a_question_holds_are_counted_right,
    a_late_question_spoils_no_other,
    an_hour_that_is_rebuilt_too_wide_is_answered_from_raw_events,
);

const SPAN: [&str; 2] = ["2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"];

fn crowd(count: usize) -> Vec<Event> {
    let event = |number: usize| {
        let tag = json!({"group": format!("group {number}"), "network": (["a", "b"][number % 2])});
        let time = format!("2026-11-18T{:02}:30:00Z", number % 24);
        Event::new(&format!("event {number}"), "pageview", &time, tag)
    };
    (0..count).map(event).collect()
}

async fn a_wrong_question_names_what_is_wrong_and_spoils_no_other(engine: Engine) {
    let tidemark = start(engine, &[], &crowd(3)).await;
    let good = json!({"view": "networks", "from": SPAN[0], "to": SPAN[1]});
    let with = |name: &str, value: Value| {
        let mut question = good.clone();
        question[name] = value;
        question
    };
    let mut endless = with("series", json!(true));
    (endless["from"], endless["period"]) = (json!("1976-01-01T00:00:00Z"), json!("HOUR"));
    let wrong = [
        (with("view", json!("nets")), "UNKNOWN_VIEW", "view"),
        (
            with("groupBy", json!(["tag.network", "tag.group"])),
            "UNKNOWN_DIMENSION",
            "groupBy[1]",
        ),
        (
            with("where", json!([{"dimension": "label", "value": "x"}])),
            "UNKNOWN_DIMENSION",
            "where[0].dimension",
        ),
        (
            with("where", json!([{"dimension": "action", "op": "IN", "value": 1}])),
            "INVALID_CONDITION",
            "where[0].value",
        ),
        (with("timeZone", json!("Mars/Olympus")), "UNKNOWN_TIME_ZONE", "timeZone"),
        (with("to", json!(SPAN[0])), "INVALID_RANGE", "from"),
        (endless, "TOO_MANY_POINTS", "period"),
    ];
    for (question, code, path) in &wrong {
        let expected = ((*code).to_owned(), format!("input.{path}"));
        assert_eq!(refusal(&tidemark, question.clone()).await, expected);
    }
    let mut batch = vec![good.clone()];
    batch.extend(wrong.iter().map(|(question, ..)| question.clone()));
    batch.push(good.clone());
    let outcomes = tidemark.client().find_batch(batch).await;
    let outcomes = outcomes.as_array().expect("a list");
    for (number, (outcome, (_, code, path))) in outcomes[1..].iter().zip(&wrong).enumerate() {
        assert_eq!(outcome["error"]["code"], *code, "{outcome:#}");
        assert_eq!(outcome["error"]["path"], format!("inputs[{}].{path}", number + 1));
        assert!(outcome["result"].is_null());
    }
    for outcome in [&outcomes[0], &outcomes[wrong.len() + 1]] {
        assert_eq!(outcome["result"]["total"], 3, "{outcome:#}");
    }
    let unknown = outcomes[2]["error"]["message"].as_str().expect("a message");
    assert!(
        unknown.contains("action, tag.network"),
        "it lists those it has: {unknown}"
    );
    let answer = tidemark
        .client()
        .graphql(graphql::FIND_BATCH, json!({"inputs": vec![good; 51]}))
        .await;
    assert_eq!(answer.error_code(), "TOO_MANY_ITEMS");
}

async fn too_many_rows_are_refused_unless_the_first_are_asked_for(engine: Engine) {
    let mut events = crowd(1_001);
    let mut again = events[500].clone();
    "again".clone_into(&mut again.id);
    events.push(again);
    let tidemark = start(engine, &[], &events).await;
    for view in ["groups", "events"] {
        let mut question = json!({"view": view, "from": SPAN[0], "to": SPAN[1], "groupBy": ["tag.group"]});
        let expected = ("TOO_MANY_ROWS".to_owned(), "input.groupBy".to_owned());
        assert_eq!(refusal(&tidemark, question.clone()).await, expected);
        question["limit"] = json!(2);
        question["series"] = json!(true);
        let found = tidemark.client().find(question).await;
        assert_eq!(found["total"], 1_002, "{found:#}");
        assert_eq!(found["rows"].as_array().expect("rows").len(), 2);
        assert_eq!(
            found["rows"][0],
            json!({"dimensions": {"tag.group": "group 500"}, "count": 2})
        );
        let points = found["series"].as_array().expect("points");
        let shown: usize = points
            .iter()
            .map(|point| point["rows"].as_array().expect("rows").len())
            .sum();
        let counted: i64 = points.iter().filter_map(|point| point["count"].as_i64()).sum();
        assert_eq!((shown, counted), (2, 1_002));
    }
}

async fn the_answers_of_one_operation_fit_into_memory(engine: Engine) {
    let tidemark = start(engine, &[], &crowd(2)).await;
    // 8,976 points each, so that 55 fit and 60 do not.
    let hours = json!({
        "view": "actions", "from": "2026-01-01T00:00:00Z", "to": "2027-01-10T00:00:00Z", "series": true, "period": "HOUR",
    });
    let batch = |number: usize| vec![hours.clone(); number];
    let document = "query ($one: [FindInput!]!, $two: [FindInput!]!) { \
         one: findBatch(inputs: $one) { result { total } error { code path } } \
         two: findBatch(inputs: $two) { result { total } error { code path } } }";
    let answer = tidemark
        .client()
        .graphql(document, json!({"one": batch(50), "two": batch(10)}))
        .await;
    let codes = |name: &str| -> Vec<Value> {
        let list = answer.data()[name].as_array().expect("a list").clone();
        list.into_iter()
            .map(|outcome| outcome["error"]["code"].clone())
            .collect()
    };
    let all = [codes("one"), codes("two")].concat();
    let refused = all.iter().filter(|code| **code == "TOO_MANY_ROWS").count();
    assert_eq!(
        (refused, all.iter().filter(|code| code.is_null()).count()),
        (5, 55),
        "{all:?}"
    );
    // Another operation has room again.
    let answer = tidemark.client().graphql(graphql::FIND, json!({"input": hours})).await;
    assert!(answer.body["errors"].is_null(), "{}", answer.text);
}

async fn more_keys_than_a_question_holds_are_counted_right(engine: Engine) {
    let events = crowd(6_000);
    let tidemark = start(engine, &[], &events).await;
    tidemark.await_folded().await;
    let groups = View::new("groups", &["action", "tag.group"]);
    let find = || Find::new(&groups, SPAN[0], SPAN[1]);
    let finds = [
        find().by(&["action"]).series("DAY", "UTC"),
        find().only("tag.group", "CONTAINS", json!("99")).by(&["tag.group"]),
        find()
            .only("tag.group", "NE", json!("group 7"))
            .series("HOUR", "Asia/Kolkata"),
    ];
    check::finds(tidemark.client(), &finds, &events).await;
}

async fn a_late_question_spoils_no_other(engine: Engine) {
    let mut events = crowd(400);
    for (number, event) in events.iter_mut().enumerate() {
        // Another for each event, and long, so that looking through it takes its time.
        let text: String = (0..12_000).map(|word| format!("{} ", word * 7_919 + number)).collect();
        event.tag.insert("text".to_owned(), json!(text + "end"));
    }
    let tidemark = start(engine, &[("--question-deadline", "1s")], &[]).await;
    for chunk in events.chunks(25) {
        tidemark.accept(chunk.iter().map(Event::input).collect()).await;
    }
    tidemark.await_folded().await;
    let good = json!({"view": "networks", "from": SPAN[0], "to": SPAN[1]});
    let raw = json!({"view": "events", "from": SPAN[0], "to": SPAN[1], "groupBy": ["action"]});
    let mut late = raw.clone();
    late["where"] = json!(vec![
        json!({"dimension": "tag.text", "op": "CONTAINS", "value": " end"});
        50
    ]);
    let document = "query ($inputs: [FindInput!]!, $who: UniqueInput!) { \
         findBatch(inputs: $inputs) { result { total } error { code path } } unique(input: $who) { count } \
         events(first: 1) { edges { node { id } } } }";
    let variables = json!({
        "inputs": [good, late, good, late, raw], "who": {"from": SPAN[0], "to": SPAN[1]},
    });
    let answer = tidemark.client().graphql(document, variables).await;
    let data = answer.data();
    for (index, outcome) in data["findBatch"].as_array().expect("a list").iter().enumerate() {
        if index % 2 == 0 {
            assert_eq!(outcome["result"]["total"], 400, "{outcome:#}");
        } else {
            let path = format!("inputs[{index}]");
            assert_eq!(
                outcome["error"],
                json!({"code": "DEADLINE_EXCEEDED", "path": path}),
                "{outcome:#}"
            );
        }
    }
    assert_eq!(data["unique"]["count"], 1);
    assert_eq!(data["events"]["edges"].as_array().expect("a list").len(), 1);
}

async fn an_hour_that_is_rebuilt_too_wide_is_answered_from_raw_events(engine: Engine) {
    let tidemark = start(engine, &[("--max-cells-per-hour", "5")], &[]).await;
    let view = json!({"input": {"name": "sums", "dimensions": ["tag.group"], "measures": ["tag.n"]}});
    let document = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    let _ = tidemark.client().graphql(document, view).await.data();
    let event = |number: usize| {
        let tag = json!({"group": format!("group {number}"), "n": number});
        Event::new(&format!("event {number}"), "a", "2026-11-18T10:30:00Z", tag).input()
    };
    tidemark.accept((0..5).map(event).collect()).await;
    let hour = json!({"view": "sums", "from": "2026-11-18T10:00:00Z", "to": "2026-11-18T11:00:00Z"});
    let source = async || {
        tidemark.await_folded().await;
        tidemark.client().find(hour.clone()).await["provenance"]["source"].clone()
    };
    while source().await != "ROLLUP" {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    // The fold has just begun to rest when the hour becomes stale; what comes then waits to be rebuilt with it.
    let mut again = event(0);
    again["id"] = json!("again");
    tidemark.accept(vec![again]).await;
    let document = "mutation ($inputs: [EventInput!]!) { deleteEvent(id: \"event 4\") { count } \
         logEvents(inputs: $inputs) { accepted } }";
    let variables = json!({"inputs": (5..10).map(event).collect::<Vec<_>>()});
    let answer = tidemark.client().graphql(document, variables).await;
    assert_eq!(answer.data()["logEvents"]["accepted"], 5);
    for _ in 0..50 {
        let _ = source().await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let found = tidemark.client().find(hour.clone()).await;
    assert_eq!(
        (&found["total"], &found["provenance"]["source"]),
        (&json!(10), &json!("RAW"))
    );
}
