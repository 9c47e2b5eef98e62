//! Several servers on one database hold each limit together.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::{
    Client, Engine, Server, Tidemark,
    person::{self, PASSWORD},
};

const RATE: u32 = 200;
const ADA: &str = "ada@example.com";
const WRONG: &str = "wrong horse battery";

/// Three servers on one database, and the same key at each.
async fn three(flags: &[(&str, &str)]) -> (Tidemark, Vec<Server>, Vec<Client>) {
    let mut builder = Tidemark::builder(Engine::Postgres).key_flag("--rate", &format!("{RATE}/s"));
    for (flag, value) in flags {
        builder = builder.flag(flag, value);
    }
    let tidemark = builder.start().await;
    let mut servers = Vec::new();
    for _ in 0..2 {
        servers.push(Server::start_with(tidemark.database(), flags).await);
    }
    let mut clients = vec![tidemark.client().clone()];
    clients.extend(servers.iter().map(|server| tidemark.client().at(server.address())));
    for client in &clients {
        // Each has met the key, and has had the time to hear of the others.
        let _ = client.graphql("{ viewer { kind } }", json!({})).await.data();
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    (tidemark, servers, clients)
}

/// What was let through of what was offered.
#[derive(Debug, Clone, Copy)]
struct Offered {
    accepted: i64,
    /// From when the first events were sent until the last ones were answered: what is judged, is judged within.
    time: Duration,
}

/// Offers so many events a second to a server, in ten batches.
async fn offer(client: Client, events_per_second: usize, time: Duration) -> Offered {
    let (begin, mut accepted, mut offered) = (Instant::now(), 0, 0_usize);
    let mut last = Duration::ZERO;
    while begin.elapsed() < time {
        let due = (begin.elapsed().as_secs_f64() * events_per_second as f64) as usize;
        let events: Vec<Value> = vec![json!({"action": "a"}); due.saturating_sub(offered).min(500)];
        if !events.is_empty() {
            offered += events.len();
            accepted += client.log_many(events).await["accepted"].as_i64().expect("a count");
            last = begin.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Offered { accepted, time: last }
}

/// Offers to several servers at once; gives what each let through, and how long it took.
async fn offer_all(clients: &[Client], offers: &[usize], time: Duration) -> (Vec<i64>, Duration) {
    let tasks = clients
        .iter()
        .zip(offers)
        .map(|(client, events)| tokio::spawn(offer(client.clone(), *events, time)));
    let (mut accepted, mut longest) = (Vec::new(), Duration::ZERO);
    for task in tasks.collect::<Vec<_>>() {
        let offered = task.await.expect("no panic");
        accepted.push(offered.accepted);
        longest = longest.max(offered.time);
    }
    (accepted, longest)
}

/// Whether what was let through is what one server would have let through: what comes back in the time, and `burst` seconds'
/// worth that were left before.
#[track_caller]
fn assert_held((accepted, time): &(Vec<i64>, Duration), burst: f64) {
    let (sum, wanted) = (
        accepted.iter().sum::<i64>() as f64,
        f64::from(RATE) * (time.as_secs_f64() + burst),
    );
    assert!(
        (sum / wanted - 1.0).abs() <= 0.1,
        "{accepted:?} make {sum}; {wanted} are right"
    );
}

const PHASE: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_let_through_what_one_would_under_uneven_demand() {
    let (_tidemark, _servers, clients) = three(&[]).await;
    let uneven = offer_all(&clients, &[600, 60, 20], PHASE).await;
    assert_held(&uneven, 1.0);
    // Fair: who wants little gets all of it.
    let accepted = &uneven.0;
    assert!(accepted[1] as f64 >= 60.0 * 8.0 * 0.85, "{accepted:?}");
    assert!(accepted[2] as f64 >= 20.0 * 8.0 * 0.85, "{accepted:?}");
    // Demand moves to another server, and so does the share.
    let moved = offer_all(&clients, &[10, 10, 600], PHASE).await;
    assert_held(&moved, 0.0);
    let accepted = &moved.0;
    assert!(accepted[2] > 3 * (accepted[0] + accepted[1]), "{accepted:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_let_through_what_one_would_whoever_is_asked() {
    let (_tidemark, _servers, clients) = three(&[]).await;
    // One is asked for all there is, and has used it up when the others are asked, too.
    let one = offer_all(&clients, &[600], PHASE).await;
    assert_held(&one, 1.0);
    let all = offer_all(&clients, &[300, 300, 300], PHASE).await;
    assert_held(&all, 0.0);
    let even = offer_all(&clients, &[300, 300, 300], PHASE).await;
    assert_held(&even, 0.0);
    // Once they have met, each has the same.
    let (least, most) = (even.0.iter().min().expect("three"), even.0.iter().max().expect("three"));
    assert!(*least as f64 >= 0.7 * *most as f64, "{even:?}");
    let other = offer_all(&clients[1..], &[600], PHASE).await;
    assert_held(&other, 0.0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_comes_takes_its_part_from_the_others() {
    let tidemark = Tidemark::builder(Engine::Postgres)
        .key_flag("--rate", &format!("{RATE}/s"))
        .start()
        .await;
    let mut clients = vec![tidemark.client().clone()];
    assert_held(&offer_all(&clients, &[600], PHASE).await, 1.0);
    let server = Server::start_with(tidemark.database(), &[]).await;
    clients.push(tidemark.client().at(server.address()));
    // What came back while it started is there, too, and is used up before it is measured.
    let _ = offer_all(&clients[..1], &[600], Duration::from_secs(2)).await;
    let both = offer_all(&clients, &[600, 600], PHASE).await;
    assert_held(&both, 0.0);
    let after = offer_all(&clients, &[600, 600], PHASE).await;
    assert_held(&after, 0.0);
    assert!(
        after
            .0
            .iter()
            .all(|accepted| *accepted as f64 >= 0.35 * 8.0 * f64::from(RATE)),
        "{after:?}"
    );
}

/// What is used up at one server is used up at the next one, and at one that outlives it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_budget_of_a_minute_is_used_up_once() {
    let (_tidemark, mut servers, clients) = three(&[("--rate-query-units", "1200")]).await;
    let begin = Instant::now();
    let spend = async |client: &Client| {
        let (mut passed, since) = (0_u64, Instant::now());
        // One for the document, and ten for each of two days of raw events.
        let document = "{ find(input: {view: \"events\", from: \"2026-01-01T00:00:00Z\", \
                        to: \"2026-01-03T00:00:00Z\"}) { total } }";
        while since.elapsed() < Duration::from_secs(6) {
            let answer = client.graphql(document, json!({})).await;
            // What a document costs is used up, also where its question is refused.
            passed += answer.body["extensions"]["cost"].as_u64().unwrap_or_default();
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        passed
    };
    let mut passed = Vec::new();
    for client in clients.iter().rev() {
        passed.push(spend(client).await);
        // What the last ones have used is not forgotten with them.
        if passed.len() == 2 {
            servers.iter_mut().for_each(Server::kill9);
        }
    }
    let right = 1200.0 + 20.0 * begin.elapsed().as_secs_f64();
    let sum = passed.iter().sum::<u64>() as f64;
    assert!(
        (sum / right - 1.0).abs() <= 0.1,
        "{passed:?} make {sum}; {right} are right"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_share_of_a_crashed_server_comes_back() {
    let (_tidemark, mut servers, clients) = three(&[]).await;
    let _ = offer_all(&clients, &[100, 300, 300], Duration::from_secs(3)).await;
    servers.iter_mut().for_each(Server::kill9);
    // Until their leases run out less is let through, and never more.
    let dying = offer_all(&clients[..1], &[600], Duration::from_secs(6)).await;
    let most = f64::from(RATE) * dying.1.as_secs_f64() * 1.1;
    assert!(dying.0[0] as f64 <= most, "{dying:?}, of {most}");
    assert_held(&offer_all(&clients[..1], &[600], PHASE).await, 0.0);
}

/// What a server that is gone still holds is not taken from who comes after it: much less than all is asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restart_after_a_crash_limits_nobody_who_was_not_limited_before() {
    let mut tidemark = Tidemark::builder(Engine::Postgres)
        .key_flag("--rate", &format!("{RATE}/s"))
        .start()
        .await;
    let client = tidemark.client().clone();
    let (offered, time) = (40_usize, Duration::from_secs(2));
    let before = offer(client.clone(), offered, time).await.accepted;
    for _ in 0..2 {
        tidemark.server_mut().kill9();
        tidemark.server_mut().restart().await;
        let begin = Instant::now();
        let mut refused = 0;
        while begin.elapsed() < time {
            let outcomes = client.log_many(vec![json!({"action": "a"}); 4]).await["outcomes"].clone();
            let outcomes = outcomes.as_array().expect("a list").iter();
            refused += outcomes.filter(|one| one["outcome"] == "RATE_LIMITED").count();
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(
            refused, 0,
            "a fifth of the rate is asked for, and {before} passed before"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_to_sign_in_are_counted_over_all_servers() {
    let flags = [("--sign-in-attempts", "6")];
    let (tidemark, mut servers, clients) = three(&flags).await;
    tidemark.account("ada@example.com", &[]).await;
    let addresses = [tidemark.server().address(), servers[0].address(), servers[1].address()].map(Clone::clone);
    let begin = Instant::now();
    // All at once, and everywhere.
    let mut attempts = tokio::task::JoinSet::new();
    for number in 0..21 {
        let address = addresses[number % 3].clone();
        attempts.spawn(async move { person::sign_in(&address, ADA, WRONG, None).await });
    }
    let codes: Vec<_> = attempts
        .join_all()
        .await
        .iter()
        .map(|answer| person::code(answer).to_owned())
        .collect();
    let told = |code: &str| codes.iter().filter(|told| *told == code).count();
    assert!(begin.elapsed() < Duration::from_secs(25), "another may have come free");
    assert_eq!((told("SIGN_IN_FAILED"), told("RATE_LIMITED")), (6, 15), "{codes:?}");
    // The network has thirty, one more every six seconds; every server knows.
    for client in &clients {
        let left = super::left(client, "sign-in").await;
        let remaining = left["remaining"].as_u64().expect("a number");
        assert!((9..=13).contains(&remaining), "{left:#}");
    }
    // One that begins anew has not forgotten.
    servers[0].restart().await;
    let answer = person::sign_in(servers[0].address(), ADA, PASSWORD, None).await;
    assert_eq!(person::code(&answer), "RATE_LIMITED");
}
