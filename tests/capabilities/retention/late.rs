//! What comes in for days whose raw events are gone: it counts, and nothing that is asked or deleted makes these days
//! be worked out anew from the few raw events that are left.

use std::time::{Duration, Instant};

use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};
use support::{Client, Engine, Server, Tidemark};

use super::{LIMIT, event, keeping, midnight, mutate, noon, question, retain, stocked};

support::on_both_engines!(
    a_late_event_counts_and_is_no_raw_event_any_more,
    what_was_deleted_before_comes_back_exactly,
    an_old_hour_grows_beyond_its_bound,
    an_actor_who_comes_back_is_the_same,
    a_backfill_that_nobody_waits_for_keeps_nothing,
    what_is_not_folded_yet_is_counted_in_days_of_any_zone,
);

/// How many events, the sum, least and greatest of `tag.n`, and how many actors, by rollups alone.
async fn counted(client: &Client, from: Timestamp, to: Timestamp) -> [Value; 5] {
    let document = "query ($find: FindInput!, $who: UniqueInput!) { find(input: $find) { total provenance { source } \
         rows { measures { sum min max } } } unique(input: $who) { count provenance { source } } }";
    let who = json!({"from": from.to_string(), "to": to.to_string()});
    let variables = json!({"find": question("sums", from, to), "who": who});
    let answer = client.graphql(document, variables).await;
    let (find, unique) = (&answer.data()["find"], &answer.data()["unique"]);
    assert_eq!(find["provenance"]["source"], "ROLLUP", "{find:#}");
    assert_eq!(unique["provenance"]["source"], "ROLLUP", "{unique:#}");
    let measure = &find["rows"][0]["measures"][0];
    let of_measure = ["sum", "min", "max"].map(|name| measure[name].clone());
    let [sum, min, max] = of_measure;
    [find["total"].clone(), sum, min, max, unique["count"].clone()]
}

/// Lets the answers settle and stay: everything is folded and rebuilt.
async fn settled(client: &Client, from: Timestamp, to: Timestamp, expected: [Value; 5]) {
    let begin = Instant::now();
    loop {
        client.await_folded("shop").await;
        let document = "query ($find: FindInput!, $who: UniqueInput!) { find(input: $find) { provenance { source } } \
             unique(input: $who) { provenance { source markLagEvents } } }";
        let who = json!({"from": from.to_string(), "to": to.to_string()});
        let variables = json!({"find": question("sums", from, to), "who": who});
        let answer = client.graphql(document, variables).await;
        let text = answer.text.clone();
        if !text.contains("BOTH") && !text.contains("RAW") && text.contains("\"markLagEvents\":0") {
            break;
        }
        assert!(begin.elapsed() < LIMIT, "it does not settle: {text}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(counted(client, from, to).await, expected);
}

fn numbers(all: [i64; 5]) -> [Value; 5] {
    let [total, sum, min, max, actors] = all;
    let float = |number: i64| json!(number as f64);
    [json!(total), float(sum), float(min), float(max), json!(actors)]
}

/// A server in the place of the first that applies retention when it starts, and not again.
async fn calm(tidemark: &mut Tidemark) -> (Server, Client) {
    tidemark.server_mut().terminate().await;
    let flags = [("--retention-interval", "1h"), ("--max-cells-per-hour", "20")];
    let server = Server::start_with(tidemark.database(), &flags).await;
    let client = tidemark.client().at(server.address());
    (server, client)
}

async fn a_late_event_counts_and_is_no_raw_event_any_more(engine: Engine) {
    let (mut tidemark, today) = keeping(engine, Value::Null).await;
    let (server, client) = calm(&mut tidemark).await;
    let (from, to) = (midnight(today, 9), midnight(today, 8));
    // Ten events with 0, 1, …, 9, of ten actors.
    settled(&client, from, to, numbers([10, 45, 0, 9, 10])).await;
    for (id, actor) in [("late", "user 0"), ("later", "somebody new")] {
        let late = json!({
            "id": id, "action": "pageview", "actor": actor,
            "time": noon(today, 9).to_string(), "tag": {"network": "n", "n": 100},
        });
        assert_eq!(client.log(late).await["outcome"], "ACCEPTED");
    }
    settled(&client, from, to, numbers([12, 245, 0, 100, 11])).await;

    // It cannot be taken back from what nobody could work out anew.
    assert_eq!(client.event("late").await, Value::Null);
    let page = client.events(json!({"first": 1000})).await;
    assert_eq!(page["edges"].as_array().expect("a list").len(), 31);
    assert_eq!(client.delete("late").await["error"]["code"], "NOT_FOUND");
    let deleted = client.delete_many(json!({"ids": ["late", "1 1"]})).await;
    assert_eq!((&deleted["count"], &deleted["notFound"]), (&json!(1), &json!(["late"])));
    let told = client.delete_many(json!({"actor": "user 0", "dryRun": true})).await;
    assert_eq!(told["count"], 3, "{told:#}");
    let deleted = client.delete_many(json!({"actor": "user 0"})).await;
    assert_eq!(deleted["count"], 3, "{deleted:#}");
    settled(&client, from, to, numbers([12, 245, 0, 100, 11])).await;
    settled(
        &client,
        midnight(today, 2),
        midnight(today, 1),
        numbers([9, 45, 1, 9, 9]),
    )
    .await;
    assert_eq!(
        client.graphql("{ actions { count } }", json!({})).await.body["errors"],
        Value::Null
    );

    // The next run takes it from the disk, and its id stays taken.
    drop(server);
    tidemark.server_mut().restart().await;
    let again = tidemark.client().log(json!({"id": "late", "action": "pageview"})).await;
    assert_eq!(again["outcome"], "DUPLICATE", "{again:#}");
    settled(tidemark.client(), from, to, numbers([12, 245, 0, 100, 11])).await;
}

async fn what_was_deleted_before_comes_back_exactly(engine: Engine) {
    let (mut tidemark, today) = stocked(engine).await;
    let events = (4..10).flat_map(|day| (0..10).map(move |number| event(today, day, number)));
    tidemark.accept(events.collect()).await;
    tidemark.await_folded().await;
    // The least and the greatest of each day, and two of the ten actors.
    let mut deletions = Vec::new();
    for actor in ["user 0", "user 9"] {
        let deleted = tidemark.client().delete_many(json!({"actor": actor})).await;
        assert_eq!(deleted["count"], 6, "{deleted:#}");
        deletions.push(deleted["deletion"]["id"].as_str().expect("an id").to_owned());
    }
    retain(&tidemark, 3, Value::Null, 1).await;
    let (_server, client) = calm(&mut tidemark).await;
    let (from, to) = (midnight(today, 9), midnight(today, 3));
    settled(&client, from, to, numbers([48, 216, 1, 8, 8])).await;
    for (deletion, expected) in deletions.iter().zip([[54, 216, 0, 8, 9], [60, 270, 0, 9, 10]]) {
        let restored = client.restore(deletion).await;
        assert_eq!((&restored["count"], &restored["error"]), (&json!(6), &Value::Null));
        settled(&client, from, to, numbers(expected)).await;
    }
}

async fn an_old_hour_grows_beyond_its_bound(engine: Engine) {
    let (mut tidemark, today) = keeping(engine, Value::Null).await;
    let (_server, client) = calm(&mut tidemark).await;
    // Of another network each: more than an hour may have cells.
    let event = |number: i64| {
        let mut event = event(today, 9, 100 + number);
        event["tag"]["network"] = json!(format!("network {number}"));
        event
    };
    let payload = client.log_many((0..30).map(event).collect()).await;
    assert_eq!(payload["accepted"], 30, "{payload:#}");
    client.await_folded("shop").await;
    let noon = noon(today, 9);
    let hour = question("networks", noon, noon.checked_add(1.hour()).expect("an hour"));
    let found = client.find(hour).await;
    assert_eq!(
        (&found["total"], &found["provenance"]["source"]),
        (&json!(40), &json!("ROLLUP"))
    );
}

async fn an_actor_who_comes_back_is_the_same(engine: Engine) {
    let (mut tidemark, today) = stocked(engine).await;
    let by = |actor: &str, day: i64| {
        let time = noon(today, day).to_string();
        json!({"action": "pageview", "time": time, "actor": actor, "tag": {"network": "n"}})
    };
    tidemark
        .accept(vec![
            by("ada lovelace", 8),
            by("grace hopper", 8),
            by("grace hopper", 2),
        ])
        .await;
    tidemark.await_folded().await;
    retain(&tidemark, 3, Value::Null, 2).await;
    // It ends what it has begun, with the texts that nobody needs.
    tidemark.server_mut().terminate().await;
    if engine == Engine::Sqlite {
        let bytes = crate::deletion::bytes_on_disk(&tidemark);
        let is_there = |name: &[u8]| bytes.windows(name.len()).any(|part| part == name);
        assert!(is_there(b"grace hopper") && !is_there(b"ada lovelace"));
    }
    tidemark.server_mut().restart().await;
    tidemark
        .accept(vec![by("ada lovelace", 1), by("grace hopper", 1)])
        .await;
    tidemark.await_folded().await;
    let client = tidemark.client();
    let document = "query ($input: UniqueInput!) { unique(input: $input) { count provenance { source } } }";
    let who = async |from: i64| {
        let (from, to) = (midnight(today, from).to_string(), midnight(today, 0).to_string());
        let answer = client
            .graphql(document, json!({"input": {"from": from, "to": to}}))
            .await;
        answer.data()["unique"].clone()
    };
    // Two of them in the days whose events are gone and in those whose are not, before they are folded and after.
    let begin = Instant::now();
    loop {
        let found = who(9).await;
        assert_eq!(found["count"], 2);
        if found["provenance"]["source"] == "ROLLUP" {
            break;
        }
        assert!(begin.elapsed() < LIMIT, "sets are not folded: {found:#}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(who(2).await["count"], 2);
    let document = "{ events(first: 10, filter: {where: [{dimension: \"actor\", value: \"ada lovelace\"}]}) { edges { node { \
         actor } } } }";
    let answer = client.graphql(document, json!({})).await;
    assert_eq!(
        answer.data()["events"]["edges"],
        json!([{"node": {"actor": "ada lovelace"}}])
    );
}

async fn a_backfill_that_nobody_waits_for_keeps_nothing(engine: Engine) {
    let (tidemark, today) = stocked(engine).await;
    tidemark
        .accept((0..10).map(|number| event(today, 5, number)).collect())
        .await;
    // Given up in the same moment, before it has taken anything in.
    let document = "mutation { createView(input: {name: \"brief\", dimensions: [\"tag.network\"]}) { name } \
         deleteView(name: \"brief\") { name } }";
    let _ = tidemark.client().graphql(document, json!({})).await.data();
    let document = "mutation { createUniqueScope(fields: [\"tag.brief\"]) { name } \
         deleteUniqueScope(fields: [\"tag.brief\"]) { name } }";
    let everywhere = tidemark.client_of_all_sites("manage").await;
    let _ = everywhere.graphql(document, json!({})).await.data();
    let zone = json!({"input": {"timeZone": "America/New_York"}});
    let back = json!({"input": {"timeZone": super::ZONE}});
    for input in [zone, back] {
        mutate(
            &tidemark,
            "$input: UpdateSiteInput!",
            "updateSite(input: $input) { timeZone }",
            input,
        )
        .await;
    }
    retain(&tidemark, 3, Value::Null, 1).await;
}

async fn what_is_not_folded_yet_is_counted_in_days_of_any_zone(engine: Engine) {
    // Until 1972 its days began at 44 minutes and 30 seconds past an hour.
    let tidemark = Tidemark::builder(engine)
        .time_zone("Africa/Monrovia")
        .site_flag("--max-event-age", "none")
        .flag("--retention-interval", "100ms")
        .start()
        .await;
    let old = |id: String| json!({"id": id, "action": "a", "time": "1971-01-02T12:00:00Z", "tag": {"network": "n"}});
    tidemark.accept(vec![old("first".to_owned())]).await;
    tidemark.await_folded().await;
    retain(&tidemark, 3, Value::Null, 0).await;
    let input = json!({
        "view": "networks", "from": "1971-01-01T00:44:30Z", "to": "1971-01-04T00:44:30Z", "series": true,
    });
    for number in 0..20 {
        // Asked before the fold gets to it.
        tidemark.accept(vec![old(number.to_string())]).await;
        let found = tidemark.client().find(input.clone()).await;
        let counts: Vec<_> = found["series"]
            .as_array()
            .expect("points")
            .iter()
            .map(|point| &point["count"])
            .collect();
        assert_eq!(counts, [0, number + 2, 0], "{found:#}");
    }
}
