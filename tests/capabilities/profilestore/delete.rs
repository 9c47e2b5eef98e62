//! Deleting events: at once from every answer, later from the disk.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;
use support::{Client, Engine, Server, Tidemark};

use super::{ask, event, items, list, listed, track};

support::on_both_engines!(
    what_is_deleted_is_gone_from_every_answer,
    no_more_may_wait_than_allowed_until_the_purge,
    a_filter_of_many_hides_by_a_tombstone,
);

async fn delete(client: &Client, scope: &str, id: &str) -> support::Answer {
    ask(
        client,
        Method::DELETE,
        &format!("/api/v2.0/TrackEvents/{scope}/{id}"),
        None,
    )
    .await
}

async fn what_is_deleted_is_gone_from_every_answer(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let kept = track(client, event(json!({"Value": "kept"}))).await;
    let plain = track(client, event(json!({}))).await;
    let scoped = track(client, event(json!({"Scope": "shop"}))).await;
    let other = tidemark.another_site("other").await;
    for (client, scope, id) in [
        (client, "default", "nothing"),
        (client, "shop", plain.as_str()),
        (client, "default", scoped.as_str()),
        (&other, "default", plain.as_str()),
    ] {
        let answer = delete(client, scope, id).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (404, &json!("NotFound")),
            "{}",
            answer.text
        );
    }
    assert_eq!(delete(client, "default", &plain).await.status, 200);
    let path = format!("/API/v1.0/trackevents/shop/{scoped}/");
    assert_eq!(
        ask(client, Method::DELETE, &path, None).await.status,
        200,
        "however it is spelt"
    );
    for id in [&plain, &scoped] {
        assert_eq!(delete(client, "default", id).await.status, 404, "it is gone already");
        assert!(client.event(id).await.is_null());
    }
    assert_eq!(listed(client, "", "TrackId").await, [kept.as_str()]);
    let find = json!({"view": "actions", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    assert_eq!(client.find(find).await["total"], 1);
}

async fn no_more_may_wait_than_allowed_until_the_purge(engine: Engine) {
    let ceiling = ("--max-pending-deletions", "3");
    let mut tidemark = Tidemark::builder(engine).flag(ceiling.0, ceiling.1).start().await;
    let mut ids = Vec::new();
    for _ in 0..8 {
        ids.push(track(tidemark.client(), event(json!({}))).await);
    }
    for id in &ids[..3] {
        assert_eq!(delete(tidemark.client(), "default", id).await.status, 200);
    }
    let answer = delete(tidemark.client(), "default", &ids[3]).await;
    assert_eq!(
        (answer.status, &answer.body["error"]["code"]),
        (429, &json!("TooManyRequests")),
        "{}",
        answer.text
    );
    let wait = answer.headers["retry-after"]
        .to_str()
        .ok()
        .and_then(|text| text.parse::<u32>().ok());
    assert!(wait.is_some_and(|wait| (1..=86_400).contains(&wait)), "{wait:?}");
    assert_eq!(
        items(&list(tidemark.client(), &[]).await).len(),
        5,
        "what is refused is not deleted"
    );
    // After the purge there is room again, for as many.
    tidemark.server_mut().terminate().await;
    let mut purging = Server::start_with(tidemark.database(), &[ceiling, ("--purge-interval", "100ms")]).await;
    await_purge(&tidemark.client().at(purging.address())).await;
    purging.terminate().await;
    let server = Server::start_with(tidemark.database(), &[ceiling]).await;
    let client = tidemark.client().at(server.address());
    for id in &ids[3..6] {
        assert_eq!(
            delete(&client, "default", id).await.status,
            200,
            "none of them waits any more"
        );
    }
    let answer = delete(&client, "default", &ids[6]).await;
    assert_eq!(answer.status, 429, "and these do: {}", answer.text);
    let mut left = ids[6..].to_vec();
    left.sort();
    assert_eq!(listed(&client, "", "TrackId").await, left);
}

/// Waits until all that is deleted is purged.
async fn await_purge(client: &Client) {
    let begin = Instant::now();
    loop {
        let document = "{ deletions(first: 100) { edges { node { state } } } }";
        let answer = client.graphql(document, json!({})).await;
        let edges = answer.data()["deletions"]["edges"].as_array().expect("a list").clone();
        assert!(!edges.is_empty(), "{}", answer.text);
        if edges.iter().all(|edge| edge["node"]["state"] == "PURGED") {
            return;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "no purge came: {}",
            answer.text
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

async fn a_filter_of_many_hides_by_a_tombstone(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--deletion-slice-events", "5")
        .start()
        .await;
    let client = tidemark.client();
    let events =
        (0..60).map(|number| json!({"action": "a", "tag": {"n": number}, "url": format!("https://x/{}", number % 2)}));
    tidemark.accept(events.collect()).await;
    let deleted = client
        .delete_many(json!({"filter": {"odata": "PageUri eq 'https://x/1' or Payload.n lt 10"}}))
        .await;
    assert_eq!(deleted["count"], 35, "{deleted}");
    for _ in 0..20 {
        assert_eq!(
            list(client, &[]).await.body["total"],
            25,
            "at once, and while it is worked off"
        );
        let find = json!({"view": "actions", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
        assert_eq!(client.find(find).await["total"], 25);
    }
}
