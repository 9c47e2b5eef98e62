//! The real log: its totals equal those that an independent script has counted.

use std::{collections::BTreeMap, fs, process::Command};

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, binary, folder};

use super::tally;

support::on_both_engines!(
    the_real_log_is_imported_whole,
    page_views_alone_are_the_default,
    an_unreadable_file_is_told,
    equal_lines_are_as_many_events,
);

const LOG: &str = "tests/fixtures/access-log/apache_2015.log.gz";
const HOST: &str = "https://www.semicomplete.example";

fn expected() -> Value {
    let file = folder::repository().join("tests/fixtures/access-log/expected.json");
    serde_json::from_slice(&fs::read(file).expect("the fixture")).expect("JSON")
}

fn path() -> String {
    folder::repository().join(LOG).display().to_string()
}

fn plain() -> Vec<u8> {
    let unpacked = Command::new("gzip")
        .args(["-dc", &path()])
        .output()
        .expect("there is gzip");
    assert!(unpacked.status.success());
    unpacked.stdout
}

/// A question about the days of the log.
fn question(view: &str, action: &str) -> Value {
    json!({
        "view": view, "from": "2015-05-17T00:00:00Z", "to": "2015-05-21T00:00:00Z", "timeZone": "UTC",
        "where": [{"dimension": "action", "value": action}],
    })
}

/// Counts by the values of one dimension.
async fn counts(client: &Client, action: &str, dimension: &str) -> BTreeMap<String, Value> {
    let mut input = question("events", action);
    input["groupBy"] = json!([dimension]);
    let found = client.find(input).await;
    let rows = found["rows"].as_array().expect("a list").iter();
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rows.map(|row| (text(&row["dimensions"][dimension]), row["count"].clone()))
        .collect()
}

/// Counts by day.
fn by_day(answer: &Value) -> BTreeMap<String, Value> {
    let points = answer["series"].as_array().expect("a series").iter();
    let day = |point: &Value| point["start"].as_str().expect("a time")[..10].to_owned();
    points.map(|point| (day(point), point["count"].clone())).collect()
}

fn sorted(expected: &Value) -> BTreeMap<String, Value> {
    serde_json::from_value(expected.clone()).expect("an object")
}

/// Asks for everything that was counted independently.
async fn equals(client: &Client, action: &str, expected: &Value) {
    let mut series = question("actions", action);
    series["series"] = json!(true);
    let found = client.find(series).await;
    assert_eq!(found["total"], expected["total"]);
    assert_eq!(by_day(&found), sorted(&expected["per_day"]));
    assert_eq!(
        counts(client, action, "tag.status").await,
        sorted(&expected["per_status"])
    );
    assert_eq!(counts(client, action, "url.path").await, sorted(&expected["per_path"]));
    let unique = json!({
        "action": action, "from": "2015-05-17T00:00:00Z", "to": "2015-05-21T00:00:00Z", "series": true,
    });
    let found = client.unique(unique).await;
    assert_eq!(by_day(&found), sorted(&expected["visitors_per_day"]));
    let days = sorted(&expected["visitors_per_day"]);
    let sum: i64 = days.values().filter_map(Value::as_i64).sum();
    let (lower, upper) = (
        found["lower"].as_i64().expect("a count"),
        found["upper"].as_i64().expect("a count"),
    );
    assert!(
        (lower..=upper).contains(&sum),
        "an unnamed visitor counts once a day: {found:#}, {sum}"
    );
}

async fn the_real_log_is_imported_whole(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--max-rows", "5000").start().await;
    let client = tidemark.client();
    let file = path();
    let import = [
        "import",
        "access-log",
        &file,
        "--site",
        tidemark.site(),
        "--all",
        "--host",
        HOST,
    ];
    let import = tidemark.command(&import);
    // The server takes events meanwhile.
    let (imported, ()) = tokio::join!(import, async {
        for id in 0..20 {
            let payload = client.log(json!({"id": id.to_string(), "action": "meanwhile"})).await;
            assert_eq!(payload["outcome"], "ACCEPTED", "{payload:#}");
        }
    });
    let printed = imported.success();
    let wanted = [
        ("lines", 10_000),
        ("events imported", 9_999),
        ("unreadable", 1),
        ("there already", 0),
        ("refused", 0),
    ];
    for (what, number) in wanted {
        assert_eq!(tally(&printed, what), number, "{printed}");
    }
    let complaints = imported.stderr();
    assert_eq!(
        complaints.lines().filter(|line| line.starts_with("line ")).count(),
        1,
        "{complaints}"
    );
    assert!(complaints.contains("line 8899: "), "{complaints}");

    let expected = expected();
    // Whatever is folded by now, and when all is.
    equals(client, "http.request", &expected["http.request"]).await;
    tidemark.await_folded().await;
    equals(client, "http.request", &expected["http.request"]).await;

    // The same again adds nothing, though it comes plain and through a pipe.
    let again = [
        "import",
        "access-log",
        "-",
        "--site",
        tidemark.site(),
        "--all",
        "--host",
        HOST,
    ];
    let again = binary::run_with_input(tidemark.database(), &again, &plain()).await;
    let printed = again.success();
    assert_eq!(
        (tally(&printed, "events imported"), tally(&printed, "there already")),
        (0, 9_999),
        "{printed}"
    );
    let total = client.find(question("actions", "http.request")).await["total"].clone();
    assert_eq!(total, 9_999);

    let page = json!({"first": 1, "orderBy": "TIME_ASCENDING", "filter": {"where": [{"dimension": "action", "value": "http.request"}]}});
    let first = client.events(page).await["edges"][0]["node"].clone();
    assert_eq!(
        (&first["time"], &first["door"]),
        (&json!("2015-05-17T10:05:00Z"), &json!("import")),
        "{first:#}"
    );
    assert!(
        first["url"].as_str().is_some_and(|url| url.starts_with(HOST)),
        "{first:#}"
    );
    assert!(
        first["tag"]["method"].is_string() && first["tag"]["status"].is_number(),
        "{first:#}"
    );
}

async fn page_views_alone_are_the_default(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--max-rows", "5000").start().await;
    let file = tidemark.database().folder().path().join("plain.log");
    fs::write(&file, plain()).expect("the folder is ours");
    let file = file.display().to_string();
    let printed = tidemark
        .command(&["import", "access-log", &file, "--site", tidemark.site()])
        .await
        .success();
    let expected = expected();
    assert_eq!(
        tally(&printed, "events imported"),
        expected["pageview"]["total"],
        "{printed}"
    );
    let skipped: i64 = sorted(&expected["skipped"]).values().filter_map(Value::as_i64).sum();
    let told = printed
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next()?.parse::<i64>().ok());
    assert_eq!(told.sum::<i64>(), skipped, "none is dropped silently: {printed}");
    tidemark.await_folded().await;
    equals(tidemark.client(), "pageview", &expected["pageview"]).await;

    let mut pages = question("pages", "");
    pages.as_object_mut().expect("an object").remove("where");
    pages["groupBy"] = json!(["url.path"]);
    let found = tidemark.client().find(pages).await;
    let rows = found["rows"].as_array().expect("a list").iter();
    let found: BTreeMap<_, _> = rows
        .map(|row| {
            (
                row["dimensions"]["url.path"].as_str().unwrap_or_default().to_owned(),
                row["count"].clone(),
            )
        })
        .collect();
    assert_eq!(found, sorted(&expected["pageview"]["per_path"]), "from the rollup");
}

async fn an_unreadable_file_is_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let site = tidemark.site();
    for (arguments, word) in [
        (
            vec!["import", "access-log", "/nothing/there.log", "--site", site],
            "/nothing/there.log",
        ),
        (
            vec!["import", "events", "/nothing/there.json", "--site", site],
            "/nothing/there.json",
        ),
        (
            vec!["import", "access-log", "-", "--site", site, "--host", "not a host"],
            "--host",
        ),
    ] {
        let finished = tidemark.command(&arguments).await;
        assert!(finished.failure().contains(word), "{finished}");
    }
    let line: &[u8] = b"192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"x\"\n";
    let nowhere = ["import", "access-log", "-", "--site", "nowhere"];
    let finished = binary::run_with_input(tidemark.database(), &nowhere, line).await;
    assert!(format!("{finished}").contains("nowhere"), "{finished}");
    let packed = fs::read(path()).expect("the fixture");
    let broken = ["import", "access-log", "-", "--site", site, "--all"];
    let finished = binary::run_with_input(tidemark.database(), &broken, &packed[..packed.len() / 20]).await;
    assert!(finished.failure().contains("after line"), "{finished}");
}

async fn equal_lines_are_as_many_events(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let line = "192.0.2.1 - - [17/May/2015:10:05:03 +0000] \"GET /a HTTP/1.1\" 200 1 \"-\" \"x\"\n";
    let import = ["import", "access-log", "-", "--site", tidemark.site()];
    for (times, added, there) in [(2, 2, 0), (3, 1, 2), (1, 0, 1)] {
        let log = format!("{}nonsense\n\n", line.repeat(times));
        let finished = binary::run_with_input(tidemark.database(), &import, log.as_bytes()).await;
        let printed = finished.success();
        let tallied = ["events imported", "there already", "unreadable", "blank"].map(|what| tally(&printed, what));
        assert_eq!(tallied, [added, there, 1, 1], "{printed}");
        assert!(
            finished.stderr().contains(&format!("line {}: ", times + 1)),
            "{finished}"
        );
    }
}
