//! `kill -9` during concurrent ingest, many rounds on one database: after each, what was acknowledged is there exactly
//! once, and every answer equals the recount.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use serde_json::{Value, json};
use support::{Client, Engine, Tidemark, graphql};
use tokio::task::JoinSet;

use crate::truth::{
    AGENTS, Event,
    find::{self, Find, View},
    unique::{self, Unique},
};

support::on_both_engines!(what_was_acknowledged_outlives_every_kill);

const ROUNDS: usize = 50;
/// Events of one request, per loader: two log single events, two log batches.
const LOADERS: [usize; 4] = [1, 1, 7, 20];
const ZONE: &str = "Europe/Berlin";

/// Events that a round acknowledges on average, at the least: less would prove little.
const LEAST_OF_ROUND: usize = 20;

/// What one loader sent, and whether it was told that it is stored.
type Sent = Vec<(Event, bool)>;

async fn what_was_acknowledged_outlives_every_kill(engine: Engine) {
    let mut tidemark = Tidemark::builder(engine)
        .time_zone(ZONE)
        .flag("--fold-interval", "10ms")
        .flag("--fold-events", "50")
        .start()
        .await;
    let mut events = Vec::new();
    let (mut told, mut cut_off) = (0, 0);
    for round in 0..ROUNDS {
        // The first user agent after a start is read slowly; the loaders are not to wait for it.
        let mut first = event(round, LOADERS.len(), 0);
        first.agent = AGENTS.first().copied();
        tidemark.accept(vec![first.input()]).await;
        let mut loaders = JoinSet::new();
        for (number, size) in LOADERS.into_iter().enumerate() {
            loaders.spawn(pour(tidemark.client().clone(), round, number, size));
        }
        // Long enough for folds to be under way, and never the same.
        let load = 60 + u64::try_from(round * 53 % 170).expect("small");
        tokio::time::sleep(Duration::from_millis(load)).await;
        tidemark.server_mut().kill9();
        let mut sent = Sent::new();
        for (of_loader, under_way) in loaders.join_all().await {
            sent.extend(of_loader);
            cut_off += usize::from(under_way);
        }
        sent.push((first, true));
        tidemark.server_mut().restart().await;
        let acknowledged = sent.iter().filter(|(_, acknowledged)| *acknowledged).count();
        check_round(&tidemark, round, &sent).await;
        println!("round {round}: {acknowledged} of {} acknowledged", sent.len());
        told += acknowledged;
        events.extend(sent.into_iter().map(|(event, _)| event));
        check_answers(&tidemark, &events, round % 10 == 9).await;
    }
    tidemark.await_folded().await;
    check_answers(&tidemark, &events, true).await;
    println!("{told} acknowledged in all, {cut_off} requests cut off");
    assert!(told >= LEAST_OF_ROUND * ROUNDS, "only {told} were acknowledged in all");
    assert!(cut_off > 0, "no kill met a request under way");
}

/// Logs until the server is gone; says also whether the last request had reached it by then, and not come too late.
async fn pour(client: Client, round: usize, loader: usize, size: usize) -> (Sent, bool) {
    let mut sent = Sent::new();
    let mut request = 0;
    loop {
        let events: Vec<_> = (0..size)
            .map(|index| event(round, loader, request * size + index))
            .collect();
        let inputs: Vec<_> = events.iter().map(Event::input).collect();
        let answer = if size == 1 {
            let variables = json!({"input": inputs[0]});
            client.try_graphql(graphql::LOG_EVENT, variables).await
        } else {
            let variables = json!({"inputs": inputs});
            client.try_graphql(graphql::LOG_EVENTS, variables).await
        };
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                sent.extend(events.into_iter().map(|event| (event, false)));
                return (sent, !error.is_connect());
            }
        };
        let data = answer.data();
        let outcomes = match data["logEvents"]["outcomes"].as_array() {
            Some(outcomes) => outcomes.clone(),
            None => vec![data["logEvent"].clone()],
        };
        assert!(
            outcomes.iter().all(|one| one["outcome"] == "ACCEPTED"),
            "{}",
            answer.text
        );
        sent.extend(events.into_iter().map(|event| (event, true)));
        request += 1;
    }
}

fn event(round: usize, loader: usize, number: usize) -> Event {
    let id = format!("round {round} loader {loader} event {number}");
    let mixed = round * 31 + loader * 7 + number * 13;
    let action = ["pageview", "button.click", "page.visit"][mixed % 3];
    let time = format!("2026-11-{:02}T{:02}:{:02}:00Z", 10 + mixed % 9, mixed % 24, mixed % 60);
    let network = ["facebook", "linkedin", "none"][mixed / 3 % 3];
    let tag = json!({"round": round, "network": network});
    let event = Event::new(&id, action, &time, tag).by(&format!("user {}", mixed % 41));
    event.roaming(mixed / 3)
}

/// What was acknowledged is there, nothing is there twice or was never sent; and a client that tries again what it has
/// not heard of ends with each event exactly once.
async fn check_round(tidemark: &Tidemark, round: usize, sent: &Sent) {
    let all: BTreeSet<&str> = sent.iter().map(|(event, _)| event.id.as_str()).collect();
    let listed = list(tidemark, round).await;
    for (event, acknowledged) in sent {
        let there = listed.get(&event.id).copied().unwrap_or_default();
        assert!(there <= 1, "{} is there {there} times", event.id);
        assert!(there == 1 || !acknowledged, "{} is lost", event.id);
    }
    assert!(listed.keys().all(|id| all.contains(id.as_str())), "{listed:?}");
    let again: Vec<&Event> = sent
        .iter()
        .filter(|(_, known)| !known)
        .map(|(event, _)| event)
        .collect();
    let payload = tidemark
        .client()
        .log_many(again.iter().map(|event| event.input()).collect())
        .await;
    for (event, outcome) in again.iter().zip(payload["outcomes"].as_array().expect("a list")) {
        let expected = if listed.contains_key(&event.id) {
            "DUPLICATE"
        } else {
            "ACCEPTED"
        };
        assert_eq!(outcome["outcome"], expected, "{}", event.id);
    }
    let listed = list(tidemark, round).await;
    assert_eq!(listed.len(), sent.len());
    assert!(listed.values().all(|times| *times == 1), "{listed:?}");
}

/// The events of a round by id, with how often each is there.
async fn list(tidemark: &Tidemark, round: usize) -> BTreeMap<String, usize> {
    let filter = json!({"where": [{"dimension": "tag.round", "value": round}]});
    let mut listed = BTreeMap::new();
    let mut after = Value::Null;
    loop {
        let page = json!({"filter": filter, "first": 1_000, "after": after});
        let page = tidemark.client().events(page).await;
        for edge in page["edges"].as_array().expect("a list") {
            let id = edge["node"]["id"].as_str().expect("an id").to_owned();
            *listed.entry(id).or_insert(0) += 1;
        }
        if page["pageInfo"]["hasNextPage"] != true {
            return listed;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// Every cell of every built-in view and the distinct actors equal the recount; `thoroughly`, they do so day by day, and
/// raw events say the same.
async fn check_answers(tidemark: &Tidemark, events: &[Event], thoroughly: bool) {
    let (from, to) = ("2026-11-10T00:00:00Z", "2026-11-19T00:00:00Z");
    let mut finds = Vec::new();
    for view in View::built_in() {
        let dimensions: Vec<&str> = view.dimensions.iter().map(String::as_str).collect();
        let mut find = Find::new(&view, from, to).by(&dimensions);
        if thoroughly {
            find = find.series("DAY", ZONE);
            finds.push(find.raw());
        }
        finds.push(find);
    }
    let mut all = Unique::new(ZONE, from, to);
    let mut some = all.clone().within("tag.network", json!("facebook"));
    if thoroughly {
        [all, some] = [all, some].map(|unique| unique.series("DAY", ZONE));
    }
    let document = format!(
        "query ($finds: [FindInput!]!, $all: UniqueInput!, $some: UniqueInput!) {{ \
         findBatch(inputs: $finds) {{ result {{ {} }} error {{ message }} }} \
         all: unique(input: $all) {{ {} }} some: unique(input: $some) {{ {} }} }}",
        find::RESULT,
        unique::RESULT,
        unique::RESULT
    );
    let inputs: Vec<_> = finds.iter().map(Find::input).collect();
    let variables = json!({"finds": inputs, "all": all.input(), "some": some.input()});
    let answer = tidemark.client().graphql(&document, variables).await;
    let data = answer.data();
    for (find, outcome) in finds.iter().zip(data["findBatch"].as_array().expect("a list")) {
        assert!(outcome["error"].is_null(), "{outcome:#}");
        assert_eq!(find.read(&outcome["result"]), find.answer(events), "{}", find.input());
    }
    for (unique, name) in [(all, "all"), (some, "some")] {
        assert_eq!(Unique::read(&data[name]), unique.answer(events), "{}", unique.input());
    }
}
