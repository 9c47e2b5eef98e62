//! Each event counts for what its caller was told.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};
use support::{Engine, Server, Tidemark, graphql};

use super::{FROM, TO, Told, ledger, note, prefix};

support::on_both_engines!(
    every_outcome_counts_as_it_was_told,
    what_was_told_outlives_a_kill,
    events_count_for_the_site_they_name,
    a_whole_request_that_is_refused_counts_each_event,
    the_ledger_outlives_deletion_and_purge,
    what_leaves_quarantine_is_received_again,
);

/// One of everything that a single caller can be told of an event.
fn mixture() -> Vec<Value> {
    let action = |action: &str| json!({"action": action});
    let mut events = vec![
        action("pageview"),
        json!({"id": "once", "action": "button.click"}),
        json!({"id": "once", "action": "other.click"}),
        action("spam"),
        action(""),
        action(&"x".repeat(257)),
        action("a\0b"),
        json!({"action": "pageview", "tag": 7}),
        json!({"action": "pageview", "time": "yesterday"}),
        json!({"action": "old", "time": "1999-01-01T00:00:00Z"}),
        json!({"action": "pageview", "ip": "nonsense"}),
        json!({"action": "elsewhere", "site": "nowhere"}),
        json!({"action": "typed", "tag": {"plan": "gold"}}),
        json!({"action": "typed", "tag": {"plan": 7}}),
        action("pageview"),
    ];
    events.extend((0..5).map(|_| action("übung 🐟")));
    events
}

/// The action by which the ledger tells an event.
fn told_action(event: &Value) -> &str {
    let action = event["action"].as_str().expect("a text");
    let fits = action.chars().count() <= 256 && !action.contains('\0');
    if fits { action } else { "" }
}

async fn every_outcome_counts_as_it_was_told(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let _ = tidemark
        .command(&[
            "rule",
            "add",
            "--site",
            tidemark.site(),
            "--list",
            "deny",
            "--target",
            "action",
            "--pattern",
            "spam",
        ])
        .await
        .success();
    let client = tidemark.client();
    let mut told = Told::new();
    // As a batch, and one by one.
    let payload = client.log_many(mixture()).await;
    let outcomes = payload["outcomes"].as_array().expect("a list").clone();
    for (event, outcome) in mixture().iter().zip(&outcomes) {
        note(&mut told, outcome, told_action(event), &prefix(client));
    }
    for event in mixture() {
        let outcome = client.log(event.clone()).await;
        note(&mut told, &outcome, told_action(&event), &prefix(client));
    }
    let kinds: std::collections::BTreeSet<_> = told.keys().map(|line| line[0].as_str()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["ACCEPTED", "DENIED", "DUPLICATE", "INVALID", "TYPE_CONFLICT"]
    );
    // A key with a rate.
    let key = tidemark
        .key(&["--site", tidemark.site(), "--allow", "log", "--rate", "3/s"])
        .await;
    let limited = support::Client::new(tidemark.server().address(), &key);
    for _ in 0..2 {
        let payload = limited.log_many(vec![json!({"action": "often"}); 10]).await;
        for outcome in payload["outcomes"].as_array().expect("a list") {
            note(&mut told, outcome, "often", &prefix(&limited));
        }
    }
    assert!(told.keys().any(|line| line[1] == "RATE_LIMITED"), "{told:#?}");
    assert_eq!(ledger(client, None).await, told);
    // By a client token, it counts for the key that minted it.
    let mint = "mutation { createClientToken(input: {permissions: [LOG]}) { token } }";
    let minted = client.graphql(mint, json!({})).await;
    let token = minted.data()["createClientToken"]["token"]
        .as_str()
        .expect("a token")
        .to_owned();
    let frontend = support::Client::new(tidemark.server().address(), &token);
    note(
        &mut told,
        &frontend.log(json!({"action": "pageview"})).await,
        "pageview",
        &prefix(client),
    );
    note(
        &mut told,
        &frontend.log(json!({"action": ""})).await,
        "",
        &prefix(client),
    );
    assert_eq!(ledger(client, None).await, told);
    // The metrics say the same.
    let metrics = client.send(client.request(Method::GET, "/metrics")).await.text;
    for outcome in [
        "ACCEPTED",
        "DUPLICATE",
        "DENIED",
        "INVALID",
        "RATE_LIMITED",
        "TYPE_CONFLICT",
    ] {
        let of = told.iter().filter(|(line, _)| line[0] == outcome);
        let sum: i64 = of.map(|(_, n)| n).sum();
        let line = format!(
            "tidemark_events_total{{outcome=\"{}\"}} {sum}\n",
            outcome.to_lowercase()
        );
        assert!(metrics.contains(&line), "{line}{metrics}");
    }
}

async fn what_was_told_outlives_a_kill(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let client = tidemark.client().clone();
    let mut told = Told::new();
    for number in 0..20 {
        // At once after the answer, whatever it was.
        let event = if number % 2 == 0 {
            json!({"action": "a"})
        } else {
            json!({"action": "a", "time": "never"})
        };
        note(&mut told, &client.log(event).await, "a", &prefix(&client));
        if number % 5 == 4 {
            tidemark.server_mut().kill9();
            tidemark.server_mut().restart().await;
            assert_eq!(ledger(&client, None).await, told);
        }
    }
}

async fn events_count_for_the_site_they_name(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let other = tidemark.another_site("other").await;
    let all = tidemark.client_of_all_sites("log,query").await;
    let (mut here, mut there, mut nowhere) = (Told::new(), Told::new(), Told::new());
    let key = prefix(&all);
    let batch = [
        ("a", Some(tidemark.site())),
        ("b", Some("other")),
        ("c", None),
        ("d", Some("nowhere")),
    ];
    for (action, site) in batch {
        let outcome = all.log(json!({"action": action, "site": site})).await;
        let told = match action {
            "a" => &mut here,
            "b" => &mut there,
            _ => &mut nowhere,
        };
        note(told, &outcome, action, &key);
    }
    // A key of one site that names another counts for its own, and the other learns nothing of it.
    let outcome = other.log(json!({"action": "e", "site": tidemark.site()})).await;
    assert_eq!(outcome["error"]["code"], "UNKNOWN_SITE");
    note(&mut there, &outcome, "e", &prefix(&other));
    assert_eq!(ledger(tidemark.client(), None).await, here);
    assert_eq!(ledger(&other, None).await, there);
    assert_eq!(ledger(&all, Some("other")).await, there);
    // Of all sites, also what named none.
    let mut together = here;
    together.extend(there);
    together.extend(nowhere);
    assert_eq!(ledger(&all, None).await, together);
}

async fn a_whole_request_that_is_refused_counts_each_event(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--max-events-per-request", "3")
        .start()
        .await;
    let client = tidemark.client();
    let mut told = Told::new();
    let inputs = vec![
        json!({"action": "a"}),
        json!({"action": "b"}),
        json!({"action": "b"}),
        json!({"action": ""}),
    ];
    let reader = tidemark.client_allowed("query").await;
    for (caller, code) in [(client, "TOO_MANY_ITEMS"), (&reader, "FORBIDDEN")] {
        let answer = caller.graphql(graphql::LOG_EVENTS, json!({"inputs": inputs})).await;
        assert_eq!(answer.error_code(), code, "{}", answer.text);
        assert_eq!(answer.error()["extensions"]["outcome"], "INVALID", "{}", answer.text);
        for (action, n) in [("a", 1), ("b", 2), ("", 1)] {
            told.insert(["INVALID".into(), code.into(), action.into(), prefix(caller)], n);
        }
    }
    // Nobody known has no site, and is in the metrics alone.
    let nobody = support::Client::anonymous(tidemark.server().address());
    let answer = nobody.graphql(graphql::LOG_EVENTS, json!({"inputs": inputs})).await;
    assert_eq!(answer.error_code(), "UNAUTHENTICATED");
    assert_eq!(answer.error()["extensions"]["outcome"], "INVALID");
    assert_eq!(ledger(client, None).await, told);
    let metrics = client.send(client.request(Method::GET, "/metrics")).await.text;
    assert!(
        metrics.contains("tidemark_events_total{outcome=\"invalid\"} 12\n"),
        "{metrics}"
    );
}

async fn the_ledger_outlives_deletion_and_purge(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--purge-interval", "300ms")
        .start()
        .await;
    let client = tidemark.client();
    let event = |action: &str, id: &str| json!({"action": action, "id": id});
    tidemark
        .accept(vec![
            event("kept", "1"),
            event("forgotten", "2"),
            event("forgotten", "3"),
        ])
        .await;
    assert_eq!(client.log(event("forgotten", "2")).await["outcome"], "DUPLICATE");
    assert_eq!(
        client.log(json!({"action": "forgotten", "time": "never"})).await["outcome"],
        "INVALID"
    );
    let line = |outcome: &str, code: &str, action: &str| [outcome.into(), code.into(), action.into(), prefix(client)];
    let before = Told::from([
        (line("ACCEPTED", "", "kept"), 1),
        (line("ACCEPTED", "", "forgotten"), 2),
        (line("DUPLICATE", "", "forgotten"), 1),
        (line("INVALID", "INVALID_TIME", "forgotten"), 1),
    ]);
    assert_eq!(ledger(client, None).await, before);
    let filter = json!({"filter": {"where": [{"dimension": "action", "value": "forgotten"}]}});
    assert_eq!(client.delete_many(filter).await["count"], 2);
    // The numbers stay; the name of what is gone for good goes with it, but for what was never stored.
    let after = Told::from([
        (line("ACCEPTED", "", "kept"), 1),
        (line("ACCEPTED", "", ""), 2),
        (line("DUPLICATE", "", ""), 1),
        (line("INVALID", "INVALID_TIME", "forgotten"), 1),
    ]);
    let begin = std::time::Instant::now();
    loop {
        let now = ledger(client, None).await;
        if now == after {
            break;
        }
        assert_eq!(now, before);
        assert!(begin.elapsed().as_secs() < 20, "the purge does not come");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    // A name that comes again is told again.
    tidemark.accept(vec![event("forgotten", "4")]).await;
    assert_eq!(ledger(client, None).await[&line("ACCEPTED", "", "forgotten")], 1);
}

async fn what_leaves_quarantine_is_received_again(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let event = |plan: Value| json!({"action": "typed", "tag": {"plan": plan}});
    tidemark.accept(vec![event(json!("gold"))]).await;
    for number in [7, 8] {
        assert_eq!(client.log(event(json!(number))).await["outcome"], "TYPE_CONFLICT");
    }
    let redrive =
        "mutation ($input: RedriveQuarantineInput!) { redriveQuarantine(input: $input) { accepted refused } }";
    let fixes = json!([{"coerce": {"name": "plan", "type": "string"}}]);
    let receipts = async || {
        let by = json!({"from": FROM, "to": TO, "groupBy": ["OUTCOME", "DIALECT"]});
        let rows = client.ledger(by).await["rows"].clone();
        let row = |row: &Value| {
            let (outcome, dialect) = (row["outcome"].as_str(), row["dialect"].as_str());
            (
                format!("{} {}", outcome.unwrap_or_default(), dialect.unwrap_or_default()),
                row["count"].as_i64(),
            )
        };
        rows.as_array()
            .expect("a list")
            .iter()
            .map(row)
            .collect::<BTreeMap<_, _>>()
    };
    let before = BTreeMap::from([
        ("ACCEPTED graphql".to_owned(), Some(1)),
        ("TYPE_CONFLICT graphql".to_owned(), Some(2)),
    ]);
    assert_eq!(receipts().await, before);
    // What is only tried, or stays, is not received.
    for input in [json!({}), json!({"fixes": fixes, "dryRun": true})] {
        let _ = client.graphql(redrive, json!({"input": input})).await.data();
        assert_eq!(receipts().await, before);
    }
    let done = client.graphql(redrive, json!({"input": {"fixes": fixes}})).await;
    assert_eq!(done.data()["redriveQuarantine"]["accepted"], 2, "{}", done.text);
    let mut after = before;
    after.insert("ACCEPTED redrive".to_owned(), Some(2));
    assert_eq!(receipts().await, after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_count_together() {
    let tidemark = Tidemark::start(Engine::Postgres).await;
    let second = Server::start(tidemark.database()).await;
    let clients = [tidemark.client().clone(), tidemark.client().at(second.address())];
    let mut loggers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let client = clients[number % 2].clone();
        loggers.spawn(async move {
            for round in 0..40 {
                let fresh = format!("fresh {}", round % 5);
                let payload = client
                    .log_many(vec![
                        json!({"action": "a"}),
                        json!({"action": fresh}),
                        json!({"action": "a", "tag": 1}),
                    ])
                    .await;
                assert_eq!(payload["accepted"], 2, "{payload:#}");
            }
        });
    }
    loggers.join_all().await;
    let key = prefix(tidemark.client());
    let line = |outcome: &str, code: &str, action: &str| [outcome.into(), code.into(), action.into(), key.clone()];
    let mut expected = Told::from([
        (line("ACCEPTED", "", "a"), 320),
        (line("INVALID", "INVALID_TAG", "a"), 320),
    ]);
    expected.extend((0..5).map(|number| (line("ACCEPTED", "", &format!("fresh {number}")), 64)));
    for client in &clients {
        assert_eq!(ledger(client, None).await, expected);
    }
}
