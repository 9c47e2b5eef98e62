//! PostgreSQL's connection breaks in the very moment of a commit: what was stored is told and counted as stored, once, and
//! what was not is stored by another attempt.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{
    Client, Engine, Server, Tidemark, graphql,
    proxy::{Cut, Proxy},
};

use super::{FROM, TO, Told, ledger, prefix};

/// A server that comes to its database by the proxy.
async fn behind(proxy: &Proxy, tidemark: &Tidemark) -> (Server, Client) {
    let server = Server::start_with(tidemark.database(), &[("--database-url", proxy.url())]).await;
    let client = tidemark.client().at(server.address());
    let _ = client.graphql("{ viewer { kind } }", json!({})).await.data();
    (server, client)
}

async fn check(client: &Client, expected: &[(&str, &str, &str, i64)]) {
    let line = |(outcome, code, action, n): &(&str, &str, &str, i64)| {
        let names = [*outcome, *code, *action].map(str::to_owned);
        let [outcome, code, action] = names;
        ([outcome, code, action, prefix(client)], *n)
    };
    assert_eq!(ledger(client, None).await, expected.iter().map(line).collect::<Told>());
    let stored = expected.iter().filter(|(outcome, ..)| *outcome == "ACCEPTED");
    let find = json!({"view": "actions", "from": FROM, "to": TO});
    assert_eq!(
        client.find(find).await["total"],
        stored.map(|(.., n)| n).sum::<i64>(),
        "what is counted is there"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_without_an_answer_is_told_and_counted_once() {
    let tidemark = Tidemark::start(Engine::Postgres).await;
    let proxy = Proxy::start(tidemark.database().url().expect("it is PostgreSQL")).await;
    let (_server, client) = behind(&proxy, &tidemark).await;
    let mut expected = Vec::new();
    for (action, cut) in [
        ("answered by nobody", Cut::AfterCommit),
        ("never committed", Cut::BeforeCommit),
        ("left open", Cut::Unnoticed),
        ("answered by nobody again", Cut::AfterCommit),
    ] {
        proxy.cut_at(action, cut);
        let logged = client.log(json!({"action": action})).await;
        assert_eq!(logged["outcome"], "ACCEPTED", "{action}: {logged:#}");
        assert!(proxy.has_cut(), "{action}");
        expected.push(("ACCEPTED", "", action, 1));
        check(&client, &expected).await;
    }
    // A refusal alone is counted once as well.
    proxy.cut_at("refused", Cut::AfterCommit);
    let refused = client.log(json!({"action": "refused", "time": "never"})).await;
    assert_eq!(refused["error"]["code"], "INVALID_TIME", "{refused:#}");
    assert!(proxy.has_cut());
    expected.push(("INVALID", "INVALID_TIME", "refused", 1));
    check(&client, &expected).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_found_out_is_unknown_until_it_can() {
    let tidemark = Tidemark::start(Engine::Postgres).await;
    let proxy = Proxy::start(tidemark.database().url().expect("it is PostgreSQL")).await;
    let (_server, client) = behind(&proxy, &tidemark).await;
    for (action, cut) in [("stored", Cut::AfterCommit), ("not stored", Cut::BeforeCommit)] {
        proxy.cut_all_at(action, cut);
        let begin = Instant::now();
        let event = json!({"action": action, "id": action});
        let answer = client.graphql(graphql::LOG_EVENT, json!({"input": event})).await;
        let extensions = &answer.error()["extensions"];
        assert_eq!(
            (&extensions["code"], &extensions["outcome"]),
            (&json!("OUTCOME_UNKNOWN"), &json!("UNKNOWN")),
            "{}",
            answer.text
        );
        assert!(begin.elapsed() < Duration::from_secs(40), "{:?}", begin.elapsed());
        assert!(proxy.has_cut(), "{action}");
        proxy.let_pass();
    }
    // Sent again with their ids, as they were told.
    let again = ["stored", "not stored"].map(|action| json!({"action": action, "id": action}));
    let told = client.log_many(again.to_vec()).await;
    assert_eq!(
        (&told["outcomes"][0]["outcome"], &told["outcomes"][1]["outcome"]),
        (&json!("DUPLICATE"), &json!("ACCEPTED")),
        "{told:#}"
    );
    check(
        &client,
        &[
            ("ACCEPTED", "", "stored", 1),
            ("DUPLICATE", "", "stored", 1),
            ("OVERLOADED", "OVERLOADED", "not stored", 1),
            ("ACCEPTED", "", "not stored", 1),
        ],
    )
    .await;
}
