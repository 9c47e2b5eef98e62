//! When a change of rules holds: for the very next event, on every instance, whoever made the change.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{Client, Engine, Server, Tidemark, binary};

use super::{create, delete, deny, list, outcome, update};

support::on_both_engines!(
    a_change_holds_for_the_next_request,
    the_command_line_changes_a_running_server,
    a_change_amid_a_flood_divides_it,
    an_import_obeys_the_lists,
);

async fn a_change_holds_for_the_next_request(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    for round in 0..20 {
        let action = format!("a{round}");
        let event = || json!({"action": action});
        assert_eq!(outcome(client, event()).await, "ACCEPTED");
        let rule = create(client, deny("ACTION", &action)).await;
        assert_eq!(outcome(client, event()).await, "DENIED");
        update(client, json!({"id": rule["id"], "pattern": "something else"})).await;
        assert_eq!(outcome(client, event()).await, "ACCEPTED");
        delete(client, &rule).await;
    }
}

/// A second instance has heard of nothing when the next request comes; its append reads what holds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_on_one_instance_holds_for_the_next_request_on_the_other() {
    let tidemark = Tidemark::start(Engine::Postgres).await;
    let second = Server::start(tidemark.database()).await;
    let (one, other) = (tidemark.client(), tidemark.client().at(second.address()));
    for round in 0..20 {
        let action = format!("a{round}");
        let event = || json!({"action": action});
        assert_eq!(outcome(&other, event()).await, "ACCEPTED");
        let rule = create(one, deny("ACTION", &action)).await;
        assert_eq!(outcome(&other, event()).await, "DENIED");
        delete(&other, &rule).await;
        assert_eq!(outcome(one, event()).await, "ACCEPTED");
    }
}

async fn the_command_line_changes_a_running_server(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let site = tidemark.site();
    let flags = ["--target", "user-agent", "--pattern", "*bad*", "--note", "a\tnote"];
    let add = [&["rule", "add", "--site", site, "--list", "deny"], flags.as_slice()].concat();
    let printed = tidemark.command(&add).await.success();
    let id = printed.trim_end();
    let event = || json!({"action": "a", "userAgent": "a bad one"});
    assert_eq!(outcome(client, event()).await, "DENIED");
    assert_eq!(list(client).await[0]["id"], id);
    let rows = tidemark.command(&["rule", "list", "--site", site]).await.success();
    let row: Vec<_> = rows.trim_end().split('\t').collect();
    assert_eq!(row, [id, "DENY", "USER_AGENT", "*bad*", "on", "1", "never", "a note"]);
    let shown = tidemark.command(&["rule", "remove", id]).await.success();
    assert_eq!(shown, format!("removed {id}\n"));
    assert_eq!(outcome(client, event()).await, "ACCEPTED");

    for (arguments, word) in [
        (vec!["rule", "remove", id], "no rule"),
        (vec!["rule", "list", "--site", "nowhere"], "nowhere"),
        (
            vec![
                "rule",
                "add",
                "--site",
                site,
                "--list",
                "deny",
                "--target",
                "ip",
                "--pattern",
                "x",
            ],
            "192.0.2.0/24",
        ),
        (
            vec![
                "rule",
                "add",
                "--site",
                site,
                "--list",
                "maybe",
                "--target",
                "ip",
                "--pattern",
                "::1",
            ],
            "allow or deny",
        ),
        (
            vec![
                "rule",
                "add",
                "--site",
                site,
                "--list",
                "deny",
                "--target",
                "moon",
                "--pattern",
                "x",
            ],
            "country",
        ),
    ] {
        let finished = tidemark.command(&arguments).await;
        assert!(finished.failure().contains(word), "{finished}");
        assert_eq!(finished.stdout(), "");
    }
    assert!(list(client).await.is_empty());
}

async fn an_import_obeys_the_lists(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let rule = create(tidemark.client(), deny("IP", "192.0.2.0/24")).await;
    let line = |ip: &str| format!("{}\n", json!({"action": "a", "ip": ip, "time": "2020-01-01T00:00:00Z"}));
    let lines = [line("192.0.2.1"), line("192.0.3.1"), line("192.0.2.2")].concat();
    let arguments = ["import", "events", "-", "--site", tidemark.site()];
    let finished = binary::run_with_input(tidemark.database(), &arguments, lines.as_bytes()).await;
    assert!(
        finished
            .success()
            .contains("1 events imported, 0 there already, 2 refused"),
        "{finished}"
    );
    assert!(
        finished.stderr().contains("line 3") && finished.stderr().contains("deny list"),
        "{finished}"
    );
    assert_eq!(super::read(tidemark.client(), &rule).await["hits"], 2);
}

/// Requests that are answered before the change was asked for are let in, those sent after its answer refused.
async fn a_change_amid_a_flood_divides_it(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let mut loggers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let client = tidemark.client().clone();
        loggers.spawn(flood(client));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let asked = Instant::now();
    let rule = create(tidemark.client(), deny("ACTION", "flood")).await;
    let answered = Instant::now();
    let logged: Vec<_> = loggers.join_all().await.into_iter().flatten().collect();
    let (mut before, mut after) = (0, 0);
    for (sent, received, denied) in &logged {
        assert!(!denied || *received >= asked, "denied before anybody asked for it");
        assert!(*denied || *sent <= answered, "let in after the rule was there");
        before += i32::from(!denied);
        after += i32::from(*denied);
    }
    assert!(before > 0 && after > 0, "{before} before, {after} after");
    let hits = super::read(tidemark.client(), &rule).await["hits"].clone();
    assert_eq!(hits, after, "each refused event is a hit, and nothing else");
}

/// Logs for a second; gives when each event was sent, when answered, and whether it was denied.
async fn flood(client: Client) -> Vec<(Instant, Instant, bool)> {
    let (begin, mut logged) = (Instant::now(), Vec::new());
    while begin.elapsed() < Duration::from_secs(1) {
        let sent = Instant::now();
        let denied = outcome(&client, json!({"action": "flood"})).await == "DENIED";
        logged.push((sent, Instant::now(), denied));
    }
    logged
}
