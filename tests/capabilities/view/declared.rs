//! Views that somebody declares, and generations that follow a change of zone.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Engine, Tidemark, graphql};

use super::{ZONE, refusal, scattered, start};
use crate::truth::{
    Event, check,
    find::{Find, View},
};

support::on_both_engines!(
    a_new_view_answers_right_while_it_takes_in_what_was_there,
    a_deleted_view_is_gone_and_its_name_is_free,
    names_and_definitions_are_checked,
    another_zone_of_the_site_changes_no_answer,
    every_view_that_is_there_from_the_start_is_listed,
);

const LIMIT: Duration = Duration::from_secs(60);

async fn create(tidemark: &Tidemark, input: Value) -> support::Answer {
    let document = "mutation ($input: CreateViewInput!) { createView(input: $input) \
         { name builtIn actions dimensions measures state backfill { done total progress } } }";
    tidemark.client().graphql(document, json!({"input": input})).await
}

async fn delete(tidemark: &Tidemark, name: &str) -> support::Answer {
    let document = "mutation ($name: String!) { deleteView(name: $name) { name } }";
    tidemark.client().graphql(document, json!({"name": name})).await
}

/// The view as `views` lists it.
async fn listed(tidemark: &Tidemark, name: &str) -> Value {
    let document = "{ views { name state builtIn dimensions backfill { done total progress } } }";
    let answer = tidemark.client().graphql(document, json!({})).await;
    let views = answer.data()["views"].as_array().expect("a list").clone();
    views.into_iter().find(|view| view["name"] == name).unwrap_or_default()
}

fn prices() -> View {
    View::new("prices", &["action", "tag.group"])
        .of(&["pageview", "button.click"])
        .measuring("tag.price")
}

fn priced() -> Vec<Event> {
    let mut events = scattered();
    for (index, event) in events.iter_mut().enumerate() {
        if index % 5 != 0 {
            event
                .tag
                .insert("price".to_owned(), json!((index % 17) as f64 * 0.1 - 0.5));
        }
    }
    events
}

fn questions(view: &View) -> Vec<Find> {
    let find = |from: &str, to: &str| Find::new(view, from, to);
    vec![
        find("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
            .by(&["action"])
            .series("MONTH", ZONE),
        find("2026-10-24T03:17:00Z", "2026-10-26T04:41:12.345Z")
            .by(&["tag.group"])
            .series("DAY", ZONE),
        find("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z").only("tag.group", "EQ", json!("g1")),
        find("2024-01-01T00:00:00Z", "2024-01-02T00:00:00Z"),
    ]
}

async fn a_new_view_answers_right_while_it_takes_in_what_was_there(engine: Engine) {
    let mut events = priced();
    let tidemark = start(engine, &[], &events).await;
    let answer = create(&tidemark, prices().input()).await;
    let made = &answer.data()["createView"];
    assert_eq!(
        (&made["state"], &made["builtIn"]),
        (&json!("BACKFILLING"), &json!(false))
    );
    assert_eq!(made["backfill"]["total"], events.len(), "{made:#}");
    let begin = Instant::now();
    let mut number = 0;
    loop {
        check::finds(tidemark.client(), &questions(&prices()), &events).await;
        let late = Event::new(
            &format!("late {number}"),
            "pageview",
            "2026-10-25T10:00:00Z",
            json!({"price": number}),
        );
        tidemark.accept(vec![late.input()]).await;
        events.push(late);
        number += 1;
        let view = listed(&tidemark, "prices").await;
        if view["state"] == "LIVE" {
            assert_eq!(view["backfill"], Value::Null, "{view:#}");
            break;
        }
        let progress = view["backfill"]["progress"].as_f64().expect("a part");
        assert!((0.0..=1.0).contains(&progress), "{view:#}");
        assert!(begin.elapsed() < LIMIT, "the backfill does not end");
    }
    tidemark.await_folded().await;
    check::finds(tidemark.client(), &questions(&prices()), &events).await;
    let whole = json!({"view": "prices", "from": "2026-10-24T22:00:00Z", "to": "2026-10-25T23:00:00Z"});
    assert_eq!(tidemark.client().find(whole).await["provenance"]["source"], "ROLLUP");
}

async fn a_deleted_view_is_gone_and_its_name_is_free(engine: Engine) {
    let events = priced();
    let tidemark = start(engine, &[], &events).await;
    let _ = create(&tidemark, prices().input()).await.data();
    assert_eq!(create(&tidemark, prices().input()).await.error_code(), "ALREADY_EXISTS");
    assert_eq!(delete(&tidemark, "prices").await.data()["deleteView"]["name"], "prices");
    let question = json!({"view": "prices", "from": "2026-01-01T00:00:00Z", "to": "2026-02-01T00:00:00Z"});
    assert_eq!(refusal(&tidemark, question).await.0, "UNKNOWN_VIEW");
    assert_eq!(listed(&tidemark, "prices").await, Value::Null);
    assert_eq!(delete(&tidemark, "prices").await.error_code(), "UNKNOWN_VIEW");
    // The same name may mean something else from here on.
    let other = View::new("prices", &["tag.network", "url.path"]).measuring("tag.price");
    let _ = create(&tidemark, other.input()).await.data();
    let find = Find::new(&other, "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z").by(&["url.path"]);
    check::finds(tidemark.client(), &[find], &events).await;
}

async fn names_and_definitions_are_checked(engine: Engine) {
    let tidemark = start(engine, &[], &[]).await;
    for (input, code, path) in [
        (
            json!({"name": "events", "dimensions": []}),
            "RESERVED_NAME",
            "input.name",
        ),
        (
            json!({"name": "networks", "dimensions": []}),
            "RESERVED_NAME",
            "input.name",
        ),
        (
            json!({"name": "a b", "dimensions": []}),
            "INVALID_ARGUMENT",
            "input.name",
        ),
        (
            json!({"name": "x", "dimensions": ["nothing"]}),
            "UNKNOWN_DIMENSION",
            "input.dimensions[0]",
        ),
        (
            json!({"name": "x", "dimensions": ["label", "label"]}),
            "INVALID_ARGUMENT",
            "input.dimensions",
        ),
        (
            json!({"name": "x", "dimensions": [], "measures": ["label"]}),
            "INVALID_ARGUMENT",
            "input.measures",
        ),
        (
            json!({"name": "x", "dimensions": [], "actions": []}),
            "INVALID_ARGUMENT",
            "input.actions",
        ),
    ] {
        let answer = create(&tidemark, input.clone()).await;
        assert_eq!((answer.error_code(), answer.error_path()), (code, path), "{input}");
    }
    assert_eq!(delete(&tidemark, "networks").await.error_code(), "RESERVED_NAME");
    let reader = tidemark.client_allowed("log,query").await;
    let document = "mutation { createView(input: {name: \"x\", dimensions: []}) { name } }";
    assert_eq!(reader.graphql(document, json!({})).await.error_code(), "FORBIDDEN");
}

async fn another_zone_of_the_site_changes_no_answer(engine: Engine) {
    let events = scattered();
    let tidemark = start(engine, &[], &events).await;
    tidemark.await_folded().await;
    let document = "mutation { updateSite(input: {timeZone: \"Asia/Kolkata\"}) { timeZone } }";
    let _ = tidemark.client().graphql(document, json!({})).await.data();
    let networks = View::new("networks", &["action", "tag.network"]);
    let find = |zone: &str| {
        Find::new(&networks, "2026-10-24T18:30:00Z", "2026-10-26T18:30:00Z")
            .by(&["action"])
            .series("DAY", zone)
    };
    let finds = [find("Asia/Kolkata"), find(ZONE), find("UTC")];
    let begin = Instant::now();
    loop {
        check::finds(tidemark.client(), &finds, &events).await;
        let mut question = finds[0].input();
        // Where no zone is named it is the site's.
        question.as_object_mut().expect("an object").remove("timeZone");
        let found = tidemark.client().find(question).await;
        assert_eq!(found["timeZone"], "Asia/Kolkata");
        if found["provenance"]["source"] == "ROLLUP" {
            // Whole days of the new zone come from the new generation.
            return;
        }
        assert!(begin.elapsed() < LIMIT, "the new generation does not answer: {found:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn every_view_that_is_there_from_the_start_is_listed(engine: Engine) {
    let tidemark = start(engine, &[], &[]).await;
    let answer = tidemark
        .client()
        .graphql("{ views { name builtIn state } }", json!({}))
        .await;
    let views = answer.data()["views"].as_array().expect("a list").clone();
    let names: Vec<_> = views
        .iter()
        .map(|view| view["name"].as_str().expect("a name"))
        .collect();
    for name in [
        "actions",
        "pages",
        "referrers",
        "networks",
        "groups",
        "devices",
        "countries",
        "events",
    ] {
        assert!(names.contains(&name), "{names:?}");
        let question = json!({"view": name, "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"});
        let found = tidemark
            .client()
            .graphql(graphql::FIND, json!({"input": question}))
            .await;
        assert_eq!(found.data()["find"]["total"], 0);
    }
    assert!(
        views
            .iter()
            .all(|view| view["builtIn"] == true && view["state"] == "LIVE"),
        "{views:?}"
    );
}
