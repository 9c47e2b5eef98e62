//! What is too much.

use serde_json::{Value, json};

use support::{Engine, Tidemark};

use super::{Server, TYPENAME, send};

#[tokio::test]
async fn a_document_has_limits() {
    let server = Server::start().await;
    // Each fragment spreads the next one twice: 2^30 fields in a few lines.
    let doubled: String = (0..30)
        .map(|n| format!("fragment f{n} on Query {{ ...f{0} ...f{0} }} ", n + 1))
        .collect();
    let tree = format!("{{ ...f0 }} {doubled} fragment f30 on Query {{ __typename }}");
    let wide = format!("{{ {} }}", "a ".repeat(20_000));
    let fields = format!("{{ {} }}", "__typename ".repeat(2_001));
    let aliases: String = (0..500).map(|n| format!("a{n}: __typename ")).collect();
    let directives = format!("{{ __typename {} }}", "@include(if: true) ".repeat(200));
    let types = "fields { type { ".repeat(12);
    let deep = format!("{{ __schema {{ types {{ {types} name {} }} }} }}", "} }".repeat(12));
    for (query, code) in [
        ("{a".repeat(10_000), "QUERY_TOO_DEEP"),
        (format!("{{ a(x: {}) }}", "[".repeat(10_000)), "QUERY_TOO_DEEP"),
        (format!("{{ a(x: {}) }}", "{x: ".repeat(10_000)), "QUERY_TOO_DEEP"),
        (format!("query ($x: {}) {{ a }}", "[".repeat(10_000)), "QUERY_TOO_DEEP"),
        (
            format!("{{ a(x: [\"\"\" \" {}", "[".repeat(10_000)),
            "GRAPHQL_PARSE_FAILED",
        ),
        (deep, "QUERY_TOO_DEEP"),
        (tree, "QUERY_TOO_COMPLEX"),
        (fields, "QUERY_TOO_COMPLEX"),
        (wide, "TOO_MANY_TOKENS"),
        (format!("{{ {aliases} }}"), "TOO_MANY_ALIASES"),
        (directives, "TOO_MANY_DIRECTIVES"),
    ] {
        server.ask(&query, json!({})).await.fails(400, code);
    }
    let text = "{ __typename @skip(if: false) # [[[[ \n }";
    assert_eq!(server.ask(text, json!({})).await.body["data"]["__typename"], "Query");
    let large = format!(r#"{{"query": "{TYPENAME}", "more": "{}"}}"#, "x".repeat(64 << 20));
    let refused = server.post(large).send().await;
    // Some clients notice only that nobody listens any more.
    assert!(refused.is_err() || refused.is_ok_and(|response| response.status() == 413));
}

#[tokio::test]
async fn a_batch_is_answered_in_order() {
    let server = Server::start().await;
    let batch = json!([{"query": "{ a: __typename }"}, {"query": "{"}, {"query": "mutation { b: __typename }"}]);
    let answer = send(server.post(batch.to_string())).await;
    assert_eq!(answer.body[0], json!({"data": {"a": "Query"}}));
    assert_eq!(
        answer.body[1]["errors"][0]["extensions"]["code"],
        "GRAPHQL_PARSE_FAILED"
    );
    assert_eq!(answer.body[2], json!({"data": {"b": "Mutation"}}));
    let many = Value::from(vec![json!({"query": TYPENAME}); 1_000]).to_string();
    send(server.post(many)).await.fails(400, "BATCH_TOO_LARGE");
}

#[tokio::test]
async fn a_batch_has_to_be_allowed() {
    let server = Server(Tidemark::start(Engine::Sqlite).await);
    let batch = json!([{"query": TYPENAME}]).to_string();
    send(server.post(batch)).await.fails(400, "BATCH_TOO_LARGE");
}
