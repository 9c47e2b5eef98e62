//! Distinct visitors: who is one, how they are counted over time, and that large numbers are called approximate.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};
use support::{Engine, Tidemark};

use super::{Signer, ask, events, question::stock};

support::on_both_engines!(
    a_visitor_is_the_first_that_the_tag_names,
    visitors_are_counted_in_each_point,
    large_numbers_are_called_approximate,
);

async fn a_visitor_is_the_first_that_the_tag_names(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (key, nobody) = (client.key().expect("a key"), client.without_key());
    let cases = [
        (json!({"visitor_id": "v", "site_id": "s", "user_id": "u"}), Some("v")),
        (json!({"user_id": "u", "site_id": "s"}), Some("s")),
        (json!({"visitor_id": "", "site_id": "s", "user_id": "u"}), Some("s")),
        (json!({"visitor_id": null, "site_id": "", "user_id": "u"}), Some("u")),
        (json!({"visitor_id": "", "site_id": "", "user_id": ""}), None),
        (json!({"group": {"visitor_id": "inside"}}), None),
    ];
    for (tag, _) in &cases {
        let request = nobody.request(Method::POST, &format!("/rest/action.log?key={key}"));
        let answer = nobody.send(request.json(&json!({"action": "a", "tag": tag}))).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let all = events(&tidemark).await;
    assert_eq!(all.len(), cases.len());
    for (event, (tag, visitor)) in all.iter().zip(&cases) {
        assert_eq!(event["device"].as_str(), *visitor, "{tag}");
        match visitor {
            Some(visitor) => assert_eq!(event["actor"], *visitor, "{tag}"),
            // By the address and the agent.
            None => assert_eq!(event["actor"], all[4]["actor"], "{tag}"),
        }
    }
    assert!(all[4]["actor"].is_string(), "{:#}", all[4]);
    let signer = Signer::new(&tidemark).await;
    assert_eq!(
        ask(client, &signer, "action.find", &[("view", "unique_actions")]).await,
        json!({"count": 4})
    );
}

async fn visitors_are_counted_in_each_point(engine: Engine) {
    let (tidemark, signer) = stock(engine).await;
    let said = [
        ("view", "unique_actions"),
        ("where[action]", "button.click"),
        ("where[tag.group]", "g"),
        ("where[tag.network]", "twitter"),
        ("series", "true"),
        ("begin", "2026-11-10T00:00:00Z"),
        ("end", "2026-11-14T00:00:00Z"),
    ];
    assert_eq!(
        ask(tidemark.client(), &signer, "action.find", &said).await,
        json!({"period": "day", "series": [
            {"begin": 1_794_268_800, "count": 1}, {"begin": 1_794_355_200, "count": 1},
            {"begin": 1_794_441_600, "count": 0}, {"begin": 1_794_528_000, "count": 1},
        ]})
    );
}

/// More than a set of one day holds one by one.
const VISITORS: i64 = 6_000;

async fn large_numbers_are_called_approximate(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .site_flag("--max-event-age", "none")
        .start()
        .await;
    let (client, signer) = (tidemark.client(), Signer::new(&tidemark).await);
    let visit = |day: u8, number: i64| json!({"action": "a", "device": format!("d{number}"), "time": format!("2026-11-{day}T10:00:00Z")});
    for batch in 0..3 {
        let numbers = batch * VISITORS / 3..(batch + 1) * VISITORS / 3;
        tidemark.accept(numbers.map(|number| visit(11, number)).collect()).await;
    }
    tidemark.accept((0..3).map(|number| visit(12, number)).collect()).await;
    // What is past the mark is counted one by one; sets are made behind it.
    let document = "query ($input: UniqueInput!) { unique(input: $input) { provenance { source } } }";
    let input = json!({"input": {"from": "2026-11-11T00:00:00Z", "to": "2026-11-13T00:00:00Z"}});
    let begin = Instant::now();
    loop {
        let answer = client.graphql(document, input.clone()).await;
        if answer.data()["unique"]["provenance"]["source"] == "ROLLUP" {
            break;
        }
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "sets are not made: {}",
            answer.text
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let mut said = vec![
        ("view", "unique_actions"),
        ("begin", "2026-11-11T00:00:00Z"),
        ("end", "2026-11-13T00:00:00Z"),
    ];
    let is_near = |told: &Value| {
        let count = told["count"].as_i64().expect("a number");
        assert!((count - VISITORS).abs() <= VISITORS / 50, "{told}");
        assert_eq!(told["approximate"], true, "{told}");
    };
    is_near(&ask(client, &signer, "action.find", &said).await);
    said.push(("series", "true"));
    let answer = ask(client, &signer, "action.find", &said).await;
    let points = answer["series"].as_array().expect("a list");
    assert_eq!(points.len(), 2, "{answer}");
    is_near(&points[0]);
    assert_eq!(points[1]["count"], 3);
    assert_eq!(points[1].get("approximate"), None, "{answer}");
}
