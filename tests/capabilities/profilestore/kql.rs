//! Queries in KQL: by `preview`, and by GraphQL.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};

use super::{ask, event, items, track};

support::on_both_engines!(
    a_preview_answers_as_documented,
    what_is_wrong_is_a_bad_query_with_its_place,
    nothing_is_read_past_its_bounds,
    no_query_leaves_its_site_or_its_scope,
    the_language_is_graphqls_as_well,
);

pub(super) async fn preview(client: &Client, query: &str, scope: Option<&str>) -> Answer {
    let body = json!({"Query": query, "Scope": scope});
    ask(client, Method::POST, "/api/v2.0/TrackEvents/preview", Some(&body)).await
}

pub(super) async fn kql(client: &Client, query: &str) -> Value {
    let document = "query ($query: String!) { kql(query: $query) { columns { name type } rows truncated eventsRead } }";
    let answer = client.graphql(document, json!({"query": query})).await;
    answer.data()["kql"].clone()
}

async fn a_preview_answers_as_documented(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    for (device, time, mail) in [
        ("d1", "2019-01-01T00:00:00Z", Some("a@b.c")),
        ("d2", "2019-01-02T23:59:59.9999999Z", None),
        ("d3", "2019-01-03T00:00:00Z", Some("d@e.f")),
    ] {
        let user = mail.map(|mail| json!({"Email": mail}));
        track(
            client,
            event(json!({"DeviceId": device, "EventTime": time, "User": user, "Payload": {"price": 5}})),
        )
        .await;
    }
    track(
        client,
        event(json!({"DeviceId": "other", "Scope": "shop", "EventTime": "2019-01-01T10:00:00Z"})),
    )
    .await;
    let devices = async |query: &str, scope: Option<&str>| -> String {
        let answer = preview(client, query, scope).await;
        let found = items(&answer)
            .iter()
            .map(|item| item["DeviceId"].as_str().expect("a device").to_owned());
        found.collect::<Vec<_>>().join(" ")
    };
    // The vendor's examples.
    for (query, scope, wanted) in [
        (
            "Events | where EventType == 'epiPageView' | take 10",
            Some("default"),
            "d3 d2 d1",
        ),
        (
            "Events | where EventTime between (todatetime(\"2019-01-01\") .. endofday(todatetime(\"2019-01-02\")))",
            None,
            "d2 d1",
        ),
        ("Events | where User.Email != ''", None, "d3 d1"),
        (
            "Events | where EventType in (\"epiPageView\", \"epiOrder\") and EventTime < now()",
            Some("shop"),
            "other",
        ),
        ("Events | top 1 by EventTime asc", None, "d1"),
        ("Events | sample 10 | where DeviceId == 'd2' // one", None, "d2"),
        ("Events", Some("nothing"), ""),
    ] {
        assert_eq!(devices(query, scope).await, wanted, "{query}");
    }
    let answer = preview(client, "Events | where DeviceId == 'd1'", None).await;
    let item = &items(&answer)[0];
    for (field, wanted) in [
        ("EventTime", json!("2019-01-01T00:00:00.0000000Z")),
        ("Scope", json!("default")),
        ("Payload", json!({"price": 5})),
        ("User", json!({"Name": null, "Email": "a@b.c", "Info": null})),
        ("SessionId", json!("")),
    ] {
        assert_eq!(item[field], wanted, "{field}");
    }
    assert_eq!(answer.body["count"], 1);
    // Shapes of their own.
    let answer = preview(
        client,
        "Events | summarize n = count(), total = sum(Payload.price) by EventType",
        None,
    )
    .await;
    assert_eq!(
        answer.body,
        json!({"items": [{"EventType": "epiPageView", "n": 3, "total": 15.0}], "count": 1})
    );
    let answer = preview(client, "Events | count", None).await;
    assert_eq!(answer.body["items"], json!([{"Count": 3}]));
    let spelt = ask(
        client,
        Method::POST,
        "/API/v1.0/TrackEvents/Preview/",
        Some(&json!({"query": "Events | take 1"})),
    )
    .await;
    assert_eq!(items(&spelt).len(), 1, "however it is spelt");
}

async fn what_is_wrong_is_a_bad_query_with_its_place(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for (query, line, column) in [
        (".show tables", 1, 1),
        (".drop table Events", 1, 1),
        ("Users", 1, 1),
        ("Events | where Nope == 1", 1, 16),
        ("Events\n| where EventTime > 'abc'", 2, 21),
        ("Events | join Events on DeviceId", 1, 10),
    ] {
        let answer = preview(client, query, None).await;
        let error = &answer.body["error"];
        assert_eq!(
            (answer.status, &error["code"], &error["line"], &error["column"]),
            (400, &json!("BadQuery"), &json!(line), &json!(column)),
            "{query}: {}",
            answer.text
        );
        assert!(error["message"].as_str().is_some_and(|text| !text.is_empty()));
    }
    for body in [
        json!({}),
        json!([]),
        json!({"Query": {}}),
        json!({"Query": "Events", "Scope": "Not One"}),
    ] {
        let answer = ask(client, Method::POST, "/api/v2.0/TrackEvents/preview", Some(&body)).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (400, &json!("BadArgument")),
            "{body}: {}",
            answer.text
        );
    }
}

async fn nothing_is_read_past_its_bounds(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--kql-events", "1500").start().await;
    let client = tidemark.client();
    let events = (0..2_000).map(|number| json!({"action": if number < 1_200 { "a" } else { "b" }, "device": format!("d{number}"), "tag": {"n": number}}));
    for part in events.collect::<Vec<_>>().chunks(500) {
        tidemark.accept(part.to_vec()).await;
    }
    // Never more than a thousand rows, whatever is asked.
    for query in [
        "Events",
        "Events | take 5000",
        "Events | where EventType == 'a' | sort by Payload.n | take 2000",
    ] {
        let answer = preview(client, query, None).await;
        assert_eq!(items(&answer).len(), 1_000, "{query}");
    }
    let answer = kql(client, "Events | project DeviceId").await;
    assert_eq!(
        (&answer["truncated"], answer["rows"].as_array().map(Vec::len)),
        (&json!(true), Some(1_000))
    );
    let answer = kql(client, "Events | take 10").await;
    assert_eq!(
        (&answer["truncated"], &answer["eventsRead"]),
        (&json!(false), &json!(10))
    );
    // What the database counts is not read; what it cannot judge is, and only so much.
    let answer = kql(client, "Events | where EventType == 'b' or Payload.n < 10 | count").await;
    assert_eq!((&answer["rows"], &answer["eventsRead"]), (&json!([[810]]), &json!(0)));
    let answer = kql(client, "Events | where EventType == 'a' | summarize dcount(DeviceId)").await;
    assert_eq!(
        (&answer["rows"], &answer["eventsRead"]),
        (&json!([[1_200]]), &json!(1_200))
    );
    let answer = preview(client, "Events | summarize dcount(DeviceId)", None).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["code"]),
        (400, &json!("BadQuery")),
        "{}",
        answer.text
    );
    assert!(
        answer.body["error"]["message"]
            .as_str()
            .is_some_and(|text| text.contains("1500 events")),
        "{}",
        answer.text
    );
    let document = "query ($query: String!) { kql(query: $query) { rows } }";
    let costly = (0..14).fold(
        "Events | where EventType == 'a' | extend x = 'abcdefghijklmnop'".to_owned(),
        |text, _| text + " | extend x = strcat(x, x)",
    );
    for query in [
        "Events | sort by DeviceId | take 1",
        &(costly + " | summarize make_list(x)"),
    ] {
        let answer = client.graphql(document, json!({"query": query})).await;
        assert_eq!(
            (answer.error_code(), answer.error_path()),
            ("QUERY_TOO_COSTLY", "query"),
            "{}",
            answer.text
        );
    }
}

async fn no_query_leaves_its_site_or_its_scope(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let other = tidemark.another_site("other").await;
    track(&other, event(json!({"DeviceId": "theirs"}))).await;
    track(client, event(json!({"DeviceId": "shops", "Scope": "shop"}))).await;
    track(client, event(json!({"DeviceId": "own"}))).await;
    for query in [
        "Events",
        "Events | where true or Scope == 'shop'",
        "Events | where DeviceId != 'x' | project DeviceId",
    ] {
        let answer = preview(client, query, None).await;
        assert_eq!(items(&answer).len(), 1, "{query}");
        assert_eq!(items(&answer)[0]["DeviceId"], "own", "{query}");
    }
    for text in crate::edge::injection::TEXTS {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        for query in [
            format!("Events | where DeviceId == \"{quoted}\""),
            format!("Events | where Payload[\"{quoted}\"] == \"{quoted}\""),
            format!("Events | where Value contains_cs \"{quoted}\" or PageUri > \"{quoted}\""),
            format!("Events | where EventType matches regex \"{quoted}\""),
            format!("Events | project ['x'] = strcat(\"{quoted}\", DeviceId)"),
            format!("Events | where {text}"),
            (*text).to_owned(),
        ] {
            let answer = preview(client, &query, None).await;
            assert!(answer.status == 200 || answer.status == 400, "{query}: {}", answer.text);
            assert!(!answer.text.contains("theirs"), "{query}: {}", answer.text);
        }
        let answer = preview(client, "Events", Some(text)).await;
        // A few of them are names that a scope may have.
        let is_name = text
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'.' | b'_'));
        let expected = if is_name && !text.is_empty() { 200 } else { 400 };
        assert_eq!(answer.status, expected, "{text}: {}", answer.text);
        assert!(expected == 400 || items(&answer).is_empty(), "{text}: {}", answer.text);
    }
}

async fn the_language_is_graphqls_as_well(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    tidemark
        .accept(vec![
            json!({"id": "1", "action": "buy", "device": "a", "time": "2026-11-20T10:00:00Z", "tag": {"price": 12, "title": "Page"}}),
            json!({"id": "2", "action": "buy", "device": "b", "time": "2026-11-20T11:00:00Z", "tag": {"price": 5.5}}),
            json!({"id": "3", "action": "look", "device": "a", "time": "2026-11-19T10:00:00Z"}),
        ])
        .await;
    let answer = kql(client, "Events | summarize n = count(), spent = sum(Payload.price) by day = bin(EventTime, 1d), EventType | sort by day asc").await;
    assert_eq!(
        answer["columns"],
        json!([{"name": "day", "type": "datetime"}, {"name": "EventType", "type": "string"}, {"name": "n", "type": "long"}, {"name": "spent", "type": "real"}])
    );
    assert_eq!(
        answer["rows"],
        json!([
            ["2026-11-19T00:00:00.0000000Z", "look", 1, 0.0],
            ["2026-11-20T00:00:00.0000000Z", "buy", 2, 17.5]
        ])
    );
    let answer = kql(
        client,
        "Events | where PageTitle == 'Page' | project TrackId, Payload, later = EventTime + 1h",
    )
    .await;
    assert_eq!(
        answer["rows"],
        json!([["1", {"price": 12}, "2026-11-20T11:00:00.0000000Z"]])
    );
    asked_of_a_site(&tidemark).await;
    let document = "query ($query: String!, $scope: String) { kql(query: $query, scope: $scope) { rows } }";
    let answer = client
        .graphql(document, json!({"query": "Events | where", "scope": null}))
        .await;
    assert_eq!((answer.error_code(), answer.error_path()), ("INVALID_QUERY", "query"));
    let answer = client
        .graphql(document, json!({"query": "Events", "scope": "No"}))
        .await;
    assert_eq!(
        (answer.error_code(), answer.error_path()),
        ("INVALID_ARGUMENT", "scope")
    );
    // What is deleted is in no answer, and what comes back is.
    let deleted = client.delete("1").await;
    assert_eq!(kql(client, "Events | count").await["rows"], json!([[2]]));
    assert_eq!(
        kql(client, "Events | where strlen(DeviceId) > 0 | count").await["rows"],
        json!([[2]])
    );
    client.restore(deleted["deletion"]["id"].as_str().expect("an id")).await;
    assert_eq!(kql(client, "Events | count").await["rows"], json!([[3]]));
}

/// A key for all sites names the site.
async fn asked_of_a_site(tidemark: &Tidemark) {
    let other = tidemark.another_site("other").await;
    track(&other, event(json!({"DeviceId": "theirs"}))).await;
    let of_all = tidemark.client_of_all_sites("query").await;
    let document = "query ($query: String!, $site: String) { kql(query: $query, site: $site) { rows } }";
    let ask = async |client: &Client, site: Option<&str>| {
        let query = "Events | summarize by DeviceId | sort by DeviceId asc";
        client.graphql(document, json!({"query": query, "site": site})).await
    };
    for (site, wanted) in [(tidemark.site(), json!([["a"], ["b"]])), ("other", json!([["theirs"]]))] {
        assert_eq!(ask(&of_all, Some(site)).await.data()["kql"]["rows"], wanted, "{site}");
    }
    assert_eq!(ask(&of_all, None).await.error_code(), "SITE_REQUIRED");
    assert_eq!(ask(&of_all, Some("nowhere")).await.error_code(), "UNKNOWN_SITE");
    // A key of a site asks that one alone, by its name or without.
    let own = tidemark.client();
    assert_eq!(
        ask(own, Some(tidemark.site())).await.data()["kql"]["rows"],
        json!([["a"], ["b"]])
    );
    assert_eq!(ask(own, Some("other")).await.error_code(), "UNKNOWN_SITE");
}
