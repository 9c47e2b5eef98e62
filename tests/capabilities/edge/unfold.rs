//! Few bytes that come to many values take no more memory than the server has for all of them.

use std::{
    io::Write,
    time::{Duration, Instant},
};

use flate2::{Compression, write::GzEncoder};
use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use support::{Answer, Client, Engine, Tidemark};
use tokio::task::JoinSet;
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

support::on_both_engines!(
    what_unfolds_without_measure_is_refused,
    many_values_at_once_have_to_share_the_room,
);

const PAGE: &str = "https://www.example.com";

/// So many empty lists, after some text and before some, packed: a hundred thousand of them come to hundreds of bytes.
fn packed(before: &str, lists: usize, after: &str) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::best());
    packed.write_all(before.as_bytes()).expect("memory");
    for _ in 0..lists {
        packed.write_all(b"[],").expect("memory");
    }
    packed.write_all(b"[]").expect("memory");
    packed.write_all(after.as_bytes()).expect("memory");
    packed.finish().expect("memory")
}

fn gzip(request: RequestBuilder, body: Vec<u8>) -> RequestBuilder {
    request
        .header("content-type", "application/json")
        .header("content-encoding", "gzip")
        .body(body)
}

/// Memory that the server has taken at most so far, in MiB.
fn most_memory(tidemark: &Tidemark) -> usize {
    let status = std::fs::read_to_string(format!("/proc/{}/status", tidemark.server().process_id()));
    let status = status.expect("the server runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    kibibytes.expect("Linux tells it") / 1_024
}

async fn public(tidemark: &Tidemark) -> Client {
    let flags = ["--site", tidemark.site(), "--allow", "log", "--origin", PAGE];
    let key = tidemark.key(&flags).await;
    Client::new(tidemark.server().address(), &key)
}

const LOG: &str = r#"{"query":"mutation($t:JSON){logEvent(input:{action:\"a\",tag:$t}){outcome}}","variables":{"t":["#;
const ASK: &str = r#"{"query":"{viewer{kind}}","variables":{"t":["#;

async fn what_unfolds_without_measure_is_refused(engine: Engine) {
    // What cannot be read is charged like events, and there is a lot of it.
    let tidemark = Tidemark::builder(engine)
        .flag("--rate-visitor-events", "1000000000")
        .flag("--rate-log-events", "100000000")
        .start()
        .await;
    let public = public(&tidemark).await;
    let anonymous = public.without_key();
    let key = public.key().expect("it has one");
    let graphql = |client: &Client| client.request(Method::POST, "/graphql").header("origin", PAGE);
    let moesif = anonymous
        .request(Method::POST, "/v1/actions/batch")
        .header("origin", PAGE);
    let own = tidemark.client().key().expect("it has one");
    let of_backend = anonymous.request(Method::POST, "/v1/actions/batch");
    let synerise = anonymous.request(Method::POST, &format!("/v4/events/batch?token={key}"));
    let segment = anonymous.request(Method::POST, "/v1/batch").header("origin", PAGE);
    let segment = segment.basic_auth(key, Some(""));
    let millions = 2_700_000;
    let before = most_memory(&tidemark);
    let requests = [
        // Nobody known has little to say, whatever it is.
        (413, graphql(&anonymous), packed(ASK, 100_000, "]}}")),
        (413, graphql(&anonymous), packed(ASK, millions, "]}}")),
        // Whoever reads a page has its key.
        (413, graphql(&public), packed(LOG, 50_000, "]}}")),
        (413, graphql(&public), packed(LOG, millions, "]}}")),
        (
            413,
            moesif.header("x-moesif-application-id", key),
            packed("[", 17_000_000, "]"),
        ),
        // A backend's list is read part by part, and its items are bounded.
        (
            413,
            of_backend.header("x-moesif-application-id", own),
            packed("[[", 17_000_000, "]]"),
        ),
        (400, synerise.header("origin", PAGE), packed("[", 340_000, "]")),
        // The number of messages is all that is kept of so many.
        (200, segment, packed("{\"batch\":[", 160_000, "]}")),
        (
            400,
            anonymous
                .request(Method::POST, &format!("/rest/action.log?key={key}"))
                .header("origin", PAGE),
            packed("{\"tag\":[", 690_000, "]}"),
        ),
        // A backend may send more than that, and not without an end.
        (413, graphql(tidemark.client()), packed(LOG, millions, "]}}")),
        (200, graphql(tidemark.client()), packed(ASK, 150_000, "]}}")),
    ];
    for (number, (status, request, body)) in requests.into_iter().enumerate() {
        assert!(body.len() < 100 << 10, "{number}: it is small: {}", body.len());
        let begin = Instant::now();
        let answer = anonymous.send(gzip(request, body)).await;
        assert_eq!(answer.status, status, "{number}: {}", answer.text);
        assert!(
            begin.elapsed() < Duration::from_secs(20),
            "{number}: {:?}",
            begin.elapsed()
        );
    }
    let taken = most_memory(&tidemark) - before;
    assert!(taken < 150, "{taken} MiB");
    // What was refused of somebody known is one invalid event each.
    let by =
        json!({"from": "2000-01-01T00:00:00Z", "to": "2060-01-01T00:00:00Z", "groupBy": ["CODE", "KEY", "DIALECT"]});
    let rows = tidemark.client().ledger(by).await["rows"].clone();
    let count = |dialect: &str, key: &str| {
        let of = |row: &&Value| row["code"] == "BODY_TOO_LARGE" && row["dialect"] == dialect && row["key"] == key[..15];
        let rows = rows.as_array().expect("a list").iter();
        rows.filter(of).filter_map(|row| row["count"].as_i64()).sum::<i64>()
    };
    let counts = [
        count("graphql", key),
        count("moesif", key),
        count("clickst", key),
        count("synerise", key),
        count("graphql", own),
        count("moesif", own),
    ];
    assert_eq!(counts, [2, 1, 1, 1, 1, 1], "{rows:#}");

    // A socket has said nothing yet of who is behind it.
    for (values, welcome) in [(20_000, false), (10_000, true)] {
        let url = tidemark.server().url("/graphql").replace("http://", "ws://");
        let mut request = url.into_client_request().expect("a request");
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let mut socket = connect_async(request).await.expect("a socket").0;
        let init = json!({"type": "connection_init", "payload": {"more": vec![1; values]}});
        socket.send(Message::text(init.to_string())).await.expect("it is open");
        match socket.next().await.expect("an answer").expect("a message") {
            Message::Text(text) => assert!(welcome && text.contains("connection_ack"), "{text}"),
            Message::Close(Some(frame)) => assert!(!welcome && u16::from(frame.code) == 1009, "{frame:?}"),
            other => panic!("{other:?}"),
        }
    }
}

/// Many large requests of somebody who may send them: each waits for its turn, and nobody with a small one for them.
async fn many_values_at_once_have_to_share_the_room(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client().clone();
    let before = most_memory(&tidemark);
    let body = packed(LOG, 180_000, "]}}");
    let mut large = JoinSet::new();
    for _ in 0..12 {
        let (client, body) = (client.clone(), body.clone());
        large.spawn(async move { client.send(gzip(client.request(Method::POST, "/graphql"), body)).await });
    }
    for _ in 0..10 {
        assert_eq!(client.log(json!({"action": "small"})).await["outcome"], "ACCEPTED");
    }
    let answers: Vec<Answer> = large.join_all().await;
    // Each is told what became of it: it has too many keys, or came when there was no room.
    for answer in &answers {
        let outcome = match answer.status {
            200 => &answer.data()["logEvent"]["outcome"],
            503 => &answer.error()["extensions"]["outcome"],
            _ => panic!("{}", answer.text),
        };
        assert!(outcome == "INVALID" || outcome == "OVERLOADED", "{}", answer.text);
    }
    assert!(answers.iter().any(|answer| answer.status == 200));
    let taken = most_memory(&tidemark) - before;
    assert!(taken < 500, "{taken} MiB");
}
