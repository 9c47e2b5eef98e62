//! Profiles of devices, worked out from their events.

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{ask, event, form, items, track};

support::on_both_engines!(
    a_profile_is_what_its_device_did,
    profiles_are_listed_by_filter_and_order
);

async fn get(client: &Client, path: &str) -> support::Answer {
    ask(client, Method::GET, &format!("/api/v1.0/{path}"), None).await
}

async fn a_profile_is_what_its_device_did(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    for (time, session, user) in [
        ("2026-11-01T10:00:00Z", "s1", json!(null)),
        (
            "2026-11-01T10:05:00Z",
            "s1",
            json!({"Name": "Ada", "Email": "old@example.com"}),
        ),
        (
            "2026-11-03T08:00:00.5Z",
            "s2",
            json!({"Name": "Ada", "Email": "ada@example.com", "Info": {"Company": "Engines"}}),
        ),
        ("2026-11-02T08:00:00Z", "s3", json!(null)),
    ] {
        track(
            client,
            event(json!({"DeviceId": "d1", "Scope": "shop", "EventTime": time, "SessionId": session, "User": user})),
        )
        .await;
    }
    let last = track(
        client,
        event(json!({"DeviceId": "d1", "Scope": "shop", "EventTime": "2026-11-04T00:00:00Z", "SessionId": "s4"})),
    )
    .await;
    track(
        client,
        event(json!({"DeviceId": "d1", "EventTime": "2026-10-01T00:00:00Z"})),
    )
    .await;
    let answer = get(client, "profiles/shop/d1").await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    for (field, wanted) in [
        ("ProfileId", json!("d1")),
        ("DeviceIds", json!(["d1"])),
        ("Scope", json!("shop")),
        ("Name", json!("Ada")),
        ("Info", json!({"Company": "Engines", "Email": "ada@example.com"})),
        ("FirstSeen", json!("2026-11-01T10:00:00.0000000Z")),
        ("LastSeen", json!("2026-11-04T00:00:00.0000000Z")),
        ("Visits", json!(4)),
    ] {
        assert_eq!(answer.body[field], wanted, "{field}");
    }
    assert_eq!(get(client, "Profiles/default/d1/").await.body["Visits"], 1);
    // What is deleted leaves nothing behind.
    let path = format!("/api/v2.0/TrackEvents/shop/{last}");
    assert_eq!(ask(client, Method::DELETE, &path, None).await.status, 200);
    let answer = get(client, "profiles/shop/d1").await;
    assert_eq!(
        (&answer.body["LastSeen"], &answer.body["Visits"]),
        (&json!("2026-11-03T08:00:00.5000000Z"), &json!(3))
    );
    let other = tidemark.another_site("other").await;
    for (client, path) in [
        (client, "profiles/shop/nobody"),
        (client, "profiles/none/d1"),
        (&other, "profiles/shop/d1"),
    ] {
        let answer = get(client, path).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (404, &json!("NotFound")),
            "{path}: {}",
            answer.text
        );
    }
}

async fn profiles_are_listed_by_filter_and_order(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let client = tidemark.client();
    for (number, (device, scope, mail)) in [
        ("a", "default", Some("a@b.com")),
        ("b", "default", None),
        ("c", "shop", Some("c@d.com")),
    ]
    .into_iter()
    .enumerate()
    {
        let user = mail.map(|mail| json!({"Email": mail}));
        let time = format!("2026-11-0{}T00:00:00Z", 1 + number);
        track(
            client,
            event(json!({"DeviceId": device, "Scope": scope, "EventTime": time, "User": user})),
        )
        .await;
    }
    let listed = async |options: &[(&str, &str)]| -> String {
        let answer = get(client, &format!("Profiles?{}", form(options))).await;
        let id = |item: &Value| item["ProfileId"].as_str().expect("an id").to_owned();
        items(&answer).iter().map(id).collect::<Vec<_>>().join(" ")
    };
    for (options, wanted) in [
        (vec![], "c b a"),
        (vec![("$filter", "DeviceIds eq b")], "b"),
        // The product's own way to write it.
        (vec![("$filter", "Info.Email eq a@b.com and Scope eq default")], "a"),
        (
            vec![("$filter", "Info.Email ne null"), ("$orderby", "Info.Email")],
            "a c",
        ),
        (
            vec![
                ("$filter", "LastSeen ge 2026-11-02 OR DeviceIds eq a"),
                ("$orderBy", "FirstSeen asc"),
                ("$skip", "1"),
                ("$top", "1"),
            ],
            "b",
        ),
        (vec![("$filter", "Visits gt 1")], ""),
    ] {
        assert_eq!(listed(&options).await, wanted, "{options:?}");
    }
    for (options, target) in [
        (vec![("$filter", "Nope eq 1")], "$filter"),
        (vec![("$filter", "FirstSeen gt soon")], "$filter"),
        (vec![("$orderby", "Nope")], "$orderby"),
        (vec![("$top", "10000")], "$top"),
    ] {
        let answer = get(client, &format!("Profiles?{}", form(&options))).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["target"]),
            (400, &json!(target)),
            "{}",
            answer.text
        );
    }
}
