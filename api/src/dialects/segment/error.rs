//! How Segment says no: 400 for what cannot be read and what is too large, and otherwise a status by which its libraries
//! know whether to send it again.

use actix_web::{HttpResponse, http::StatusCode};
use serde_json::json;

use crate::{
    dialects::refusal,
    domain::error::{Code, Error},
};

/// The answer that tells of an error.
pub(super) fn respond(error: &Error) -> HttpResponse {
    let status = match error.code {
        Code::BodyTooLarge | Code::UnsupportedMediaType => StatusCode::BAD_REQUEST,
        code => StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    refusal(error, status).json(json!({"success": false, "code": error.code.name(), "message": error.message}))
}
