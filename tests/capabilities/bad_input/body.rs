//! Bodies that are no request.

use reqwest::Method;
use serde_json::json;
use support::{Client, Engine, Tidemark};

use super::{goes_on, speaks_to_people};

/// Sends a body and expects a refusal.
async fn refuses(client: &Client, body: Vec<u8>, status: u16, code: &str) {
    let shown: String = String::from_utf8_lossy(&body).chars().take(80).collect();
    let request = client
        .request(Method::POST, "/graphql")
        .header("content-type", "application/json")
        .header("accept", "application/graphql-response+json")
        .body(body);
    let answer = client.send(request).await;
    assert_eq!(
        (answer.status, answer.error_code()),
        (status, code),
        "{shown}: {}",
        answer.text
    );
    speaks_to_people(&answer);
}

// Nothing of this comes near a database.
#[tokio::test]
async fn a_body_that_is_no_request_is_refused() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let client = tidemark.client();
    let nested = |open: &str| {
        format!(
            r#"{{"query": "{{ __typename }}", "variables": {{"a": {}"#,
            open.repeat(10_000)
        )
    };
    let closed = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for body in [
        String::new(),
        "{".to_owned(),
        r#"{"query": "{ __typename }""#.to_owned(),
        r#"{"query": "{ __typename }"} trailing"#.to_owned(),
        r#"{"query": "{ __typename }",}"#.to_owned(),
        r#"{'query': '{ __typename }'}"#.to_owned(),
        nested("["),
        nested(r#"{"a":"#),
        format!(r#"{{"query": "{{ __typename }}", "variables": {{"a": {closed}}}}}"#),
        r#"{"query": "{ __typename }", "variables": {"a": 1e400}}"#.to_owned(),
        r#"{"query": "{ __typename }", "variables": {"a": 01}}"#.to_owned(),
        r#"{"query": "{ __typename }", "variables": {"a": NaN}}"#.to_owned(),
        r#"{"query": "{ __typename }", "variables": {"a": "\ud800"}}"#.to_owned(),
        "{\"query\": \"{ __type\0name }\"}".to_owned(),
        "\u{feff}{\"query\": \"{ __typename }\"}".to_owned(),
    ] {
        refuses(client, body.into_bytes(), 400, "MALFORMED_JSON").await;
    }
    refuses(client, closed.into_bytes(), 400, "BATCH_TOO_LARGE").await;
    for bytes in [
        &b"\xff"[..],
        b"{\"query\": \"{ a\xc3( }\"}",
        b"{\"query\": \"\xed\xa0\x80\"}",
        b"{\"query\": \"\xf8\x88\x80\x80\x80\"}",
    ] {
        refuses(client, bytes.to_vec(), 400, "MALFORMED_JSON").await;
    }
    for document in [
        "{ __typename \0 }",
        "\0",
        "{ \u{202e} }",
        "query {",
        "{ a(b: \"\\ud800\") }",
    ] {
        let body = json!({"query": document}).to_string();
        refuses(client, body.into_bytes(), 400, "GRAPHQL_PARSE_FAILED").await;
    }
    // What nobody reads may be as it likes.
    let more = format!(
        r#"{{"query": "{{ __typename }}", "more": {}1{}}}"#,
        "[".repeat(10_000),
        "]".repeat(10_000)
    );
    let request = client
        .request(Method::POST, "/graphql")
        .header("content-type", "application/json");
    assert_eq!(client.send(request.body(more)).await.data()["__typename"], "Query");
    goes_on(&tidemark).await;
}

#[tokio::test]
async fn a_body_of_20_mb_is_refused() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let large =
        |open: &str, filling: &str, close: &str| format!("{open}{}{close}", filling.repeat((20 << 20) / filling.len()));
    for body in [
        large(r#"{"query": "{ __typename }", "more": ""#, "x", "\"}"),
        large(r#"{"query": ""#, "{a", "\"}"),
        large("", "[", ""),
        large("", " ", ""),
    ] {
        let client = tidemark.client();
        let request = client
            .request(Method::POST, "/graphql")
            .header("content-type", "application/json")
            .body(body);
        match client.try_send(request).await {
            Ok(answer) => assert_eq!((answer.status, answer.error_code()), (413, "BODY_TOO_LARGE")),
            // The server does not read on; some clients notice nothing but that.
            Err(error) => assert!(error.is_request() || error.is_body(), "{error:?}"),
        }
    }
    goes_on(&tidemark).await;
}

#[tokio::test]
async fn a_packed_body_is_measured_unpacked() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let client = tidemark.client();
    // 20 MB of blanks, as `gzip -9` packs them: runs of a stored pattern.
    let packed = tidemark.database().folder().path().join("blanks.gz");
    let script = format!("head -c {} /dev/zero | tr '\\0' ' ' | gzip -9 > \"$1\"", 20 << 20);
    let status = tokio::process::Command::new("sh")
        .args(["-c", &script, "sh"])
        .arg(&packed)
        .status()
        .await;
    assert!(status.expect("there is a shell").success());
    let bytes = std::fs::read(&packed).expect("the file");
    assert!(bytes.len() < 1 << 20, "it is small: {}", bytes.len());
    for (bytes, status, code) in [
        (bytes, 413, "BODY_TOO_LARGE"),
        (b"no gzip".to_vec(), 400, "MALFORMED_REQUEST"),
    ] {
        let request = client
            .request(Method::POST, "/graphql")
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .body(bytes);
        let answer = client.send(request).await;
        assert_eq!((answer.status, answer.error_code()), (status, code), "{}", answer.text);
    }
    goes_on(&tidemark).await;
}

#[tokio::test]
async fn an_unknown_address_is_told() {
    let tidemark = Tidemark::start(Engine::Sqlite).await;
    let client = tidemark.client();
    for path in ["/nothing", "/graphql/x", "/../etc/passwd", "/%00", "/%ff%fe"] {
        let answer = client.send(client.request(Method::GET, path)).await;
        assert_eq!(
            (answer.status, &answer.body["error"]["code"]),
            (404, &json!("UNKNOWN_PATH")),
            "{path}: {}",
            answer.text
        );
    }
    goes_on(&tidemark).await;
}
