//! A key's own rate.

use std::time::{Duration, Instant};

use serde_json::json;
use support::{Engine, Tidemark};

support::on_both_engines!(a_key_has_a_rate, a_key_without_a_rate_has_no_limit);

async fn a_key_has_a_rate(engine: Engine) {
    let tidemark = Tidemark::builder(engine).key_flag("--rate", "5/s").start().await;
    let client = tidemark.client();
    let payload = client.log_many(vec![json!({"action": "a"}); 12]).await;
    let accepted = payload["accepted"].as_i64().expect("a count");
    assert_eq!(accepted, 5, "one second's worth at once");
    let outcomes = payload["outcomes"].as_array().expect("a list");
    for (index, outcome) in outcomes.iter().enumerate() {
        if index < 5 {
            assert_eq!(outcome["outcome"], "ACCEPTED");
            continue;
        }
        let (error, path) = (&outcome["error"], format!("inputs[{index}]"));
        assert_eq!(
            (&outcome["outcome"], &error["code"]),
            (&json!("RATE_LIMITED"), &json!("RATE_LIMITED"))
        );
        assert_eq!(
            (&error["path"], &error["retryAfter"]),
            (&json!(path), &json!(1)),
            "{outcome:#}"
        );
    }
    let answer = client.graphql("{ viewer { eventsPerSecond } }", json!({})).await;
    assert_eq!(answer.data()["viewer"]["eventsPerSecond"], 5);

    // Another key of the site is not concerned, and after the time that was named there is room again.
    let other = tidemark.client_allowed("log").await;
    assert_eq!(other.log_many(vec![json!({"action": "a"}); 20]).await["accepted"], 20);
    let begin = Instant::now();
    while client.log(json!({"action": "again"})).await["outcome"] != "ACCEPTED" {
        assert!(begin.elapsed() < Duration::from_secs(2), "there is no room again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn a_key_without_a_rate_has_no_limit(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    tidemark.accept(vec![json!({"action": "a"}); 2_000]).await;
    let answer = tidemark
        .client()
        .graphql("{ viewer { eventsPerSecond } }", json!({}))
        .await;
    assert!(answer.data()["viewer"]["eventsPerSecond"].is_null());
}
