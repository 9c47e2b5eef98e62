//! The time of day. Lengths of time are measured with `std::time::Instant`.

/// Now.
#[expect(clippy::disallowed_methods, reason = "this is the benchmark's one place")]
pub(crate) fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
