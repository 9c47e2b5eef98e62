//! A caller with an API key, who speaks GraphQL.
//!
//! The helpers named after what Tidemark does return the payload of their field and fail the test on any
//! error. A test that expects an error sends the document itself, through [`Client::graphql`].

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder, header::HeaderMap};
use serde_json::{Value, json};

use crate::{graphql, server::Address};

/// No answer of a test takes this long.
const ANSWER_LIMIT: Duration = Duration::from_secs(60);

/// The fold follows within seconds; a minute means that it has stopped.
const FOLD_LIMIT: Duration = Duration::from_secs(60);

const FOLD_POLL_INTERVAL: Duration = Duration::from_millis(20);

/// The beginnings of an HTTP client.
pub fn http() -> reqwest::ClientBuilder {
    // The server's own client brings TLS into the same build, which wants to know by whose cryptography, though no test
    // speaks TLS. That it was told before is no failure.
    let _ = rustls::crypto::ring::default_provider().install_default();
    // A proxy of the environment has nothing to do with a server on this machine.
    reqwest::Client::builder().no_proxy()
}

/// A caller. It finds its server again after a restart.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    address: Address,
    key: Option<String>,
}

impl Client {
    /// A caller with a key.
    #[must_use]
    pub fn new(address: &Address, key: &str) -> Self {
        Self {
            key: Some(key.to_owned()),
            ..Self::anonymous(address)
        }
    }

    /// A caller who sends no key.
    ///
    /// # Panics
    /// When the HTTP client cannot be built.
    #[must_use]
    pub fn anonymous(address: &Address) -> Self {
        let http = http().timeout(ANSWER_LIMIT).build();
        let http = http.expect("the HTTP client can be built");
        Self {
            http,
            address: address.clone(),
            key: None,
        }
    }

    /// Somebody who sends no key, to the same server.
    #[must_use]
    pub fn without_key(&self) -> Self {
        Self {
            key: None,
            ..self.clone()
        }
    }

    /// The same caller, speaking to another server on the same database.
    #[must_use]
    pub fn at(&self, address: &Address) -> Self {
        Self {
            address: address.clone(),
            ..self.clone()
        }
    }

    /// The address of a path, such as `/graphql`.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.address.url(path)
    }

    /// The key that it sends.
    #[must_use]
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// A request with the key, to be completed with headers and a body and given to [`Client::send`].
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.address.url(path));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    /// Sends any request.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn send(&self, request: RequestBuilder) -> Answer {
        self.try_send(request).await.expect("the server answers")
    }

    /// Sends any request, to a server that may be killed meanwhile.
    ///
    /// # Errors
    /// When there is no answer, or not a whole one.
    pub async fn try_send(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let text = String::from_utf8_lossy(&response.bytes().await?).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Ok(Answer {
            status,
            headers,
            text,
            body,
        })
    }

    /// Runs a GraphQL operation.
    ///
    /// # Panics
    /// When there is no answer.
    pub async fn graphql(&self, query: &str, variables: Value) -> Answer {
        self.try_graphql(query, variables).await.expect("the server answers")
    }

    /// Runs a GraphQL operation on a server that may be killed meanwhile.
    ///
    /// # Errors
    /// When there is no answer, or not a whole one.
    pub async fn try_graphql(&self, query: &str, variables: Value) -> reqwest::Result<Answer> {
        let body = json!({"query": query, "variables": variables});
        self.try_send(self.request(Method::POST, "/graphql").json(&body)).await
    }

    /// Logs one event; the payload says what became of it.
    pub async fn log(&self, event: Value) -> Value {
        self.field("logEvent", graphql::LOG_EVENT, json!({"input": event}))
            .await
    }

    /// Logs several events in one request; the payload holds their outcomes in order.
    pub async fn log_many(&self, events: Vec<Value>) -> Value {
        self.field("logEvents", graphql::LOG_EVENTS, json!({"inputs": events}))
            .await
    }

    /// Asks one view.
    pub async fn find(&self, input: Value) -> Value {
        self.field("find", graphql::FIND, json!({"input": input})).await
    }

    /// Asks several views at once.
    pub async fn find_batch(&self, inputs: Vec<Value>) -> Value {
        self.field("findBatch", graphql::FIND_BATCH, json!({"inputs": inputs}))
            .await
    }

    /// Counts distinct actors.
    pub async fn unique(&self, input: Value) -> Value {
        self.field("unique", graphql::UNIQUE, json!({"input": input})).await
    }

    /// Asks what became of every event received. The arguments are those of the field: `from`, `to`, `groupBy`, ….
    pub async fn ledger(&self, arguments: Value) -> Value {
        self.field("ledger", graphql::LEDGER, arguments).await
    }

    /// Reads a page of raw events. The arguments are those of the field: `filter`, `first`, `after`, ….
    pub async fn events(&self, arguments: Value) -> Value {
        self.field("events", graphql::EVENTS, arguments).await
    }

    /// Reads one raw event; null if there is none.
    pub async fn event(&self, id: &str) -> Value {
        self.field("event", graphql::EVENT, json!({"id": id})).await
    }

    /// Deletes one event.
    pub async fn delete(&self, id: &str) -> Value {
        self.field("deleteEvent", graphql::DELETE_EVENT, json!({"id": id}))
            .await
    }

    /// Deletes by a list of ids, by filter or by actor.
    pub async fn delete_many(&self, input: Value) -> Value {
        self.field("deleteEvents", graphql::DELETE_EVENTS, json!({"input": input}))
            .await
    }

    /// Takes a deletion back, by the id of the deletion.
    pub async fn restore(&self, id: &str) -> Value {
        self.field("restoreDeletion", graphql::RESTORE_DELETION, json!({"id": id}))
            .await
    }

    /// Adds a rule on actions to one of the site's lists, `ALLOW` or `DENY`.
    ///
    /// # Panics
    /// When it is refused.
    pub async fn add_rule(&self, list: &str, pattern: &str) {
        let document = "mutation ($input: CreateRuleInput!) { createRule(input: $input) { error { code message } } }";
        let rule = json!({"list": list, "target": "ACTION", "pattern": pattern});
        let answer = self.graphql(document, json!({"input": {"rule": rule}})).await;
        assert_eq!(answer.data()["createRule"]["error"], Value::Null);
    }

    /// Waits until the mark has passed every event of the site: answers then come from rollups alone.
    ///
    /// # Panics
    /// When the mark stands still.
    pub async fn await_folded(&self, site: &str) {
        let input = json!({
            "site": site, "view": "actions",
            "from": "2020-01-01T00:00:00Z", "to": "2020-01-02T00:00:00Z",
        });
        let begin = Instant::now();
        loop {
            let variables = json!({"input": input.clone()});
            let answer = self.field("find", graphql::PROVENANCE, variables).await;
            let lag = &answer["provenance"]["markLagEvents"];
            if lag == 0 {
                return;
            }
            assert!(
                begin.elapsed() < FOLD_LIMIT,
                "the mark stands still, {lag} events behind"
            );
            tokio::time::sleep(FOLD_POLL_INTERVAL).await;
        }
    }

    async fn field(&self, name: &str, query: &str, variables: Value) -> Value {
        self.graphql(query, variables).await.data()[name].clone()
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The HTTP headers.
    pub headers: HeaderMap,
    /// The body as it came.
    pub text: String,
    /// The body as JSON; null if it is not JSON.
    pub body: Value,
}

impl Answer {
    /// The data of an answer without errors.
    ///
    /// # Panics
    /// When there are errors, or no data.
    #[must_use]
    pub fn data(&self) -> &Value {
        let whole = self.status == 200 && self.body["errors"].is_null();
        assert!(
            whole && self.body["data"].is_object(),
            "status {}: {}",
            self.status,
            self.text
        );
        &self.body["data"]
    }

    /// The first error.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn error(&self) -> &Value {
        let error = &self.body["errors"][0];
        assert!(error.is_object(), "no error; status {}: {}", self.status, self.text);
        error
    }

    /// The code of the first error.
    ///
    /// # Panics
    /// When there is no error, or one without a code.
    #[must_use]
    pub fn error_code(&self) -> &str {
        let code = self.error()["extensions"]["code"].as_str();
        code.unwrap_or_else(|| panic!("an error without a code: {}", self.text))
    }

    /// The input field that the first error names, such as `input.where[0].value`.
    ///
    /// # Panics
    /// When there is no error, or one that names no field.
    #[must_use]
    pub fn error_path(&self) -> &str {
        let path = self.error()["extensions"]["path"].as_str();
        path.unwrap_or_else(|| panic!("an error that names no field: {}", self.text))
    }
}
