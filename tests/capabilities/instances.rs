//! Several instances on one PostgreSQL database: one product, whichever of them is asked.

use std::time::{Duration, Instant};

use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::{Client, Engine, Server, Tidemark, graphql, postgres};

use crate::inside;

const SPAN: [&str; 2] = ["2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"];

/// Two servers on one database, with the same caller at each.
async fn pair() -> (Tidemark, Server, [Client; 2]) {
    let tidemark = Tidemark::builder(Engine::Postgres)
        .flag("--fold-interval", "10ms")
        .flag("--fold-events", "20")
        .start()
        .await;
    let flags = [("--fold-interval", "10ms"), ("--fold-events", "20")];
    let second = Server::start_with(tidemark.database(), &flags).await;
    let clients = [tidemark.client().clone(), tidemark.client().at(second.address())];
    (tidemark, second, clients)
}

fn event(id: &str) -> Value {
    json!({"id": id, "action": "pageview", "time": "2026-11-18T10:00:00Z", "actor": id, "tag": {"network": "n"}})
}

async fn total(client: &Client, view: &str) -> i64 {
    let found = client.find(json!({"view": view, "from": SPAN[0], "to": SPAN[1]})).await;
    found["total"].as_i64().expect("a count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_one_instance_logs_is_found_on_each_at_once() {
    let (_tidemark, _second, clients) = pair().await;
    for number in 0..20 {
        let logger = &clients[number % 2];
        let payload = logger.log(event(&format!("event {number}"))).await;
        assert_eq!(payload["outcome"], "ACCEPTED", "{payload:#}");
        let count = i64::try_from(number).expect("small") + 1;
        for client in &clients {
            for view in ["networks", "events"] {
                assert_eq!(total(client, view).await, count, "{view}");
            }
            let unique = client.unique(json!({"from": SPAN[0], "to": SPAN[1]})).await;
            assert_eq!(unique["count"], count);
        }
    }
    let deleted = clients[0].delete("event 3").await;
    assert_eq!(deleted["count"], 1, "{deleted:#}");
    assert_eq!(clients[1].event("event 3").await, Value::Null);
    assert_eq!(total(&clients[1], "networks").await, 19);
    let id = deleted["deletion"]["id"].as_str().expect("an id");
    assert_eq!(clients[1].restore(id).await["count"], 1);
    assert_eq!(total(&clients[0], "networks").await, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folding_on_two_instances_at_once_counts_each_event_once() {
    let (tidemark, _second, clients) = pair().await;
    let mut loaders = tokio::task::JoinSet::new();
    for (loader, client) in [0, 1, 2, 3].into_iter().zip(clients.iter().cycle().cloned()) {
        loaders.spawn(async move {
            for batch in 0..25 {
                let events = (0..20).map(|number| event(&format!("{loader} {batch} {number}")));
                let payload = client.log_many(events.collect()).await;
                assert_eq!(payload["accepted"], 20, "{payload:#}");
                let (view, raw) = both(&client).await;
                assert_eq!(view, raw);
            }
        });
    }
    loaders.join_all().await;
    tidemark.await_folded().await;
    for client in &clients {
        assert_eq!(both(client).await, (2_000, 2_000));
        let unique = client.unique(json!({"from": SPAN[0], "to": SPAN[1]})).await;
        assert_eq!(unique["count"], 2_000);
    }
}

/// The view's total and the raw one, of one moment.
async fn both(client: &Client) -> (i64, i64) {
    let question = |view: &str| json!({"view": view, "from": SPAN[0], "to": SPAN[1]});
    let found = client.find_batch(vec![question("networks"), question("events")]).await;
    let total = |index: usize| found[index]["result"]["total"].as_i64().expect("a count");
    (total(0), total(1))
}

/// Waits until PostgreSQL prints this.
async fn await_printed(tidemark: &Tidemark, statement: &str, wanted: &str) {
    let url = tidemark.database().url().expect("PostgreSQL");
    let begin = Instant::now();
    loop {
        let printed = postgres::execute(url, statement);
        if printed.as_deref() == Ok(wanted) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{statement}: {printed:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Events have numbers before they can be seen: the append of one instance, which has drawn a lower number than those
/// that the other logs meanwhile, is held open and commits when they would long be folded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_append_that_commits_after_later_ones_is_counted_with_them() {
    let (tidemark, _second, clients) = pair().await;
    let [held, free] = &clients;
    // What the events share is stored by then: neither append waits for the other's rows of it.
    let begin = Instant::now();
    for (client, id) in [(held, "first"), (free, "second")] {
        assert_eq!(client.log(event(id)).await["outcome"], "ACCEPTED");
    }
    tidemark.await_folded().await;
    // Rounds of folding begin a quarter of a second apart.
    let folding = begin
        .elapsed()
        .clamp(Duration::from_millis(500), Duration::from_secs(5));
    // No transaction of the test's own stays open: it would hold the mark back itself.
    let connection = inside::connect(tidemark.database()).await;
    let hold = "CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS \
         $$ BEGIN PERFORM pg_advisory_xact_lock(7); RETURN NULL; END $$; \
         CREATE TRIGGER hold AFTER INSERT ON event FOR EACH ROW WHEN (NEW.client_id = 'held') EXECUTE FUNCTION hold()";
    for statement in [hold, "SELECT pg_advisory_lock(7)"] {
        connection.execute_unprepared(statement).await.expect(statement);
    }
    let client = held.clone();
    let append = tokio::spawn(async move { client.log(event("held")).await });
    let waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database \
         WHERE datname = current_database() AND locktype = 'advisory' AND objid = 7 AND NOT granted";
    await_printed(&tidemark, waiting, "1").await;
    for number in 1..=3 {
        let payload = free.log(event(&format!("later {number}"))).await;
        assert_eq!(payload["outcome"], "ACCEPTED", "{payload:#}");
        tokio::time::sleep(folding).await;
        for client in &clients {
            assert_eq!(both(client).await, (2 + number, 2 + number));
        }
        let input = json!({"input": {"view": "networks", "from": SPAN[0], "to": SPAN[1]}});
        let answer = free.graphql(graphql::PROVENANCE, input).await;
        let lag = &answer.data()["find"]["provenance"]["markLagEvents"];
        assert_eq!(*lag, number, "the mark waits for what can still come before them");
    }
    assert!(!append.is_finished());
    let release = "SELECT pg_advisory_unlock(7)";
    connection.execute_unprepared(release).await.expect(release);
    connection.close().await.expect("it can be closed");
    assert_eq!(append.await.expect("no panic")["outcome"], "ACCEPTED");
    for order in ["id", "arrival"] {
        let statement = format!("SELECT string_agg(client_id, ', ' ORDER BY {order}) FROM event");
        await_printed(&tidemark, &statement, "first, second, held, later 1, later 2, later 3").await;
    }
    tidemark.await_folded().await;
    // The mark of the sets of actors as well.
    let folded = "SELECT min(position) > (SELECT max(arrival) FROM event) FROM mark";
    await_printed(&tidemark, folded, "t").await;
    for client in &clients {
        assert_eq!(both(client).await, (6, 6));
        let unique = client.unique(json!({"from": SPAN[0], "to": SPAN[1]})).await;
        assert_eq!(unique["count"], 6);
        let page = client.events(json!({"first": 10})).await;
        assert_eq!(page["edges"].as_array().expect("a list").len(), 6, "{page:#}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_raced_on_two_instances_is_stored_once() {
    let (_tidemark, _second, clients) = pair().await;
    for number in 0..30 {
        let id = format!("event {number}");
        let (one, other) = tokio::join!(clients[0].log(event(&id)), clients[1].log(event(&id)));
        let mut outcomes = [one["outcome"].to_string(), other["outcome"].to_string()];
        outcomes.sort();
        assert_eq!(outcomes, ["\"ACCEPTED\"", "\"DUPLICATE\""]);
    }
    assert_eq!(both(&clients[1]).await, (30, 30));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_made_on_one_instance_is_known_to_the_other_within_a_second() {
    let (_tidemark, _second, clients) = pair().await;
    let document = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    let input = json!({"input": {"name": "mine", "dimensions": ["tag.network"]}});
    let _ = clients[0].log(event("event")).await;
    let _ = clients[0].graphql(document, input).await.data();
    await_total(&clients[1], Some(1)).await;
    let document = "mutation { deleteView(name: \"mine\") { name } }";
    let _ = clients[1].graphql(document, json!({})).await.data();
    await_total(&clients[0], None).await;
}

/// Waits, at most a second, until the view `mine` has this total, or is not there.
async fn await_total(client: &Client, wanted: Option<i64>) {
    let begin = Instant::now();
    loop {
        let question = json!({"view": "mine", "from": SPAN[0], "to": SPAN[1]});
        let found = client.find_batch(vec![question]).await;
        let unknown = found[0]["error"]["code"] == "UNKNOWN_VIEW";
        if found[0]["result"]["total"].as_i64() == wanted && unknown == wanted.is_none() {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(1), "{found:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_view_declared_in_another_cluster_counts_what_came_from_the_old_one() {
    let (mut tidemark, second, _) = pair().await;
    drop(second);
    tidemark
        .accept((0..20).map(|number| event(&format!("old {number}"))).collect())
        .await;
    tidemark.await_folded().await;
    tidemark.server_mut().terminate().await;
    // As a dump is in the cluster that it is restored into: transactions are counted from the beginning there.
    let url = tidemark.database().url().expect("PostgreSQL").clone();
    postgres::execute(&url, "UPDATE mark SET epoch = 'another/1'").expect("it is ours");
    tidemark.server_mut().restart().await;
    tidemark
        .accept((0..5).map(|number| event(&format!("new {number}"))).collect())
        .await;
    let document = "mutation { createView(input: {name: \"late\", dimensions: [\"tag.network\"]}) { name } }";
    let _ = tidemark.client().graphql(document, json!({})).await.data();
    let document = "mutation { createUniqueScope(fields: [\"tag.network\", \"tag.late\"]) { name } }";
    let everywhere = tidemark.client_of_all_sites("manage").await;
    let _ = everywhere.graphql(document, json!({})).await.data();
    let begin = Instant::now();
    loop {
        let answer = tidemark
            .client()
            .graphql("{ views { state } uniqueScopes { state } }", json!({}))
            .await;
        if !answer.text.contains("BACKFILLING") {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tidemark.await_folded().await;
    for view in ["late", "networks", "events"] {
        assert_eq!(total(tidemark.client(), view).await, 25, "{view}");
    }
}
