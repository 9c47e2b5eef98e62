//! The same click over GraphQL, where every length and range is refused rather than cut.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{VISITOR, accept, click as posted, events};

support::on_both_engines!(
    a_click_is_the_same_over_graphql,
    every_length_and_range_is_refused,
    a_click_without_its_search_is_told_apart,
    each_click_has_a_day_of_its_own_for_its_search
);

async fn log(client: &Client, input: Value) -> Value {
    let document = "mutation ($input: ClickInput!) { logClick(input: $input) { outcome event { id action } error { code path message } } }";
    client.graphql(document, json!({"input": input})).await.data()["logClick"].clone()
}

async fn a_click_is_the_same_over_graphql(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let fields = posted(json!({
        "documentTitle": "Boats", "documentUrl": "https://a.example/boats", "documentAuthor": "ada", "documentUri": "uri", "documentUriHash": "h",
        "documentCategory": "c", "collectionName": "n", "rankingModifier": "r", "queryPipeline": "p", "originLevel1": "1", "originLevel2": "2",
        "originLevel3": "3", "originContext": "o", "outcome": -5, "anonymous": false, "username": "ada", "userDisplayName": "Ada",
        "splitTestRunName": "s", "splitTestRunVersion": "v", "trackingId": "t", "userAgent": "curl/8.5.0",
        "customData": {"Context Role": "guest", "contentIDKey": "k", "n": 1},
    }));
    accept(client, "click", fields.clone()).await;
    let mut input = fields;
    input["id"] = json!("c-1");
    let logged = log(client, input.clone()).await;
    assert_eq!(logged["outcome"], "ACCEPTED", "{logged:#}");
    assert_eq!(logged["event"], json!({"id": "c-1", "action": "documentOpen"}));
    assert_eq!(log(client, input).await["outcome"], "DUPLICATE");
    let found = events(&tidemark).await;
    assert_eq!(found.len(), 2);
    for field in [
        "action", "actor", "device", "session", "language", "url", "tag", "browser",
    ] {
        assert_eq!(found[0][field], found[1][field], "{field}");
    }
    assert_eq!(
        (&found[0]["door"], &found[1]["door"]),
        (&json!("coveo"), &json!("graphql"))
    );
    assert_eq!(found[1]["tag"]["context_role"], "guest");
}

async fn a_click_without_its_search_is_told_apart(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (searched, never) = (uuid(1), uuid(2));
    let search = |id: &str| {
        json!({"actionCause": "searchboxSubmit", "searchQueryUid": id, "language": "en", "queryText": "", "responseTime": 3,
            "clientId": VISITOR})
    };
    accept(client, "click", posted(json!({"searchQueryUid": searched}))).await;
    accept(client, "click", posted(json!({"searchQueryUid": never}))).await;
    accept(
        client,
        "custom",
        json!({"eventType": "a", "eventValue": "b", "language": "en"}),
    )
    .await;
    let asked = "query { events(orderBy: ARRIVAL_ASCENDING) { edges { node { id action orphan tag } } } }";
    let orphans = async || -> Vec<Value> {
        let answer = client.graphql(asked, json!({})).await;
        let edges = answer.data()["events"]["edges"].as_array().expect("events").clone();
        edges.iter().map(|edge| edge["node"]["orphan"].clone()).collect()
    };
    assert_eq!(orphans().await, [json!(true), json!(true), json!(null)]);
    // A search of another site, and another click of the same, are no such search.
    let other = tidemark.another_site("other").await;
    accept(&other, "search", search(&searched)).await;
    accept(client, "click", posted(json!({"searchQueryUid": searched}))).await;
    assert_eq!(orphans().await, [json!(true), json!(true), json!(null), json!(true)]);
    // The order in which they come does not matter; one that is deleted was not logged.
    accept(client, "search", search(&searched)).await;
    let told = [json!(false), json!(true), json!(null), json!(false), json!(null)];
    assert_eq!(orphans().await, told);
    let all = client.graphql(asked, json!({})).await.data()["events"]["edges"].clone();
    let one = "query ($id: ID!) { event(id: $id) { orphan } }";
    for (edge, orphan) in all.as_array().expect("events").iter().zip(&told) {
        let answer = client.graphql(one, json!({"id": edge["node"]["id"]})).await;
        assert_eq!(&answer.data()["event"]["orphan"], orphan);
    }
    let delete = "mutation ($id: ID!) { deleteEvent(id: $id) { deletion { id } } }";
    let id = &all[4]["node"]["id"];
    let deleted = client.graphql(delete, json!({"id": id})).await;
    assert!(deleted.data()["deleteEvent"]["deletion"].is_object(), "{deleted:?}");
    assert_eq!(orphans().await, [json!(true), json!(true), json!(null), json!(true)]);
    // Who may log and not ask is told nothing of it.
    let logger = tidemark.client_allowed("log").await;
    let document = "mutation ($input: ClickInput!) { logClick(input: $input) { event { action orphan } } }";
    let answer = logger.graphql(document, json!({"input": posted(json!({}))})).await;
    let event = &answer.data()["logClick"]["event"];
    assert_eq!(event, &json!({"action": "documentOpen", "orphan": null}));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the server has the same clock, by which nothing is of the future"
)]
async fn each_click_has_a_day_of_its_own_for_its_search(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let start = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(10 * 24);
    let search = json!({"searchQueryUid": uuid(1), "queryText": ""});
    let click = json!({"searchQueryUid": uuid(1), "documentPosition": 1});
    // By the hours at which they come; 0 is a click without a search for a day around it.
    let inputs: Vec<_> = [
        (0, &click),
        (25, &search),
        (48, &click),
        (50, &click),
        (73, &search),
        (96, &click),
        (98, &click),
    ]
    .into_iter()
    .map(|(hours, tag)| {
        let time = start + jiff::SignedDuration::from_hours(hours);
        json!({"action": "a", "time": time.to_string(), "tag": tag})
    })
    .collect();
    let document = "mutation ($inputs: [EventInput!]!) { logEvents(inputs: $inputs) { accepted } }";
    let logged = client.graphql(document, json!({"inputs": inputs})).await;
    assert_eq!(logged.data()["logEvents"]["accepted"], 7, "{logged:?}");
    let asked = "query ($first: Int!, $after: String) { events(first: $first, after: $after, orderBy: TIME_ASCENDING) {
        edges { node { orphan } } pageInfo { endCursor } } }";
    let told = [
        json!(true),
        json!(null),
        json!(false),
        json!(false),
        json!(null),
        json!(false),
        json!(true),
    ];
    // Whatever page it is on.
    for first in [7, 3, 1] {
        let mut orphans = Vec::new();
        let mut after = Value::Null;
        while orphans.len() < told.len() {
            let answer = client.graphql(asked, json!({"first": first, "after": after})).await;
            let page = answer.data()["events"].clone();
            let edges = page["edges"].as_array().expect("events");
            assert!(!edges.is_empty(), "{answer:?}");
            orphans.extend(edges.iter().map(|edge| edge["node"]["orphan"].clone()));
            after = page["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(orphans, told, "{first} at a time");
    }
}

/// An id of a search.
fn uuid(number: u8) -> String {
    format!("7bfc652a-9dea-4811-b3f9-{number:012}")
}

async fn every_length_and_range_is_refused(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let long = |most: usize| json!("x".repeat(most + 1));
    for (name, value, code) in [
        ("actionCause", long(256), "TOO_LONG"),
        ("actionCause", json!(""), "INVALID_ARGUMENT"),
        ("documentPosition", json!(0), "INVALID_ARGUMENT"),
        ("sourceName", long(512), "TOO_LONG"),
        ("language", json!("xx"), "INVALID_ARGUMENT"),
        ("documentTitle", long(1_024), "TOO_LONG"),
        ("documentUrl", long(1_024), "TOO_LONG"),
        ("documentAuthor", long(128), "TOO_LONG"),
        ("documentUriHash", long(32), "TOO_LONG"),
        ("rankingModifier", long(128), "TOO_LONG"),
        ("queryPipeline", long(128), "TOO_LONG"),
        ("originLevel1", long(128), "TOO_LONG"),
        ("originLevel2", long(128), "TOO_LONG"),
        ("originLevel3", long(128), "TOO_LONG"),
        ("originContext", long(128), "TOO_LONG"),
        ("outcome", json!(6), "INVALID_ARGUMENT"),
        ("outcome", json!(-6), "INVALID_ARGUMENT"),
        ("username", long(128), "TOO_LONG"),
        ("userDisplayName", long(128), "TOO_LONG"),
        ("splitTestRunName", long(128), "TOO_LONG"),
        ("splitTestRunVersion", long(128), "TOO_LONG"),
        ("trackingId", json!("Shop"), "INVALID_ARGUMENT"),
        ("userAgent", long(1_024), "TOO_LONG"),
        ("clientId", json!("x"), "INVALID_ARGUMENT"),
        ("customData", json!([]), "INVALID_ARGUMENT"),
    ] {
        let mut fields = json!({});
        fields[name] = value;
        let refused = log(client, posted(fields)).await;
        assert_eq!(refused["outcome"], "INVALID", "{name}: {refused:#}");
        assert_eq!(
            (&refused["error"]["code"], &refused["error"]["path"]),
            (&json!(code), &json!(format!("input.{name}")))
        );
    }
    for (data, path, code) in [
        (json!({"bad-key": 1}), "bad-key", "INVALID_ARGUMENT"),
        (json!({"contentIDKey": "x".repeat(129)}), "contentidkey", "TOO_LONG"),
        (json!({"contentIDValue": "x".repeat(513)}), "contentidvalue", "TOO_LONG"),
    ] {
        let refused = log(client, posted(json!({"customData": data}))).await;
        assert_eq!(
            refused["error"]["path"],
            format!("input.customData.{path}"),
            "{refused:#}"
        );
        assert_eq!(refused["error"]["code"], code);
    }
    let logs = tidemark.client_allowed("log").await;
    let refused = log(&logs, posted(json!({"username": "ada"}))).await;
    assert_eq!(
        (&refused["error"]["code"], &refused["error"]["path"]),
        (&json!("FORBIDDEN"), &json!("input.username"))
    );
    assert_eq!(log(&logs, posted(json!({}))).await["outcome"], "ACCEPTED");
    let found = events(&tidemark).await;
    assert_eq!((found.len(), &found[0]["actor"]), (1, &json!(VISITOR)));
}
