//! The audit log: every change has its entry, and no entry is ever changed.

use std::{collections::BTreeSet, process::Command};

use reqwest::Method;
use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, graphql};

mod coverage;
mod sign_in;

support::on_both_engines!(
    an_entry_says_who_what_when_and_from_where,
    the_command_line_is_somebody_too,
    what_is_refused_leaves_no_entry,
    entries_are_found_by_site_time_actor_and_operation,
    pages_of_entries_join_up,
    one_site_does_not_read_of_another,
    no_entry_is_changed_or_removed,
    an_export_is_the_whole_log,
    a_deletion_is_told_without_the_texts_that_it_removes,
);

const AUDIT: &str = "query ($site: String, $from: DateTime, $to: DateTime, $actor: String, $operation: String, \
     $first: Int, $after: String, $last: Int, $before: String) { audit(site: $site, from: $from, to: $to, actor: $actor, \
     operation: $operation, first: $first, after: $after, last: $last, before: $before) { edges { cursor node { id time \
     actor { kind name } operation site target before after ip userAgent requestId } } pageInfo { hasNextPage \
     hasPreviousPage startCursor endCursor } } }";

const UPDATE_SITE: &str = "mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { name } }";

/// The entries that a question gives, the newest first.
async fn entries(client: &Client, question: Value) -> Vec<Value> {
    let answer = client.graphql(AUDIT, question).await;
    let edges = answer.data()["audit"]["edges"].as_array().expect("a list");
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// Changes a setting of the caller's site.
async fn change(client: &Client, days: i64) {
    let input = json!({"rawRetentionDays": days});
    let _ = client.graphql(UPDATE_SITE, json!({"input": input})).await.data();
}

async fn an_entry_says_who_what_when_and_from_where(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--trusted-proxies", "127.0.0.1")
        .start()
        .await;
    let client = tidemark.client();
    let body = json!({
        "query": UPDATE_SITE,
        "variables": {"input": {"timeZone": "Europe/Berlin", "origins": ["https://www.example.com"]}},
    });
    let request = client.request(Method::POST, "/graphql").json(&body);
    let request = request
        .header("user-agent", "Manager/1.0")
        .header("x-request-id", "request-17");
    assert_eq!(client.send(request).await.status, 200);
    let entry = &entries(client, json!({})).await[0];
    let time = entry["time"].as_str().expect("a time");
    assert!(time.parse::<jiff::Timestamp>().is_ok() && entry["id"].is_string());
    let prefix = &client.key().expect("it has one")[..15];
    assert_eq!(entry["actor"], json!({"kind": "KEY", "name": prefix}));
    assert_eq!(
        (&entry["operation"], &entry["site"], &entry["target"]),
        (&json!("updateSite"), &json!(tidemark.site()), &json!(tidemark.site()))
    );
    assert_eq!(
        (&entry["ip"], &entry["userAgent"], &entry["requestId"]),
        (&json!("127.0.0.1"), &json!("Manager/1.0"), &json!("request-17"))
    );
    let (before, after) = (&entry["before"], &entry["after"]);
    assert_eq!((&before["timeZone"], &before["origins"]), (&json!("UTC"), &json!([])));
    assert_eq!(
        (&after["timeZone"], &after["origins"]),
        (&json!("Europe/Berlin"), &json!(["https://www.example.com"]))
    );
    assert_eq!(
        before["ipPolicy"], "TRUNCATED",
        "what was not changed is told, too: {before:#}"
    );
}

async fn the_command_line_is_somebody_too(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let all = entries(tidemark.client(), json!({})).await;
    let told: Vec<_> = all
        .iter()
        .map(|entry| (entry["operation"].as_str().expect("a name"), &entry["actor"]["kind"]))
        .collect();
    // The harness itself makes the site and the key.
    assert_eq!(
        told,
        [("createKey", &json!("OPERATOR")), ("createSite", &json!("OPERATOR"))]
    );
    for entry in &all {
        assert_eq!(
            (&entry["actor"]["name"], &entry["ip"], &entry["before"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
    }
    assert_eq!(
        all[0]["after"]["permissions"].as_array().map(Vec::len),
        Some(5),
        "{:#}",
        all[0]
    );
}

async fn what_is_refused_leaves_no_entry(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let before = entries(tidemark.client(), json!({})).await.len();
    let reader = tidemark.client_allowed("query").await;
    for (client, input) in [
        (tidemark.client(), json!({"timeZone": "Nowhere"})),
        (tidemark.client(), json!({"site": "other", "timeZone": "UTC"})),
        (&reader, json!({"timeZone": "UTC"})),
    ] {
        let answer = client.graphql(UPDATE_SITE, json!({"input": input})).await;
        assert!(answer.error().is_object());
    }
    // A dry run and logging change nothing that is managed.
    let dry = tidemark
        .client()
        .delete_many(json!({"filter": {}, "dryRun": true}))
        .await;
    assert!(dry["error"].is_null(), "{dry:#}");
    tidemark.accept(vec![json!({"action": "a"})]).await;
    let after = entries(tidemark.client(), json!({})).await;
    assert_eq!(after.len(), before + 1, "only the reader's key was made: {after:#?}");
}

async fn entries_are_found_by_site_time_actor_and_operation(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let second = tidemark.client_allowed("manage").await;
    change(tidemark.client(), 1).await;
    change(&second, 2).await;
    change(tidemark.client(), 3).await;
    let days = |entries: Vec<Value>| -> Vec<i64> {
        let days = entries
            .iter()
            .filter_map(|entry| entry["after"]["rawRetentionDays"].as_i64());
        days.collect()
    };
    let all = entries(tidemark.client(), json!({"operation": "updateSite"})).await;
    assert_eq!(days(all.clone()), [3, 2, 1], "the newest first");
    let prefix = &second.key().expect("it has one")[..15];
    let by_actor = entries(tidemark.client(), json!({"actor": prefix})).await;
    assert_eq!((by_actor.len(), days(by_actor)), (1, vec![2]));
    let (time, next) = (&all[1]["time"], &all[0]["time"]);
    assert_eq!(
        days(entries(tidemark.client(), json!({"from": time, "to": next})).await),
        [2],
        "from ≤ time < to"
    );
    assert_eq!(days(entries(tidemark.client(), json!({"from": next})).await), [3]);
    assert_eq!(
        days(entries(tidemark.client(), json!({"site": tidemark.site(), "to": time})).await),
        [1]
    );
    let none = entries(tidemark.client(), json!({"actor": "' OR 1=1 --"})).await;
    assert_eq!(none, Vec::<Value>::new());
    for (question, code, path) in [
        (json!({"operation": "find'"}), "INVALID_ARGUMENT", "operation"),
        (json!({"from": "then"}), "INVALID_TIME", "from"),
        (json!({"first": 0}), "INVALID_ARGUMENT", "first"),
        (json!({"after": "x"}), "INVALID_CURSOR", "after"),
        (json!({"site": "nowhere"}), "UNKNOWN_SITE", "site"),
    ] {
        let answer = tidemark.client().graphql(AUDIT, question).await;
        assert_eq!(
            (answer.error_code(), answer.error_path()),
            (code, path),
            "{}",
            answer.text
        );
    }
}

async fn pages_of_entries_join_up(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    for days in 1..=7 {
        change(tidemark.client(), days).await;
    }
    let whole = entries(tidemark.client(), json!({})).await;
    assert_eq!(whole.len(), 9);
    for (size, cursor, end, more) in [
        ("first", "after", "endCursor", "hasNextPage"),
        ("last", "before", "startCursor", "hasPreviousPage"),
    ] {
        let (mut joined, mut at) = (Vec::new(), Value::Null);
        loop {
            let mut question = json!({size: 4});
            if !at.is_null() {
                question[cursor] = at;
            }
            let answer = tidemark.client().graphql(AUDIT, question).await;
            let page = &answer.data()["audit"];
            let nodes = page["edges"]
                .as_array()
                .expect("a list")
                .iter()
                .map(|edge| edge["node"].clone());
            if size == "first" {
                joined.extend(nodes);
            } else {
                joined.splice(0..0, nodes);
            }
            if page["pageInfo"][more] == false {
                break;
            }
            at = page["pageInfo"][end].clone();
            assert!(joined.len() < 20, "it ends");
        }
        assert_eq!(joined, whole, "{size}");
    }
}

async fn one_site_does_not_read_of_another(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let everywhere = tidemark.client_of_all_sites("manage").await;
    change(tidemark.client(), 1).await;
    change(&other, 2).await;
    let scope = "mutation { createUniqueScope(fields: [\"tag.plan\"]) { name } }";
    let _ = everywhere.graphql(scope, json!({})).await.data();
    let sites =
        |entries: Vec<Value>| -> BTreeSet<String> { entries.iter().map(|entry| entry["site"].to_string()).collect() };
    for (client, own) in [(tidemark.client(), tidemark.site()), (&other, "other")] {
        assert_eq!(
            sites(entries(client, json!({})).await),
            BTreeSet::from([format!("\"{own}\"")])
        );
    }
    let answer = other.graphql(AUDIT, json!({"site": tidemark.site()})).await;
    assert_eq!(answer.error_code(), "UNKNOWN_SITE");
    // A cursor is a place, and opens nothing.
    let page = tidemark.client().graphql(AUDIT, json!({"first": 1})).await;
    let cursor = page.data()["audit"]["pageInfo"]["startCursor"].clone();
    for question in [json!({"after": cursor}), json!({"before": cursor})] {
        assert!(
            sites(entries(&other, question).await)
                .iter()
                .all(|site| site == "\"other\"")
        );
    }
    // What concerns all is for those who manage all.
    let all = sites(entries(&everywhere, json!({})).await);
    assert_eq!(all.len(), 3, "two sites, and none: {all:?}");
    let named = sites(entries(&everywhere, json!({"site": "other"})).await);
    assert_eq!(named, BTreeSet::from(["\"other\"".to_owned()]));
}

/// What the database answers to a statement: an error, one hopes.
fn execute(tidemark: &Tidemark, statement: &str) -> Result<String, String> {
    if let Some(url) = tidemark.database().url() {
        return support::postgres::execute(url, statement);
    }
    let script =
        "import sqlite3, sys\nd = sqlite3.connect(sys.argv[1])\nprint(d.execute(sys.argv[2]).fetchall())\nd.commit()";
    let file = tidemark.database().folder().path().join("tidemark.db");
    let mut python = Command::new("python3");
    let output = python.args(["-c", script]).arg(file).arg(statement).output();
    let output = output.expect("python3 is there");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

async fn no_entry_is_changed_or_removed(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    change(tidemark.client(), 1).await;
    let before = entries(tidemark.client(), json!({})).await;
    let read = execute(&tidemark, "SELECT count(*) FROM audit").expect("it can be read");
    assert!(read.contains('3'), "{read}");
    for statement in [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit",
        "DELETE FROM audit WHERE id = 1",
    ] {
        let refused = execute(&tidemark, statement).expect_err(statement);
        assert!(refused.contains("append-only"), "{statement}: {refused}");
    }
    assert_eq!(entries(tidemark.client(), json!({})).await, before);
}

async fn an_export_is_the_whole_log(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let everywhere = tidemark.client_of_all_sites("manage").await;
    change(tidemark.client(), 1).await;
    change(&other, 2).await;
    let lines = |text: String| -> Vec<Value> {
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("a JSON object"));
        lines.collect()
    };
    let mut exported = lines(tidemark.command(&["export", "audit"]).await.success());
    let asked = entries(&everywhere, json!({})).await;
    assert_eq!(exported.len(), 7);
    exported.reverse();
    for (line, entry) in exported.iter_mut().zip(&asked) {
        line["id"] = json!(line["id"].to_string());
        assert_eq!(line, entry);
    }
    let of_site = lines(
        tidemark
            .command(&["export", "audit", "--site", "other"])
            .await
            .success(),
    );
    assert_eq!(of_site.len(), 3);
    let from = asked[0]["time"].as_str().expect("a time");
    let recent = lines(tidemark.command(&["export", "audit", "--from", from]).await.success());
    assert_eq!(recent.len(), 1);
    let nothing = tidemark
        .command(&["export", "audit", "--to", "2020-01-01T00:00:00Z"])
        .await
        .success();
    assert_eq!(nothing, "");
}

async fn a_deletion_is_told_without_the_texts_that_it_removes(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark
        .accept(vec![
            json!({"id": "1", "action": "a", "actor": "ada@example.com"}),
            json!({"id": "2", "action": "a", "label": "of Ada"}),
        ])
        .await;
    let by_actor = tidemark.client().delete_many(json!({"actor": "ada@example.com"})).await;
    let filter = json!({"to": "2100-01-01T00:00:00Z", "where": [{"dimension": "label", "value": "of Ada"}]});
    let by_filter = tidemark.client().delete_many(json!({"filter": filter})).await;
    let id = by_filter["deletion"]["id"].as_str().expect("an id");
    let _ = tidemark
        .client()
        .graphql(graphql::RESTORE_DELETION, json!({"id": id}))
        .await
        .data();
    let told = entries(tidemark.client(), json!({"first": 3})).await;
    let text = json!(told).to_string();
    assert!(!text.contains("ada@") && !text.contains("of Ada"), "{text}");
    assert_eq!(
        [&told[0]["operation"], &told[1]["operation"], &told[2]["operation"]],
        ["restoreDeletion", "deleteEvents", "deleteEvents"]
    );
    assert_eq!(
        (&told[1]["target"], &told[2]["target"]),
        (&json!(id), &by_actor["deletion"]["id"])
    );
    assert_eq!(
        told[1]["after"],
        json!({"state": "HIDDEN", "events": 1, "byId": false, "from": null, "to": "2100-01-01T00:00:00Z",
               "dimensions": ["label"]}),
    );
    assert_eq!(told[2]["after"]["dimensions"], json!(["actor"]));
    assert_eq!(
        (&told[0]["before"]["state"], &told[0]["after"]["state"]),
        (&json!("HIDDEN"), &json!("RESTORED"))
    );
}
