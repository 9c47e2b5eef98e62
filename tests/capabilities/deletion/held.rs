//! What goes on beside large deletions that are not worked off yet.

use std::{
    ops::Range,
    time::{Duration, Instant},
};

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::{Engine, Tidemark, postgres};

use super::{DAY, LIMIT, answers, await_state, event};
use crate::inside;

support::on_both_engines!(
    many_large_deletions_of_one_site_keep_no_other_from_its_own,
    an_older_deletion_can_be_restored_once_the_younger_is_worked_off,
);

/// The deletion of events with these numbers.
fn ids(numbers: &[usize]) -> Value {
    let ids: Vec<_> = numbers.iter().map(|number| format!("event {number}")).collect();
    json!({"ids": ids})
}

/// Lets no deletion be worked off: none can go on from what it was when it was made.
async fn hold_up(tidemark: &Tidemark) {
    let statement = match tidemark.database().engine() {
        Engine::Sqlite => "CREATE TRIGGER held BEFORE UPDATE ON deletion BEGIN SELECT RAISE(ABORT, 'held'); END",
        Engine::Postgres => {
            "CREATE FUNCTION held() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'held'; END $$; \
             CREATE TRIGGER held BEFORE UPDATE ON deletion FOR EACH ROW EXECUTE FUNCTION held()"
        }
    };
    inside::execute(tidemark.database(), statement).await;
}

/// Lets them be worked off again.
async fn let_go(tidemark: &Tidemark) {
    let statement = match tidemark.database().engine() {
        Engine::Sqlite => "DROP TRIGGER held",
        Engine::Postgres => "DROP TRIGGER held ON deletion",
    };
    inside::execute(tidemark.database(), statement).await;
}

async fn many_large_deletions_of_one_site_keep_no_other_from_its_own(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--deletion-slice-events", "1")
        .start()
        .await;
    let other = tidemark.another_site("other").await;
    tidemark.accept((0..202).map(event).collect()).await;
    let _ = other.log_many((0..5).map(event).collect()).await;
    hold_up(&tidemark).await;
    for number in 0..100 {
        let deleted = tidemark.client().delete_many(ids(&[2 * number, 2 * number + 1])).await;
        assert_eq!(deleted["count"], 2, "{deleted:#}");
    }
    let refused = tidemark.client().delete_many(ids(&[200, 201])).await;
    assert_eq!(refused["error"]["code"], "TOO_MANY_PENDING_DELETIONS", "{refused:#}");
    assert_eq!(
        (&refused["count"], &refused["deletion"]),
        (&json!(0), &Value::Null),
        "{refused:#}"
    );
    // What is small needs no tombstone.
    assert_eq!(tidemark.client().delete_many(ids(&[200])).await["count"], 1);
    let deleted = other.delete_many(ids(&[0, 1])).await;
    assert_eq!(deleted["count"], 2, "{deleted:#}");
    // Each is respected, however many there are in all.
    assert_eq!(answers(&tidemark).await.0, 1);
    for view in ["networks", "events"] {
        let found = other.find(json!({"view": view, "from": DAY[0], "to": DAY[1]})).await;
        assert_eq!(found["total"], 3, "{view}: {found:#}");
    }
}

async fn an_older_deletion_can_be_restored_once_the_younger_is_worked_off(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--deletion-slice-events", "1")
        .start()
        .await;
    tidemark.accept((0..6).map(event).collect()).await;
    let older = tidemark.client().delete_many(ids(&[0])).await;
    assert_eq!(older["count"], 1, "{older:#}");
    hold_up(&tidemark).await;
    let younger = tidemark.client().delete_many(ids(&[1, 2])).await;
    assert_eq!(younger["count"], 2, "{younger:#}");
    let older = older["deletion"]["id"].as_str().expect("an id");
    let refused = tidemark.client().restore(older).await;
    let error = &refused["error"];
    assert_eq!(
        (&error["code"], &error["path"], &error["retryAfter"]),
        (&json!("OVERLOADED"), &json!("id"), &json!(1)),
        "{refused:#}"
    );
    assert_eq!((&refused["count"], &refused["deletion"]), (&json!(0), &Value::Null));
    assert_eq!(answers(&tidemark).await.0, 3);
    let_go(&tidemark).await;
    await_state(&tidemark, &younger["deletion"]["id"], "HIDDEN").await;
    let restored = tidemark.client().restore(older).await;
    assert_eq!(
        (&restored["count"], &restored["error"]),
        (&json!(1), &Value::Null),
        "{restored:#}"
    );
    assert_eq!(answers(&tidemark).await.0, 4);
}

/// Waits until a deletion that has looked at the events waits for the marks.
async fn await_waiting(tidemark: &Tidemark) {
    let url = tidemark.database().url().expect("PostgreSQL");
    let waiting = "SELECT count(*) > 0 FROM pg_stat_activity WHERE datname = current_database() AND \
         wait_event_type = 'Lock' AND query LIKE 'SELECT id FROM mark ORDER BY id FOR UPDATE%'";
    let begin = Instant::now();
    while postgres::execute(url, waiting).expect("anybody may") != "t" {
        assert!(begin.elapsed() < LIMIT, "no deletion waits");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

// On SQLite nobody can see from outside that a deletion has looked and waits, and what keeps it waiting keeps events
// waiting as well; what it does when it has its turn is the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_comes_in_while_a_deletion_waits_for_its_turn_counts_to_the_ceiling() {
    // Hidden at once, and by a tombstone.
    for (slice, ceiling, fits) in [
        ("1000", "5", false),
        ("1000", "6", true),
        ("1", "5", false),
        ("1", "6", true),
    ] {
        let tidemark = Tidemark::builder(Engine::Postgres)
            .flag("--max-pending-deletions", ceiling)
            .flag("--deletion-slice-events", slice)
            .start()
            .await;
        // All are of one actor.
        let some = |numbers: Range<usize>| numbers.map(|number| event(5 * number)).collect::<Vec<_>>();
        tidemark.accept(some(0..4)).await;
        tidemark.await_folded().await;
        let blockade = inside::connect(tidemark.database()).await;
        inside::hold_marks(&blockade).await;
        let client = tidemark.client().clone();
        let waiting = tokio::spawn(async move { client.delete_many(json!({"actor": "user 0"})).await });
        await_waiting(&tidemark).await;
        tidemark.accept(some(4..6)).await;
        blockade.execute_unprepared("ROLLBACK").await.expect("it is open");
        blockade.close().await.expect("it can be closed");
        let deleted = waiting.await.expect("no panic");
        if fits {
            assert_eq!(deleted["count"], 6, "{deleted:#}");
            assert_eq!(answers(&tidemark).await.0, 0);
            await_state(&tidemark, &deleted["deletion"]["id"], "HIDDEN").await;
        } else {
            assert_eq!(deleted["error"]["code"], "TOO_MANY_PENDING_DELETIONS", "{deleted:#}");
            assert_eq!(deleted["deletion"], Value::Null, "{deleted:#}");
            assert_eq!(answers(&tidemark).await.0, 6);
        }
    }
}
