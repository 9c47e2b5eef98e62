//! What a database's failure means to the rest of the server.

use std::time::Duration;

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, SqlErr, sqlx};

use crate::domain::error::{Code, Error};

/// A database's failure as ours: an interrupted statement was too slow, a database that does not answer may do so later,
/// all else is internal.
pub(super) fn from(error: DbErr) -> Error {
    if matches!(error, DbErr::ConnectionAcquire(ConnAcquireErr::Timeout)) {
        let message = "The database does not answer; nothing was done, try again.";
        return Error::new(Code::Overloaded, message).retry_after(Duration::from_secs(1));
    }
    match code(&error).as_deref() {
        // SQLITE_INTERRUPT by our progress handler; PostgreSQL's query_canceled by statement_timeout.
        Some("9" | "57014") => Error::new(
            Code::DeadlineExceeded,
            "The question took longer than its deadline; ask for a shorter range, or declare a view for it.",
        ),
        _ => Error::internal(error),
    }
}

/// Another transaction was first, and this one can only begin anew.
#[derive(Debug)]
struct Again(&'static str);

impl std::fmt::Display for Again {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Again {}

/// A failure that trying the same transaction again mends, because another one was first.
#[must_use]
pub fn again(reason: &'static str) -> Error {
    Error::internal(Again(reason))
}

/// Whether trying the same transaction again may succeed: a deadlock, a serialization failure, a busy SQLite file.
#[must_use]
pub fn is_transient(error: &Error) -> bool {
    let again = error.source().is_some_and(|source| source.is::<Again>());
    again
        || source(error).and_then(code).is_some_and(|code| {
            // SQLite's extended codes keep the primary code in their low byte: 5 is SQLITE_BUSY, 6 SQLITE_LOCKED.
            matches!(code.as_str(), "40001" | "40P01" | "55P03")
                || code
                    .parse::<u32>()
                    .is_ok_and(|number| number < 10_000 && matches!(number & 0xff, 5 | 6))
        })
}

/// Whether the connection to the database broke, so that what was asked last may have been done or not.
#[must_use]
pub fn is_lost(error: &Error) -> bool {
    let Some(error) = source(error) else { return false };
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => match &**error {
            // PostgreSQL shuts down, or broke off this connection.
            sqlx::Error::Database(error) => error
                .code()
                .is_some_and(|code| code.starts_with("08") || code.starts_with("57P")),
            sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => true,
            _ => false,
        },
        _ => false,
    }
}

/// Whether a unique constraint refused the row.
#[must_use]
pub fn is_conflict(error: &Error) -> bool {
    source(error).is_some_and(|error| matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))))
}

/// Whether a table refused a value itself: one that is out of its range, too long, or against a rule of the table. A
/// conflict of unique values is none, as it may be gone the next time.
#[must_use]
pub fn is_refused(error: &Error) -> bool {
    let of_value = |code: String| match code.len() {
        // PostgreSQL's classes of data exceptions and of integrity constraints.
        5 => code.starts_with("22") || code.starts_with("23"),
        // SQLITE_TOOBIG, SQLITE_CONSTRAINT and SQLITE_MISMATCH, in the low byte of extended codes.
        _ => code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 18..=20)),
    };
    source(error).and_then(code).is_some_and(of_value) && !is_conflict(error)
}

/// Whether what is stored in a row cannot be read as what it should be. SQLite tells of JSON that is none by the code it
/// has for all mistakes, those in a statement too: whoever acts on it tries the statement on no rows first.
#[must_use]
pub fn is_unreadable(error: &Error) -> bool {
    if error.source().is_some_and(|source| source.is::<serde_json::Error>()) {
        return true;
    }
    let Some(error) = source(error) else { return false };
    let of_column = match error {
        DbErr::Type(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            matches!(&**error, sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_))
        }
        _ => false,
    };
    // SQLITE_ERROR.
    of_column || code(error).as_deref() == Some("1")
}

fn source(error: &Error) -> Option<&DbErr> {
    error.source().and_then(|source| source.downcast_ref::<DbErr>())
}

fn code(error: &DbErr) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error))
    | DbErr::Query(RuntimeErr::SqlxError(error))
    | DbErr::Conn(RuntimeErr::SqlxError(error))) = error
    else {
        return None;
    };
    match &**error {
        sqlx::Error::Database(error) => error.code().map(std::borrow::Cow::into_owned),
        _ => None,
    }
}
