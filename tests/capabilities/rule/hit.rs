//! Hits: how often each rule matched, counted with the events themselves.

use serde_json::{Value, json};
use support::{Engine, Server, Tidemark};

use super::{allow, create, deny, list, outcome, read, with};

support::on_both_engines!(
    every_rule_that_matches_counts,
    hits_are_counted_with_their_events,
    duplicates_and_bad_events_are_no_hits,
    what_is_tried_again_counts_again,
);

async fn every_rule_that_matches_counts(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let rules = [
        (deny("ACTION", "bad"), 2),
        (with(deny("ACTION", "*"), "shadow", json!(true)), 5),
        (with(allow("ACTION", "good"), "shadow", json!(true)), 3),
        (allow("IP", "0.0.0.0/0"), 4),
        (with(deny("BOT", "false"), "enabled", json!(false)), 0),
        (deny("COUNTRY", "XX"), 0),
    ];
    let mut made = Vec::new();
    for (rule, _) in &rules {
        made.push(create(client, rule.clone()).await);
    }
    let event = |action: &str, ip: &str| json!({"action": action, "ip": ip});
    let batch = vec![
        event("good", "192.0.2.1"),
        event("bad", "192.0.2.1"),
        event("good", "192.0.2.2"),
        event("bad", "192.0.2.3"),
        event("good", "2001:db8::1"),
    ];
    let payload = client.log_many(batch).await;
    assert_eq!(payload["accepted"], 2, "{payload:#}");
    let received = payload["outcomes"][0]["event"]["received"]
        .as_str()
        .expect("a time")
        .to_owned();
    for (rule, (declared, hits)) in made.iter().zip(&rules) {
        let rule = read(client, rule).await;
        assert_eq!(rule["hits"], *hits, "{declared}");
        assert_eq!(
            rule["lastHitAt"].as_str().is_some_and(|at| at >= received.as_str()),
            *hits > 0,
            "{declared}"
        );
        let days = rule["days"].as_array().expect("a list");
        assert_eq!(days.len(), 30);
        // Logged before or after midnight: together they hold all hits, and today comes last.
        assert_eq!(
            days[28]["hits"]
                .as_i64()
                .zip(days[29]["hits"].as_i64())
                .map(|(a, b)| a + b),
            Some(*hits)
        );
        assert!(days[29]["date"].as_str() >= received.get(..10), "{days:?}");
        assert!(days[..28].iter().all(|day| day["hits"] == 0), "{days:?}");
    }
}

async fn hits_are_counted_with_their_events(engine: Engine) {
    let mut tidemark = Tidemark::start(engine).await;
    let rule = create(tidemark.client(), with(deny("ACTION", "*"), "shadow", json!(true))).await;
    let other = create(tidemark.client(), deny("ACTION", "odd")).await;
    let mut loggers = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let client = tidemark.client().clone();
        loggers.spawn(async move {
            for _ in 0..20 {
                let batch = (0..10).map(|number| json!({"action": if number % 2 == 0 { "even" } else { "odd" }}));
                let payload = client.log_many(batch.collect()).await;
                assert_eq!(payload["accepted"], 5, "{payload:#}");
            }
        });
    }
    loggers.join_all().await;
    // What was answered is counted, even if the server dies at once.
    tidemark.server_mut().kill9();
    tidemark.server_mut().restart().await;
    assert_eq!(read(tidemark.client(), &rule).await["hits"], 800);
    assert_eq!(read(tidemark.client(), &other).await["hits"], 400);
    let page = tidemark.client().events(json!({"first": 1000})).await;
    assert_eq!(page["edges"].as_array().map(Vec::len), Some(400));
}

async fn duplicates_and_bad_events_are_no_hits(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let rule = create(client, with(deny("ACTION", "*"), "shadow", json!(true))).await;
    for (event, expected) in [
        (json!({"id": "x", "action": "a"}), "ACCEPTED"),
        (json!({"id": "x", "action": "a"}), "DUPLICATE"),
        (json!({"action": "a", "time": "never"}), "INVALID"),
    ] {
        assert_eq!(outcome(client, event).await, expected);
    }
    let document = "{ explainEvent(input: {action: \"a\"}) { outcome } \
        previewRule(input: {rule: {list: DENY, target: ACTION, pattern: \"a\"}}) { refused } }";
    let answer = client.graphql(document, json!({})).await;
    assert_eq!(answer.data()["previewRule"]["refused"], 1);
    assert_eq!(read(client, &rule).await["hits"], 1);
}

/// Events that come in from quarantine are judged by the lists, and counted as they are.
async fn what_is_tried_again_counts_again(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    tidemark
        .accept(vec![json!({"action": "first", "tag": {"plan": "text"}})])
        .await;
    let misfit = |id: &str, action: &str| json!({"id": id, "action": action, "tag": {"plan": 7}});
    let misfits = [("1", "fits"), ("2", "stays"), ("2", "stays"), ("3", "denied")];
    let misfits = misfits.map(|(id, action)| misfit(id, action));
    let payload = client.log_many(misfits.to_vec()).await;
    assert_eq!(payload["accepted"], 0, "{payload:#}");
    let all = create(client, with(deny("ACTION", "*"), "shadow", json!(true))).await;
    let denied = create(client, deny("ACTION", "denied")).await;
    let fixes = json!([{"coerce": {"name": "plan", "type": "string"}}]);
    let redrive = async |dry_run: bool, fixes: &Value| {
        let document = "mutation ($input: RedriveQuarantineInput!) { redriveQuarantine(input: $input) { accepted \
                        duplicates refused error { code } } }";
        let input = json!({"fixes": fixes, "dryRun": dry_run});
        let answer = client.graphql(document, json!({"input": input})).await;
        let told = &answer.data()["redriveQuarantine"];
        ["accepted", "duplicates", "refused"].map(|name| told[name].as_i64().expect("a count"))
    };
    let hits = async || {
        let (all, denied) = (read(client, &all).await, read(client, &denied).await);
        [all, denied].map(|rule| rule["hits"].as_i64().expect("a count"))
    };
    assert_eq!(redrive(true, &fixes).await, [2, 1, 1]);
    assert_eq!(hits().await, [0, 0], "what is only tried is undone");
    // Unmended, the schema refuses them; the lists have judged them before it, as they do all that comes in.
    assert_eq!(redrive(false, &json!([])).await, [0, 0, 4]);
    assert_eq!(hits().await, [4, 1]);
    assert_eq!(redrive(false, &fixes).await, [2, 1, 1]);
    // One of the two of an id is stored, and no hit is counted for the other.
    assert_eq!(hits().await, [7, 2]);
    assert!(read(client, &all).await["lastHitAt"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_count_together() {
    let tidemark = Tidemark::start(Engine::Postgres).await;
    let second = Server::start(tidemark.database()).await;
    let clients = [tidemark.client().clone(), tidemark.client().at(second.address())];
    let rule = create(&clients[0], deny("ACTION", "hot")).await;
    let mut loggers = tokio::task::JoinSet::new();
    for number in 0..8 {
        let client = clients[number % 2].clone();
        loggers.spawn(async move {
            for _ in 0..50 {
                assert_eq!(outcome(&client, json!({"action": "hot"})).await, "DENIED");
            }
        });
    }
    loggers.join_all().await;
    for client in &clients {
        assert_eq!(read(client, &rule).await["hits"], 400);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn days_that_are_long_past_are_put_together() {
    let builder = Tidemark::builder(Engine::Postgres).flag("--retention-interval", "100ms");
    let tidemark = builder.start().await;
    let client = tidemark.client();
    let rule = create(client, deny("ACTION", "a")).await;
    assert_eq!(outcome(client, json!({"action": "a"})).await, "DENIED");
    let database = tidemark.database().url().expect("PostgreSQL");
    let run = |statement: &str| support::postgres::execute(database, statement).expect(statement);
    // Ten old days, two writers each, and the oldest day that is still told.
    run(
        "INSERT INTO rule_hit SELECT rule_id, day - 29 - age, w, 7, last_at - age FROM rule_hit, generate_series(0, 10) age, \
         generate_series(20, 21) w",
    );
    let begin = std::time::Instant::now();
    while run("SELECT count(*) FROM rule_hit") != "4" {
        assert!(begin.elapsed().as_secs() < 20, "{}", run("SELECT * FROM rule_hit"));
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    let rule = read(client, &rule).await;
    assert_eq!(rule["hits"], 1 + 11 * 14);
    let days: Vec<&Value> = rule["days"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|day| &day["hits"])
        .collect();
    assert_eq!((days[0], days[1], days[29]), (&json!(14), &json!(0), &json!(1)));
    assert_eq!(list(client).await.len(), 1);
}
