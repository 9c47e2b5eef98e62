//! What Moesif's clients send and are told.

use actix_web::http::header::{self, HeaderMap};
use serde_json::{Value, json};

use crate::domain::error::{Code, Error, Result};

/// The header that every client sends its key in.
const APPLICATION: &str = "x-moesif-application-id";
/// The header by which middleware learns that its configuration has changed.
pub(super) const CONFIG_ETAG: &str = "x-moesif-config-etag";
/// The configuration never changes.
pub(super) const CONFIG_VERSION: &str = "1";

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody did something.
    Action,
    /// An API was called.
    Call,
    /// Somebody is so.
    User,
    /// A company is so.
    Company,
    /// A company has subscribed to something.
    Subscription,
}

/// The key that a request is sent with.
pub(super) fn application(headers: &HeaderMap) -> Option<&str> {
    headers.get(APPLICATION).and_then(|value| value.to_str().ok())
}

/// The objects of a body: itself, or those of its list.
///
/// # Errors
/// `MALFORMED_REQUEST` for another shape.
pub(super) fn read(body: Value, is_list: bool) -> Result<Vec<Value>> {
    match (body, is_list) {
        (Value::Array(items), true) => Ok(items),
        (body @ Value::Object(_), false) => Ok(vec![body]),
        (_, true) => Err(no_list()),
        (_, false) => Err(Error::new(Code::MalformedRequest, "The body is a JSON object.")),
    }
}

/// The refusal of what is no list where one is wanted.
pub(super) fn no_list() -> Error {
    Error::new(Code::MalformedRequest, "The body is a list of JSON objects.")
}

/// Whether the sender wants to be told of events that are refused.
pub(super) fn is_strict(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes()).any(|(name, value)| name == "strict" && value == "1")
}

/// Refuses who takes no JSON.
///
/// # Errors
/// `NOT_ACCEPTABLE`.
pub(super) fn check_accept(headers: &HeaderMap) -> Result<()> {
    let lines = headers.get_all(header::ACCEPT).filter_map(|value| value.to_str().ok());
    // A header that names nothing asks for nothing, as one that is not there.
    let ranges = lines.flat_map(|line| line.split(',')).map(str::trim);
    let mut named = ranges.filter(|range| !range.is_empty()).peekable();
    if named.peek().is_none() {
        return Ok(());
    }
    let fits = |range: &str| {
        let name = range.split(';').next().unwrap_or_default().trim();
        ["*/*", "application/*", "application/json"]
            .iter()
            .any(|one| name.eq_ignore_ascii_case(one))
    };
    if named.any(fits) {
        return Ok(());
    }
    Err(Error::new(Code::NotAcceptable, "It is answered as application/json."))
}

/// What middleware is told of what to send: everything.
pub(super) fn configuration(site: &str) -> Value {
    json!({
        "org_id": site,
        "app_id": site,
        "sample_rate": 100,
        "user_sample_rate": {},
        "company_sample_rate": {},
        "user_rules": {},
        "company_rules": {},
        "regex_config": [],
    })
}
