//! Folding when something is wrong: with a stored event, with a cell, or with whoever holds the mark back. It goes on, every
//! answer is right, and those who run the server are told.

use std::time::{Duration, Instant};

use reqwest::Method;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark, postgres};

use crate::{inside, truth::instant};

support::on_both_engines!(
    an_event_that_cannot_be_read_is_set_aside_and_comes_back_mended,
    an_event_that_cannot_be_read_any_more_leaves_what_it_counted_in,
    a_cell_that_is_refused_is_left_to_raw_events,
    numbers_of_any_size_stop_nothing,
    a_cell_below_zero_is_reported_and_rebuilt,
    a_mark_that_lags_is_a_warning_and_no_reason,
);

const DAY: [&str; 2] = ["2026-11-18T00:00:00Z", "2026-11-19T00:00:00Z"];
const LIMIT: Duration = Duration::from_secs(60);

/// An event of an actor of its own, in the eleventh hour of the day.
fn event(id: &str) -> Value {
    json!({
        "id": id, "action": "pageview", "time": "2026-11-18T10:20:00Z", "actor": format!("user of {id}"),
        "tag": {"network": "n"},
    })
}

async fn get(tidemark: &Tidemark, path: &str) -> Answer {
    let client = Client::anonymous(tidemark.server().address());
    client.send(client.request(Method::GET, path)).await
}

async fn await_text(tidemark: &Tidemark, path: &str, part: &str) {
    let begin = Instant::now();
    loop {
        let answer = get(tidemark, path).await;
        if answer.text.contains(part) {
            return;
        }
        assert!(begin.elapsed() < LIMIT, "{part} is not in {}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Of one moment: the totals of a view and of raw events, distinct actors, and whether all of it came from rollups.
async fn answers(tidemark: &Tidemark, view: &str) -> ([i64; 3], bool) {
    let document = "query ($view: FindInput!, $raw: FindInput!, $unique: UniqueInput!) { \
         view: find(input: $view) { total provenance { source } } raw: find(input: $raw) { total } \
         unique(input: $unique) { count provenance { source } } }";
    let variables = json!({
        "view": {"view": view, "from": DAY[0], "to": DAY[1]},
        "raw": {"view": "events", "from": DAY[0], "to": DAY[1], "groupBy": ["tag.network"]},
        "unique": {"from": DAY[0], "to": DAY[1]},
    });
    let answer = tidemark.client().graphql(document, variables).await;
    let data = answer.data();
    let counts = [&data["view"]["total"], &data["raw"]["total"], &data["unique"]["count"]];
    let rolled_up = ["view", "unique"]
        .iter()
        .all(|name| data[name]["provenance"]["source"] == "ROLLUP");
    (counts.map(|count| count.as_i64().expect("a count")), rolled_up)
}

/// Waits until everything is folded and rebuilt, and sees that so many events are there by every account.
async fn settle(tidemark: &Tidemark, view: &str, events: i64) {
    let begin = Instant::now();
    loop {
        let (counts, rolled_up) = answers(tidemark, view).await;
        if rolled_up && counts == [events; 3] {
            return;
        }
        assert!(
            begin.elapsed() < LIMIT,
            "{view}: {counts:?} of {events}, folded: {rolled_up}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Declares a view and waits until it answers.
async fn declare(tidemark: &Tidemark, input: Value) {
    let document = "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }";
    let _ = tidemark
        .client()
        .graphql(document, json!({"input": input}))
        .await
        .data();
    let begin = Instant::now();
    loop {
        let answer = tidemark.client().graphql("{ views { state } }", json!({})).await;
        if !answer.text.contains("BACKFILLING") {
            return;
        }
        assert!(begin.elapsed() < LIMIT, "{}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Tags that no server writes: no JSON, another value than an object, a number that is none.
fn broken_tags(engine: Engine) -> &'static [&'static str] {
    match engine {
        Engine::Sqlite => &["{\"network\": ", "[1]", "{\"network\": \"n\", \"x\": 1e400}"],
        Engine::Postgres => &["[1]", "{\"network\": \"n\", \"x\": 1e400}", "7"],
    }
}

async fn an_event_that_cannot_be_read_is_set_aside_and_comes_back_mended(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    tidemark
        .accept((0..4).map(|number| event(&format!("event {number}"))).collect())
        .await;
    settle(&tidemark, "networks", 4).await;
    let tags = broken_tags(engine);
    for (number, tag) in tags.iter().enumerate() {
        let (uid, cast) = match engine {
            Engine::Sqlite => (format!("X'{number:032x}'"), ""),
            Engine::Postgres => (format!("'\\x{number:032x}'::bytea"), "::jsonb"),
        };
        // A copy of what the server wrote, so that nothing else is wrong with it.
        let columns = "site_id, time, received, action_id, traffic_source, actor_id, actor_kind, door";
        let statement = format!(
            "INSERT INTO event ({columns}, uid, client_id, tag) \
             SELECT {columns}, {uid}, 'broken {number}', '{tag}'{cast} FROM event WHERE client_id = 'event {number}'"
        );
        inside::execute(tidemark.database(), &statement).await;
    }
    tidemark.accept(vec![event("later")]).await;
    await_text(&tidemark, "/readyz", "3 stored events cannot be read").await;
    settle(&tidemark, "networks", 5).await;
    let page = tidemark.client().events(json!({"first": 100})).await;
    assert_eq!(page["edges"].as_array().expect("a list").len(), 5, "{page:#}");

    let ready = get(&tidemark, "/readyz").await;
    assert_eq!(
        (ready.status, &ready.body["status"]),
        (200, &json!("ready")),
        "{}",
        ready.text
    );
    await_text(&tidemark, "/metrics", "tidemark_aside_events 3\n").await;
    let log = tidemark.server().log();
    for number in 0..tags.len() {
        let named = log
            .lines()
            .any(|line| line.contains("cannot be read and is set aside") && line.contains(&format!("broken {number}")));
        assert!(named, "{log}");
    }

    // Mended, as an operator may, and with no actor: it is another one's copy.
    let cast = if engine == Engine::Sqlite { "" } else { "::jsonb" };
    let mend =
        format!("UPDATE event SET actor_id = NULL, tag = '{{\"network\": \"n\"}}'{cast} WHERE client_id = 'broken 1'");
    inside::execute(tidemark.database(), &mend).await;
    tidemark.server_mut().restart().await;
    await_text(&tidemark, "/readyz", "2 stored events cannot be read").await;
    let begin = Instant::now();
    while answers(&tidemark, "networks").await != ([6, 6, 5], true) {
        assert!(begin.elapsed() < LIMIT, "{:?}", answers(&tidemark, "networks").await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let page = tidemark.client().events(json!({"first": 100})).await.to_string();
    assert!(page.contains("broken 1") && !page.contains("broken 0"), "{page}");
}

async fn an_event_that_cannot_be_read_any_more_leaves_what_it_counted_in(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark
        .accept((0..5).map(|number| event(&format!("event {number}"))).collect())
        .await;
    settle(&tidemark, "networks", 5).await;
    let cast = if engine == Engine::Sqlite { "" } else { "::jsonb" };
    let spoil = format!("UPDATE event SET tag = '[1]'{cast} WHERE client_id = 'event 2'");
    inside::execute(tidemark.database(), &spoil).await;
    // Its backfill reads what was folded long ago.
    declare(&tidemark, json!({"name": "late", "dimensions": ["tag.network"]})).await;
    for view in ["late", "networks", "actions"] {
        settle(&tidemark, view, 4).await;
    }
    await_text(&tidemark, "/readyz", "1 stored events cannot be read").await;
}

async fn a_cell_that_is_refused_is_left_to_raw_events(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let hour = instant("2026-11-18T10:00:00Z").as_second() / 3600;
    // As a table may that has no room for a value; which one it has no room for is the test's choice.
    let refuse = match engine {
        Engine::Sqlite => format!(
            "CREATE TRIGGER refuse BEFORE INSERT ON view_bucket WHEN NEW.tier = 0 AND NEW.bucket = {hour} \
             BEGIN SELECT RAISE(ABORT, 'no room'); END"
        ),
        Engine::Postgres => {
            format!("ALTER TABLE view_bucket ADD CONSTRAINT refuse CHECK (tier <> 0 OR bucket <> {hour})")
        }
    };
    inside::execute(tidemark.database(), &refuse).await;
    let batch = |name: &str| -> Vec<Value> {
        let one = |number: usize| {
            let mut event = event(&format!("{name} {number}"));
            event["time"] = json!(format!("2026-11-18T{}:30:00Z", 10 + number % 2));
            event
        };
        (0..6).map(one).collect()
    };
    for (name, events) in [("first", 6), ("second", 12)] {
        tidemark.accept(batch(name)).await;
        for _ in 0..2 {
            // Before and after it is folded.
            assert_eq!(answers(&tidemark, "networks").await.0, [events; 3]);
            tidemark.await_folded().await;
        }
    }
    let log = tidemark.server().log();
    assert!(log.contains("refuses what an event counts in"), "{log}");
    let other = json!({"view": "networks", "from": "2026-11-19T00:00:00Z", "to": "2026-11-20T00:00:00Z"});
    let mut next = event("next day");
    next["time"] = json!("2026-11-19T10:30:00Z");
    tidemark.accept(vec![next]).await;
    tidemark.await_folded().await;
    let found = tidemark.client().find(other).await;
    assert_eq!(
        (&found["total"], &found["provenance"]["source"]),
        (&json!(1), &json!("ROLLUP"))
    );
}

async fn numbers_of_any_size_stop_nothing(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    declare(
        &tidemark,
        json!({"name": "prices", "dimensions": ["tag.network"], "measures": ["tag.price"]}),
    )
    .await;
    // One fold each, as their sums within one are added up before they are written.
    let prices = [
        json!(1.7e308),
        json!(1.7e308),
        json!(-1.7e308),
        json!(i64::MIN),
        json!(2.5),
    ];
    for (number, price) in prices.iter().enumerate() {
        let mut event = event(&format!("event {number}"));
        event["tag"]["price"] = price.clone();
        tidemark.accept(vec![event]).await;
        tidemark.await_folded().await;
    }
    let document =
        "query ($input: FindInput!) { find(input: $input) { total rows { measures { count sum min max } } } }";
    // From cells, and from raw events: the second begins within an hour.
    for from in [DAY[0], "2026-11-18T10:10:00Z"] {
        let input = json!({"view": "prices", "from": from, "to": DAY[1]});
        let answer = tidemark.client().graphql(document, json!({"input": input})).await;
        let found = &answer.data()["find"];
        let least = i64::MIN as f64;
        let measure = json!({"count": 2, "sum": least + 2.5, "min": least, "max": 2.5});
        assert_eq!(
            (&found["total"], &found["rows"][0]["measures"][0]),
            (&json!(5), &measure),
            "{from}"
        );
    }
}

async fn a_cell_below_zero_is_reported_and_rebuilt(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark
        .accept((0..6).map(|number| event(&format!("event {number}"))).collect())
        .await;
    settle(&tidemark, "networks", 6).await;
    let spoil = "UPDATE view_bucket SET n = 0 WHERE rollup_id IN \
         (SELECT r.id FROM rollup r JOIN view v ON v.id = r.view_id WHERE v.name = 'networks')";
    inside::execute(tidemark.database(), spoil).await;
    assert_eq!(answers(&tidemark, "networks").await.0, [0, 6, 6], "it is broken");
    assert_eq!(tidemark.client().delete("event 3").await["count"], 1);
    // At once from raw events, and then from what was rebuilt.
    assert_eq!(answers(&tidemark, "networks").await.0, [5; 3]);
    settle(&tidemark, "networks", 5).await;
    let log = tidemark.server().log();
    assert!(log.contains("a cell fell below 0"), "{log}");
    // Its hour and its day.
    await_text(&tidemark, "/metrics", "tidemark_faults_total{part=\"fold\"} 2\n").await;
}

async fn a_mark_that_lags_is_a_warning_and_no_reason(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept(vec![event("folded")]).await;
    settle(&tidemark, "networks", 1).await;
    let blockade = inside::connect(tidemark.database()).await;
    match engine {
        Engine::Postgres => inside::hold_marks(&blockade).await,
        Engine::Sqlite => {
            // A lock would keep the event from being written as well.
            let refuse = "CREATE TRIGGER held BEFORE UPDATE OF position ON mark BEGIN SELECT RAISE(ABORT, 'held'); END";
            blockade.execute_unprepared(refuse).await.expect(refuse);
        }
    }
    tidemark.accept(vec![event("waiting")]).await;
    let ready = get(&tidemark, "/readyz").await;
    assert_eq!(ready.body["warnings"], json!([]), "it only just came: {}", ready.text);
    inside::execute(
        tidemark.database(),
        "UPDATE event SET received = received - 120000000000 WHERE client_id = 'waiting'",
    )
    .await;
    await_text(&tidemark, "/readyz", "the mark lags 12").await;
    let ready = get(&tidemark, "/readyz").await;
    assert_eq!(
        (ready.status, &ready.body["status"], &ready.body["reasons"]),
        (200, &json!("ready"), &json!([])),
        "{}",
        ready.text
    );
    assert_eq!(ready.body["markLagEvents"], 1, "{}", ready.text);
    assert_eq!(answers(&tidemark, "networks").await.0, [2; 3]);
    let release = match engine {
        Engine::Postgres => "ROLLBACK",
        Engine::Sqlite => "DROP TRIGGER held",
    };
    blockade.execute_unprepared(release).await.expect("it is open");
    blockade.close().await.expect("it can be closed");
    settle(&tidemark, "networks", 2).await;
    await_text(&tidemark, "/readyz", "\"warnings\":[]").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_the_server_forgets_holds_no_mark_back_for_long() {
    let tidemark = Tidemark::start(Engine::Postgres).await;
    // No other connection can ask what is set on the server's; what the server's own does tells it.
    let tell = "CREATE TABLE told (value TEXT); \
         CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
         INSERT INTO told VALUES (current_setting('idle_in_transaction_session_timeout')); RETURN NULL; END $$; \
         CREATE TRIGGER tell AFTER INSERT OR UPDATE ON event FOR EACH STATEMENT EXECUTE FUNCTION tell(); \
         CREATE TRIGGER tell AFTER UPDATE ON mark FOR EACH STATEMENT EXECUTE FUNCTION tell()";
    inside::execute(tidemark.database(), tell).await;
    tidemark.accept(vec![event("one")]).await;
    settle(&tidemark, "networks", 1).await;
    assert_eq!(tidemark.client().delete("one").await["count"], 1);
    let url = tidemark.database().url().expect("PostgreSQL");
    let told = postgres::execute(url, "SELECT DISTINCT value FROM told");
    assert_eq!(told.as_deref(), Ok("1min"), "by appending, folding and deleting");
}
