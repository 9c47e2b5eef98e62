//! What those who watch the server see.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use reqwest::Method;
use sea_orm::{ConnectionTrait, Statement};
use serde_json::json;
use support::{Answer, Client, Engine, Tidemark, graphql, postgres};

use crate::inside;

support::on_both_engines!(
    a_server_tells_how_it_is,
    a_server_tells_of_its_room,
    what_is_counted_over_all_sites_is_for_those_who_run_the_server,
    a_server_is_not_ready_while_its_schema_is_old,
    what_happens_is_counted,
    questions_without_an_answer_are_timed,
    every_append_is_timed,
);

async fn get(client: &Client, path: &str) -> Answer {
    client.send(client.request(Method::GET, path)).await
}

async fn a_server_tells_how_it_is(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    // Probes have no keys.
    let anonymous = Client::anonymous(tidemark.server().address());
    let health = get(&anonymous, "/healthz").await;
    assert_eq!(
        (health.status, &health.body["status"]),
        (200, &json!("ok")),
        "{}",
        health.text
    );
    tidemark.accept(vec![json!({"action": "a"}); 10]).await;
    tidemark.await_folded().await;
    let ready = get(&anonymous, "/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    assert_eq!(
        ready.body,
        json!({"status": "ready", "reasons": [], "warnings": [], "markLagEvents": 0})
    );
    let root = get(&anonymous, "/").await;
    assert_eq!(root.status, 200, "{}", root.text);
}

async fn a_server_tells_of_its_room(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let manager = tidemark.client_of_all_sites("manage").await;
    let answer = manager
        .graphql("{ system { databaseBytes freeBytes } }", json!({}))
        .await;
    let system = &answer.data()["system"];
    assert!(system["databaseBytes"].as_u64() > Some(10_000), "{system}");
    if engine == Engine::Sqlite {
        // The disk that the test itself writes to has room for more than a database without events.
        assert!(
            system["freeBytes"].as_u64() > system["databaseBytes"].as_u64(),
            "{system}"
        );
    } else {
        assert!(
            system["freeBytes"].is_null(),
            "PostgreSQL has a disk of its own: {system}"
        );
    }
}

async fn what_is_counted_over_all_sites_is_for_those_who_run_the_server(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--trusted-proxies", "127.0.0.1")
        .start()
        .await;
    let client = tidemark.client();
    let from = async |path: &str, address: &str| {
        let request = client.request(Method::GET, path).header("x-forwarded-for", address);
        client.send(request).await
    };
    for (address, may) in [
        ("10.1.2.3", true),
        ("::ffff:192.168.1.1", true),
        ("fd00::1", true),
        ("203.0.113.7", false),
        ("2001:db8::1", false),
    ] {
        let metrics = from("/metrics", address).await;
        assert_eq!(
            metrics.status,
            if may { 200 } else { 403 },
            "{address}: {}",
            metrics.text
        );
        assert_eq!(metrics.text.contains("tidemark_append_queue_events"), may, "{address}");
        let ready = from("/readyz", address).await;
        assert_eq!(
            (ready.status, &ready.body["status"]),
            (200, &json!("ready")),
            "{address}"
        );
        assert_eq!(ready.body["markLagEvents"].is_null(), !may, "{address}: {}", ready.text);
    }
}

async fn a_server_is_not_ready_while_its_schema_is_old(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let connection = inside::connect(tidemark.database()).await;
    let last = "SELECT max(version) FROM seaql_migrations";
    let statement = Statement::from_string(connection.get_database_backend(), last);
    let row = connection.query_one_raw(statement).await.expect("it can be read");
    let name: String = row.expect("a row").try_get_by_index(0).expect("a name");
    let forget = format!("DELETE FROM seaql_migrations WHERE version = '{name}'");
    connection
        .execute_unprepared(&forget)
        .await
        .expect("the owner may delete");
    connection.close().await.expect("it can be closed");
    let client = Client::anonymous(tidemark.server().address());
    let ready = get(&client, "/readyz").await;
    assert_eq!(
        (ready.status, &ready.body["status"]),
        (503, &json!("unready")),
        "{}",
        ready.text
    );
    assert!(ready.body["reasons"].to_string().contains(&name), "{}", ready.text);
    assert_eq!(get(&client, "/healthz").await.status, 200, "the process is well");
}

/// Lets nobody connect to a database, or everybody again.
fn lock_out(url: &reqwest::Url, locked: bool) {
    let name = url.path().trim_start_matches('/');
    let mut maintenance = url.clone();
    maintenance.set_path("/postgres");
    let allow = format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {}", !locked);
    postgres::execute(&maintenance, &allow).expect("the owner may");
    let end = format!("SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = '{name}'");
    postgres::execute(&maintenance, &end).expect("they are our own");
}

#[tokio::test]
async fn a_server_without_its_database_says_so_and_stops_when_asked() {
    let mut tidemark = Tidemark::start(Engine::Postgres).await;
    let url = tidemark.database().url().expect("it has one").clone();
    let client = tidemark.client().clone();
    assert_eq!(
        client.log(json!({"id": "1", "action": "a"})).await["outcome"],
        "ACCEPTED"
    );
    lock_out(&url, true);
    let begin = Instant::now();
    let ready = get(&client, "/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    // Whoever probes does not wait for long.
    assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
    let reasons = ready.body["reasons"].as_array().expect("a list");
    assert!(reasons.len() >= 2 && ready.text.contains("written"), "{}", ready.text);
    // Not even that it failed can be written down: so it has no outcome, and whoever sent it is told to send it again.
    let refused = client
        .graphql(graphql::LOG_EVENT, json!({"input": {"id": "2", "action": "a"}}))
        .await;
    assert_eq!(refused.error_code(), "OUTCOME_UNKNOWN", "{}", refused.text);
    assert!(
        refused.text.contains("nothing of this request was stored"),
        "{}",
        refused.text
    );
    let find = json!({"view": "actions", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    let answer = client.graphql(graphql::FIND, json!({"input": find})).await;
    assert!(
        ["INTERNAL", "OVERLOADED"].contains(&answer.error_code()),
        "{}",
        answer.text
    );
    lock_out(&url, false);
    assert_eq!(
        client.log(json!({"id": "2", "action": "a"})).await["outcome"],
        "ACCEPTED"
    );
    assert_eq!(client.find(find).await["total"], 2);
    assert_eq!(get(&client, "/readyz").await.status, 200);
    lock_out(&url, true);
    tidemark.server_mut().terminate().await;
    lock_out(&url, false);
}

/// The value of one series of the metrics.
fn metric(text: &str, series: &str) -> f64 {
    let line = text
        .lines()
        .find(|line| line.strip_prefix(series).is_some_and(|rest| rest.starts_with(' ')));
    let value = line.and_then(|line| line.rsplit(' ').next()?.parse().ok());
    value.unwrap_or_else(|| panic!("no {series} in\n{text}"))
}

/// The names of the labels of each series, as `name: label, label`; a bucket's bound is no label of ours.
fn labels(text: &str) -> BTreeSet<String> {
    let of_line = |line: &str| {
        let (series, _) = line.rsplit_once(' ').expect("a series and its value");
        let (name, inside) = series.trim_end_matches('}').split_once('{')?;
        let labels = inside.split(',').filter_map(|label| Some(label.split_once('=')?.0));
        let labels: Vec<_> = labels.filter(|label| *label != "le").collect();
        (!labels.is_empty()).then(|| format!("{name}: {}", labels.join(", ")))
    };
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(of_line)
        .collect()
}

/// The metrics, once the marks' lag was measured, which happens in the background.
async fn metrics(tidemark: &Tidemark) -> Answer {
    let client = Client::anonymous(tidemark.server().address());
    let begin = Instant::now();
    loop {
        let answer = get(&client, "/metrics").await;
        if answer.text.contains("tidemark_mark_lag_events{mark=\"scopes\"} 0\n") {
            return answer;
        }
        assert!(begin.elapsed() < Duration::from_secs(30), "{}", answer.text);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

async fn what_happens_is_counted(engine: Engine) {
    let tidemark = Tidemark::builder(engine).key_flag("--rate", "10/s").start().await;
    let client = tidemark.client();
    let mut batch = vec![
        json!({"id": "same", "action": "a"}),
        json!({"id": "same", "action": "a"}),
        json!({"action": ""}),
    ];
    batch.extend(vec![json!({"action": "b"}); 9]);
    let payload = client.log_many(batch).await;
    assert_eq!(payload["accepted"], 8, "{payload:#}");
    tidemark.await_folded().await;
    let find = |view: &str| json!({"view": view, "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    assert_eq!(client.find(find("actions")).await["total"], 8);
    assert_eq!(client.find(find("events")).await["total"], 8);
    let wrong = Client::new(tidemark.server().address(), "wrong");
    assert_eq!(get(&wrong, "/graphql?query=%7B__typename%7D").await.status, 401);

    let unique = json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    assert_eq!(client.unique(unique).await["count"], 1);
    let document = "query ($first: Int!, $query: String!) { events(first: $first) { edges { node { id } } } \
         actions { name } kql(query: $query) { rows } }";
    let variables = json!({"first": 1, "query": "Events | count"});
    let _ = client.graphql(document, variables).await.data();
    let answer = metrics(&tidemark).await;
    let kind = answer.headers["content-type"].to_str().expect("text");
    assert!(
        answer.status == 200 && kind.starts_with("application/openmetrics-text"),
        "{kind}"
    );
    let text = &answer.text;
    assert!(text.ends_with("# EOF\n"), "{text}");
    for (outcome, count) in [
        ("accepted", 8.0),
        ("duplicate", 1.0),
        ("invalid", 1.0),
        ("rate_limited", 2.0),
    ] {
        assert_eq!(
            metric(text, &format!("tidemark_events_total{{outcome=\"{outcome}\"}}")),
            count,
            "{outcome}: {text}"
        );
    }
    for part in [
        "status=\"200\"",
        "status=\"401\"",
        "tidemark_question_seconds_count{operation=\"find\",source=\"rollup\"}",
        "tidemark_question_seconds_count{operation=\"find\",source=\"raw\"}",
        "tidemark_question_seconds_count{operation=\"unique\",source=",
        "tidemark_question_seconds_count{operation=\"events\",source=\"raw\"} 1\n",
        "tidemark_question_seconds_count{operation=\"actions\",source=\"both\"} 1\n",
        "tidemark_question_seconds_count{operation=\"kql\",source=\"raw\"} 1\n",
        "tidemark_mark_lag_events{mark=\"views\"} 0\n",
        "tidemark_append_queue_events 0\n",
    ] {
        assert!(text.contains(part), "{part} is not in\n{text}");
    }
    let events = text
        .lines()
        .find(|line| line.starts_with("tidemark_append") && line.contains("events_sum"));
    assert!(events.is_some_and(|line| line.ends_with(" 9.0")), "{events:?}\n{text}");
    let expected = [
        "tidemark_events_total: outcome",
        "tidemark_mark_lag_events: mark",
        "tidemark_mark_lag_seconds: mark",
        "tidemark_question_seconds_bucket: operation, source",
        "tidemark_question_seconds_count: operation, source",
        "tidemark_question_seconds_sum: operation, source",
        "tidemark_requests_total: path, status",
    ];
    assert_eq!(labels(text), expected.map(str::to_owned).into(), "{text}");
}

async fn questions_without_an_answer_are_timed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    tidemark.accept(vec![json!({"action": "a"}); 3]).await;
    tidemark.await_folded().await;
    let ask = async |view: &str| {
        let find = json!({"view": view, "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
        client.graphql(graphql::FIND, json!({"input": find})).await
    };
    // What the caller can mend is told apart from what the operator has to.
    assert_eq!(ask("nowhere").await.error_code(), "UNKNOWN_VIEW");
    inside::execute(tidemark.database(), "ALTER TABLE view_bucket RENAME TO away").await;
    assert_eq!(ask("actions").await.error_code(), "INTERNAL");
    inside::execute(tidemark.database(), "ALTER TABLE away RENAME TO view_bucket").await;
    assert_eq!(ask("actions").await.data()["find"]["total"], 3);
    let text = get(client, "/metrics").await.text;
    for source in ["refused", "failed"] {
        let series = format!("tidemark_question_seconds_count{{operation=\"find\",source=\"{source}\"}}");
        assert_eq!(metric(&text, &series), 1.0, "{source}: {text}");
    }
}

async fn every_append_is_timed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let begin = Instant::now();
    for _ in 0..3 {
        assert_eq!(client.log(json!({"action": "a"})).await["outcome"], "ACCEPTED");
    }
    tidemark.accept(vec![json!({"action": "b"}); 5]).await;
    let took = begin.elapsed().as_secs_f64();
    // What is refused before it is no append.
    assert_eq!(client.log(json!({"action": ""})).await["outcome"], "INVALID");
    let answer = get(client, "/metrics").await;
    let text = &answer.text;
    for (series, value) in [
        ("tidemark_append_seconds_count", 4.0),
        ("tidemark_append_seconds_bucket{le=\"+Inf\"}", 4.0),
        ("tidemark_append_batch_events_count", 4.0),
        ("tidemark_append_batch_events_sum", 8.0),
    ] {
        assert_eq!(metric(text, series), value, "{series}: {text}");
    }
    // Whoever waited for four answers waited for four appends.
    let sum = metric(text, "tidemark_append_seconds_sum");
    assert!(sum > 0.0 && sum <= took, "{sum} of {took} seconds");
}
