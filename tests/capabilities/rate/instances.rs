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

/// Offers so many events a second to a server, in ten batches; gives how many it let through.
async fn offer(client: Client, events_per_second: usize, time: Duration) -> i64 {
    let (begin, mut accepted, mut offered) = (Instant::now(), 0, 0_usize);
    while begin.elapsed() < time {
        let due = (begin.elapsed().as_secs_f64() * events_per_second as f64) as usize;
        let events: Vec<Value> = vec![json!({"action": "a"}); due.saturating_sub(offered).min(500)];
        if !events.is_empty() {
            offered += events.len();
            accepted += client.log_many(events).await["accepted"].as_i64().expect("a count");
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    accepted
}

async fn offer_all(clients: &[Client], offers: [usize; 3], time: Duration) -> Vec<i64> {
    let tasks = clients
        .iter()
        .zip(offers)
        .map(|(client, events)| tokio::spawn(offer(client.clone(), events, time)));
    let mut accepted = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        accepted.push(task.await.expect("no panic"));
    }
    accepted
}

/// What one limit lets through from full.
fn expected(time: Duration) -> f64 {
    f64::from(RATE) * (time.as_secs_f64() + 1.0)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_servers_let_through_what_one_would_under_uneven_demand() {
    let (_tidemark, _servers, clients) = three(&[]).await;
    let time = Duration::from_secs(8);
    let begin = Instant::now();
    let accepted = offer_all(&clients, [600, 60, 20], time).await;
    let (sum, wanted) = (accepted.iter().sum::<i64>() as f64, expected(begin.elapsed()));
    assert!(
        (sum / wanted - 1.0).abs() <= 0.1,
        "{accepted:?} make {sum}; {wanted} are right"
    );
    // Fair: who wants little gets all of it.
    assert!(accepted[1] as f64 >= 60.0 * 8.0 * 0.85, "{accepted:?}");
    assert!(accepted[2] as f64 >= 20.0 * 8.0 * 0.85, "{accepted:?}");
    // Demand moves to another server, and so does the share.
    let begin = Instant::now();
    let accepted = offer_all(&clients, [10, 10, 600], time).await;
    let (sum, wanted) = (
        accepted.iter().sum::<i64>() as f64,
        f64::from(RATE) * begin.elapsed().as_secs_f64(),
    );
    assert!(
        (sum / wanted - 1.0).abs() <= 0.15,
        "{accepted:?} make {sum}; {wanted} come back"
    );
    assert!(accepted[2] > 3 * (accepted[0] + accepted[1]), "{accepted:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_share_of_a_crashed_server_comes_back() {
    let (_tidemark, mut servers, clients) = three(&[]).await;
    let _ = offer_all(&clients, [100, 300, 300], Duration::from_secs(3)).await;
    servers.iter_mut().for_each(Server::kill9);
    // Their leases run out, and what is used comes back.
    tokio::time::sleep(Duration::from_secs(6)).await;
    let (begin, time) = (Instant::now(), Duration::from_secs(5));
    let accepted = offer(clients[0].clone(), 600, time).await as f64;
    let wanted = expected(begin.elapsed());
    assert!((accepted / wanted - 1.0).abs() <= 0.15, "{accepted} of {wanted}");
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
    let before = offer(client.clone(), offered, time).await;
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
