//! How Synerise says no: a status, and each field that is wrong.

use actix_web::{HttpResponse, http::StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    dialects::refusal,
    domain::error::{Code, Error},
};

/// A field that is wrong.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Wrong {
    pub(super) field: String,
    pub(super) message: String,
    pub(super) value: Value,
}

impl Wrong {
    pub(super) fn new(field: impl Into<String>, message: impl Into<String>, value: Option<&Value>) -> Self {
        Self {
            field: field.into(),
            message: message.into(),
            value: value.cloned().unwrap_or_default(),
        }
    }

    /// As it is counted and kept.
    pub(super) fn error(&self) -> Error {
        Error::new(Code::MalformedRequest, self.message.clone()).at(self.field.clone())
    }
}

/// Why a request is refused.
#[derive(Debug)]
pub(super) struct Failure {
    error: Error,
    wrong: Vec<Wrong>,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            error,
            wrong: Vec::new(),
        }
    }
}

impl From<Vec<Wrong>> for Failure {
    fn from(wrong: Vec<Wrong>) -> Self {
        Self {
            error: Error::new(Code::MalformedRequest, "Validation failed"),
            wrong,
        }
    }
}

/// Characters of a value that are told back.
const MOST_TOLD: usize = 256;
/// Fields that are told of one request.
const MOST_WRONG: usize = 100;

impl Failure {
    /// The answer that tells of it, at `now`.
    pub(super) fn respond(&self, path: &str, now: Timestamp) -> HttpResponse {
        let error = &self.error;
        let status = match error.code {
            Code::BodyTooLarge | Code::TooManyItems => StatusCode::BAD_REQUEST,
            code => StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let number = status.as_u16();
        let told = self.wrong.iter().take(MOST_WRONG);
        let mut wrong: Vec<Value> = told.map(|wrong| shown(wrong, number)).collect();
        if let (true, Some(field)) = (wrong.is_empty(), &error.path) {
            wrong.push(shown(&Wrong::new(field.clone(), error.message.clone(), None), number));
        }
        refusal(error, status).json(json!({
            "timestamp": format!("{now:.3}"),
            "status": number,
            "error": status.canonical_reason().unwrap_or_default(),
            "message": error.message,
            "path": path,
            "errors": wrong,
        }))
    }
}

fn shown(wrong: &Wrong, status: u16) -> Value {
    let short = |text: &str| text.chars().take(MOST_TOLD).collect::<String>();
    let value = match &wrong.value {
        Value::Null => None,
        Value::String(text) => Some(short(text)),
        other => Some(short(&other.to_string())),
    };
    json!({"code": status, "field": wrong.field, "message": wrong.message, "rejectedValue": value})
}
