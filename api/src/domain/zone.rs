//! Time zones: finding one by name, and the days in it.

use std::collections::HashMap;

use jiff::{Timestamp, civil::Date, tz::TimeZone};

use crate::domain::error::{Code, Error, Result};

/// Nanoseconds in an hour.
pub const HOUR: i64 = 3_600_000_000_000;
/// Nanoseconds of 24 hours.
pub const DAY: i64 = 24 * HOUR;
/// The day that day number 0 is.
const EPOCH: Date = Date::constant(1970, 1, 1);

/// The zone of an IANA name.
///
/// # Errors
/// `UNKNOWN_TIME_ZONE` where the database has none of that name.
pub fn find(name: &str) -> Result<TimeZone> {
    // A fixed offset or a POSIX rule is no name; jiff would take some of them.
    TimeZone::get(name).map_err(|_| {
        let message =
            format!("“{name}” is not a time zone of the IANA database; write one such as “Europe/Berlin” or “UTC”.");
        Error::new(Code::UnknownTimeZone, message).at("timeZone")
    })
}

/// The name of a zone that [`find`] gave out.
#[must_use]
pub fn name(zone: &TimeZone) -> &str {
    zone.iana_name().unwrap_or("UTC")
}

/// A moment from stored nanoseconds.
#[must_use]
pub fn timestamp(nanoseconds: i64) -> Timestamp {
    Timestamp::from_nanosecond(i128::from(nanoseconds)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A moment as stored nanoseconds, held within the years 1678–2261 that 64 bits can name.
#[must_use]
pub fn nanoseconds(timestamp: Timestamp) -> i64 {
    let wide = timestamp.as_nanosecond();
    i64::try_from(wide).unwrap_or(if wide < 0 { i64::MIN } else { i64::MAX })
}

/// The number, since 1970, of the UTC hour that holds a moment.
#[must_use]
pub fn hour(nanoseconds: i64) -> i64 {
    nanoseconds.div_euclid(HOUR)
}

/// First nanosecond of a local day, by the zone's own rules.
#[must_use]
pub fn start_of_day(date: Date, zone: &TimeZone) -> i64 {
    let beyond = if date.year() < 1970 { i64::MIN } else { i64::MAX };
    zone.to_zoned(date.at(0, 0, 0, 0)).map_or(beyond, |zoned| {
        // Where midnight was skipped, "compatible" gives the first moment after the gap, which is the day's start.
        nanoseconds(zoned.timestamp())
    })
}

/// The days of one zone, numbered from 1970-01-01; remembers those it has met.
#[derive(Debug)]
pub struct Days {
    zone: TimeZone,
    met: HashMap<i64, (i64, i64)>,
    last: (i64, i64, i64),
}

impl Days {
    /// The days of `zone`.
    #[must_use]
    pub fn new(zone: TimeZone) -> Self {
        Self {
            zone,
            met: HashMap::new(),
            last: (0, 0, 0),
        }
    }

    /// The date of a day's number; the first or the last there is where it lies beyond.
    #[must_use]
    pub fn date(day: i64) -> Date {
        i32::try_from(day)
            .ok()
            .and_then(|day| jiff::Span::new().try_days(day).ok())
            .and_then(|span| EPOCH.checked_add(span).ok())
            .unwrap_or(if day < 0 { Date::MIN } else { Date::MAX })
    }

    /// The number of a date.
    #[must_use]
    pub fn number(date: Date) -> i64 {
        date.since(EPOCH).map_or(0, |span| i64::from(span.get_days()))
    }

    /// First nanosecond of a day, and of the next one.
    pub fn bounds(&mut self, day: i64) -> (i64, i64) {
        // Bounded, since a hostile range of times could name every day there ever was.
        if self.met.len() > 4_096 {
            self.met.clear();
        }
        let zone = &self.zone;
        *self.met.entry(day).or_insert_with(|| {
            (
                start_of_day(Self::date(day), zone),
                start_of_day(Self::date(day + 1), zone),
            )
        })
    }

    /// The number of the day that holds a moment.
    pub fn day(&mut self, time: i64) -> i64 {
        let (start, end, day) = self.last;
        if (start..end).contains(&time) {
            return day;
        }
        let offset = self.zone.to_offset(timestamp(time));
        let mut day = (time.div_euclid(1_000_000_000) + i64::from(offset.seconds())).div_euclid(86_400);
        // Where clocks went back across midnight a date comes twice; a moment belongs to the day whose start it is past.
        loop {
            let (start, end) = self.bounds(day);
            if time < start {
                day -= 1;
            } else if time >= end {
                day += 1;
            } else {
                self.last = (start, end, day);
                return day;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_found_by_its_zone_not_by_24_hours() {
        let zone = find("Europe/Berlin").expect("the zone exists");
        let mut days = Days::new(zone);
        let spring = Days::number(jiff::civil::date(2026, 3, 29));
        let (start, end) = days.bounds(spring);
        assert_eq!((end - start) / HOUR, 23);
        assert_eq!(
            (days.day(start - 1), days.day(start), days.day(end - 1), days.day(end)),
            (spring - 1, spring, spring, spring + 1)
        );
    }

    #[test]
    fn a_date_that_comes_twice_is_one_day_and_a_skipped_one_is_none() {
        let mut newfoundland = Days::new(find("America/St_Johns").expect("the zone exists"));
        // On 2006-10-29 at 00:01 clocks went back to 23:01 of the 28th.
        let day = Days::number(jiff::civil::date(2006, 10, 29));
        let (start, _) = newfoundland.bounds(day);
        assert_eq!(newfoundland.day(start + HOUR / 2), day);
        let mut samoa = Days::new(find("Pacific/Apia").expect("the zone exists"));
        let (start, end) = samoa.bounds(Days::number(jiff::civil::date(2011, 12, 30)));
        assert_eq!(start, end);
    }

    #[test]
    fn days_beyond_all_dates_are_the_first_or_the_last_moment() {
        let zone = find("America/New_York").expect("the zone exists");
        for day in [
            -200_000,
            -4_371_587,
            -4_371_588,
            -5_000_000,
            i64::from(i32::MIN),
            i64::MIN,
        ] {
            assert_eq!(start_of_day(Days::date(day), &zone), i64::MIN, "{day}");
        }
        for day in [200_000, 2_932_896, 5_000_000, i64::from(i32::MAX), i64::MAX] {
            assert_eq!(start_of_day(Days::date(day), &zone), i64::MAX, "{day}");
        }
    }

    #[test]
    fn names_that_are_no_zone_are_refused() {
        for name in ["Mars/Olympus", "", "../etc/passwd", "+02:00"] {
            assert!(
                find(name).is_err_and(|error| error.code == Code::UnknownTimeZone),
                "{name}"
            );
        }
    }
}
