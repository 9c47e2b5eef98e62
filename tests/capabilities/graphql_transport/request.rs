//! What is a request, and what it is answered with.

use reqwest::Method;
use serde_json::json;

use super::{RESPONSE_JSON, Server, TYPENAME, send};

#[tokio::test]
async fn the_media_type_is_negotiated() {
    let server = Server::start().await;
    let body = json!({"query": TYPENAME}).to_string();
    let cases = [
        (None, "application/json"),
        (Some("*/*"), "application/json"),
        (Some("application/*"), "application/json"),
        (Some("application/json"), "application/json"),
        (Some(RESPONSE_JSON), RESPONSE_JSON),
        (
            Some("application/json;q=0.5, application/graphql-response+json"),
            RESPONSE_JSON,
        ),
        (
            Some("application/json, application/graphql-response+json;q=0.9"),
            "application/json",
        ),
        (
            Some("application/graphql-response+json, application/json, text/event-stream"),
            RESPONSE_JSON,
        ),
        (Some("application/graphql-response+json;q=0, */*"), "application/json"),
        (Some("text/html, application/json;q=0.1"), "application/json"),
    ];
    for (accept, expected) in cases {
        let mut request = server.post(body.clone());
        if let Some(accept) = accept {
            request = request.header("accept", accept);
        }
        let answer = send(request).await;
        assert_eq!(answer.body, json!({"data": {"__typename": "Query"}}), "{accept:?}");
        assert_eq!(
            answer.header("content-type"),
            format!("{expected}; charset=utf-8"),
            "{accept:?}"
        );
    }
    send(server.post(body).header("accept", "text/html"))
        .await
        .fails(406, "NOT_ACCEPTABLE");
}

#[tokio::test]
async fn a_get_only_queries() {
    let server = Server::start().await;
    let two =
        "query A { a: __typename } query B($skip: Boolean!) { b: __typename ... @skip(if: $skip) { c: __typename } }";
    let named = [
        ("query", two),
        ("operationName", "B"),
        ("variables", r#"{"skip": true}"#),
    ];
    assert_eq!(send(server.get(&named)).await.body, json!({"data": {"b": "Query"}}));

    let mutation = [("query", "mutation { ping }")];
    for accept in ["application/json", RESPONSE_JSON, "text/event-stream"] {
        let answer = send(server.get(&mutation).header("accept", accept)).await;
        answer.fails(405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), "POST");
    }
    let unready = [("query", "mutation ($input: EventInput!) { ping(input: $input) }")];
    send(server.get(&unready)).await.fails(405, "METHOD_NOT_ALLOWED");
    let both = [
        ("query", "query Q { __typename } mutation M { ping }"),
        ("operationName", "M"),
    ];
    send(server.get(&both)).await.fails(405, "METHOD_NOT_ALLOWED");
    send(server.get(&[])).await.fails(400, "MALFORMED_REQUEST");
    send(server.get(&[("query", TYPENAME), ("variables", "{")]))
        .await
        .fails(400, "MALFORMED_JSON");
    send(server.get(&[("query", TYPENAME), ("variables", "[]")]))
        .await
        .fails(400, "MALFORMED_REQUEST");
    let subscription = [("query", "subscription { eventLogged { __typename } }")];
    send(server.get(&subscription)).await.fails(406, "NOT_ACCEPTABLE");

    let answer = send(server.request(Method::PUT, "/graphql")).await;
    answer.fails(405, "METHOD_NOT_ALLOWED");
    assert_eq!(answer.header("allow"), "GET, POST");
}

#[tokio::test]
async fn a_post_is_json() {
    let server = Server::start().await;
    let valid = json!({"query": TYPENAME}).to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin1",
    ] {
        let request = server
            .request(Method::POST, "/graphql")
            .header("content-type", kind)
            .body(valid.clone());
        send(request).await.fails(415, "UNSUPPORTED_MEDIA_TYPE");
    }
    send(server.request(Method::POST, "/graphql").body(valid.clone()))
        .await
        .fails(415, "UNSUPPORTED_MEDIA_TYPE");
    send(server.post(valid.clone()).header("content-encoding", "br"))
        .await
        .fails(415, "UNSUPPORTED_MEDIA_TYPE");

    let deep = format!(
        r#"{{"query": "{TYPENAME}", "variables": {{"a": {}}}}}"#,
        "[".repeat(10_000)
    );
    for body in ["", "{", "nonsense", deep.as_str()] {
        send(server.post(body.to_owned())).await.fails(400, "MALFORMED_JSON");
    }
    send(server.post(b"{\"query\": \"{ a\xff }\"}".to_vec()))
        .await
        .fails(400, "MALFORMED_JSON");
    for body in [
        json!(null),
        json!("{ __typename }"),
        json!({}),
        json!([]),
        json!({"query": null}),
        json!({"query": 7}),
        json!({"query": TYPENAME, "operationName": 7}),
        json!({"query": TYPENAME, "variables": []}),
        json!({"query": TYPENAME, "variables": "{}"}),
        json!({"query": TYPENAME, "extensions": 7}),
    ] {
        send(server.post(body.to_string()))
            .await
            .fails(400, "MALFORMED_REQUEST");
    }
    let nulls = json!({"query": TYPENAME, "operationName": null, "variables": null, "extensions": null, "more": [1]});
    assert_eq!(
        send(server.post(nulls.to_string())).await.body["data"]["__typename"],
        "Query"
    );
    let twice = r#"{"query": "{", "query": "{ __typename }"}"#;
    assert_eq!(send(server.post(twice)).await.body["data"]["__typename"], "Query");
}

#[tokio::test]
async fn a_request_error_has_a_status_where_the_client_knows_of_it() {
    let server = Server::start().await;
    let none = json!({});
    for (query, variables, code) in [
        ("{", &none, "GRAPHQL_PARSE_FAILED"),
        ("", &none, "GRAPHQL_PARSE_FAILED"),
        ("{ nothingLikeThat }", &none, "GRAPHQL_VALIDATION_FAILED"),
        (
            "query A { __typename } query B { __typename }",
            &none,
            "GRAPHQL_VALIDATION_FAILED",
        ),
        ("query ($input: EventInput!) { __typename }", &none, "INVALID_ARGUMENT"),
        (
            "mutation ($input: EventInput!) { ping(input: $input) }",
            &json!({"input": null}),
            "INVALID_ARGUMENT",
        ),
        (
            "mutation ($input: EventInput) { ping(input: $input) }",
            &json!({"input": {"action": 7}}),
            "INVALID_ARGUMENT",
        ),
        (
            "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
            &none,
            "GRAPHQL_VALIDATION_FAILED",
        ),
    ] {
        server.ask(query, variables.clone()).await.fails(400, code);
        let body = json!({"query": query, "variables": variables}).to_string();
        send(server.post(body).header("accept", "application/json"))
            .await
            .fails(200, code);
    }
}
