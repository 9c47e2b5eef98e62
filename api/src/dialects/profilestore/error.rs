//! How the Profile Store says no: after Microsoft's REST guidelines, with the line and the column in a query's text.

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::{Map, Value, json};

use crate::{
    dialects::refusal,
    domain::error::{Code, Error},
};

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum About {
    /// A request with its arguments.
    Request,
    /// A query in KQL, of which everything that it asks too much is its own fault.
    Query,
}

/// The answer that tells of an error.
pub(super) fn respond(error: &Error, about: About) -> HttpResponse {
    let own = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let (code, status) = match error.code {
        Code::Unauthenticated => return refusal(error, own).json(json!({"message": error.message})),
        Code::InvalidQuery | Code::QueryTooCostly | Code::DeadlineExceeded if about == About::Query => {
            ("BadQuery", StatusCode::BAD_REQUEST)
        }
        Code::Forbidden | Code::OriginNotAllowed => ("Forbidden", StatusCode::FORBIDDEN),
        Code::NotFound | Code::UnknownPath => ("NotFound", StatusCode::NOT_FOUND),
        Code::AlreadyExists => ("Conflict", own),
        Code::MethodNotAllowed => ("MethodNotAllowed", own),
        Code::UnsupportedMediaType => ("UnsupportedMediaType", own),
        Code::RateLimited | Code::TooManyPendingDeletions => ("TooManyRequests", StatusCode::TOO_MANY_REQUESTS),
        Code::Internal => ("InternalServerError", own),
        _ if own.is_server_error() => ("ServiceUnavailable", own),
        // What is too large is a bad request here.
        _ => ("BadArgument", StatusCode::BAD_REQUEST),
    };
    let mut shown = Map::new();
    shown.insert("code".to_owned(), code.into());
    shown.insert("message".to_owned(), error.message.as_str().into());
    if let Some(target) = &error.path {
        shown.insert("target".to_owned(), target.as_str().into());
    }
    if let Some((line, column)) = error.position {
        shown.insert("line".to_owned(), line.into());
        shown.insert("column".to_owned(), column.into());
    }
    refusal(error, status).json(json!({"error": Value::Object(shown)}))
}
