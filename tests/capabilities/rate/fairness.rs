//! One caller's noise is no other caller's loss.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::json;
use support::{Engine, Tidemark};

support::on_both_engines!(a_noisy_key_slows_nobody_else);

async fn a_noisy_key_slows_nobody_else(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-query-units", "600")
        .start()
        .await;
    let noisy = tidemark
        .key(&["--site", "shop", "--allow", "log,query", "--rate", "20/s"])
        .await;
    let noisy = support::Client::new(tidemark.server().address(), &noisy);
    let over = Arc::new(AtomicBool::new(false));
    let mut flood = tokio::task::JoinSet::new();
    let begin = Instant::now();
    for number in 0..6 {
        let (client, over) = (noisy.clone(), over.clone());
        flood.spawn(async move {
            let (mut accepted, mut refused) = (0, 0);
            while !over.load(Ordering::SeqCst) {
                if number % 2 == 0 {
                    let payload = client.log_many(vec![json!({"action": "noise"}); 50]).await;
                    let passed = payload["accepted"].as_i64().expect("a count");
                    (accepted, refused) = (accepted + passed, refused + 50 - passed);
                } else {
                    let answer = client.graphql("{ find(input: {view: \"events\", from: \"2026-01-01T00:00:00Z\", to: \"2026-02-01T00:00:00Z\"}) { total } }", json!({})).await;
                    refused += i64::from(!answer.body["errors"].is_null());
                }
            }
            (accepted, refused)
        });
    }
    tokio::time::sleep(Duration::from_millis(300)).await;
    let quiet = tidemark.client();
    let mut slowest = Duration::ZERO;
    for _ in 0..60 {
        let asked = Instant::now();
        assert_eq!(quiet.log(json!({"action": "quiet"})).await["outcome"], "ACCEPTED");
        let _ = quiet.graphql("{ actions { name } }", json!({})).await.data();
        slowest = slowest.max(asked.elapsed());
    }
    over.store(true, Ordering::SeqCst);
    let (mut accepted, mut refused) = (0, 0);
    while let Some(done) = flood.join_next().await {
        let (passed, stopped) = done.expect("no panic");
        (accepted, refused) = (accepted + passed, refused + stopped);
    }
    let most = 20.0 * (begin.elapsed().as_secs_f64() + 1.0) + 1.0;
    assert!(accepted as f64 <= most, "{accepted} of at most {most}");
    assert!(refused > accepted, "there was a flood: {refused}");
    // Generous, as a debug build shares two processors with its own flood.
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
}
