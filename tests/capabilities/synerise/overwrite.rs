//! Salted events: what has the same salt, time, client and action takes the place of what was stored before.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{BATCH, CUSTOM, accept, counted, custom, events, post, refused, told};

support::on_both_engines!(
    a_salt_overwrites_what_is_the_same,
    what_was_overwritten_is_deleted_and_can_come_back,
    what_is_purged_leaves_its_place,
    no_more_is_overwritten_than_may_await_the_purge,
    nobody_overwrites_what_another_kind_of_key_sent,
);

const FROM: &str = "2000-01-01T00:00:00Z";
const TO: &str = "2060-01-01T00:00:00Z";

fn salted(with: Value) -> Value {
    let mut event = custom(json!({"eventSalt": "s", "time": "2026-11-01T12:00:00Z"}));
    let fields = event.as_object_mut().expect("an object");
    fields.extend(with.as_object().expect("an object").clone());
    event
}

async fn start(engine: Engine) -> Tidemark {
    let builder = Tidemark::builder(engine).site_flag("--max-event-age", "none");
    builder.start().await
}

/// How many events are counted, and how many actors.
async fn count(tidemark: &Tidemark) -> (Value, Value) {
    let client = tidemark.client();
    let found = client.find(json!({"view": "actions", "from": FROM, "to": TO})).await;
    let unique = client.unique(json!({"from": FROM, "to": TO})).await;
    (found["total"].clone(), unique["count"].clone())
}

async fn labels(tidemark: &Tidemark) -> Vec<String> {
    let found = events(tidemark).await;
    let labels = found.iter().filter_map(|event| event["label"].as_str());
    labels.map(str::to_owned).collect()
}

async fn a_salt_overwrites_what_is_the_same(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    accept(client, CUSTOM, salted(json!({"label": "first"}))).await;
    tidemark.await_folded().await;
    assert_eq!(count(&tidemark).await, (json!(1), json!(1)));
    // The same moment, spelt otherwise, on another day of the calendar.
    for (label, time) in [
        ("second", "2026-11-01T13:00:00.0001+01:00"),
        ("third", "2026-11-02T02:00:00+14:00"),
        ("fourth", "2026-11-01T12:00:00"),
    ] {
        accept(client, CUSTOM, salted(json!({"label": label, "time": time}))).await;
        assert_eq!(labels(&tidemark).await, [label]);
        assert_eq!(count(&tidemark).await, (json!(1), json!(1)));
    }
    tidemark.await_folded().await;
    assert_eq!(count(&tidemark).await, (json!(1), json!(1)));
    for (number, other) in [
        json!({"eventSalt": "t"}),
        json!({"time": "2026-11-01T12:00:00.001Z"}),
        json!({"client": {"uuid": "u-2"}}),
        json!({"action": "other.action"}),
        // Without a time of its own there is nothing to go by.
        json!({"time": null}),
        json!({"time": null}),
        json!({"time": "2060-01-01T00:00:00Z"}),
        json!({"time": "2060-01-01T00:00:00Z"}),
        json!({"eventSalt": null}),
        json!({"eventSalt": null}),
    ]
    .into_iter()
    .enumerate()
    {
        accept(client, CUSTOM, salted(other)).await;
        assert_eq!(events(&tidemark).await.len(), number + 2, "it is another event");
    }
    // Of one list the last counts.
    let list = json!([salted(json!({"label": "fifth"})), salted(json!({"label": "sixth"}))]);
    accept(client, BATCH, list).await;
    assert_eq!(labels(&tidemark).await.last().map(String::as_str), Some("sixth"));
    assert_eq!(count(&tidemark).await, (json!(11), json!(2)));
    // So it does where nothing was stored before.
    let list: Vec<_> = (0..3)
        .map(|n| salted(json!({"eventSalt": "new", "label": format!("{n}")})))
        .collect();
    accept(client, BATCH, json!(list)).await;
    assert_eq!(labels(&tidemark).await[11..], ["2"]);
    tidemark.await_folded().await;
    assert_eq!(count(&tidemark).await, (json!(12), json!(2)));
    let duplicates: i64 = counted(client, "synerise")
        .await
        .iter()
        .filter(|row| row.0 == "DUPLICATE")
        .map(|row| row.3)
        .sum();
    assert_eq!(duplicates, 3, "those that were overwritten before they were stored");
    // What is refused takes nobody's place.
    client.add_rule("DENY", "context.activity").await;
    accept(client, CUSTOM, salted(json!({"label": "seventh"}))).await;
    assert_eq!(count(&tidemark).await.0, 12);
    assert!(labels(&tidemark).await.contains(&"sixth".to_owned()));
}

async fn deletions(client: &Client) -> Vec<Value> {
    let answer = client
        .graphql("{ deletions { nodes { id state total } } }", json!({}))
        .await;
    answer.data()["deletions"]["nodes"].as_array().expect("a list").clone()
}

async fn what_was_overwritten_is_deleted_and_can_come_back(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    accept(client, CUSTOM, salted(json!({"label": "first"}))).await;
    let first = events(&tidemark).await[0]["id"].clone();
    tidemark.await_folded().await;
    accept(client, CUSTOM, salted(json!({"label": "second"}))).await;
    let second = events(&tidemark).await[0].clone();
    assert_eq!(second["id"], first, "the id goes over");
    assert_eq!(second["tag"]["eventUUID"], first);
    let made = deletions(client).await;
    assert_eq!(
        (made.len(), &made[0]["state"], &made[0]["total"]),
        (1, &json!("HIDDEN"), &json!(1))
    );
    let restore = "mutation ($id: ID!) { restoreDeletion(id: $id) { count } }";
    let answer = client.graphql(restore, json!({"id": made[0]["id"]})).await;
    assert_eq!(answer.data()["restoreDeletion"]["count"], 1, "{}", answer.text);
    assert_eq!(labels(&tidemark).await, ["first", "second"]);
    let found = events(&tidemark).await;
    assert_ne!(found[0]["id"], found[1]["id"], "each has one of its own");
    assert_eq!(client.event(first.as_str().expect("an id")).await["label"], "second");
    tidemark.await_folded().await;
    assert_eq!(count(&tidemark).await, (json!(2), json!(1)));
    // It overwrites the one that has the place.
    accept(client, CUSTOM, salted(json!({"label": "third"}))).await;
    assert_eq!(labels(&tidemark).await, ["first", "third"]);
}

async fn what_is_purged_leaves_its_place(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .flag("--purge-interval", "1s")
        .start()
        .await;
    let client = tidemark.client();
    accept(client, CUSTOM, salted(json!({"label": "first"}))).await;
    accept(client, CUSTOM, salted(json!({"label": "second"}))).await;
    let id = events(&tidemark).await[0]["id"].as_str().expect("an id").to_owned();
    let deleted = client.delete(&id).await;
    assert_eq!(deleted["count"], 1, "{deleted:#}");
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while deletions(client)
        .await
        .iter()
        .any(|deletion| deletion["state"] != "PURGED")
    {
        assert!(std::time::Instant::now() < deadline, "it is never purged");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
    accept(client, CUSTOM, salted(json!({"label": "third"}))).await;
    assert_eq!(labels(&tidemark).await, ["third"]);
    accept(client, CUSTOM, salted(json!({"label": "fourth"}))).await;
    assert_eq!(labels(&tidemark).await, ["fourth"]);
    tidemark.await_folded().await;
    assert_eq!(count(&tidemark).await, (json!(1), json!(1)));
}

async fn no_more_is_overwritten_than_may_await_the_purge(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .flag("--max-pending-deletions", "2")
        .start()
        .await;
    let client = tidemark.client();
    for label in ["first", "second", "third"] {
        accept(client, CUSTOM, salted(json!({"label": label}))).await;
    }
    let list = json!([salted(json!({"label": "fourth"})), salted(json!({"action": "fine"}))]);
    let answer = post(client, BATCH, &list).await;
    refused(&answer, 429, "Too Many Requests");
    assert_eq!(labels(&tidemark).await, ["third", "Did it"]);
    assert_eq!(
        counted(client, "synerise").await,
        told(&[
            ("ACCEPTED", "", "context.activity", 3),
            ("ACCEPTED", "", "fine", 1),
            ("RATE_LIMITED", "TOO_MANY_PENDING_DELETIONS", "context.activity", 1),
        ])
    );
}

async fn nobody_overwrites_what_another_kind_of_key_sent(engine: Engine) {
    let tidemark = start(engine).await;
    let client = tidemark.client();
    accept(client, CUSTOM, salted(json!({"label": "of the backend"}))).await;
    let page = "https://www.example.com";
    let flags = ["--site", tidemark.site(), "--allow", "log", "--origin", page];
    let public = tidemark.key(&flags).await;
    let nobody = client.without_key();
    for label in ["of a page", "of a page again"] {
        let request = nobody.request(reqwest::Method::POST, &format!("{CUSTOM}?token={public}"));
        let request = request.header(reqwest::header::ORIGIN, page);
        let answer = nobody.send(request.json(&salted(json!({"label": label})))).await;
        assert_eq!(answer.status, 202, "{}", answer.text);
    }
    assert_eq!(labels(&tidemark).await, ["of the backend", "of a page again"]);
}
