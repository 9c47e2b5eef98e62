//! How Moesif's collector says no. A refusal of a type names the key, and the types that it has and should have.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde_json::json;

use crate::domain::error::{Code, Error, Kind};

/// The answer that tells of an error.
pub(super) fn respond(error: &Error) -> HttpResponse {
    if error.code.kind() == Kind::Internal {
        tracing::error!(?error, "a request failed");
    }
    let status = match error.code {
        // A strict sender asked to be told; everything that its event may be refused for is a bad request.
        Code::Denied | Code::UnsupportedMediaType => StatusCode::BAD_REQUEST,
        code => StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(wait) = error.retry_after {
        // Rounded up: a moment too early would be refused again.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        builder.insert_header((header::RETRY_AFTER, seconds));
    }
    builder.json(json!({"error": {"code": error.code.name(), "message": error.message, "field": error.path}}))
}
