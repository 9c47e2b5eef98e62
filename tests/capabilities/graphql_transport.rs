//! GraphQL as a protocol: methods, media types, statuses, limits, and the two ways to stream.

use std::time::Duration;

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};
use support::{Engine, Tidemark};
use tokio::time::timeout;

mod audit;
mod limit;
mod request;
mod setting;
mod socket;

const RESPONSE_JSON: &str = "application/graphql-response+json";
const TYPENAME: &str = "{ __typename }";

/// No message takes this long.
const MESSAGE_LIMIT: Duration = Duration::from_secs(30);

struct Server(Tidemark);

struct Answer {
    status: u16,
    headers: HeaderMap,
    body: Value,
}

impl Server {
    /// One that takes batches, and does not wait long for greetings.
    async fn start() -> Self {
        let builder = Tidemark::builder(Engine::Sqlite)
            .flag("--graphql-batch-operations", "10")
            .flag("--graphql-init-timeout", "1s");
        Self(builder.start().await)
    }

    async fn key(&self, allow: &str) -> String {
        let arguments = ["key", "create", "--site", self.0.site(), "--allow", allow];
        self.0.command(&arguments).await.success().trim().to_owned()
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        client().request(method, self.0.server().url(path))
    }

    fn post(&self, body: impl Into<reqwest::Body>) -> RequestBuilder {
        self.request(Method::POST, "/graphql")
            .header("content-type", "application/json")
            .body(body)
    }

    fn get(&self, parameters: &[(&str, &str)]) -> RequestBuilder {
        let url = self.0.server().url("/graphql");
        let url = reqwest::Url::parse_with_params(&url, parameters).expect("a URL");
        client().get(url)
    }

    /// Sends a document as a client does that wants to see statuses.
    async fn ask(&self, query: &str, variables: Value) -> Answer {
        let body = json!({"query": query, "variables": variables}).to_string();
        send(self.post(body).header("accept", RESPONSE_JSON)).await
    }
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("text"))
    }

    fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
    }

    #[track_caller]
    fn fails(&self, status: u16, code: &str) {
        assert_eq!((self.status, self.code()), (status, code), "{:#}", self.body);
        assert!(self.body.get("data").is_none(), "{:#}", self.body);
    }
}

fn client() -> reqwest::Client {
    support::client::http().build().expect("a client")
}

async fn send(request: RequestBuilder) -> Answer {
    let response = request.send().await.expect("an answer");
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    Answer {
        status,
        headers,
        body: response.json().await.expect("JSON"),
    }
}

#[tokio::test]
async fn a_wrong_key_is_refused_before_anything_else() {
    let server = Server::start().await;
    let body = json!({"query": TYPENAME}).to_string();
    for (name, value) in [
        ("authorization", "Bearer bad"),
        ("authorization", "Basic eA=="),
        ("x-api-key", "bad"),
    ] {
        let answer = send(server.post(body.clone()).header(name, value)).await;
        answer.fails(401, "UNAUTHENTICATED");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    let key = server.key("log,query").await;
    let viewer = json!({"query": "{ viewer { __typename } }"}).to_string();
    for (name, value) in [("authorization", format!("bearer {key}")), ("x-api-key", key)] {
        let answer = send(server.post(viewer.clone()).header(name, value)).await;
        assert_eq!(
            answer.body,
            json!({"data": {"viewer": {"__typename": "Viewer"}}, "extensions": {"cost": 1}}),
            "{name}"
        );
    }
}

#[tokio::test]
async fn an_event_stream_carries_one_operation() {
    let server = Server::start().await;
    let events = |query: &str| {
        let request = server
            .post(json!({"query": query}).to_string())
            .header("accept", "text/event-stream");
        async { request.send().await.expect("a stream").text().await.expect("text") }
    };
    let expected = ":\n\nevent: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n";
    assert_eq!(events(TYPENAME).await, expected);
    let failed = events("{").await;
    assert!(failed.contains("\nevent: next\ndata: {\"errors\":[{") && failed.ends_with("event: complete\ndata:\n\n"));
    assert!(!failed.contains("\"data\""), "{failed}");

    let key = server.key("log,query").await;
    let query = json!({"query": "subscription { eventLogged { __typename } }"}).to_string();
    let request = server
        .post(query)
        .header("accept", "text/event-stream")
        .bearer_auth(key);
    let mut response = request.send().await.expect("a stream");
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/event-stream; charset=utf-8");
    let first = timeout(MESSAGE_LIMIT, response.chunk())
        .await
        .expect("soon")
        .expect("a chunk");
    assert_eq!(first.as_deref(), Some(&b":\n\n"[..]), "the stream opens at once");
}
