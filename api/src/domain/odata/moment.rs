//! Times as they are written.

use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    tz::TimeZone,
};

use crate::domain::zone::nanoseconds;

/// The nanoseconds since 1970 of a time: with an offset or in UTC, or the first moment of a day.
#[must_use]
pub fn read_moment(text: &str) -> Option<i64> {
    if !text.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let of = |local: DateTime| Some(local.to_zoned(TimeZone::UTC).ok()?.timestamp());
    let exact = || text.parse::<Timestamp>().ok();
    let time = if text.len() <= 10 {
        of(text.parse::<Date>().ok()?.to_datetime(jiff::civil::Time::midnight()))?
    } else {
        exact().or_else(|| of(text.parse::<DateTime>().ok()?))?
    };
    Some(nanoseconds(time))
}
