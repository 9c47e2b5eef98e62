//! How Segment says no: 400 for what cannot be read and what is too large, and otherwise a status by which its libraries
//! know whether to send it again.

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
        Code::BodyTooLarge | Code::UnsupportedMediaType => StatusCode::BAD_REQUEST,
        code => StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(wait) = error.retry_after {
        // Rounded up: a moment too early would be refused again.
        let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
        builder.insert_header((header::RETRY_AFTER, seconds));
    }
    builder.json(json!({"success": false, "code": error.code.name(), "message": error.message}))
}
