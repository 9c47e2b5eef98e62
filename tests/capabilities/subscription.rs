//! Streams: events as they are stored, and backfills as they go on.

use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use support::{Client, Engine, Server, Subscription, Tidemark, Transport, binary};

support::on_both_engines!(
    every_event_arrives_once,
    a_large_batch_arrives_whole,
    events_of_another_process_arrive,
    a_filter_lets_through_what_matches,
    a_bad_filter_is_an_error,
    a_revoked_key_ends_its_streams,
    a_stopping_server_ends_its_streams,
    a_backfill_is_told_until_the_view_is_live,
    a_scopes_backfill_is_told_until_it_is_live,
);

const BOTH: [Transport; 2] = [Transport::WebSocket, Transport::EventStream];

const WATCH: &str = "subscription ($site: String, $filter: EventFilter) { eventLogged(site: $site, filter: $filter) \
     { id action label time tag actor } }";

/// Subscribes, and comes back once the server watches: when it has passed on an event like `probe`.
async fn watch(client: &Client, transport: Transport, filter: Value, probe: &Value) -> Subscription {
    let mut watching = client.subscribe(transport, WATCH, json!({ "filter": filter })).await;
    let mut probe = probe.clone();
    probe["label"] = json!("probe");
    loop {
        client.log(probe.clone()).await;
        let answer = tokio::time::timeout(Duration::from_millis(200), watching.next()).await;
        if let Ok(answer) = answer {
            assert!(answer.is_some_and(|answer| answer["data"]["eventLogged"]["label"] == "probe"));
            return watching;
        }
    }
}

/// The ids of the events that come up to and with the last one, each of which has to come once.
async fn up_to(watching: &mut Subscription, last: &str) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    loop {
        let event = watching.field("eventLogged").await;
        if event["label"] == "probe" {
            continue;
        }
        let id = event["id"].as_str().expect("an id").to_owned();
        let is_last = id == last;
        assert!(ids.insert(id), "twice: {event:#}");
        if is_last {
            return ids;
        }
    }
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

async fn every_event_arrives_once(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let probe = json!({"action": "probe"});
    let mut watching = Vec::new();
    for transport in BOTH {
        watching.push(watch(client, transport, Value::Null, &probe).await);
    }
    let logged = client
        .log(json!({"id": "single", "action": "a", "tag": {"n": 1}}))
        .await;
    assert_eq!(logged["outcome"], "ACCEPTED");
    let batch = (0..300)
        .map(|id| json!({"id": format!("b{id}"), "action": "b"}))
        .collect();
    tidemark.accept(batch).await;
    // What is not stored does not come.
    assert_eq!(
        client.log(json!({"id": "single", "action": "again"})).await["outcome"],
        "DUPLICATE"
    );
    assert_eq!(
        client.log(json!({"id": "bad", "action": ""})).await["outcome"],
        "INVALID"
    );
    let other = tidemark.another_site("other").await;
    assert_eq!(
        other.log(json!({"id": "theirs", "action": "a"})).await["outcome"],
        "ACCEPTED"
    );
    assert_eq!(
        client.log(json!({"id": "last", "action": "a"})).await["outcome"],
        "ACCEPTED"
    );
    let mut expected: BTreeSet<String> = (0..300).map(|id| format!("b{id}")).collect();
    expected.extend(set(&["single", "last"]));
    for mut watching in watching {
        assert_eq!(up_to(&mut watching, "last").await, expected);
    }
}

async fn a_large_batch_arrives_whole(engine: Engine) {
    const EVENTS: usize = 5_000;
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let probe = json!({"action": "probe"});
    let [mut socket, mut stream] = [
        watch(client, Transport::WebSocket, Value::Null, &probe).await,
        watch(client, Transport::EventStream, Value::Null, &probe).await,
    ];
    let batch = (0..EVENTS).map(|id| json!({"id": format!("b{id}"), "action": "b"}));
    tidemark.accept(batch.collect()).await;
    let all = async |watching: &mut Subscription| {
        let mut ids = BTreeSet::new();
        while ids.len() < EVENTS {
            let event = watching.field("eventLogged").await;
            if event["label"] != "probe" {
                assert!(ids.insert(event["id"].to_string()), "twice: {event:#}");
            }
        }
    };
    tokio::join!(all(&mut socket), all(&mut stream));
}

async fn events_of_another_process_arrive(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let probe = json!({"action": "probe"});
    let mut watching = Vec::new();
    for transport in BOTH {
        watching.push(watch(client, transport, Value::Null, &probe).await);
    }
    let line = |id: usize| format!("{{\"id\":\"i{id}\",\"action\":\"imported\",\"time\":\"2015-05-17T10:05:03Z\"}}\n");
    let lines: String = (0..50).map(line).collect();
    let import = ["import", "events", "-", "--site", tidemark.site()];
    let _ = binary::run_with_input(tidemark.database(), &import, lines.as_bytes())
        .await
        .success();
    let own = client.log(json!({"id": "last", "action": "a"})).await;
    assert_eq!(own["outcome"], "ACCEPTED");
    let mut expected: BTreeSet<String> = (0..50).map(|id| format!("i{id}")).collect();
    expected.insert("last".to_owned());
    for mut watching in watching {
        assert_eq!(up_to(&mut watching, "last").await, expected);
    }
}

async fn a_filter_lets_through_what_matches(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let matching = json!({"action": "sale", "tag": {"network": "news", "price": 20}});
    let filter = json!({"from": "2026-01-01T00:00:00Z", "where": [
        {"dimension": "action", "value": "sale"},
        {"dimension": "tag.network", "op": "IN", "value": ["news", "mail"]},
        {"dimension": "tag.price", "op": "GTE", "value": 10},
        {"dimension": "tag.traffic_source", "value": "direct"},
    ]});
    let mut watching = watch(client, Transport::WebSocket, filter, &matching).await;
    let event = |id: &str, action: &str, network: &str, price: Value| json!({"id": id, "action": action, "tag": {"network": network, "price": price}});
    let mut referred = event("referred", "sale", "news", json!(20));
    referred["referrer"] = json!("https://news.example/");
    tidemark
        .accept_retyped(
            "price",
            vec![
                event("yes", "sale", "news", json!(10)),
                event("action", "refund", "news", json!(20)),
                event("network", "sale", "feed", json!(20)),
                event("price", "sale", "news", json!(9.99)),
                event("text", "sale", "news", json!("20")),
                referred,
                event("also", "sale", "mail", json!(1e3)),
            ],
        )
        .await;
    tidemark
        .accept_retyped("price", vec![event("last", "sale", "news", json!(11))])
        .await;
    assert_eq!(up_to(&mut watching, "last").await, set(&["yes", "also", "last"]));
}

async fn a_bad_filter_is_an_error(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let bad = json!({"filter": {"where": [{"dimension": "nothing", "value": 1}]}});
    let nowhere = json!({"site": "nowhere"});
    for transport in BOTH {
        for (variables, code, path) in [
            (&bad, "UNKNOWN_DIMENSION", "filter.where[0].dimension"),
            (&nowhere, "UNKNOWN_SITE", "site"),
        ] {
            let mut refused = tidemark.client().subscribe(transport, WATCH, variables.clone()).await;
            let answer = refused.next().await.expect("an error");
            let extensions = &answer["errors"][0]["extensions"];
            assert_eq!(
                (&extensions["code"], &extensions["path"]),
                (&json!(code), &json!(path)),
                "{answer:#}"
            );
            assert_eq!(refused.next().await, None, "{transport:?}");
        }
    }
    let logger = tidemark.client_allowed("log").await;
    let mut refused = logger.subscribe(Transport::EventStream, WATCH, json!({})).await;
    let answer = refused.next().await.expect("an error");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{answer:#}");
}

async fn a_revoked_key_ends_its_streams(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client_allowed("log,query").await;
    let key = client.key().expect("it has one").to_owned();
    let probe = json!({"action": "probe"});
    let mut watching = Vec::new();
    for transport in BOTH {
        watching.push(watch(&client, transport, Value::Null, &probe).await);
    }
    let keys = tidemark.command(&["key", "list"]).await.success();
    let prefix = keys
        .split_whitespace()
        .find(|word| word.len() > 5 && key.contains(word))
        .expect("it is listed");
    let _ = tidemark.command(&["key", "revoke", prefix]).await.success();
    let begin = Instant::now();
    for mut watching in watching {
        while let Some(answer) = watching.next().await {
            // What was logged before may still come.
            let probed = answer["data"]["eventLogged"]["label"] == "probe";
            assert!(
                probed || answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED",
                "{answer:#}"
            );
        }
    }
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}

async fn a_stopping_server_ends_its_streams(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let probe = json!({"action": "probe"});
    let mut watching = Vec::new();
    for transport in BOTH {
        watching.push(watch(tidemark.client(), transport, Value::Null, &probe).await);
    }
    let begin = Instant::now();
    tidemark.server_mut().terminate().await;
    assert!(
        begin.elapsed() < Duration::from_secs(8),
        "it did not wait for them: {:?}",
        begin.elapsed()
    );
    for mut watching in watching {
        while let Some(answer) = watching.next().await {
            assert_eq!(answer["data"]["eventLogged"]["label"], "probe", "{answer:#}");
        }
    }
}

/// The fewest events that a backfill takes in at once, however few it is told to read.
const STEP: usize = 12;
/// Steps of a backfill that takes much longer than to subscribe, and than the server waits before it looks again.
const STEPS: usize = 200;

/// Events that are all folded, and a server in the place of the first whose backfills go in the smallest steps.
async fn slow(engine: Engine) -> (Tidemark, Server, Client) {
    let mut tidemark = Tidemark::start(engine).await;
    for _ in 0..STEPS {
        // On PostgreSQL no step ends within what is stored at once.
        let events = (0..STEP).map(|n| json!({"action": "a", "tag": {"n": n, "plan": n % 3}}));
        tidemark.accept(events.collect()).await;
    }
    // A backfill goes as far as is folded: for views by one mark, for scopes by another.
    tidemark.await_folded().await;
    let begin = Instant::now();
    let document = "query ($input: UniqueInput!) { unique(input: $input) { provenance { markLagEvents } } }";
    let input = json!({"input": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}});
    loop {
        let answer = tidemark.client().graphql(document, input.clone()).await;
        if answer.data()["unique"]["provenance"]["markLagEvents"] == 0 {
            break;
        }
        assert!(begin.elapsed() < Duration::from_secs(60), "{}", answer.text);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    tidemark.server_mut().terminate().await;
    let server = Server::start_with(tidemark.database(), &[("--fold-events", "1")]).await;
    let client = tidemark.client().at(server.address());
    (tidemark, server, client)
}

/// Reads a backfill's stream to its end: how much is done rises with each message, is told on the way and not only where
/// it begins, and the last message says that `name` is live.
async fn assert_told(mut watching: Subscription, field: &str, name: &str) {
    const EVENTS: usize = STEP * STEPS;
    let mut told = Vec::new();
    while let Some(mut answer) = watching.next().await {
        assert!(answer["errors"].is_null(), "{answer:#}");
        told.push(answer["data"][field].take());
    }
    let live = json!({"name": name, "state": "LIVE", "backfill": null});
    assert_eq!(told.pop(), Some(live), "after {told:#?}");
    let mut all = Vec::new();
    for one in &told {
        assert_eq!((&one["name"], &one["state"]), (&json!(name), &json!("BACKFILLING")));
        let backfill = &one["backfill"];
        assert_eq!(backfill["total"], EVENTS, "{one:#}");
        let progress = backfill["progress"].as_f64().expect("a part");
        assert!((0.0..=1.0).contains(&progress), "{one:#}");
        let done = backfill["done"].as_f64().expect("a count");
        assert!((done / EVENTS as f64 - progress).abs() < 1e-9, "{one:#}");
        all.push(progress);
    }
    assert!(all.is_sorted_by(|one, next| one < next), "{all:?}");
    assert!(all.iter().any(|one| *one > 0.0 && *one < 1.0), "{all:?}");
}

async fn a_backfill_is_told_until_the_view_is_live(engine: Engine) {
    let (_tidemark, _server, client) = slow(engine).await;
    let create = "mutation { createView(input: {name: \"by-n\", dimensions: [\"tag.n\"]}) { state } }";
    let created = client.graphql(create, json!({})).await;
    assert_eq!(created.data()["createView"]["state"], "BACKFILLING");
    let query = "subscription { viewBackfill(name: \"by-n\") { name state backfill { done total progress } } }";
    let mut watching = Vec::new();
    for transport in BOTH {
        watching.push(client.subscribe(transport, query, json!({})).await);
    }
    for watching in watching {
        assert_told(watching, "viewBackfill", "by-n").await;
    }
    // Of a view that is live this is all there is to tell.
    let mut told = client.subscribe(Transport::EventStream, query, json!({})).await;
    assert_eq!(told.field("viewBackfill").await["state"], "LIVE");
    assert_eq!(told.next().await, None);
    let unknown = "subscription { viewBackfill(name: \"nowhere\") { name } }";
    let mut told = client.subscribe(Transport::EventStream, unknown, json!({})).await;
    let answer = told.next().await.expect("an error");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNKNOWN_VIEW", "{answer:#}");
    assert_eq!(told.next().await, None);
}

async fn a_scopes_backfill_is_told_until_it_is_live(engine: Engine) {
    let (tidemark, server, client) = slow(engine).await;
    // A scope is every site's, so a key of one site may not declare it.
    let manager = tidemark.client_of_all_sites("manage").await.at(server.address());
    let create = "mutation { createUniqueScope(fields: [\"tag.plan\"]) { name } }";
    let created = manager.graphql(create, json!({})).await;
    assert_eq!(created.data()["createUniqueScope"]["name"], "<tag.plan>");
    let query = "subscription { uniqueScopeBackfill(fields: [\"tag.plan\"]) \
         { name state backfill { done total progress } } }";
    let watching = client.subscribe(Transport::WebSocket, query, json!({})).await;
    assert_told(watching, "uniqueScopeBackfill", "<tag.plan>").await;
}
