//! How Segment says no: 400 for what cannot be read and what is too large, and otherwise a status by which its libraries
//! know whether to send it again.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode};
use serde_json::json;

use crate::{
    dialects::refusal,
    domain::error::{Code, Error},
    extract::body::Encoding,
};

/// The answer to a request that tells of an error.
pub(super) fn respond(request: &HttpRequest, error: &Error) -> HttpResponse {
    let status = match error.code {
        Code::BodyTooLarge => StatusCode::BAD_REQUEST,
        // What is no JSON by its type is what cannot be read; what is packed in a way that nobody here unpacks is told so.
        Code::UnsupportedMediaType if Encoding::of(request.headers()).is_ok() => StatusCode::BAD_REQUEST,
        code => StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    refusal(error, status).json(json!({"success": false, "code": error.code.name(), "message": error.message}))
}
