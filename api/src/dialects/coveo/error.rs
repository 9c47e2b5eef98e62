//! How Coveo says no: a message and the type of what is wrong.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde_json::json;

use crate::{
    dialects::refusal,
    domain::{
        error::{Code, Error},
        usage::{Fault, Flaw},
    },
    extract::body::Encoding,
};

/// Why a request is refused.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// The type of what is wrong.
    pub(super) kind: &'static str,
    status: StatusCode,
    /// As it is counted and kept.
    pub(super) error: Error,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let own = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (kind, status) = match error.code {
            Code::MalformedJson => ("InvalidJson", StatusCode::BAD_REQUEST),
            Code::UnsupportedMediaType => ("InvalidHeadersException", StatusCode::BAD_REQUEST),
            Code::Unauthenticated => ("Unauthorized", own),
            Code::Forbidden | Code::OriginNotAllowed => ("Forbidden", StatusCode::FORBIDDEN),
            Code::UnknownSite => ("Forbidden", StatusCode::FORBIDDEN),
            Code::BodyTooLarge => ("RequestTooLarge", own),
            Code::UnknownPath => ("NotFound", own),
            Code::MethodNotAllowed => ("MethodNotAllowed", own),
            Code::RateLimited => ("TooManyRequests", own),
            Code::Internal => ("InternalError", own),
            _ if own == StatusCode::SERVICE_UNAVAILABLE => ("ServiceUnavailable", own),
            _ => ("InvalidObject", StatusCode::BAD_REQUEST),
        };
        Self { kind, status, error }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        let kind = kind(fault.flaw);
        Self {
            kind,
            status: StatusCode::BAD_REQUEST,
            error: Error::new(Code::MalformedRequest, fault.message).at(fault.path),
        }
    }
}

/// The type of a field that cannot be taken.
pub(super) fn kind(flaw: Flaw) -> &'static str {
    match flaw {
        Flaw::Missing => "MissingParameter",
        Flaw::Invalid | Flaw::TooLong => "InvalidObject",
    }
}

impl Failure {
    /// A token that cannot be read.
    pub(super) fn token() -> Self {
        let message = "The token cannot be read: it is no JSON Web Token, and no API key.";
        Self {
            kind: "InvalidToken",
            status: StatusCode::BAD_REQUEST,
            error: Error::new(Code::Unauthenticated, message),
        }
    }

    /// A path that there is not.
    pub(super) fn unknown(message: &str) -> Self {
        Error::new(Code::UnknownPath, message).into()
    }

    /// The answer to a request that tells of it.
    pub(super) fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let status = match self.error.code {
            // What is packed in a way that nobody here unpacks is told by its own status, and not as any other bad header.
            Code::UnsupportedMediaType if Encoding::of(request.headers()).is_err() => {
                StatusCode::UNSUPPORTED_MEDIA_TYPE
            }
            _ => self.status,
        };
        let message = match &self.error.path {
            Some(path) => format!("{path}: {}", self.error.message),
            None => self.error.message.clone(),
        };
        refusal(&self.error, status).json(json!({"message": message, "type": self.kind}))
    }
}
