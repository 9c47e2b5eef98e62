//! A client's id makes logging idempotent, for ever.

use futures_util::future::join_all;
use serde_json::json;
use support::{Engine, Tidemark};

use super::{ids, kept, refuses};

support::on_both_engines!(
    the_same_id_again_is_a_duplicate,
    a_deleted_event_still_holds_its_id,
    a_refused_event_claims_no_id,
    sites_have_ids_of_their_own,
    requests_that_race_store_an_id_once,
    an_id_that_the_server_made_is_known_again,
);

async fn the_same_id_again_is_a_duplicate(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let first = kept(
        tidemark.client(),
        json!({"id": "x", "action": "pageview", "tag": {"n": 1}}),
    )
    .await;
    for event in [
        json!({"id": "x", "action": "pageview", "tag": {"n": 1}}),
        json!({"id": "x", "action": "other", "actor": "somebody"}),
    ] {
        let payload = tidemark.client().log(event).await;
        assert_eq!(payload["outcome"], "DUPLICATE", "{payload:#}");
        assert_eq!(
            payload["event"], first,
            "whatever its content, it is the one that was stored"
        );
        assert!(payload["error"].is_null(), "{payload:#}");
    }
    tidemark.server_mut().restart().await;
    let payload = tidemark.client().log(json!({"id": "x", "action": "pageview"})).await;
    assert_eq!((&payload["outcome"], &payload["event"]), (&json!("DUPLICATE"), &first));

    let twice = vec![json!({"id": "y", "action": "one"}), json!({"id": "y", "action": "two"})];
    let payload = tidemark.client().log_many(twice).await;
    assert_eq!(payload["accepted"], 1);
    assert_eq!(payload["outcomes"][1]["outcome"], "DUPLICATE");
    assert_eq!(payload["outcomes"][1]["event"]["action"], "one");
    assert_eq!(ids(tidemark.client()).await, ["x", "y"]);

    // Ids are text: case, blanks and Unicode count.
    for id in ["X", " x", "ü", "u\u{308}", "☃".repeat(128).as_str()] {
        assert_eq!(
            kept(tidemark.client(), json!({"id": id, "action": "a"})).await["id"],
            id
        );
    }
}

async fn a_deleted_event_still_holds_its_id(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    kept(client, json!({"id": "gone", "action": "pageview"})).await;
    assert_eq!(client.delete("gone").await["count"], 1);
    let payload = client.log(json!({"id": "gone", "action": "pageview"})).await;
    assert_eq!(payload["outcome"], "DUPLICATE", "{payload:#}");
    assert!(payload["event"].is_null(), "{payload:#}");
    assert!(ids(client).await.is_empty());
}

async fn a_refused_event_claims_no_id(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    refuses(
        client,
        json!({"id": "z", "action": ""}),
        "INVALID_ACTION",
        "input.action",
    )
    .await;
    let both = vec![
        json!({"id": "z", "action": "a", "tag": "no"}),
        json!({"id": "z", "action": "fine"}),
    ];
    let payload = client.log_many(both).await;
    assert_eq!(payload["outcomes"][0]["outcome"], "INVALID");
    assert_eq!(payload["outcomes"][1]["outcome"], "ACCEPTED", "{payload:#}");
}

async fn sites_have_ids_of_their_own(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    kept(tidemark.client(), json!({"id": "same", "action": "here"})).await;
    let event = kept(&other, json!({"id": "same", "action": "there"})).await;
    assert_eq!(event["action"], "there");
    assert_eq!(tidemark.client().event("same").await["action"], "here");
}

async fn requests_that_race_store_an_id_once(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for round in 0..5 {
        let racing =
            (0..8).map(|racer| client.log(json!({"id": format!("race-{round}"), "action": format!("a{racer}")})));
        let payloads = join_all(racing).await;
        let accepted: Vec<_> = payloads
            .iter()
            .filter(|payload| payload["outcome"] == "ACCEPTED")
            .collect();
        assert_eq!(accepted.len(), 1, "{payloads:#?}");
        for payload in &payloads {
            assert_eq!(payload["event"], accepted[0]["event"]);
        }
    }
    assert_eq!(ids(client).await.len(), 5);
}

async fn an_id_that_the_server_made_is_known_again(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let event = kept(client, json!({"action": "pageview"})).await;
    let id = event["id"].as_str().expect("an id");
    let version = uuid::Uuid::parse_str(id).expect("a UUID").get_version_num();
    assert_eq!(version, 7, "{id}");
    let payload = client.log(json!({"id": id, "action": "pageview"})).await;
    assert_eq!((&payload["outcome"], &payload["event"]), (&json!("DUPLICATE"), &event));
    assert_ne!(kept(client, json!({"action": "pageview"})).await["id"], event["id"]);
}
