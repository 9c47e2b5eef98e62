//! What a connection says of its caller.

use std::net::IpAddr;

use actix_web::{HttpMessage, HttpRequest, http::header};

use super::middleware::request_id::RequestId;
use crate::domain::{
    caller::{Caller, Identity},
    rate::Drawn,
};

/// The address that a request comes from, as far as proxies that are believed tell.
#[derive(Debug, Clone, Copy)]
pub struct Client(pub Option<IpAddr>);

/// A request's connection.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The address it comes from.
    pub address: Option<IpAddr>,
    /// The user agent.
    pub user_agent: Option<String>,
    /// The first language it accepts.
    pub language: Option<String>,
    /// The web page's origin, as the browser sent it.
    pub origin: Option<String>,
    /// The id under which the log tells of the request.
    pub request_id: String,
}

impl Connection {
    /// Of a request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let text = |name: header::HeaderName| request.headers().get(name).and_then(|value| value.to_str().ok());
        let language = text(header::ACCEPT_LANGUAGE).and_then(first_language);
        Self {
            address: request.extensions().get::<Client>().and_then(|client| client.0),
            user_agent: text(header::USER_AGENT).map(str::to_owned),
            language,
            origin: text(header::ORIGIN).map(str::to_owned),
            request_id: request
                .extensions()
                .get::<RequestId>()
                .map(|id| id.0.clone())
                .unwrap_or_default(),
        }
    }

    /// The caller with this connection.
    #[must_use]
    pub fn caller(&self, identity: Identity) -> Caller {
        Caller {
            identity,
            address: self.address,
            user_agent: self.user_agent.clone(),
            language: self.language.clone(),
            request_id: Some(self.request_id.clone()),
            drawn: Drawn::default(),
        }
    }
}

/// The first language tag of `Accept-Language`, if it looks like one.
fn first_language(header: &str) -> Option<String> {
    let first = header.split([',', ';']).next()?.trim();
    let fits = (2..=35).contains(&first.len())
        && first
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || letter == '-');
    fits.then(|| first.to_owned())
}
