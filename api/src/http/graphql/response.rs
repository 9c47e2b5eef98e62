//! From results to answers: a code on every error, and the status and headers that fit.

use actix_web::{
    HttpResponse, HttpResponseBuilder,
    http::{
        StatusCode,
        header::{self, HeaderName, HeaderValue},
    },
};
use async_graphql::{Response, ServerError, Value};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::accept::Media;
use crate::domain::{
    error::{Code, Error},
    event::OutcomeKind,
};

/// The result of an operation, fit to be sent.
pub(super) struct Answer {
    response: Response,
    /// Whether execution began; else there is no `data`, not even `null`.
    pub(super) executed: bool,
}

/// How async-graphql begins what it says of arguments that turn out wrong, in validation and in execution.
const INVALID: [&str; 4] = [
    "Invalid value for argument",
    "Failed to parse \"",
    "Expected input type",
    "Variable ",
];

impl Answer {
    /// The errors of an operation that came to no data.
    pub(super) fn failure(&self) -> Option<&[ServerError]> {
        (self.response.data == Value::Null && !self.response.errors.is_empty()).then_some(&self.response.errors)
    }

    fn status(&self, media: Media) -> StatusCode {
        if self.executed || media == Media::Json {
            return StatusCode::OK;
        }
        let mut statuses = self
            .response
            .errors
            .iter()
            .map(|error| code_of(error).map_or(400, Code::status));
        let first = statuses.next().unwrap_or(400);
        let status = if statuses.all(|status| status == first) {
            first
        } else {
            400
        };
        StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST)
    }

    /// Marks the errors that `of_event` picks as outcomes of events, but for those that say so already; gives their codes.
    pub(super) fn mark(&mut self, of_event: impl Fn(&ServerError) -> bool) -> Vec<Code> {
        let errors = self.response.errors.iter_mut();
        let unmarked = errors.filter(|error| {
            let known = error.extensions.as_ref().and_then(|known| known.get("outcome"));
            known.is_none() && of_event(error)
        });
        unmarked.map(mark).collect()
    }
}

impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        if !self.response.errors.is_empty() {
            map.serialize_entry("errors", &self.response.errors)?;
        }
        if self.executed {
            map.serialize_entry("data", &self.response.data)?;
        }
        if !self.response.extensions.is_empty() {
            map.serialize_entry("extensions", &self.response.extensions)?;
        }
        map.end()
    }
}

/// Says in an error that it is the outcome of an event; gives its code.
pub(super) fn mark(error: &mut ServerError) -> Code {
    let code = code_of(error).unwrap_or(Code::GraphqlValidationFailed);
    set(error, "outcome", OutcomeKind::told(code));
    code
}

/// Looks through what the schema answered; where something failed, `complete` fills the gaps.
pub(super) fn finish(mut response: Response, complete: impl FnOnce(&mut Response)) -> Answer {
    // Execution puts a path on each of its errors; parsing and validation have none to put.
    let executed = response.errors.is_empty()
        || response.data != Value::Null
        || response.errors.iter().any(|error| !error.path.is_empty());
    if executed && !response.errors.is_empty() {
        complete(&mut response);
    }
    for error in &mut response.errors {
        if error
            .extensions
            .as_ref()
            .and_then(|extensions| extensions.get("code"))
            .is_none()
        {
            name_failure(error);
        }
    }
    Answer { response, executed }
}

/// The answer to an operation that cannot be executed.
pub(super) fn request_error(error: ServerError) -> Answer {
    Answer {
        response: Response::from_errors(vec![error]),
        executed: false,
    }
}

/// Gives an error of async-graphql's own its code.
fn name_failure(error: &mut ServerError) {
    // In validation, what begins with “Variable” is about the document.
    let starts = if error.path.is_empty() {
        &INVALID[..1]
    } else {
        &INVALID[1..]
    };
    let code = match error.message.as_str() {
        message if starts.iter().any(|start| message.starts_with(start)) => Code::InvalidArgument,
        message if message.starts_with("The recursion depth") => Code::QueryTooDeep,
        "Query is nested too deep." => Code::QueryTooDeep,
        "Query is too complex." => Code::QueryTooComplex,
        _ if error.path.is_empty() => Code::GraphqlValidationFailed,
        _ => {
            // A resolver let something through that was not meant for the caller.
            tracing::error!(message = %error.message, path = ?error.path, "an error without a code");
            error.message = Error::internal("uncoded").message;
            Code::Internal
        }
    };
    set(error, "code", code.name());
    if code == Code::InvalidArgument
        && let Some((path, wrong)) = argument(&error.message)
    {
        error.message = format!("Invalid value for `{path}`: {wrong}.");
        set(error, "path", path);
    }
}

/// The argument that a message of async-graphql's validation is about, and what is wrong with it:
/// `"input.ids.0", expected type …` is about `input.ids[0]`, and `"input", unknown field "x" …` about `input.x`.
fn argument(message: &str) -> Option<(String, &str)> {
    let (path, rest) = message
        .strip_prefix(INVALID[0])?
        .trim_start()
        .strip_prefix('"')?
        .split_once("\", ")?;
    let field = rest
        .strip_prefix("unknown field \"")
        .or_else(|| rest.strip_prefix("field \""));
    let field = field.and_then(|rest| Some(rest.split_once('"')?.0));
    let mut argument = String::new();
    for part in path.split('.').chain(field) {
        if !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()) {
            argument.extend(["[", part, "]"]);
        } else {
            argument.extend([if argument.is_empty() { "" } else { "." }, part]);
        }
    }
    Some((argument, rest))
}

fn set(error: &mut ServerError, name: &str, value: impl Into<Value>) {
    error.extensions.get_or_insert_default().set(name, value);
}

/// The same error with its code.
pub(super) fn coded(mut error: ServerError, code: Code) -> ServerError {
    set(&mut error, "code", code.name());
    error
}

/// A failure of ours as GraphQL shows it.
pub(super) fn server_error(error: &Error) -> ServerError {
    if error.source().is_some() {
        tracing::error!(?error, "a GraphQL request failed");
    }
    let mut shown = coded(ServerError::new(&error.message, None), error.code);
    if let Some(path) = &error.path {
        set(&mut shown, "path", path.as_str());
    }
    if let Some(seconds) = error.wait_seconds() {
        set(&mut shown, "retryAfter", seconds);
    }
    shown
}

fn code_of(error: &ServerError) -> Option<Code> {
    let Some(Value::String(name)) = error.extensions.as_ref()?.get("code") else {
        return None;
    };
    Code::ALL.iter().copied().find(|code| code.name() == name)
}

/// The answer to one operation.
pub(super) fn single(answer: &Answer, media: Media) -> HttpResponse {
    let mut builder = HttpResponse::build(answer.status(media));
    decorate(&mut builder, std::slice::from_ref(answer));
    finish_body(builder, answer, media)
}

/// The answers to a batch, in its order.
pub(super) fn batch(answers: &[Answer], media: Media) -> HttpResponse {
    let mut builder = HttpResponse::Ok();
    decorate(&mut builder, answers);
    finish_body(builder, &answers, media)
}

/// The answer to a request that is not one, or not from one who may ask.
pub(super) fn refuse(error: &Error, media: Media) -> HttpResponse {
    refuse_with(error.code, server_error(error), media)
}

/// Refuses a request that counts as an event.
pub(super) fn refuse_event(error: &Error, media: Media) -> HttpResponse {
    let mut shown = server_error(error);
    mark(&mut shown);
    refuse_with(error.code, shown, media)
}

fn refuse_with(code: Code, shown: ServerError, media: Media) -> HttpResponse {
    let status = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::BAD_REQUEST);
    let answer = request_error(shown);
    let mut builder = HttpResponse::build(status);
    if status == StatusCode::UNAUTHORIZED {
        builder.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
    }
    decorate(&mut builder, std::slice::from_ref(&answer));
    finish_body(builder, &answer, media)
}

/// Adds the headers that resolvers asked for, and the longest wait that any error names.
fn decorate(builder: &mut HttpResponseBuilder, answers: &[Answer]) {
    let mut wait = None;
    for Answer { response, .. } in answers {
        for (name, value) in &response.http_headers {
            let name = HeaderName::from_bytes(name.as_str().as_bytes());
            let value = HeaderValue::from_bytes(value.as_bytes());
            if let (Ok(name), Ok(value)) = (name, value) {
                builder.append_header((name, value));
            }
        }
        let waits = response
            .errors
            .iter()
            .filter_map(|error| match error.extensions.as_ref()?.get("retryAfter")? {
                Value::Number(seconds) => seconds.as_u64(),
                _ => None,
            });
        wait = wait.max(waits.max());
    }
    if let Some(seconds) = wait {
        builder.insert_header((header::RETRY_AFTER, seconds));
    }
}

fn finish_body(mut builder: HttpResponseBuilder, body: &impl Serialize, media: Media) -> HttpResponse {
    builder.insert_header((header::CONTENT_TYPE, media.content_type()));
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    match serde_json::to_vec(body) {
        Ok(bytes) => builder.body(bytes),
        Err(error) => {
            tracing::error!(%error, "an answer cannot be written as JSON");
            HttpResponse::InternalServerError().finish()
        }
    }
}
