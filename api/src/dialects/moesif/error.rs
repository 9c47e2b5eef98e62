//! How Moesif's collector says no. A refusal of a type names the key, and the types that it has and should have.

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
        // A strict sender asked to be told; everything that its event may be refused for is a bad request.
        Code::Denied => StatusCode::BAD_REQUEST,
        // What is no JSON by its type is a bad request as well, and not what is packed in a way that nobody here unpacks.
        Code::UnsupportedMediaType if Encoding::of(request.headers()).is_ok() => StatusCode::BAD_REQUEST,
        code => StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
    };
    refusal(error, status)
        .json(json!({"error": {"code": error.code.name(), "message": error.message, "field": error.path}}))
}
