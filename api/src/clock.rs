//! The system's clock: the only place that asks what time it is, so that all else can be given a time.

use jiff::Timestamp;

/// Now.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Now, in nanoseconds since 1970.
#[must_use]
pub fn now_nanoseconds() -> i64 {
    crate::domain::zone::nanoseconds(now())
}
