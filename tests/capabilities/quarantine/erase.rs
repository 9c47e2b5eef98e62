//! A deleted actor is gone from quarantine, too.

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark};

use super::{admin, count, list, logged, misfit, misfits, redrive};
use crate::deletion::{await_state, bytes_on_disk};

support::on_both_engines!(
    the_deletion_of_an_actor_hides_and_restores_what_is_quarantined,
    only_what_names_an_actor_reaches_into_quarantine,
    what_was_purged_is_gone_from_quarantine,
);

const DELETE: &str = "mutation ($input: DeleteEventsInput!) { deleteEvents(input: $input) { deletion { id state } count \
     quarantined error { code } } }";

async fn delete(client: &Client, input: Value) -> Value {
    let answer = client.graphql(DELETE, json!({"input": input})).await;
    answer.data()["deleteEvents"].clone()
}

fn fixes() -> Value {
    json!([{"coerce": {"name": "plan", "type": "string"}}])
}

async fn the_deletion_of_an_actor_hides_and_restores_what_is_quarantined(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    misfits(&tidemark, vec![misfit(1), misfit(2), misfit(3)]).await;
    tidemark
        .accept(vec![json!({"id": "stored", "action": "a", "actor": "user 2"})])
        .await;
    let told = delete(client, json!({"actor": "user 2", "dryRun": true})).await;
    assert_eq!(
        (&told["count"], &told["quarantined"]),
        (&json!(1), &json!(1)),
        "{told:#}"
    );
    assert_eq!(count(client).await, 3);
    let told = delete(client, json!({"actor": "user 2"})).await;
    assert_eq!(
        (&told["count"], &told["quarantined"]),
        (&json!(1), &json!(1)),
        "{told:#}"
    );
    let ids: Vec<_> = list(client)
        .await
        .iter()
        .map(|one| one["event"]["id"].clone())
        .collect();
    assert_eq!(ids, ["1", "3"]);
    // Only in quarantine, and nowhere else.
    let only = delete(client, json!({"actor": "user 3"})).await;
    assert_eq!(
        (&only["count"], &only["quarantined"]),
        (&json!(0), &json!(1)),
        "{only:#}"
    );
    assert!(only["deletion"]["id"].is_string());
    let done = redrive(client, json!({"fixes": fixes()})).await;
    assert_eq!(done["accepted"], 1, "{done:#}");
    let id = told["deletion"]["id"].as_str().expect("an id");
    assert_eq!(client.restore(id).await["count"], 1);
    let ids: Vec<_> = list(client)
        .await
        .iter()
        .map(|one| one["event"]["id"].clone())
        .collect();
    assert_eq!(ids, ["2"]);
    assert_eq!(redrive(client, json!({"fixes": fixes()})).await["accepted"], 1);
    assert_eq!(logged(&tidemark).await, 2);
    let nobody = delete(client, json!({"actor": "nobody"})).await;
    assert_eq!((&nobody["deletion"], &nobody["quarantined"]), (&Value::Null, &json!(0)));
}

async fn only_what_names_an_actor_reaches_into_quarantine(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    misfits(&tidemark, (0..4).map(misfit).collect()).await;
    let actor = |op: &str, value: Value| json!({"dimension": "actor", "op": op, "value": value});
    for (filter, reached) in [
        (json!({}), 0),
        (json!({"where": [actor("PREFIX", json!("user"))]}), 0),
        (json!({"where": [actor("EQ", json!("user 1"))]}), 1),
        (
            json!({"where": [actor("IN", json!(["user 1", "user 2", "nobody"]))]}),
            2,
        ),
        (
            json!({"where": [actor("EQ", json!("user 1")), {"dimension": "action", "value": "other"}]}),
            0,
        ),
        (
            json!({"where": [actor("EQ", json!("user 1"))], "from": "2026-11-19T00:00:00Z"}),
            0,
        ),
    ] {
        let told = delete(client, json!({"filter": filter, "dryRun": true})).await;
        assert_eq!(told["quarantined"], reached, "{filter}");
    }
}

async fn what_was_purged_is_gone_from_quarantine(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--purge-interval", "1s").start().await;
    let client = tidemark.client();
    let event = |number: usize| {
        let marker = if number.is_multiple_of(3) {
            "forgotten"
        } else {
            "remembered"
        };
        json!({
            "action": "misfit", "actor": marker, "label": format!("{marker}-{number}"),
            "tag": {"plan": number, "note": format!("{marker}-{number}")}, "url": format!("/{marker}"),
        })
    };
    misfits(&tidemark, (0..200).map(event).collect()).await;
    let told = delete(client, json!({"actor": "forgotten"})).await;
    assert_eq!(told["quarantined"], 67, "{told:#}");
    await_state(&tidemark, &told["deletion"]["id"], "PURGED").await;
    assert_eq!(count(client).await, 133);
    if engine == Engine::Sqlite {
        let bytes = bytes_on_disk(&tidemark);
        let found = |wanted: &[u8]| bytes.windows(wanted.len()).filter(|part| *part == wanted).count();
        assert!(found(b"remembered") > 100);
        // The audit log names whom the deletion was about.
        let audit = admin(&tidemark).await;
        let entries = audit
            .graphql(
                "{ audit(operation: \"deleteEvents\") { edges { node { after } } } }",
                json!({}),
            )
            .await;
        let told = entries.text.matches("forgotten").count();
        println!("{told} of {} in the audit log", found(b"forgotten"));
        assert_eq!(found(b"forgotten-"), 0);
    }
}
