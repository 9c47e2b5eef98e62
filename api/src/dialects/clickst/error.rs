//! How click.st says no: a status, and a code in small letters that says which argument is meant.

use actix_web::http::StatusCode;
use serde_json::{Value, json};

use crate::domain::error::{Code, Error, Kind};

/// Why a call is refused.
#[derive(Debug)]
pub(super) struct Failure {
    code: &'static str,
    status: StatusCode,
    error: Error,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let (code, status) = match error.code {
            Code::UnknownView => ("unknown_view", StatusCode::BAD_REQUEST),
            Code::UnsupportedScope => ("unsupported_scope", StatusCode::BAD_REQUEST),
            Code::Unauthenticated => ("unknown_key", StatusCode::UNAUTHORIZED),
            Code::BadSignature => ("bad_signature", StatusCode::UNAUTHORIZED),
            Code::NonceReused => ("nonce_reused", StatusCode::UNAUTHORIZED),
            Code::Forbidden | Code::OriginNotAllowed => ("identity_required", StatusCode::FORBIDDEN),
            Code::RateLimited => ("quota_exceeded", StatusCode::TOO_MANY_REQUESTS),
            Code::Denied => ("denied", StatusCode::FORBIDDEN),
            Code::UnsupportedMediaType => ("unsupported_media_type", StatusCode::UNSUPPORTED_MEDIA_TYPE),
            other => match other.kind() {
                Kind::Caller => ("invalid_argument", StatusCode::BAD_REQUEST),
                Kind::Capacity => ("unavailable", StatusCode::SERVICE_UNAVAILABLE),
                Kind::Internal => ("internal", StatusCode::INTERNAL_SERVER_ERROR),
            },
        };
        if error.code.kind() == Kind::Internal {
            tracing::error!(?error, "a request failed");
        }
        let error = match error.path.as_deref().and_then(published) {
            Some(argument) => error.at(argument),
            None => error,
        };
        Self { code, status, error }
    }
}

/// The argument that is meant, where it has another name here than elsewhere.
fn published(path: &str) -> Option<&'static str> {
    let name = path.split(['[', '.']).next()?;
    Some(match name {
        "from" => "begin",
        "to" => "end",
        "groupBy" => "group_by",
        "networks" | "urls" => "filter",
        "userAgent" => "user_agent",
        "device" => "tag",
        _ => return None,
    })
}

impl Failure {
    /// An argument that is not what it should be.
    pub(super) fn argument(name: &str, message: impl Into<String>) -> Self {
        Error::new(Code::InvalidArgument, message).at(name).into()
    }

    /// A method that needs another proof of who calls.
    pub(super) fn identity_required(message: &str) -> Self {
        Error::new(Code::Forbidden, message).into()
    }

    /// A component or method that there is not.
    pub(super) fn unknown_method(name: &str) -> Self {
        let shown: String = name.chars().take(100).collect();
        Self {
            code: "unknown_method",
            status: StatusCode::NOT_FOUND,
            error: Error::new(Code::UnknownPath, format!("There is no method “{shown}”.")),
        }
    }

    /// Its code in the one table of codes.
    pub(super) fn kind(&self) -> Code {
        self.error.code
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn message(&self) -> &str {
        &self.error.message
    }

    /// Seconds after which trying again may help.
    pub(super) fn retry_after(&self) -> Option<u64> {
        self.error.wait_seconds()
    }

    /// As it stands in an answer.
    pub(super) fn shown(&self) -> Value {
        let mut shown = json!({"code": self.code, "message": self.error.message});
        if let Some(argument) = &self.error.path {
            shown["argument"] = argument.as_str().into();
        }
        shown
    }

    /// The status under which JSON-RPC is answered: it tells of failures inside, but for a body that is no text at all.
    pub(super) fn status_of_rpc(&self) -> StatusCode {
        match self.status {
            StatusCode::UNSUPPORTED_MEDIA_TYPE => self.status,
            _ => StatusCode::OK,
        }
    }

    /// As JSON-RPC has it.
    pub(super) fn rpc(&self, id: &Value) -> Value {
        let code = match self.code {
            "unknown_method" => -32_601,
            _ if self.error.code == Code::MalformedJson => -32_700,
            _ if self.error.code == Code::MalformedRequest => -32_600,
            "unsupported_media_type" => -32_600,
            "invalid_argument" | "unsupported_scope" | "unknown_view" => -32_602,
            "internal" => -32_603,
            _ => -32_000,
        };
        json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": self.error.message, "data": self.shown()}})
    }
}
