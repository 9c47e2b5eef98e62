//! Where a caller's credential is found, and what the rest of the server has to make of it.

use std::{future::Future, sync::Arc};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap},
};
use async_graphql::{Data, Value};

use crate::domain::{
    error::{Code, Error, Result},
    rate::{Bill, Demand},
};

/// A credential as it was sent, unchecked.
#[derive(Clone, Copy)]
pub enum Credential<'a> {
    /// `Authorization: Bearer …`: a key or a session's token.
    Bearer(&'a str),
    /// `X-Api-Key: …`: a key.
    ApiKey(&'a str),
}

/// How much a caller may send at once.
#[derive(Debug, Clone, Copy)]
pub struct Most {
    /// Bytes of a body; no more than all callers may.
    pub bytes: usize,
    /// JSON values and names in a body, or in a message of a WebSocket.
    pub values: usize,
}

/// Says who calls, and what resolvers may know of them.
pub trait Authenticate: Clone + Send + Sync + 'static {
    /// What is kept of the HTTP request that a caller came by: an address, a user agent, a request id.
    type Client: 'static;
    /// Somebody who may ask, though perhaps nobody in particular.
    type Caller: Clone + Send + Sync + 'static;

    /// Takes from the request what the other two methods need.
    fn client(&self, request: &HttpRequest) -> Self::Client;

    /// Finds out who calls. Without a credential it is somebody unknown, which is no error: resolvers decide.
    fn authenticate(
        &self,
        client: &Self::Client,
        credential: Option<Credential<'_>>,
    ) -> impl Future<Output = Result<Self::Caller>>;

    /// How much somebody may send at once.
    fn most_of_body(&self, caller: &Self::Caller) -> Most;

    /// Charges an operation before it is executed; gives what its resolvers find in their context, and its bill.
    ///
    /// # Errors
    ///
    /// The caller has used up what the operation draws on.
    fn begin(&self, client: &Self::Client, caller: &Self::Caller, demand: Demand) -> Result<(Data, Arc<Bill>)>;

    /// Adds what the caller has left to an answer's headers; of a caller who is not known, what an unknown one has.
    fn tell(&self, client: &Self::Client, caller: Option<&Self::Caller>, demand: Demand, headers: &mut HeaderMap);

    /// Counts what was to log events and could not be read; the caller is answered after it.
    ///
    /// # Errors
    ///
    /// It could not be written down, which the caller is told instead.
    fn count_unreadable(
        &self,
        _caller: &Self::Caller,
        _code: Code,
    ) -> impl Future<Output = Result<()>> + Send + 'static {
        async { Ok(()) }
    }

    /// Whether the caller is still who they were, asked every second while something streams.
    fn is_current(&self, _caller: &Self::Caller) -> impl Future<Output = bool> {
        async { true }
    }
}

impl<'a> Credential<'a> {
    /// The credential among a request's headers; `X-Api-Key` goes first, as `Authorization` may be a proxy's.
    ///
    /// # Errors
    ///
    /// There is one that cannot be read.
    pub(super) fn of_headers(headers: &'a HeaderMap) -> Result<Option<Self>> {
        if let Some(key) = headers.get("x-api-key") {
            return key.to_str().map_err(|_| unreadable()).and_then(Self::api_key).map(Some);
        }
        match headers.get(header::AUTHORIZATION) {
            Some(value) => value
                .to_str()
                .map_err(|_| unreadable())
                .and_then(Self::authorization)
                .map(Some),
            None => Ok(None),
        }
    }

    /// The credential in the payload of `connection_init`.
    ///
    /// # Errors
    ///
    /// There is one that cannot be read.
    pub(super) fn of_payload(payload: &'a Value) -> Result<Option<Self>> {
        let Value::Object(fields) = payload else {
            return Ok(None);
        };
        let find = |names: &[&str]| {
            let mut fields = fields.iter();
            fields
                .find(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known)))
                .map(|(_, value)| value)
        };
        let read = |value: &'a Value| match value {
            Value::String(text) => Ok(text.as_str()),
            _ => Err(unreadable()),
        };
        if let Some(value) = find(&["apiKey", "x-api-key"]) {
            return read(value).and_then(Self::api_key).map(Some);
        }
        match find(&["authorization"]) {
            Some(value) => read(value).and_then(Self::authorization).map(Some),
            None => Ok(None),
        }
    }

    fn api_key(text: &'a str) -> Result<Self> {
        let key = text.trim();
        if key.is_empty() {
            Err(unreadable())
        } else {
            Ok(Self::ApiKey(key))
        }
    }

    fn authorization(text: &'a str) -> Result<Self> {
        let (scheme, token) = text.trim().split_once(' ').ok_or_else(unreadable)?;
        let token = token.trim();
        if !scheme.eq_ignore_ascii_case("bearer") || token.is_empty() {
            return Err(unreadable());
        }
        Ok(Self::Bearer(token))
    }
}

fn unreadable() -> Error {
    Error::new(
        Code::Unauthenticated,
        "Send a key as “Authorization: Bearer <key>” or “X-Api-Key: <key>”.",
    )
}
