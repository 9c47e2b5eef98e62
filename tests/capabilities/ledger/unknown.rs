//! What cannot be found out, or not written down in time, is not told as anything else; and the ledger comes to know of it,
//! or knows nothing of it.

use std::time::{Duration, Instant};

use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Raw, Tidemark, graphql};

use super::{Told, door::blockade, ledger, prefix};
use crate::inside;

support::on_both_engines!(
    what_takes_longer_than_a_request_may_is_logged_once,
    whoever_goes_away_is_counted,
    what_cannot_be_written_down_is_not_told_as_counted,
);

const SOON: Duration = Duration::from_secs(20);

fn line(outcome: &str, code: &str, action: &str, client: &Client) -> [String; 4] {
    [outcome.into(), code.into(), action.into(), prefix(client)]
}

fn assert_unknown(answer: &Answer, status: u16) {
    let extensions = &answer.error()["extensions"];
    assert_eq!(
        (answer.status, &extensions["code"], &extensions["outcome"]),
        (status, &json!("OUTCOME_UNKNOWN"), &json!("UNKNOWN")),
        "{}",
        answer.text
    );
    assert_eq!(answer.headers["retry-after"], "1", "{}", answer.text);
}

async fn try_log(client: &Client, event: Value) -> Answer {
    client.graphql(graphql::LOG_EVENT, json!({"input": event})).await
}

/// Waits until the ledger says so.
async fn await_ledger(client: &Client, expected: &Told) {
    let begin = Instant::now();
    loop {
        let told = ledger(client, None).await;
        if told == *expected {
            return;
        }
        assert!(begin.elapsed() < SOON, "{told:#?} is not {expected:#?}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn what_takes_longer_than_a_request_may_is_logged_once(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--request-deadline", "1s").start().await;
    let client = tidemark.client();
    tidemark.accept(vec![json!({"action": "before"})]).await;
    let blockade = blockade(&tidemark).await;
    let event = json!({"action": "slow", "id": "only once"});
    let batch = json!({"query": graphql::LOG_EVENTS, "variables": {"inputs": [{"action": "slow too"}, {"action": "slow too"}]}});
    let second = tokio::spawn({
        let client = client.clone();
        async move { client.send(client.request(Method::POST, "/graphql").json(&batch)).await }
    });
    let begin = Instant::now();
    assert_unknown(&try_log(client, event.clone()).await, 503);
    assert_unknown(&second.await.expect("no panic"), 503);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    blockade.execute_unprepared("ROLLBACK").await.expect("it is open");
    blockade.close().await.expect("it can be closed");
    // It was let in all the same, once; and to send it again changes nothing.
    let mut expected = Told::from([
        (line("ACCEPTED", "", "before", client), 1),
        (line("ACCEPTED", "", "slow", client), 1),
        (line("ACCEPTED", "", "slow too", client), 2),
    ]);
    await_ledger(client, &expected).await;
    assert_eq!(client.log(event).await["outcome"], "DUPLICATE");
    expected.insert(line("DUPLICATE", "", "slow", client), 1);
    assert_eq!(ledger(client, None).await, expected);
    // A body that takes too long has changed nothing, and its sender is told so.
    let mut raw = Raw::connect(tidemark.server().address()).await;
    let head =
        "POST /graphql HTTP/1.1\r\nHost: tidemark\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{";
    assert!(raw.send(head).await);
    let answer = raw.next(SOON).await;
    assert!(
        answer.contains("REQUEST_TIMEOUT") && !answer.contains("UNKNOWN"),
        "{answer}"
    );
}

async fn whoever_goes_away_is_counted(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--queue-events", "10")
        .flag("--max-events-per-request", "10")
        .flag("--queue-timeout", "30s")
        .start()
        .await;
    let client = tidemark.client();
    tidemark.accept(vec![json!({"action": "before"})]).await;
    let blockade = blockade(&tidemark).await;
    let first = tokio::spawn({
        let client = client.clone();
        async move { client.log_many(vec![json!({"action": "first"}); 10]).await }
    });
    tokio::time::sleep(Duration::from_millis(300)).await;
    // This one waits for a place in the queue, and its client does not wait for it.
    let body =
        json!({"query": graphql::LOG_EVENTS, "variables": {"inputs": vec![json!({"action": "gone"}); 3]}}).to_string();
    let key = client.key().expect("it has one");
    let mut raw = Raw::connect(tidemark.server().address()).await;
    let request = format!(
        "POST /graphql HTTP/1.1\r\nHost: tidemark\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert!(raw.send(request).await);
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(raw);
    tokio::time::sleep(Duration::from_millis(700)).await;
    blockade.execute_unprepared("ROLLBACK").await.expect("it is open");
    blockade.close().await.expect("it can be closed");
    assert_eq!(first.await.expect("no panic")["accepted"], 10);
    let expected = Told::from([
        (line("ACCEPTED", "", "before", client), 1),
        (line("ACCEPTED", "", "first", client), 10),
        (line("ACCEPTED", "", "gone", client), 3),
    ]);
    await_ledger(client, &expected).await;
}

async fn what_cannot_be_written_down_is_not_told_as_counted(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let client = tidemark.client().clone();
    tidemark.accept(vec![json!({"action": "before"})]).await;
    let connection = inside::connect(tidemark.database()).await;
    let hide = "ALTER TABLE ledger RENAME TO hidden_ledger";
    let show = "ALTER TABLE hidden_ledger RENAME TO ledger";
    connection.execute_unprepared(hide).await.expect(hide);
    // A good event, one that is refused, and what is none: of none is said what the ledger could not keep.
    assert_unknown(&try_log(&client, json!({"action": "good", "id": "again"})).await, 200);
    assert_unknown(&try_log(&client, json!({"action": "bad", "time": "never"})).await, 200);
    let request = client.request(Method::POST, "/graphql");
    let request = request.header("content-type", "application/json").body("{\"query\": ");
    assert_unknown(&client.send(request).await, 503);
    connection.execute_unprepared(show).await.expect(show);
    // They are counted with the next, and the good one was not stored.
    assert_eq!(
        client.log(json!({"action": "good", "id": "again"})).await["outcome"],
        "ACCEPTED"
    );
    let expected = Told::from([
        (line("ACCEPTED", "", "before", &client), 1),
        (line("FAILED", "INTERNAL", "good", &client), 1),
        (line("INVALID", "INVALID_TIME", "bad", &client), 1),
        (line("INVALID", "MALFORMED_JSON", "", &client), 1),
        (line("ACCEPTED", "", "good", &client), 1),
    ]);
    await_ledger(&client, &expected).await;
    // After a crash the ledger knows nothing of them: nobody was told that it would.
    connection.execute_unprepared(hide).await.expect(hide);
    assert_unknown(&try_log(&client, json!({"action": "lost"})).await, 200);
    tidemark.server_mut().kill9();
    connection.execute_unprepared(show).await.expect(show);
    connection.close().await.expect("it can be closed");
    tidemark.server_mut().restart().await;
    assert_eq!(ledger(&client, None).await, expected);
}
