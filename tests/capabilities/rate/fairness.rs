//! One caller's noise is no other caller's loss.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use support::{Client, Engine, Tidemark};
use tokio::{sync::Semaphore, task::JoinSet, time::interval};

use super::Pace;

support::on_both_engines!(a_noisy_key_slows_nobody_else);

/// Events that the noisy key may log in a second.
const RATE: f64 = 20.0;
/// Events of each of its requests, forty of which it begins in a second whether the last ones are answered or not.
const BATCH: i64 = 100;
/// Requests of it that may wait at once, so that a server that takes all in has thousands of events before anybody else's.
const WAITING: usize = 50;

const QUESTION: &str = "{ find(input: {view: \"events\", from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\"}) \
                        { total } }";

/// How long it takes to log an event and to ask something, forty times.
async fn pace(quiet: &Client) -> Pace {
    let mut waits = Vec::new();
    for _ in 0..40 {
        let asked = Instant::now();
        assert_eq!(quiet.log(json!({"action": "quiet"})).await["outcome"], "ACCEPTED");
        let _ = quiet.graphql("{ actions { name } }", json!({})).await.data();
        waits.push(asked.elapsed());
    }
    Pace::of(waits)
}

/// What became of the noise.
#[derive(Default)]
struct Noise {
    over: AtomicBool,
    accepted: AtomicI64,
    refused: AtomicI64,
}

/// Logs far more than is allowed, and does not wait for answers.
async fn log_noise(client: Client, noise: Arc<Noise>) {
    let (places, mut sent) = (Arc::new(Semaphore::new(WAITING)), JoinSet::new());
    let mut turns = interval(Duration::from_millis(25));
    while !noise.over.load(Ordering::SeqCst) {
        turns.tick().await;
        let Ok(place) = places.clone().try_acquire_owned() else {
            continue;
        };
        let (client, noise) = (client.clone(), noise.clone());
        sent.spawn(async move {
            let events = vec![json!({"action": "noise"}); usize::try_from(BATCH).expect("a few")];
            let passed = client.log_many(events).await["accepted"].as_i64().expect("a count");
            noise.accepted.fetch_add(passed, Ordering::SeqCst);
            noise.refused.fetch_add(BATCH - passed, Ordering::SeqCst);
            drop(place);
        });
    }
    sent.join_all().await;
}

/// Asks, and asks again.
async fn ask_noise(client: Client, noise: Arc<Noise>) {
    while !noise.over.load(Ordering::SeqCst) {
        let answer = client.graphql(QUESTION, json!({})).await;
        let refused = i64::from(!answer.body["errors"].is_null());
        noise.refused.fetch_add(refused, Ordering::SeqCst);
    }
}

async fn a_noisy_key_slows_nobody_else(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-query-units", "1500")
        .start()
        .await;
    let rate = format!("{RATE}/s");
    let noisy = tidemark
        .key(&["--site", "shop", "--allow", "log,query", "--rate", &rate])
        .await;
    let noisy = Client::new(tidemark.server().address(), &noisy);
    let quiet = tidemark.client();
    // Once for what is slow at first.
    let _ = pace(quiet).await;
    let alone = pace(quiet).await;
    let noise = Arc::new(Noise::default());
    let begin = Instant::now();
    let mut makers = JoinSet::new();
    makers.spawn(log_noise(noisy.clone(), noise.clone()));
    for _ in 0..2 {
        makers.spawn(ask_noise(noisy.clone(), noise.clone()));
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let beside = pace(quiet).await;
    noise.over.store(true, Ordering::SeqCst);
    makers.join_all().await;
    let (accepted, refused) = (
        noise.accepted.load(Ordering::SeqCst),
        noise.refused.load(Ordering::SeqCst),
    );
    let most = RATE * (begin.elapsed().as_secs_f64() + 1.0) + 1.0;
    assert!(accepted as f64 <= most, "{accepted} of at most {most}");
    assert!(refused > 10 * accepted, "there was a flood: {refused}");
    // A debug build shares two processors with its own flood.
    beside.assert_near(&alone, Duration::from_millis(150));
}
