//! Why something did not work, as far as a page has to know.

use leptos::wasm_split::SplitLoaderError;

use super::scalar::UserError;
use crate::text::{phrase, t};

/// Why something did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nobody is signed in; the shell leads to the sign-in page.
    SignedOut,
    /// There was no answer, or none of this server's.
    Unreachable,
    /// The answer is the server's, and none that this program can read: another version runs there by now.
    Outdated,
    /// The server refused, or failed; its message is for the person.
    Refused {
        /// From the server's table of codes.
        code: String,
        /// What was wrong, and what would be right.
        message: String,
        /// The field that is meant.
        path: Option<String>,
    },
}

impl Failure {
    /// The code of the server's table.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::SignedOut | Self::Unreachable | Self::Outdated => None,
        }
    }

    /// Whether it is the person who may not.
    pub(crate) fn is_forbidden(&self) -> bool {
        matches!(self.code(), Some("FORBIDDEN" | "UNKNOWN_SITE"))
    }

    /// Whether the same may well work a little later: it is nothing that the person, or this program, could do otherwise.
    pub(crate) fn is_passing(&self) -> bool {
        const CODES: [&str; 6] = [
            "DEADLINE_EXCEEDED",
            "INTERNAL",
            "OUTCOME_UNKNOWN",
            "OVERLOADED",
            "RATE_LIMITED",
            "TOO_MANY_SUBSCRIPTIONS",
        ];
        *self == Self::Unreachable || self.code().is_some_and(|code| CODES.contains(&code))
    }

    /// A sentence for the person.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::SignedOut => t(phrase::SIGNED_OUT).to_owned(),
            Self::Unreachable => t(phrase::UNREACHABLE).to_owned(),
            Self::Outdated => t(phrase::OUTDATED).to_owned(),
            Self::Refused { message, .. } => message.clone(),
        }
    }
}

impl From<UserError> for Failure {
    fn from(error: UserError) -> Self {
        Self::Refused {
            code: error.code,
            message: error.message,
            path: error.path,
        }
    }
}

/// What a change has done, unless it answered with an error.
pub(crate) fn unless<T>(error: Option<UserError>, done: T) -> Result<T, Failure> {
    error.map_or(Ok(done), |error| Err(error.into()))
}

/// Code that does not come is a server that does not answer.
impl From<SplitLoaderError> for Failure {
    fn from(_: SplitLoaderError) -> Self {
        Self::Unreachable
    }
}
