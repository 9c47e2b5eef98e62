//! Every door counts, and says of what it refuses the outcome and the code.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use reqwest::{Method, header};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::{Value, json};
use support::{Engine, Raw, Tidemark, graphql};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest, http::HeaderValue},
};

use super::{FROM, TO, Told, ledger, prefix};
use crate::inside;

support::on_both_engines!(
    what_cannot_be_read_is_one_invalid_event,
    a_body_that_does_not_come_is_one_invalid_event,
    what_a_dialect_cannot_read_is_one_invalid_event,
    what_cannot_be_executed_counts_where_it_was_to_log,
    a_websocket_counts_what_it_cannot_read,
    an_import_counts_its_lines,
    a_full_queue_is_told_and_counted,
);

fn url_encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// A line of an event without an action.
fn invalid(code: &str, key: &str) -> [String; 4] {
    ["INVALID".into(), code.into(), String::new(), key.into()]
}

async fn what_cannot_be_read_is_one_invalid_event(engine: Engine) {
    let tidemark = Tidemark::builder(engine).flag("--max-body-bytes", "2000").start().await;
    let client = tidemark.client();
    let mut told = Told::new();
    let long = format!("{{\"query\": \"{}\"}}", "x".repeat(3_000));
    let good = json!({"query": "mutation { logEvent(input: {action: \"a\"}) { outcome } }"}).to_string();
    let bodies: [(&str, &str, &[u8], &str); 7] = [
        ("application/json", "", b"{\"query\": ", "MALFORMED_JSON"),
        ("application/json", "", b"\xff\xfe", "MALFORMED_JSON"),
        ("application/json", "", b"", "MALFORMED_JSON"),
        ("application/json", "", b"{\"events\": []}", "MALFORMED_REQUEST"),
        ("application/json", "gzip", b"no gzip", "MALFORMED_REQUEST"),
        ("application/json", "", long.as_bytes(), "BODY_TOO_LARGE"),
        ("text/plain", "", good.as_bytes(), "UNSUPPORTED_MEDIA_TYPE"),
    ];
    let nobody = support::Client::anonymous(tidemark.server().address());
    for (media, encoding, body, code) in bodies {
        for caller in [client, &nobody] {
            let mut request = caller
                .request(Method::POST, "/graphql")
                .header(header::CONTENT_TYPE, media);
            if !encoding.is_empty() {
                request = request.header(header::CONTENT_ENCODING, encoding);
            }
            let answer = caller.send(request.body(body.to_vec())).await;
            assert_eq!(answer.error_code(), code, "{}", answer.text);
            assert_eq!(answer.error()["extensions"]["outcome"], "INVALID", "{}", answer.text);
        }
        *told.entry(invalid(code, &prefix(client))).or_default() += 1;
    }
    assert_eq!(ledger(client, None).await, told);
}

/// The body is cut off by the time that it may take, by that of the whole request, or by who sends it.
async fn a_body_that_does_not_come_is_one_invalid_event(engine: Engine) {
    for flags in [
        [("--request-deadline", "1s"), ("--body-timeout", "30s")],
        [("--request-deadline", "2m"), ("--body-timeout", "1s")],
    ] {
        let builder = Tidemark::builder(engine);
        let builder = flags
            .iter()
            .fold(builder, |builder, (flag, value)| builder.flag(flag, value));
        let tidemark = builder.start().await;
        let client = tidemark.client();
        let key = client.key().expect("it has one");
        let head = |path: &str, media: &str| {
            format!(
                "POST {path} HTTP/1.1\r\nHost: tidemark\r\nAuthorization: Bearer {key}\r\nX-Moesif-Application-Id: {key}\r\n\
                 Content-Type: {media}\r\nContent-Length: 1000\r\n\r\n"
            )
        };
        let json = "application/json";
        let clickst = format!("/rest/action.log?key={key}");
        let mut told = Told::new();
        for (path, start) in [
            ("/graphql", "{\"query\": \"mutation { logEvent"),
            ("/v1/actions", "{\"action_name\": "),
            ("/v1/track", "{\"event\": "),
            (&clickst, "{\"action\": "),
        ] {
            let mut raw = Raw::connect(tidemark.server().address()).await;
            assert!(raw.send(head(path, json)).await && raw.send(start).await);
            let answer = raw.next(Duration::from_secs(10)).await;
            assert!(
                !answer.contains(" 200 ") && !answer.contains(" 201 "),
                "{path}: {answer}"
            );
            if path == "/graphql" {
                assert!(answer.contains(" 408 "), "{answer}");
                assert!(
                    answer.contains("REQUEST_TIMEOUT") && answer.contains("\"outcome\":\"INVALID\""),
                    "{answer}"
                );
            }
            *told.entry(invalid("REQUEST_TIMEOUT", &prefix(client))).or_default() += 1;
        }
        assert_eq!(ledger(client, None).await, told, "{flags:?}");
        // Whoever hangs up in the middle is told nothing, and counted all the same.
        for path in ["/graphql", "/v1/actions"] {
            let mut raw = Raw::connect(tidemark.server().address()).await;
            assert!(raw.send(head(path, json)).await && raw.send("{\"query\": ").await);
            drop(raw);
        }
        let begin = std::time::Instant::now();
        let counted = loop {
            let counted: i64 = ledger(client, None).await.values().sum();
            if counted == 6 || begin.elapsed() > Duration::from_secs(10) {
                break counted;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(counted, 6, "{:#?}", ledger(client, None).await);
    }
}

/// The key may stand in the address, of which more is known than of the body.
async fn what_a_dialect_cannot_read_is_one_invalid_event(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let (key, nobody) = (client.key().expect("it has one"), client.without_key());
    let clickst = format!("/rest/action.log?key={key}");
    let rpc = format!("/rest?key={key}");
    let mut told = Told::new();
    let calls = |n: usize| {
        json!(vec![
            json!({"jsonrpc": "2.0", "id": 1, "method": "action.log", "params": {"action": "a"}});
            n
        ])
        .to_string()
    };
    let bodies: [(&str, &str, String, &str, i64); 8] = [
        (
            &clickst,
            "application/json",
            "{\"action\": ".into(),
            "MALFORMED_JSON",
            1,
        ),
        (&clickst, "application/json", "[]".into(), "MALFORMED_REQUEST", 1),
        (&clickst, "image/png", "x".into(), "UNSUPPORTED_MEDIA_TYPE", 1),
        (
            &clickst,
            "application/x-www-form-urlencoded",
            "tag[a=1".into(),
            "INVALID_ARGUMENT",
            1,
        ),
        (&rpc, "application/json", "no json".into(), "MALFORMED_JSON", 1),
        (
            &rpc,
            "application/json",
            "{\"method\": \"action.log\"}".into(),
            "MALFORMED_REQUEST",
            1,
        ),
        (&rpc, "application/json", "[]".into(), "MALFORMED_REQUEST", 1),
        (&rpc, "application/json", calls(60), "MALFORMED_REQUEST", 60),
    ];
    for (path, media, body, code, events) in bodies {
        let request = nobody.request(Method::POST, path).header(header::CONTENT_TYPE, media);
        let answer = nobody.send(request.body(body)).await;
        assert!(answer.text.contains("error"), "{path}: {}", answer.text);
        *told.entry(invalid(code, &prefix(client))).or_default() += events;
    }
    assert_eq!(ledger(client, None).await, told);
    // A question that cannot be read is no event; nor is there a site for what nobody known sends.
    let ask = format!("/rest/action.find?key={key}");
    for (path, body) in [(ask.as_str(), "{"), ("/rest/action.log", "{"), ("/rest", "{")] {
        let request = nobody
            .request(Method::POST, path)
            .header(header::CONTENT_TYPE, "application/json");
        let answer = nobody.send(request.body(body)).await;
        assert!(answer.text.contains("error"), "{path}: {}", answer.text);
    }
    assert_eq!(ledger(client, None).await, told);
}

async fn what_cannot_be_executed_counts_where_it_was_to_log(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--graphql-batch-operations", "3")
        .start()
        .await;
    let client = tidemark.client();
    let mut told = Told::new();
    let log = |arguments: &str| format!("mutation {{ logEvent({arguments}) {{ outcome }} }}");
    let documents: [(String, Value, &str); 8] = [
        (
            "mutation { logEvent(input: {action: \"a\"}) { outcome ".into(),
            json!({}),
            "GRAPHQL_PARSE_FAILED",
        ),
        (log("input: {}"), json!({}), "INVALID_ARGUMENT"),
        (log("input: {action: 7}"), json!({}), "INVALID_ARGUMENT"),
        (
            log("input: {action: \"a\"}, more: 1"),
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
        (
            graphql::LOG_EVENTS.into(),
            json!({"inputs": [{"action": "a"}, {"label": "no action"}]}),
            "INVALID_ARGUMENT",
        ),
        (
            graphql::LOG_EVENTS.into(),
            json!({"inputs": "none"}),
            "INVALID_ARGUMENT",
        ),
        (graphql::LOG_EVENTS.into(), json!({}), "INVALID_ARGUMENT"),
        (
            "mutation { logEvent(input: {action: \"a\"}) { nothing } }".into(),
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ];
    for (document, variables, code) in documents {
        let answer = client.graphql(&document, variables).await;
        assert_eq!(answer.error_code(), code, "{document}: {}", answer.text);
        assert_eq!(
            answer.error()["extensions"]["outcome"],
            "INVALID",
            "{document}: {}",
            answer.text
        );
        *told.entry(invalid(code, &prefix(client))).or_default() += 1;
    }
    // In an array each operation is for itself.
    let operations = json!([
        {"query": log("input: {}")},
        {"query": log("input: {action: \"a\"}")},
        {"query": "{ find(input: {}) { total } }"},
    ]);
    let answer = client
        .send(client.request(Method::POST, "/graphql").json(&operations))
        .await;
    assert_eq!(
        answer.body[1]["data"]["logEvent"]["outcome"], "ACCEPTED",
        "{}",
        answer.text
    );
    *told.entry(invalid("INVALID_ARGUMENT", &prefix(client))).or_default() += 1;
    told.insert(["ACCEPTED".into(), String::new(), "a".into(), prefix(client)], 1);
    // Over GET nothing is logged.
    let query = url_encoded(&log("input: {action: \"a\"}"));
    let get = client.request(Method::GET, &format!("/graphql?query={query}"));
    let answer = client.send(get).await;
    assert_eq!(answer.error_code(), "METHOD_NOT_ALLOWED");
    told.insert(invalid("METHOD_NOT_ALLOWED", &prefix(client)), 1);
    // A question that is wrong is no event.
    for document in ["{ find(input: {}) { total } }", "{ nothing }", "{ viewer "] {
        assert!(client.graphql(document, json!({})).await.error()["extensions"]["outcome"].is_null());
    }
    assert_eq!(ledger(client, None).await, told);
}

async fn a_websocket_counts_what_it_cannot_read(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let client = tidemark.client();
    let key = prefix(client);
    for (message, code) in [("no message", "MALFORMED_REQUEST"), ("", "")] {
        let url = tidemark.server().url("/graphql").replace("http://", "ws://");
        let mut request = url.into_client_request().expect("a request");
        let protocol = HeaderValue::from_static("graphql-transport-ws");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let mut socket = connect_async(request).await.expect("a socket").0;
        let init = json!({"type": "connection_init", "payload": {"apiKey": client.key()}});
        let wrong = json!({"id": "1", "type": "subscribe", "payload": {"query": "mutation { logEvent }"}});
        let late = json!({"id": "2", "type": "subscribe", "payload": {
            "query": graphql::LOG_EVENTS, "variables": {"inputs": [{"action": 1}]}}});
        for message in [init, wrong, late] {
            let message = Message::text(message.to_string());
            socket.send(message).await.expect("it is open");
        }
        let mut refused = 0;
        while refused < 2 {
            let heard = tokio::time::timeout(Duration::from_secs(10), socket.next()).await;
            let heard = heard.expect("soon").expect("not the end").expect("a message");
            refused += usize::from(heard.to_string().contains("\"outcome\":\"INVALID\""));
        }
        if !code.is_empty() {
            socket.send(Message::text(message)).await.expect("it is open");
            // Counted before the socket is closed.
            while let Some(Ok(_)) = socket.next().await {}
        }
    }
    let told = ledger(client, None).await;
    assert_eq!(told[&invalid("MALFORMED_REQUEST", &key)], 1, "{told:#?}");
    assert_eq!(told.values().sum::<i64>(), 5, "{told:#?}");
}

async fn an_import_counts_its_lines(engine: Engine) {
    let tidemark = Tidemark::start(engine).await;
    let file = tidemark.database().folder().path().join("events.jsonl");
    let lines = [
        "{\"action\": \"a\", \"id\": \"1\"}",
        "{\"action\": \"a\", \"id\": \"1\"}",
        "{\"action\": \"b\", \"time\": \"never\"}",
        "no json",
        "",
        "{\"action\": \"\"}",
    ];
    std::fs::write(&file, lines.join("\n")).expect("the folder is ours");
    let file = file.display().to_string();
    let finished = tidemark
        .command(&["import", "events", &file, "--site", tidemark.site()])
        .await;
    let complaints = finished.stderr();
    for told in [
        "line 3: invalid: INVALID_TIME (time): ",
        "line 4: invalid: MALFORMED_JSON: ",
        "line 6: invalid: INVALID_ACTION (action): ",
    ] {
        assert!(complaints.contains(told), "{complaints}");
    }
    let _ = finished.success();
    let line = |outcome: &str, code: &str, action: &str| [outcome.into(), code.into(), action.into(), String::new()];
    let expected = Told::from([
        (line("ACCEPTED", "", "a"), 1),
        (line("DUPLICATE", "", "a"), 1),
        (line("INVALID", "INVALID_TIME", "b"), 1),
        (line("INVALID", "MALFORMED_JSON", ""), 1),
        (line("INVALID", "INVALID_ACTION", ""), 1),
    ]);
    assert_eq!(ledger(tidemark.client(), None).await, expected);
    let by = json!({"from": FROM, "to": TO, "groupBy": ["DIALECT"]});
    let answer = tidemark.client().ledger(by).await;
    assert_eq!(answer["rows"][0]["dialect"], "import", "{answer:#}");
    // The lines of a web log, too.
    let log = tidemark.database().folder().path().join("access.log");
    let line = "192.0.2.1 - - [21/Nov/2026:00:00:00 +0000] \"GET / HTTP/1.1\" 200 1 \"-\" \"-\"\nnonsense\n";
    std::fs::write(&log, line).expect("the folder is ours");
    let log = log.display().to_string();
    let finished = tidemark
        .command(&["import", "access-log", &log, "--site", tidemark.site(), "--all"])
        .await;
    assert!(
        finished.stderr().contains("line 2: invalid: MALFORMED_REQUEST: "),
        "{finished}"
    );
    let told = ledger(tidemark.client(), None).await;
    assert_eq!(
        told[&[
            "INVALID".into(),
            "MALFORMED_REQUEST".into(),
            String::new(),
            String::new()
        ]],
        1,
        "{told:#?}"
    );
    assert_eq!(told.values().sum::<i64>(), 7, "{told:#?}");
}

/// A connection that keeps others from writing to the ledger, until it ends what it began.
pub(super) async fn blockade(tidemark: &Tidemark) -> DatabaseConnection {
    let database = tidemark.database();
    let statement = match database.url() {
        Some(_) => "BEGIN; LOCK TABLE ledger IN ACCESS EXCLUSIVE MODE",
        None => "BEGIN IMMEDIATE",
    };
    let connection = inside::connect(database).await;
    connection.execute_unprepared(statement).await.expect(statement);
    connection
}

async fn a_full_queue_is_told_and_counted(engine: Engine) {
    let tidemark = Tidemark::builder(engine)
        .flag("--queue-events", "10")
        .flag("--max-events-per-request", "10")
        .flag("--queue-timeout", "100ms")
        .start()
        .await;
    let client = tidemark.client();
    tidemark.accept(vec![json!({"action": "before"})]).await;
    let blockade = blockade(&tidemark).await;
    let log = |action: &'static str| {
        let client = client.clone();
        tokio::spawn(async move { client.log_many(vec![json!({"action": action}); 10]).await })
    };
    let first = log("first");
    tokio::time::sleep(Duration::from_millis(300)).await;
    let second = log("second");
    tokio::time::sleep(Duration::from_millis(700)).await;
    blockade.execute_unprepared("ROLLBACK").await.expect("it is open");
    blockade.close().await.expect("it can be closed");
    assert_eq!(first.await.expect("no panic")["accepted"], 10);
    let second = second.await.expect("no panic");
    for outcome in second["outcomes"].as_array().expect("a list") {
        assert_eq!(
            (
                &outcome["outcome"],
                &outcome["error"]["code"],
                &outcome["error"]["retryAfter"]
            ),
            (&json!("OVERLOADED"), &json!("OVERLOADED"), &json!(1)),
            "{outcome:#}"
        );
    }
    let key = prefix(client);
    let line = |outcome: &str, code: &str, action: &str| [outcome.into(), code.into(), action.into(), key.clone()];
    let expected = Told::from([
        (line("ACCEPTED", "", "before"), 1),
        (line("ACCEPTED", "", "first"), 10),
        (line("OVERLOADED", "OVERLOADED", "second"), 10),
    ]);
    assert_eq!(ledger(client, None).await, expected);
}
