//! A database that takes no writes for a while: nobody is told that an event is stored which is not, and all goes on once
//! it can.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, graphql, postgres};

support::on_both_engines!(only_what_is_stored_is_acknowledged);

/// What the events of a batch weigh, beside which all else is little.
const BLOB_BYTES: usize = 4_000;
/// A file of SQLite may grow to this.
const FULL_AT: u64 = 400_000;

/// Makes the database refuse writes, or take them again.
fn refuse_writes(tidemark: &Tidemark, refuse: bool) {
    let Some(url) = tidemark.database().url() else {
        tidemark.server().limit_files(refuse.then_some(FULL_AT));
        return;
    };
    let name = url.path().trim_start_matches('/');
    let read_only = if refuse { "on" } else { "off" };
    let set = format!("ALTER DATABASE \"{name}\" SET default_transaction_read_only = {read_only}");
    // An order to a session that writes nothing else.
    let set = format!("BEGIN READ WRITE; {set}; COMMIT");
    postgres::execute(url, &set).expect("the owner may");
    let others = "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid()";
    postgres::execute(url, others).expect("they are our own");
}

/// Logs a batch; gives the ids that are acknowledged, and whether all are.
async fn log(client: &Client, batch: usize) -> (Vec<String>, bool) {
    let blob = format!("{batch:x<BLOB_BYTES$}");
    let ids: Vec<_> = (0..20).map(|number| format!("{batch}-{number}")).collect();
    let inputs: Vec<_> = ids
        .iter()
        .map(|id| json!({"id": id, "action": "a", "actor": id, "tag": {"blob": blob}}))
        .collect();
    let answer = client.graphql(graphql::LOG_EVENTS, json!({"inputs": inputs})).await;
    if answer.body["errors"][0]["extensions"]["outcome"] == "UNKNOWN" {
        // Not even that they were refused could be written down.
        return (Vec::new(), false);
    }
    let outcomes = answer.data()["logEvents"]["outcomes"].as_array().cloned();
    let outcomes = outcomes.expect("a list");
    let taken = |outcome: &Value| ["ACCEPTED", "DUPLICATE"].contains(&outcome["outcome"].as_str().expect("a name"));
    let all = outcomes.iter().all(taken);
    for refused in outcomes.iter().filter(|outcome| !taken(outcome)) {
        assert!(["FAILED", "OVERLOADED"].contains(&refused["outcome"].as_str().expect("a name")));
    }
    let taken = ids.into_iter().zip(&outcomes).filter(|(_, outcome)| taken(outcome));
    (taken.map(|(id, _)| id).collect(), all)
}

async fn listed(client: &Client) -> BTreeSet<String> {
    let page = client.events(json!({"first": 1_000})).await;
    let edges = page["edges"].as_array().expect("a list");
    let ids: BTreeSet<_> = edges
        .iter()
        .map(|edge| edge["node"]["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(ids.len(), edges.len(), "an event is there twice");
    ids
}

async fn only_what_is_stored_is_acknowledged(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let client = tidemark.client().clone();
    let mut acknowledged = BTreeSet::new();
    let mut batches = 0;
    for round in 0..3 {
        let (taken, all) = log(&client, batches).await;
        assert!(all, "round {round} begins well");
        acknowledged.extend(taken);
        batches += 1;
        refuse_writes(&tidemark, true);
        let mut refused = 0;
        // What fails is tried again and again, between what else writes.
        while refused < 4 {
            let (taken, all) = log(&client, batches).await;
            acknowledged.extend(taken);
            if !all {
                refused += 1;
                let declare =
                    "mutation ($name: String!) { createView(input: {name: $name, dimensions: [\"label\"]}) { name } }";
                let name = format!("view {batches}");
                let _ = client.graphql(declare, json!({"name": name})).await;
            }
            batches += 1;
            assert!(batches < 40 * (round + 1), "the database takes everything");
        }
        let ready = client.send(client.request(Method::GET, "/readyz")).await;
        assert_eq!(ready.status, 503, "{}", ready.text);
        assert!(ready.text.contains("could not be stored"), "{}", ready.text);
        refuse_writes(&tidemark, false);
        let begin = Instant::now();
        loop {
            let (taken, all) = log(&client, batches).await;
            acknowledged.extend(taken);
            batches += 1;
            if all {
                break;
            }
            assert!(begin.elapsed() < Duration::from_secs(30), "the server does not recover");
        }
        let ready = client.send(client.request(Method::GET, "/readyz")).await;
        assert_eq!(ready.status, 200, "{}", ready.text);
        assert_eq!(listed(&client).await, acknowledged, "round {round}");
    }
    tidemark.server_mut().kill9();
    tidemark.server_mut().restart().await;
    assert_eq!(listed(&client).await, acknowledged, "after a kill");
    tidemark.await_folded().await;
    let range = json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    let mut find = range.clone();
    find["view"] = json!("actions");
    assert_eq!(client.find(find).await["total"], acknowledged.len());
    assert_eq!(client.unique(range).await["count"], acknowledged.len());
}
