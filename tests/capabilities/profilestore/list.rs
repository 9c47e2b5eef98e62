//! Listing events.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{ask, event, items, list, listed, track};

support::on_both_engines!(
    options_are_applied_in_their_order,
    what_is_missing_comes_first,
    options_that_are_none_are_told,
    no_filter_leaves_its_site,
    the_language_is_graphqls_as_well,
);

async fn names(client: &support::Client, options: &[(&str, &str)]) -> Vec<String> {
    let answer = list(client, options).await;
    let name = |item: &Value| item["DeviceId"].as_str().expect("a device").to_owned();
    items(&answer).iter().map(name).collect()
}

async fn options_are_applied_in_their_order(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    for number in 0..7 {
        let time = format!("2026-11-0{}T10:00:00Z", 1 + number);
        let even = number % 2 == 0;
        track(client, event(json!({"DeviceId": format!("d{number}"), "EventTime": time, "Payload": {"even": even, "n": 10 - number}}))).await;
    }
    for (options, wanted) in [
        (vec![], "d6 d5 d4 d3 d2 d1 d0"),
        (vec![("$orderby", "EventTime")], "d0 d1 d2 d3 d4 d5 d6"),
        (vec![("$orderBy", "EventTime ASC"), ("$top", "2")], "d0 d1"),
        (
            vec![("$orderby", "Payload.even desc, DeviceId desc")],
            "d6 d4 d2 d0 d5 d3 d1",
        ),
        (vec![("$orderby", "Payload/n")], "d6 d5 d4 d3 d2 d1 d0"),
        (
            vec![("$filter", "Payload.even eq true"), ("$skip", "1"), ("$top", "2")],
            "d4 d2",
        ),
        (
            vec![(
                "$filter",
                "EventTime ge 2026-11-03 and EventTime lt '2026-11-05T10:00:00.0000000Z'",
            )],
            "d3 d2",
        ),
        (vec![("filter", "DeviceId eq d0"), ("$filter", "DeviceId eq d1")], "d1"),
        (vec![("$skip", "6"), ("$top", "9993")], "d0"),
        (vec![("$skip", "9999"), ("$top", "0")], ""),
        (vec![("$filter", "DeviceId eq nobody")], ""),
    ] {
        assert_eq!(names(client, &options).await.join(" "), wanted, "{options:?}");
    }
    let answer = list(
        client,
        &[("$filter", "Payload.n gt 5"), ("$top", "1"), ("$count", "true")],
    )
    .await;
    assert_eq!(
        (&answer.body["count"], &answer.body["total"]),
        (&json!(1), &json!(5)),
        "{}",
        answer.text
    );
}

async fn what_is_missing_comes_first(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let mut first = Vec::new();
    for (name, payload) in [
        ("none", json!(null)),
        ("b", json!({"s": "b"})),
        ("null", json!({"s": null})),
        ("a", json!({"s": "a"})),
        ("B", json!({"s": "B"})),
    ] {
        let id = track(client, event(json!({"DeviceId": name, "Payload": payload, "PageUri": payload["s"].as_str().map(|text| format!("https://x/{text}"))}))).await;
        if payload["s"].is_null() {
            first.push((id, name));
        }
    }
    // Those that are equal in all are in the order of their ids.
    first.sort();
    let first: Vec<_> = first.into_iter().map(|(_, name)| name).collect();
    for field in ["Payload.s", "PageUri"] {
        let wanted = format!("{} B a b", first.join(" "));
        assert_eq!(names(client, &[("$orderby", field)]).await.join(" "), wanted, "{field}");
        let wanted = format!("b a B {}", first.join(" "));
        assert_eq!(
            names(client, &[("$orderby", &format!("{field} desc"))]).await.join(" "),
            wanted,
            "{field}"
        );
    }
    for field in [
        "RemoteAddress",
        "CountryCode",
        "User.Name",
        "Scope",
        "SessionId",
        "TrackId",
        "User",
        "Payload.traffic_source",
    ] {
        assert_eq!(
            names(client, &[("$orderby", &format!("{field} desc, DeviceId"))])
                .await
                .len(),
            5,
            "{field}"
        );
    }
}

async fn options_that_are_none_are_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (options, target) in [
        (vec![("$top", "-1")], "$top"),
        (vec![("$skip", "x")], "$skip"),
        (vec![("$skip", "9900")], "$top"),
        (vec![("$top", "10000")], "$top"),
        (vec![("$skip", "1"), ("$top", "9999")], "$top"),
        (vec![("$filter", "EventTime gt abc")], "$filter"),
        (vec![("$filter", "Nope eq 1")], "$filter"),
        (vec![("$filter", "year(EventTime) eq 2017")], "$filter"),
        (vec![("$orderby", "Nope")], "$orderby"),
        (vec![("$select", "DeviceId")], "$select"),
    ] {
        let answer = list(client, &options).await;
        let error = &answer.body["error"];
        assert_eq!(
            (answer.status, &error["code"], &error["target"]),
            (400, &json!("BadArgument"), &json!(target)),
            "{options:?}: {}",
            answer.text
        );
    }
    let answer = list(client, &[("$filter", "EventTime gt abc")]).await;
    let error = &answer.body["error"];
    assert_eq!(
        (&error["line"], &error["column"]),
        (&json!(1), &json!(14)),
        "{}",
        answer.text
    );
    for filter in ["year(EventTime) eq 2017", "Payload.n add 1 eq 2", "length(Value) gt 3"] {
        let answer = list(client, &[("$filter", filter)]).await;
        let message = answer.body["error"]["message"].as_str().unwrap_or_default();
        assert!(
            answer.status == 400 && message.contains("unsupported"),
            "{filter}: {}",
            answer.text
        );
    }
    assert_eq!(items(&list(client, &[("$top", "9999")]).await).len(), 0);
}

async fn no_filter_leaves_its_site(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    track(&other, event(json!({"DeviceId": "theirs"}))).await;
    let own = track(
        tidemark.client(),
        event(json!({"DeviceId": "o'wn", "Value": "%_\\ \" ;--"})),
    )
    .await;
    let client = tidemark.client();
    for filter in [
        "",
        "true",
        "not false",
        "DeviceId ne x",
        "DeviceId eq theirs or true",
        "DeviceId eq 'o''wn'",
        "Value eq '%_\\ \" ;--'",
    ] {
        assert_eq!(listed(client, filter, "TrackId").await, [own.as_str()], "{filter}");
    }
    for text in crate::edge::injection::TEXTS {
        let quoted = text.replace('\'', "''");
        for filter in [
            format!("DeviceId eq '{quoted}'"),
            format!("contains(Payload.x, '{quoted}')"),
            format!("tolower(Value) gt '{quoted}'"),
            format!("EventType in ('{quoted}')"),
            format!("Payload.{text} eq 1"),
            (*text).to_owned(),
        ] {
            let answer = list(client, &[("$filter", &filter), ("$orderby", text)]).await;
            assert!(
                answer.status == 200 || answer.status == 400,
                "{filter}: {}",
                answer.text
            );
            assert!(!answer.text.contains("theirs"), "{filter}: {}", answer.text);
            let answer = list(client, &[("$filter", &filter)]).await;
            assert!(
                answer.status == 200 || answer.status == 400,
                "{filter}: {}",
                answer.text
            );
            assert!(!answer.text.contains("theirs"), "{filter}: {}", answer.text);
        }
    }
    let of_all = tidemark.client_of_all_sites("query").await;
    assert_eq!(
        ask(&of_all, reqwest::Method::GET, "/api/v2.0/TrackEvents", None)
            .await
            .status,
        400,
        "which site?"
    );
}

async fn the_language_is_graphqls_as_well(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    tidemark
        .accept(vec![
            json!({"id": "1", "action": "buy", "actor": "ada", "tag": {"price": 12, "plan": "gold"}}),
            json!({"id": "2", "action": "buy", "actor": "bob", "tag": {"price": 5}}),
            json!({"id": "3", "action": "look", "actor": "ada"}),
        ])
        .await;
    let ids = async |filter: Value| -> String {
        let page = client
            .events(json!({"filter": filter, "orderBy": "ARRIVAL_ASCENDING"}))
            .await;
        let edges = page["edges"].as_array().expect("a list").iter();
        edges
            .map(|edge| edge["node"]["id"].as_str().expect("an id").to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    for (filter, wanted) in [
        (json!({"odata": "EventType eq buy"}), "1 2"),
        (json!({"odata": "Payload.price gt 6 or EventType eq 'look'"}), "1 3"),
        (
            json!({"odata": "EventType eq buy", "where": [{"dimension": "actor", "value": "ada"}]}),
            "1",
        ),
        (json!({"odata": "not (TrackId eq 1)"}), "2 3"),
        (json!({"odata": "Payload eq null"}), "3"),
        (json!({"odata": ""}), "1 2 3"),
    ] {
        assert_eq!(ids(filter.clone()).await, wanted, "{filter}");
    }
    let document = "query ($filter: EventFilter) { events(filter: $filter) { edges { node { id } } } }";
    let answer = client
        .graphql(document, json!({"filter": {"odata": "EventType eq"}}))
        .await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("INVALID_QUERY", "filter.odata")
    );
    // What is deleted by it is hidden at once, comes back, and is hidden by a tombstone as well.
    let deleted = client
        .delete_many(json!({"filter": {"odata": "contains(Payload.plan, 'ol') or TrackId eq 3"}}))
        .await;
    assert_eq!(deleted["count"], 2, "{deleted}");
    assert_eq!(ids(json!({})).await, "2");
    let id = deleted["deletion"]["id"].as_str().expect("an id");
    assert_eq!(client.restore(id).await["error"], Value::Null);
    assert_eq!(ids(json!({})).await, "1 2 3");
    let dry = client
        .delete_many(json!({"filter": {"odata": "EventType eq buy"}, "dryRun": true}))
        .await;
    assert_eq!(dry["count"], 2);
}
