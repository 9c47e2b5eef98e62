//! Events as lines of JSON, out and in again.

use serde_json::{Value, json};
use support::{Database, Engine, Tidemark, binary};

use super::tally;
use crate::inside;

support::on_both_engines!(
    an_export_comes_back_exactly,
    an_export_has_bounds,
    refused_lines_are_told_by_number,
    what_comes_before_a_broken_part_is_imported,
    an_import_keeps_to_the_size_of_a_request,
    what_the_server_fails_to_store_is_told_and_imported_again,
);

/// Events of every kind, the past of whom the server does not take over GraphQL.
fn lines() -> String {
    let events = [
        json!({"id": "full", "action": "Clicked Sign Up", "label": "übung 🐟", "time": "2015-05-17T10:05:03.123456789Z",
            "url": "https://shop.example/a%20b?q=1#top", "referrer": "https://www.google.com/", "actor": "ada",
            "device": "d-1", "session": "s-1", "company": "ACME", "language": "de-AT", "country": "AT", "city": "Wien",
            "userAgent": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "ip": "81.2.69.142",
            "tag": {"a.b": [1, 2.5, null], "objects": [{"c": {}}, null], "long": "x".repeat(3_000), "float": 0.1, "tiny": 1e-7}}),
        json!({"id": "device", "action": "pageview", "time": "2015-05-17T12:00:00+02:00", "device": "d-1"}),
        json!({"id": "company", "action": "pageview", "time": "1999-12-31T23:59:59Z", "company": "ACME"}),
        json!({"id": "unnamed", "action": "pageview", "time": "2020-02-29T00:00:00Z", "ip": "2001:db8::1", "userAgent": "x"}),
        json!({"id": "nobody", "action": "pageview", "time": "2021-01-01T00:00:00Z"}),
        json!({"id": "twin", "action": "one", "time": "2020-02-29T00:00:00Z"}),
        json!({"action": "no id", "time": "2022-01-01T00:00:00Z", "tag": {"": {"traffic_source": "kept below"}}}),
        json!({"id": "list", "action": "a", "time": "2022-01-01T00:00:01Z", "tag": ["x", 7]}),
    ];
    events.iter().map(|event| format!("{event}\n")).collect()
}

async fn import(database: &Database, site: &str, lines: &str) -> String {
    let arguments = ["import", "events", "-", "--site", site];
    binary::run_with_input(database, &arguments, lines.as_bytes())
        .await
        .success()
}

async fn export(database: &Database, site: &str) -> String {
    binary::run(database, &["export", "events", "--site", site])
        .await
        .success()
}

async fn an_export_comes_back_exactly(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let (database, site, client) = (tidemark.database(), tidemark.site(), tidemark.client());
    assert_eq!(tally(&import(database, site, &lines()).await, "events imported"), 8);
    // Among them some that came in otherwise, and one that is gone.
    tidemark
        .accept(vec![
            json!({"action": "a", "tag": {"n": 1}}),
            json!({"id": "own", "action": "b"}),
            json!({"id": "gone", "action": "c"}),
        ])
        .await;
    assert_eq!(client.delete("gone").await["count"], 1);
    let exported = export(database, site).await;
    let events: Vec<Value> = exported
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(events.len(), 10, "{exported}");
    assert!(!exported.contains("\"gone\""), "{exported}");
    let times: Vec<_> = events
        .iter()
        .map(|event| {
            event["time"]
                .as_str()
                .expect("a time")
                .parse::<jiff::Timestamp>()
                .expect("a time")
        })
        .collect();
    assert!(times.is_sorted(), "{times:?}");
    let full = events.iter().find(|event| event["id"] == "full").expect("it is there");
    assert_eq!(
        (&full["time"], &full["ip"]),
        (&json!("2015-05-17T10:05:03.123456789Z"), &json!("81.2.69.0"))
    );
    assert_eq!(full["tag"]["a_b"], json!([1, 2.5, null]));

    // Into the same site: nothing is added.
    let printed = import(database, site, &exported).await;
    assert_eq!(
        (tally(&printed, "events imported"), tally(&printed, "there already")),
        (0, 10),
        "{printed}"
    );
    assert_eq!(export(database, site).await, exported);

    // Into another site, and into another database: the same lines.
    let copy = tidemark.another_site("copy").await;
    let elsewhere = Database::new(engine);
    let _ = binary::run(&elsewhere, &["site", "create", "copy"]).await.success();
    for target in [database, &elsewhere] {
        let printed = import(target, "copy", &exported).await;
        assert_eq!(tally(&printed, "events imported"), 10, "{printed}");
        assert_eq!(export(target, "copy").await, exported);
    }
    // Whom nobody named stays so, the same everywhere.
    let unnamed = events
        .iter()
        .find(|event| event["id"] == "unnamed")
        .expect("it is there");
    let hash = unnamed["unnamed"].as_str().expect("a hash");
    assert!(hash.starts_with('~') && unnamed["actor"].is_null(), "{unnamed:#}");
    for client in [client, &copy] {
        let event = client.event("unnamed").await;
        assert_eq!(
            (&event["actor"], &event["actorSource"]),
            (&json!(hash), &json!("UNNAMED"))
        );
        assert_eq!(client.event("full").await["actorSource"], "USER");
        assert_eq!(client.event("nobody").await["actorSource"], Value::Null);
    }
}

async fn an_export_has_bounds(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let _ = import(tidemark.database(), tidemark.site(), &lines()).await;
    let bounds = ["--from", "2015-05-17T10:00:00Z", "--to", "2020-02-29T00:00:00Z"];
    let arguments = [&["export", "events", "--site", tidemark.site()], bounds.as_slice()].concat();
    let exported = tidemark.command(&arguments).await.success();
    let ids: Vec<Value> = exported
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("JSON")["id"].clone())
        .collect();
    assert_eq!(ids, ["device", "full"], "from is taken, to is not");
    let finished = tidemark.command(&["export", "events", "--site", "nowhere"]).await;
    assert!(finished.failure().contains("nowhere"), "{finished}");
    let finished = tidemark
        .command(&["export", "events", "--site", tidemark.site(), "--from", "yesterday"])
        .await;
    assert!(finished.failure().contains("--from"), "{finished}");
}

async fn refused_lines_are_told_by_number(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let lines = [
        r#"{"id": "1", "action": "a", "time": "2015-05-17T10:05:03Z"}"#,
        "",
        r#"{"id": "3", "action": ""}"#,
        "{ no JSON",
        r#"{"id": "5", "action": "a", "colour": "red"}"#,
        r#"{"id": "6", "action": "a", "time": "later"}"#,
        r#"{"id": "7", "action": 7}"#,
        r#"{"id": "1", "action": "a"}"#,
        r#"{"id": "9", "action": "a", "tag": 7}"#,
        r#"{"id": "10", "action": "a"}"#,
        r#"{"id": "11", "action": "a", "actor": "ada", "unnamed": "~1"}"#,
    ];
    let arguments = ["import", "events", "-", "--site", tidemark.site()];
    let finished = binary::run_with_input(tidemark.database(), &arguments, lines.join("\n").as_bytes()).await;
    let (printed, complaints) = (finished.success(), finished.stderr());
    let what = [
        "lines",
        "events imported",
        "there already",
        "refused",
        "failed",
        "unreadable",
        "blank",
    ];
    assert_eq!(
        what.map(|what| tally(&printed, what)),
        [11, 2, 1, 4, 0, 3, 1],
        "{finished}"
    );
    for number in [3, 4, 5, 6, 7, 9, 11] {
        let start = format!("line {number}: ");
        assert_eq!(
            complaints.lines().filter(|line| line.starts_with(&start)).count(),
            1,
            "{number}: {complaints}"
        );
    }
    assert!(complaints.contains("colour"), "{complaints}");
    let page = tidemark.client().events(json!({"orderBy": "TIME_ASCENDING"})).await;
    let ids: Vec<_> = page["edges"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|edge| edge["node"]["id"].clone())
        .collect();
    assert_eq!(ids, ["1", "10"]);
}

async fn what_comes_before_a_broken_part_is_imported(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let event = |id: usize| format!("{{\"id\": \"{id}\", \"action\": \"a\"}}\n");
    // A line that no memory should hold is told of like any other.
    let long = format!(
        "{{\"id\": \"long\", \"action\": \"a\", \"label\": \"{}\"}}\n",
        "x".repeat(33 << 20)
    );
    let lines = [event(1), long, event(3)].concat();
    let arguments = ["import", "events", "-", "--site", tidemark.site()];
    let finished = binary::run_with_input(tidemark.database(), &arguments, lines.as_bytes()).await;
    assert_eq!(tally(&finished.success(), "events imported"), 2, "{finished}");
    let told = finished.stderr();
    assert!(
        told.starts_with("line 2: invalid: ") && told.lines().count() == 1,
        "{told}"
    );

    // A packed file that is cut off.
    let folder = tidemark.database().folder().path();
    let plain = folder.join("cut.ndjson");
    std::fs::write(&plain, (10..3_000).map(event).collect::<String>()).expect("the folder is ours");
    let script = "gzip -c cut.ndjson | head -c 5000 > cut.gz";
    let packed = std::process::Command::new("sh")
        .args(["-c", script])
        .current_dir(folder)
        .status();
    assert!(packed.expect("there is a shell").success());
    let file = folder.join("cut.gz").display().to_string();
    let finished = tidemark
        .command(&["import", "events", &file, "--site", tidemark.site()])
        .await;
    let (told, printed) = (finished.failure(), finished.stdout());
    let whole = tally(&printed, "events imported");
    assert!(
        whole > 100 && told.contains(&format!("line {}: ", whole + 1)),
        "{told}{printed}"
    );
    let stored = tidemark
        .client()
        .find(json!({"view": "actions", "from": "2020-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z"}));
    assert_eq!(stored.await["total"], whole + 2);
}

/// Imports twenty events with settings by which a request, and so a batch, holds seven of them.
async fn import_by_sevens(tidemark: &Tidemark) -> binary::Finished {
    let lines: String = (0..20)
        .map(|id| format!("{{\"id\": \"{id}\", \"action\": \"a\"}}\n"))
        .collect();
    let settings = ["--max-events-per-request", "7", "--queue-events", "7"];
    let arguments = [&["import", "events", "-", "--site", tidemark.site()], &settings[..]].concat();
    binary::run_with_input(tidemark.database(), &arguments, lines.as_bytes()).await
}

async fn an_import_keeps_to_the_size_of_a_request(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let finished = import_by_sevens(&tidemark).await;
    assert_eq!(tally(&finished.success(), "events imported"), 20, "{finished}");
    assert!(finished.stderr().is_empty(), "{finished}");
}

async fn what_the_server_fails_to_store_is_told_and_imported_again(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    // There is room for the first batch alone.
    let (refuse, allow) = match engine {
        Engine::Sqlite => (
            "CREATE TRIGGER refuse BEFORE INSERT ON event WHEN (SELECT count(*) FROM event) >= 7 \
             BEGIN SELECT RAISE(ABORT, 'no room'); END",
            "DROP TRIGGER refuse",
        ),
        Engine::Postgres => (
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF (SELECT count(*) FROM event) >= 7 THEN RAISE EXCEPTION 'no room'; END IF; RETURN NEW; END $$; \
             CREATE TRIGGER refuse BEFORE INSERT ON event FOR EACH ROW EXECUTE FUNCTION refuse()",
            "DROP TRIGGER refuse ON event",
        ),
    };
    inside::execute(tidemark.database(), refuse).await;
    let finished = import_by_sevens(&tidemark).await;
    let (told, printed) = (finished.failure(), finished.stdout());
    let what = ["lines", "events imported", "there already", "refused", "failed"];
    assert_eq!(what.map(|what| tally(&printed, what)), [20, 7, 0, 0, 13], "{finished}");
    assert!(told.contains("line 8: failed: INTERNAL"), "{told}");
    let last = told.lines().last().expect("a complaint");
    assert!(
        last.contains("13 events were not stored") && last.contains("import the file again"),
        "{told}"
    );
    inside::execute(tidemark.database(), allow).await;
    let printed = import_by_sevens(&tidemark).await.success();
    assert_eq!(what.map(|what| tally(&printed, what)), [20, 13, 7, 0, 0], "{printed}");
}
