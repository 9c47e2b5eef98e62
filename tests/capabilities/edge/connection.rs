//! Connections have bounds: how many, how long they may say nothing, and how slowly they may say something.

use std::time::Duration;

use serde_json::json;
use support::{Engine, Raw, Server, Tidemark, Transport};

support::on_both_engines!(whoever_dawdles_is_hung_up_on);

const HEAD: &str = "GET /healthz HTTP/1.1\r\nHost: tidemark\r\n";
/// A whole request, after which the connection stays open.
const REQUEST: &str = "GET /healthz HTTP/1.1\r\nHost: tidemark\r\n\r\n";
const SOON: Duration = Duration::from_secs(8);

async fn trickle(raw: &mut Raw, text: &str) {
    for byte in text.bytes() {
        if !raw.send([byte]).await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(150)).await;
    }
}

async fn whoever_dawdles_is_hung_up_on(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--request-timeout", "1s")
        .flag("--body-timeout", "1s")
        .flag("--keep-alive", "1s")
        .start()
        .await;
    let address = tidemark.server().address();
    // Many who dawdle at once.
    let mut dawdlers = tokio::task::JoinSet::new();
    for number in 0..60 {
        let address = address.clone();
        dawdlers.spawn(async move {
            let mut raw = Raw::connect(&address).await;
            match number % 3 {
                // Says nothing at all.
                0 => {}
                // Sends a head that does not end.
                1 => trickle(&mut raw, &format!("{HEAD}X-Slow: {}", "x".repeat(40))).await,
                // Begins in the middle of its head, and stops.
                _ => assert!(raw.send(HEAD).await),
            }
            let (answer, time) = raw.until_end().await;
            assert!(time < SOON, "{number}: {time:?}");
            assert!(!answer.contains("200 OK"), "{answer}");
        });
    }
    // Nobody else notices.
    for _ in 0..10 {
        let logged = tidemark.client().log(json!({"action": "quick"})).await;
        assert_eq!(logged["outcome"], "ACCEPTED");
    }
    dawdlers.join_all().await;

    // A body that trickles in.
    let mut raw = Raw::connect(address).await;
    let key = tidemark.client().key().expect("it has one");
    let head = format!(
        "POST /graphql HTTP/1.1\r\nHost: tidemark\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: 1000\r\n\r\n"
    );
    assert!(raw.send(&head).await);
    trickle(&mut raw, "{\"query\": \"").await;
    let (answer, time) = raw.until_end().await;
    assert!(
        answer.contains(" 408 ") && answer.contains("REQUEST_TIMEOUT") && time < SOON,
        "{time:?}: {answer}"
    );

    // One that has been answered, and says nothing more.
    let mut raw = Raw::connect(address).await;
    assert!(raw.send(REQUEST).await);
    let (answer, time) = raw.until_end().await;
    assert!(
        answer.contains(" 200 ") && time > Duration::from_millis(500) && time < SOON,
        "{time:?}: {answer}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_has_a_deadline_in_all() {
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--request-deadline", "1s")
        .start()
        .await;
    let mut raw = Raw::connect(tidemark.server().address()).await;
    let head = "POST /session/sign-in HTTP/1.1\r\nHost: tidemark\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n";
    assert!(raw.send(head).await);
    trickle(&mut raw, "{\"email\": \"").await;
    let answer = raw.next(SOON).await;
    assert!(
        answer.contains(" 503 ") && answer.contains("DEADLINE_EXCEEDED"),
        "{answer}"
    );
    assert_eq!(
        tidemark.client().log(json!({"action": "a"})).await["outcome"],
        "ACCEPTED"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_reads_nothing_is_hung_up_on() {
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--answer-timeout", "1s")
        .start()
        .await;
    let many = REQUEST.repeat(1_000);
    let mut unread = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let (address, many) = (tidemark.server().address().clone(), many.clone());
        unread.spawn(async move {
            let mut raw = Raw::connect_narrowly(&address).await;
            // Answers fill every buffer on the way, until the server can neither write nor read on.
            tokio::time::timeout(Duration::from_secs(25), async { while raw.send(&many).await {} }).await
        });
    }
    for ended in unread.join_all().await {
        assert!(ended.is_ok(), "it holds its connection without an end");
    }
    assert_eq!(
        tidemark.client().log(json!({"action": "a"})).await["outcome"],
        "ACCEPTED"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_have_bounds() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let many: String = (0..200).map(|number| format!("X-{number}: x\r\n")).collect();
    let heads = [
        format!("{HEAD}{many}\r\n"),
        format!("{HEAD}X-Long: {}\r\n\r\n", "x".repeat(1 << 20)),
        format!("GET /{} HTTP/1.1\r\nHost: tidemark\r\n\r\n", "x".repeat(1 << 20)),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "\u{0}\u{1}\u{2}\r\n\r\n".to_owned(),
        "POST /graphql HTTP/1.1\r\nHost: tidemark\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
            .to_owned(),
        "POST /graphql HTTP/1.1\r\nHost: tidemark\r\nContent-Length: -1\r\n\r\n".to_owned(),
    ];
    for head in heads {
        let mut raw = Raw::connect(tidemark.server().address()).await;
        // It may hang up before it has read all.
        let _ = raw.send(&head).await;
        let answer = raw.next(SOON).await;
        let shown: String = head.chars().take(60).collect();
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4"),
            "{shown}: {answer}"
        );
    }
    assert_eq!(
        tidemark.client().log(json!({"action": "a"})).await["outcome"],
        "ACCEPTED"
    );
}

/// Opens so many connections, each with a request; gives those that were answered and how many were turned away.
async fn open(server: &Server, number: usize) -> (Vec<Raw>, usize) {
    let (mut open, mut refused) = (Vec::new(), 0);
    for _ in 0..number {
        let mut raw = Raw::connect(server.address()).await;
        let _ = raw.send(REQUEST).await;
        let answer = raw.next(SOON).await;
        if answer.contains(" 200 ") {
            open.push(raw);
        } else {
            assert!(
                answer.is_empty() || answer.contains(" 503 ") && answer.contains("OVERLOADED"),
                "{answer}"
            );
            refused += 1;
        }
    }
    (open, refused)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_and_all_together_have_so_many_connections() {
    for (flag, most) in [("--max-connections-per-address", 12), ("--max-connections", 12)] {
        let tidemark = Tidemark::builder(Engine::Sqlite)
            .flag(flag, &most.to_string())
            .flag("--keep-alive", "5m")
            .start()
            .await;
        let (places, refused) = open(tidemark.server(), 20).await;
        assert_eq!((places.len(), refused), (most, 20 - most), "{flag}");
        // As soon as some are closed there is room again.
        drop(places);
        tokio::time::sleep(Duration::from_millis(500)).await;
        let (places, refused) = open(tidemark.server(), 10).await;
        assert_eq!((places.len(), refused), (10, 0), "{flag}");
        drop(places);
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(
            tidemark.client().log(json!({"action": "a"})).await["outcome"],
            "ACCEPTED"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trusted_proxys_connections_are_those_of_all_its_clients() {
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--max-connections-per-address", "5")
        .flag("--trusted-proxies", "127.0.0.1")
        .start()
        .await;
    let (places, refused) = open(tidemark.server(), 20).await;
    assert_eq!((places.len(), refused), (20, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn streams_that_have_ended_leave_their_places() {
    let tidemark = Tidemark::builder(Engine::Sqlite)
        .flag("--max-connections-per-address", "8")
        .start()
        .await;
    let client = tidemark.client();
    for round in 0..24 {
        let transport = if round % 2 == 0 {
            Transport::WebSocket
        } else {
            Transport::EventStream
        };
        let mut watch = client
            .subscribe(
                transport,
                "subscription { viewBackfill(name: \"actions\") { name } }",
                json!({}),
            )
            .await;
        assert_eq!(watch.field("viewBackfill").await["name"], "actions", "{round}");
        drop(watch);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(client.log(json!({"action": "a"})).await["outcome"], "ACCEPTED");
}
