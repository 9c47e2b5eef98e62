//! Failures as GraphQL shows them: as data in payloads where they are to be expected, as errors elsewhere.

use async_graphql::{Context, ErrorExtensions, SimpleObject};

use super::context::ContextExt;
use crate::domain::{
    self,
    error::{Code, Error, Kind},
};

/// Why something was refused.
#[derive(SimpleObject, Clone)]
pub(super) struct UserError {
    /// The code, in `SCREAMING_SNAKE` case, from the one table of codes.
    code: &'static str,
    /// What was wrong and what would be right, in a sentence or two.
    message: String,
    /// The field that it is about, such as `input.time` or `inputs[3].tag.plan`.
    path: Option<String>,
    /// Seconds after which trying again may help.
    retry_after: Option<u64>,
}

impl From<&Error> for UserError {
    fn from(error: &Error) -> Self {
        Self {
            code: error.code.name(),
            message: error.message.clone(),
            path: error.path.clone(),
            retry_after: error.wait_seconds(),
        }
    }
}

/// The payload of a change. Failures that a caller is to expect are data in it: those of its own making, less those
/// about who it is and which site it means.
pub(super) fn payload<T, P: From<T> + From<UserError>>(
    ctx: &Context<'_>,
    done: domain::error::Result<T>,
) -> async_graphql::Result<P> {
    match done {
        Ok(done) => Ok(done.into()),
        Err(error) => match error.code {
            Code::Unauthenticated | Code::Forbidden | Code::SiteRequired | Code::UnknownSite => Err(ctx.fail(error)),
            code if code.kind() == Kind::Caller => Ok(UserError::from(&error).into()),
            _ => Err(ctx.fail(error)),
        },
    }
}

/// An error of the whole field.
pub(super) fn to_graphql(error: &Error, request_id: Option<&str>) -> async_graphql::Error {
    async_graphql::Error::new(&error.message).extend_with(|_, extensions| {
        extensions.set("code", error.code.name());
        if let Some(path) = &error.path {
            extensions.set("path", path.as_str());
        }
        if let Some(seconds) = error.wait_seconds() {
            extensions.set("retryAfter", seconds);
        }
        if let Some(request_id) = request_id {
            extensions.set("requestId", request_id);
        }
    })
}
