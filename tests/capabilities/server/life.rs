//! From the first start to an orderly end.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use serde_json::{Value, json};
use support::{Database, Engine, Server, Tidemark, binary, graphql};

use crate::inside;

support::on_both_engines!(
    a_new_server_says_what_comes_next,
    migrating_again_does_nothing,
    several_migrate_at_once,
    a_database_of_a_newer_version_is_left_alone,
    a_stop_under_load_finishes_what_was_accepted,
    a_restart_changes_no_answer,
);

async fn a_new_server_says_what_comes_next(engine: Engine) {
    let database = Database::new(engine);
    let mut server = Server::start(&database).await;
    let begin = Instant::now();
    while !server.stdout().contains("curl ") {
        assert!(begin.elapsed() < Duration::from_secs(5), "{}", server.stdout());
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // What is printed are commands: pasted into a shell that finds the same database, they do what they say.
    let printed = server.stdout();
    let commands: Vec<_> = printed
        .lines()
        .filter(|line| line.starts_with("  ") && !line.contains("/session/link"))
        .collect();
    assert!(printed.contains("--data"), "which database: {printed}");
    let mut shell = tokio::process::Command::new("sh");
    shell.args(["-ec", &commands.join("\n")]).kill_on_drop(true);
    for (flag, value) in database.flags() {
        let variable = flag.trim_start_matches("--").replace('-', "_").to_uppercase();
        shell.env(format!("TIDEMARK_{variable}"), value);
    }
    let output = shell.output().await.expect("there is a shell");
    let answer = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && answer.contains("\"ACCEPTED\""),
        "{printed}\n{answer}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    if engine == Engine::Sqlite {
        assert!(database.folder().path().join("tidemark.db").is_file());
    }
    server.restart().await;
    let health = support::Client::anonymous(server.address());
    let answer = health.send(health.request(reqwest::Method::GET, "/healthz")).await;
    assert_eq!(answer.status, 200);
    assert!(
        !server.stdout().contains("site create"),
        "who has a site knows: {}",
        server.stdout()
    );
}

async fn migrating_again_does_nothing(engine: Engine) {
    let database = Database::new(engine);
    let first = binary::run(&database, &["migrate"]).await.success();
    assert!(
        first.lines().all(|line| line.starts_with("applied m")) && first.lines().count() > 1,
        "{first}"
    );
    let again = binary::run(&database, &["migrate"]).await.success();
    assert_eq!(again, "The schema is up to date.\n");
}

async fn several_migrate_at_once(engine: Engine) {
    let database = Database::new(engine);
    let finished = join_all((0..8).map(|_| binary::run(&database, &["migrate"]))).await;
    for finished in &finished {
        let _ = finished.success();
    }
    let sites = binary::run(&database, &["site", "list"]).await.success();
    assert_eq!(sites, "");
}

async fn a_database_of_a_newer_version_is_left_alone(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let database = tidemark.database();
    let later = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_tomorrow', 0)";
    inside::execute(database, later).await;
    for command in [
        &["migrate"][..],
        &["site", "list"],
        &["serve", "--listen", "127.0.0.1:0"],
    ] {
        let told = tidemark.command(command).await.failure();
        assert!(
            told.contains("newer Tidemark") && told.contains("m20991231_000001_tomorrow") && !told.contains("INTERNAL"),
            "{told}"
        );
    }
    // Whoever runs already says so, and serves.
    let client = tidemark.client();
    let ready = client.send(client.request(reqwest::Method::GET, "/readyz")).await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    assert!(ready.text.contains("newer"), "{}", ready.text);
    assert_eq!(client.log(json!({"action": "a"})).await["outcome"], "ACCEPTED");
}

/// The ids of all events of the site.
async fn stored(tidemark: &Tidemark) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), Value::Null);
    loop {
        let arguments = json!({"first": 1_000, "after": after, "orderBy": "ARRIVAL_ASCENDING"});
        let page = tidemark.client().events(arguments).await;
        let edges = page["edges"].as_array().expect("a list");
        ids.extend(
            edges
                .iter()
                .map(|edge| edge["node"]["id"].as_str().expect("an id").to_owned()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        if page["pageInfo"]["hasNextPage"] == false {
            return ids;
        }
    }
}

async fn a_stop_under_load_finishes_what_was_accepted(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let acknowledged = Arc::new(AtomicUsize::new(0));
    let writer = |writer: usize| {
        let (client, acknowledged) = (tidemark.client().clone(), acknowledged.clone());
        tokio::spawn(async move {
            let mut accepted = Vec::new();
            for number in 0.. {
                let inputs: Vec<_> = (0..3)
                    .map(|part| json!({"id": format!("{writer}-{number}-{part}"), "action": "load"}))
                    .collect();
                let Ok(answer) = client
                    .try_graphql(graphql::LOG_EVENTS, json!({ "inputs": inputs }))
                    .await
                else {
                    break;
                };
                let outcomes = answer.body["data"]["logEvents"]["outcomes"]
                    .as_array()
                    .cloned()
                    .unwrap_or_default();
                let ids = outcomes.iter().filter(|outcome| outcome["outcome"] == "ACCEPTED");
                let ids: Vec<_> = ids
                    .map(|outcome| outcome["event"]["id"].as_str().expect("an id").to_owned())
                    .collect();
                acknowledged.fetch_add(ids.len(), Ordering::SeqCst);
                accepted.extend(ids);
            }
            accepted
        })
    };
    let writers: Vec<_> = (0..8).map(writer).collect();
    while acknowledged.load(Ordering::SeqCst) < 200 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    // Exits with status 0, or this fails.
    tidemark.server_mut().terminate().await;
    let mut accepted = BTreeSet::new();
    for writer in writers {
        accepted.extend(writer.await.expect("a writer does not fail"));
    }
    tidemark.server_mut().restart().await;
    let stored = stored(&tidemark).await;
    let distinct: BTreeSet<_> = stored.iter().cloned().collect();
    assert_eq!(stored.len(), distinct.len(), "nothing is there twice");
    let lost: Vec<_> = accepted.difference(&distinct).collect();
    assert!(lost.is_empty(), "acknowledged and lost: {lost:?}");
    let answered_only: Vec<_> = distinct.difference(&accepted).collect();
    assert!(
        answered_only.is_empty(),
        "requests under way are answered, too: {answered_only:?}"
    );
    tidemark.await_folded().await;
    let find = json!({"view": "actions", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    assert_eq!(tidemark.client().find(find).await["total"], stored.len());
}

async fn a_restart_changes_no_answer(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    tidemark
        .accept(
            (0..200)
                .map(|n| json!({"action": format!("a{}", n % 7), "actor": format!("u{}", n % 31)}))
                .collect(),
        )
        .await;
    let range = json!({"from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"});
    let mut find = range.clone();
    find["view"] = json!("actions");
    find["groupBy"] = json!(["action"]);
    let found = tidemark.client().find(find.clone()).await;
    let unique = tidemark.client().unique(range.clone()).await;
    assert_eq!((&found["total"], &unique["count"]), (&json!(200), &json!(31)));
    for kill in [false, true] {
        if kill {
            tidemark.server_mut().kill9();
        }
        tidemark.server_mut().restart().await;
        let again = tidemark.client().find(find.clone()).await;
        assert_eq!((&again["total"], &again["rows"]), (&found["total"], &found["rows"]));
        assert_eq!(tidemark.client().unique(range.clone()).await["count"], 31);
    }
}
