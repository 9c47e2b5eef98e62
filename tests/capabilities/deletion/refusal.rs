//! Deletions that are refused.

use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{answers, await_state, event};

support::on_both_engines!(
    an_unknown_or_deleted_id_is_not_found,
    what_would_pass_the_ceiling_is_refused_whole,
);

async fn an_unknown_or_deleted_id_is_not_found(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept(vec![event(1)]).await;
    for found in [true, false] {
        let payload = tidemark.client().delete("event 1").await;
        if !found {
            assert_eq!(payload["error"]["code"], "NOT_FOUND", "{payload:#}");
            assert_eq!(payload["notFound"], json!(["event 1"]));
        }
        assert_eq!(payload["count"], i32::from(found), "{payload:#}");
    }
    let unknown = tidemark.client().restore("no deletion").await;
    assert_eq!(unknown["error"]["code"], "NOT_FOUND", "{unknown:#}");
    // Another site's deletion and event do not exist for this one.
    let other = tidemark.another_site("other").await;
    let _ = other.log(event(7)).await;
    let payload = tidemark.client().delete("event 7").await;
    assert_eq!(payload["error"]["code"], "NOT_FOUND", "{payload:#}");
    let deleted = other.delete("event 7").await;
    let id = deleted["deletion"]["id"].as_str().expect("an id");
    let payload = tidemark.client().restore(id).await;
    assert_eq!(payload["error"]["code"], "NOT_FOUND", "{payload:#}");

    let both = json!({"ids": ["event 1"], "actor": "user 1"});
    let document = support::graphql::DELETE_EVENTS;
    let answer = tidemark.client().graphql(document, json!({"input": both})).await;
    assert_eq!(answer.error_code(), "INVALID_ARGUMENT");
    let reader = tidemark.client_allowed("log,query").await;
    let answer = reader.graphql(document, json!({"input": {"actor": "user 1"}})).await;
    assert_eq!(answer.error_code(), "FORBIDDEN");
}

async fn what_would_pass_the_ceiling_is_refused_whole(engine: Engine) {
    // Hidden at once, and by a tombstone.
    for slice in ["1000", "1"] {
        let tidemark = Tidemark::builder(engine)
            .flag("--max-pending-deletions", "3")
            .flag("--deletion-slice-events", slice)
            .start()
            .await;
        let other = tidemark.another_site("other").await;
        tidemark.accept((0..6).map(event).collect()).await;
        let _ = other.log_many((0..6).map(event).collect()).await;
        let ids = |numbers: &[usize]| {
            let ids: Vec<_> = numbers.iter().map(|number| format!("event {number}")).collect();
            json!({"ids": ids})
        };
        let first = tidemark.client().delete_many(ids(&[0, 1])).await;
        assert_eq!(first["count"], 2, "{first:#}");
        let document = "mutation ($input: DeleteEventsInput!) { deleteEvents(input: $input) { count deletion { id } \
             error { code retryAfter } } }";
        let refused = tidemark
            .client()
            .graphql(document, json!({"input": ids(&[2, 3])}))
            .await;
        let payload = &refused.data()["deleteEvents"];
        assert_eq!(payload["error"]["code"], "TOO_MANY_PENDING_DELETIONS", "{payload:#}");
        let wait = payload["error"]["retryAfter"].as_i64().expect("seconds");
        assert!((1..=24 * 3_600).contains(&wait), "{wait}");
        assert_eq!((&payload["count"], &payload["deletion"]), (&json!(0), &Value::Null));
        assert_eq!(answers(&tidemark).await.0, 4);

        // The ceiling is each site's own.
        assert_eq!(other.delete_many(ids(&[0, 1, 2])).await["count"], 3);
        // One more just fits; a restore makes room.
        let third = tidemark.client().delete_many(ids(&[2])).await;
        assert_eq!(third["count"], 1, "{third:#}");
        let id = first["deletion"]["id"].as_str().expect("an id");
        assert_eq!(tidemark.client().restore(id).await["count"], 2);
        await_state(&tidemark, &first["deletion"]["id"], "RESTORED").await;
        let fourth = tidemark.client().delete_many(ids(&[3, 4])).await;
        assert_eq!(fourth["count"], 2, "{fourth:#}");
        assert_eq!(answers(&tidemark).await.0, 3);
    }
}
