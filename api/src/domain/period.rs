//! Series: the points between two moments, by period and zone.

use jiff::{civil::Date, tz::TimeZone};

use crate::domain::{
    error::{Code, Error, Result},
    zone::{self, Days, HOUR},
};

/// The length of one point of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// An hour of the zone's clock.
    Hour,
    /// A day in the zone.
    Day,
    /// An ISO week, from Monday.
    Week,
    /// A calendar month.
    Month,
    /// Three months from January, April, July or October.
    Quarter,
    /// A calendar year.
    Year,
}

/// A stretch of time, half open, in nanoseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// Its first nanosecond.
    pub from: i64,
    /// The first nanosecond past it.
    pub to: i64,
}

/// The points of the series from `span.from` to `span.to`, the first and the last clipped to the span.
///
/// # Errors
/// `TOO_MANY_POINTS` where there would be more than `most`.
pub fn points(span: Span, period: Period, zone: &TimeZone, most: usize) -> Result<Vec<Span>> {
    let mut points = Vec::new();
    let mut start = floor(span.from, period, zone);
    while start < span.to {
        let end = next(start, period, zone);
        if end > span.from {
            if points.len() == most {
                let message = format!(
                    "The series would have more than {most} points; ask for a longer period or a shorter range."
                );
                return Err(Error::new(Code::TooManyPoints, message).at("period"));
            }
            points.push(Span {
                from: start.max(span.from),
                to: end.min(span.to),
            });
        }
        start = end;
    }
    Ok(points)
}

/// First nanosecond of the period that holds `time`.
#[must_use]
pub fn floor(time: i64, period: Period, zone: &TimeZone) -> i64 {
    if period == Period::Hour {
        return floor_hour(time, zone);
    }
    let mut days = Days::new(zone.clone());
    let date = Days::date(days.day(time));
    zone::start_of_day(floor_date(date, period), zone)
}

/// First nanosecond of the period after the one that starts at `start`.
fn next(start: i64, period: Period, zone: &TimeZone) -> i64 {
    if period == Period::Hour {
        // The clock's next full hour; where clocks are changed before it, that moment begins the next point.
        let end = floor_hour(start, zone).saturating_add(HOUR);
        let change = zone.following(zone::timestamp(start)).next();
        return change.map_or(end, |change| end.min(zone::nanoseconds(change.timestamp())));
    }
    let mut days = Days::new(zone.clone());
    let date = floor_date(Days::date(days.day(start)), period);
    // A date that a zone skipped has no length: go on to the first that has.
    let mut ahead = date;
    loop {
        ahead = next_date(ahead, period);
        let end = zone::start_of_day(ahead, zone);
        if end > start || ahead == Date::MAX {
            return end;
        }
    }
}

fn floor_hour(time: i64, zone: &TimeZone) -> i64 {
    let offset = i64::from(zone.to_offset(zone::timestamp(time)).seconds()) * 1_000_000_000;
    (time + offset).div_euclid(HOUR) * HOUR - offset
}

fn floor_date(date: Date, period: Period) -> Date {
    let first = |month| Date::new(date.year(), month, 1).unwrap_or(date);
    match period {
        Period::Hour | Period::Day => date,
        Period::Week => {
            let back = i64::from(date.weekday().to_monday_zero_offset());
            date.checked_sub(jiff::Span::new().days(back)).unwrap_or(date)
        }
        Period::Month => first(date.month()),
        Period::Quarter => first((date.month() - 1) / 3 * 3 + 1),
        Period::Year => first(1),
    }
}

fn next_date(date: Date, period: Period) -> Date {
    let span = match period {
        Period::Hour | Period::Day => jiff::Span::new().days(1),
        Period::Week => jiff::Span::new().days(7),
        Period::Month => jiff::Span::new().months(1),
        Period::Quarter => jiff::Span::new().months(3),
        Period::Year => jiff::Span::new().years(1),
    };
    date.checked_add(span).unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(text: &str) -> i64 {
        zone::nanoseconds(text.parse().expect("a timestamp"))
    }

    fn lengths(from: &str, to: &str, period: Period, name: &str) -> Vec<i64> {
        let span = Span {
            from: time(from),
            to: time(to),
        };
        let zone = zone::find(name).expect("a zone");
        points(span, period, &zone, 1_000)
            .expect("few points")
            .iter()
            .map(|point| (point.to - point.from) / 60_000_000_000)
            .collect()
    }

    #[test]
    fn days_follow_the_zone_across_a_clock_change() {
        let days = lengths(
            "2026-03-27T23:00:00Z",
            "2026-03-30T22:00:00Z",
            Period::Day,
            "Europe/Berlin",
        );
        assert_eq!(days, [24 * 60, 23 * 60, 24 * 60]);
    }

    #[test]
    fn first_and_last_points_are_clipped() {
        let days = lengths("2026-01-01T22:00:00Z", "2026-01-03T01:00:00Z", Period::Day, "UTC");
        assert_eq!(days, [120, 24 * 60, 60]);
    }

    #[test]
    fn weeks_begin_on_monday_and_quarters_in_their_first_month() {
        assert_eq!(
            floor(time("2026-11-21T12:00:00Z"), Period::Week, &TimeZone::UTC),
            time("2026-11-16T00:00:00Z")
        );
        assert_eq!(
            floor(time("2026-11-21T12:00:00Z"), Period::Quarter, &TimeZone::UTC),
            time("2026-10-01T00:00:00Z")
        );
    }

    #[test]
    fn a_shift_by_half_an_hour_makes_short_hours() {
        // Lord Howe Island moves by 30 minutes, at 15:30 UTC on 2026-10-03.
        let hours = lengths(
            "2026-10-03T14:30:00Z",
            "2026-10-03T17:00:00Z",
            Period::Hour,
            "Australia/Lord_Howe",
        );
        assert_eq!(hours.iter().sum::<i64>(), 150);
        assert!(hours.contains(&30));
    }

    #[test]
    fn a_date_that_was_skipped_is_no_point() {
        let days = lengths(
            "2011-12-29T10:00:00Z",
            "2011-12-31T10:00:00Z",
            Period::Day,
            "Pacific/Apia",
        );
        assert_eq!(days.iter().sum::<i64>(), 48 * 60);
        assert!(days.iter().all(|minutes| *minutes > 0));
    }

    #[test]
    fn too_many_points_are_refused_before_they_are_made() {
        let span = Span {
            from: 0,
            to: i64::MAX / 2,
        };
        assert!(points(span, Period::Hour, &TimeZone::UTC, 100).is_err_and(|error| error.code == Code::TooManyPoints));
    }
}
