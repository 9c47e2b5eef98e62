//! Asks GraphQL as whoever is signed in.

use cynic::{GraphQlResponse, Operation};
use leptos::prelude::expect_context;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    failure::Failure,
    session::refusal,
    transport::{Reply, json, post},
};
use crate::state::session::Session;

/// Asks the server as whoever is signed in; only what is shown inside the shell has one.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Client {
    session: Session,
}

/// What the server tells with an error.
#[derive(Deserialize)]
struct Extensions {
    code: Option<String>,
}

/// The status of an answer to nobody known.
const UNAUTHENTICATED: u16 = 401;

/// The client of the pages.
pub(crate) fn use_client() -> Client {
    expect_context()
}

impl Client {
    /// The client of a session.
    pub(crate) fn new(session: Session) -> Self {
        Self { session }
    }

    /// A token that works.
    pub(super) async fn token(self) -> Result<String, Failure> {
        self.session.token().await
    }

    /// A fresh token.
    pub(super) async fn renew(self) -> Result<String, Failure> {
        self.session.renew().await
    }

    /// Runs an operation.
    pub(crate) async fn ask<Q, V>(self, operation: Operation<Q, V>) -> Result<Q, Failure>
    where
        Q: DeserializeOwned + 'static,
        V: Serialize,
    {
        read(&self.send(json(&operation)).await?)
    }

    /// Sends an operation as somebody wrote it, and gives the answer as it came.
    pub(crate) async fn ask_written(self, query: &str, variables: &Value) -> Result<String, Failure> {
        let question = serde_json::json!({"query": query, "variables": variables}).to_string();
        Ok(self.send(question).await?.text)
    }

    /// Sends a question. An access token that has become old meanwhile is renewed, once.
    async fn send(self, question: String) -> Result<Reply, Failure> {
        let token = self.session.token().await?;
        let reply = post("/graphql", Some(&token), question.clone()).await?;
        if reply.status != UNAUTHENTICATED {
            return Ok(reply);
        }
        let token = self.session.renew().await?;
        post("/graphql", Some(&token), question).await
    }
}

fn read<Q: DeserializeOwned>(reply: &Reply) -> Result<Q, Failure> {
    let Ok(response) = serde_json::from_str::<GraphQlResponse<Q, Extensions>>(&reply.text) else {
        // Every variant and field that the server had as this was compiled is known here.
        let is_answer = serde_json::from_str::<Value>(&reply.text).is_ok_and(|answer| answer.get("data").is_some());
        return Err(if is_answer { Failure::Outdated } else { refusal(reply) });
    };
    if let Some(error) = response.errors.into_iter().flatten().next() {
        return Err(Failure::Refused {
            code: error.extensions.and_then(|told| told.code).unwrap_or_default(),
            message: error.message,
            path: None,
        });
    }
    response.data.ok_or_else(|| refusal(reply))
}
