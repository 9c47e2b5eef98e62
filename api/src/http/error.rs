//! Failures that no GraphQL answer carries.

use actix_web::{
    HttpResponse,
    http::{StatusCode, header},
};
use serde_json::json;

use crate::domain::error::{Error, Kind};

/// The answer that is nothing but this error; what is ours goes to the log.
#[must_use]
pub fn respond(error: &Error) -> HttpResponse {
    if error.code.kind() == Kind::Internal {
        tracing::error!(?error, "a request failed");
    }
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut shown = json!({"code": error.code.name(), "message": error.message});
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(path) = &error.path {
        shown["path"] = path.as_str().into();
    }
    if let Some(seconds) = error.wait_seconds() {
        shown["retryAfter"] = seconds.into();
        builder.insert_header((header::RETRY_AFTER, seconds));
    }
    builder.json(json!({"error": shown}))
}
