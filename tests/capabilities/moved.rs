//! A database that is moved, as operators do: dumped in one cluster of PostgreSQL and restored in another, in which
//! transactions are counted from the beginning.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{Client, Engine, NewCluster, Server, Tidemark, postgres};

use crate::{
    inside,
    truth::{
        Event, check,
        find::{Find, View},
        unique::{self, Unique},
    },
};

const ZONE: &str = "Europe/Berlin";
const SPAN: [&str; 2] = ["2026-11-16T00:00:00Z", "2026-11-21T00:00:00Z"];

/// An event about every third hour of some days.
fn event(name: &str, number: usize) -> Event {
    let action = ["pageview", "page.visit", "button.click"][number % 3];
    let time = format!(
        "2026-11-{:02}T{:02}:{:02}:00Z",
        17 + number % 3,
        number * 3 % 24,
        number % 60
    );
    let tag = json!({"network": (["facebook", "linkedin"][number % 2]), "group": format!("g{}", number % 4)});
    let mut event = Event::new(&format!("{name} {number}"), action, &time, tag).by(&format!("user {}", number % 7));
    event.url = Some(format!("https://shop.example/p/{}", number % 3));
    event.roaming(number)
}

/// Every built-in view and raw events give the same answers as the model, and so do two questions for actors.
async fn check_answers(client: &Client, events: &[Event]) {
    let mut finds = Vec::new();
    for view in View::built_in() {
        let dimensions: Vec<&str> = view.dimensions.iter().map(String::as_str).collect();
        let find = Find::new(&view, SPAN[0], SPAN[1]).by(&dimensions);
        finds.push(find.clone().series("HOUR", "America/New_York"));
        finds.push(find.series("DAY", ZONE));
    }
    check::finds(client, &finds, events).await;
    let all = Unique::new(ZONE, SPAN[0], SPAN[1]).series("DAY", ZONE);
    let some = all.clone().of("pageview").within("tag.network", json!("facebook"));
    for unique in [all, some] {
        let document = format!(
            "query ($input: UniqueInput!) {{ unique(input: $input) {{ {} }} }}",
            unique::RESULT
        );
        let answer = client.graphql(&document, json!({"input": unique.input()})).await;
        let found = Unique::read(&answer.data()["unique"]);
        assert_eq!(found, unique.answer(events), "{}", unique.input());
    }
    let page = client.events(json!({"first": 1000})).await;
    let listed = page["edges"].as_array().expect("a list").len();
    assert_eq!(listed, events.iter().filter(|event| !event.hidden).count());
}

/// Waits until both marks have passed everything.
async fn await_both_folded(client: &Client) {
    let document = "query ($input: UniqueInput!) { unique(input: $input) { provenance { markLagEvents } } }";
    let begin = Instant::now();
    loop {
        client.await_folded("shop").await;
        let input = json!({"input": {"from": SPAN[0], "to": SPAN[1]}});
        let answer = client.graphql(document, input).await;
        if answer.data()["unique"]["provenance"]["markLagEvents"] == 0 {
            return;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn accept(client: &Client, events: &[Event]) {
    let payload = client.log_many(events.iter().map(Event::input).collect()).await;
    assert_eq!(payload["accepted"], events.len(), "{payload:#}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_that_is_restored_in_a_new_cluster_goes_on_with_right_answers() {
    let builder = Tidemark::builder(Engine::Postgres).time_zone(ZONE);
    let mut tidemark = builder.site_flag("--max-event-age", "none").start().await;
    let old = tidemark.database().url().expect("PostgreSQL").clone();
    // A cluster that has been in use: what comes after the move has lower ids than all that is there.
    let use_up = "DO $$ BEGIN FOR i IN 1..5000 LOOP PERFORM pg_current_xact_id(); COMMIT; END LOOP; END $$";
    postgres::execute(&old, use_up).expect("anybody may");

    let client = tidemark.client().clone();
    let mut events: Vec<_> = (0..60).map(|number| event("old", number)).collect();
    accept(&client, &events).await;
    await_both_folded(&client).await;
    let mut deletions = Vec::new();
    for number in [3, 4, 20] {
        let deleted = client.delete(&events[number].id).await;
        assert_eq!(deleted["count"], 1, "{deleted:#}");
        deletions.push((number, deleted["deletion"]["id"].clone()));
        events[number].hidden = true;
    }
    await_both_folded(&client).await;
    check_answers(&client, &events).await;

    // What nobody has folded is in the dump as well.
    let blockade = inside::connect(tidemark.database()).await;
    inside::hold_marks(&blockade).await;
    let unfolded: Vec<_> = (0..9).map(|number| event("unfolded", number)).collect();
    accept(&client, &unfolded).await;
    events.extend(unfolded);
    tidemark.server_mut().kill9();
    let file = tidemark.database().folder().path().join("dump");
    postgres::dump(&old, &file).expect("a dump");
    blockade.close().await.expect("it can be closed");

    let cluster = NewCluster::start();
    let new = cluster.database("moved");
    postgres::restore(&new, &file).expect("an empty database");
    let ids = "SELECT pg_current_xact_id()::text::bigint < (SELECT min(arrival) FROM event)";
    assert_eq!(postgres::execute(&new, ids).as_deref(), Ok("t"), "ids start over");
    let tail = "SELECT count(*) FROM event WHERE arrival >= (SELECT max(position) FROM mark)";
    assert_eq!(postgres::execute(&new, tail).as_deref(), Ok("9"), "not folded yet");

    let server = Server::start_with(tidemark.database(), &[("--database-url", new.as_str())]).await;
    let client = client.at(server.address());
    assert!(server.log().contains("moved to another cluster"), "{}", server.log());
    check_answers(&client, &events).await;
    let fresh: Vec<_> = (0..30).map(|number| event("new", number)).collect();
    accept(&client, &fresh).await;
    events.extend(fresh);
    check_answers(&client, &events).await;
    await_both_folded(&client).await;
    check_answers(&client, &events).await;

    // Events of both clusters are deleted, and what was deleted in the old one comes back in the new.
    for id in ["old 7", "unfolded 2", "new 5"] {
        assert_eq!(client.delete(id).await["count"], 1, "{id}");
        let event = events.iter_mut().find(|event| event.id == id).expect("it was logged");
        event.hidden = true;
    }
    for (number, id) in deletions {
        let restored = client.restore(id.as_str().expect("an id")).await;
        assert_eq!((&restored["count"], &restored["error"]), (&json!(1), &Value::Null));
        events[number].hidden = false;
    }
    check_answers(&client, &events).await;
    await_both_folded(&client).await;
    check_answers(&client, &events).await;
}
