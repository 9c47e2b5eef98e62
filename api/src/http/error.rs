//! Failures that are about HTTP and not about an operation.

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::json;

use crate::domain::error::Error;

/// The answer that is nothing but this error.
#[must_use]
pub fn respond(error: &Error) -> HttpResponse {
    let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    HttpResponse::build(status).json(json!({"error": {"code": error.code.name(), "message": error.message}}))
}
