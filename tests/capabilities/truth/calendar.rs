//! The points of a series, found by looking at the clock on the wall.

use jiff::{SignedDuration, Timestamp, ToSpan, civil::Date, tz::TimeZone};

/// Half open.
pub(crate) type Point = (Timestamp, Timestamp);

/// The points between two moments, the first and last clipped.
pub(crate) fn points(from: Timestamp, to: Timestamp, period: &str, zone: &str) -> Vec<Point> {
    let zone = TimeZone::get(zone).expect("a zone");
    let mut starts = if period == "HOUR" {
        hours(from, to, &zone)
    } else {
        days(from, to, period, &zone)
    };
    starts.retain(|start| *start > from && *start < to);
    starts.dedup();
    starts.insert(0, from);
    let ends = starts.iter().skip(1).copied().chain([to]).collect::<Vec<_>>();
    starts.into_iter().zip(ends).collect()
}

/// Every moment at which the clock shows a full hour, or is changed.
fn hours(from: Timestamp, to: Timestamp, zone: &TimeZone) -> Vec<Timestamp> {
    let quarter = SignedDuration::from_mins(15);
    let first = from.as_second().div_euclid(900) * 900;
    let mut at = Timestamp::from_second(first).expect("a moment");
    let mut starts = Vec::new();
    while at < to {
        let changed = zone.to_offset(at) != zone.to_offset(at - SignedDuration::from_nanos(1));
        if changed || zone.to_datetime(at).minute() == 0 {
            starts.push(at);
        }
        at += quarter;
    }
    starts
}

fn days(from: Timestamp, to: Timestamp, period: &str, zone: &TimeZone) -> Vec<Timestamp> {
    let mut date = zone.to_datetime(from).date() - 1.day();
    let mut starts = Vec::new();
    loop {
        let start = date.to_zoned(zone.clone()).expect("a date").timestamp();
        if start >= to {
            return starts;
        }
        if begins(date, period) {
            starts.push(start);
        }
        date = date.tomorrow().expect("a date");
    }
}

fn begins(date: Date, period: &str) -> bool {
    match period {
        "DAY" => true,
        "WEEK" => date.weekday() == jiff::civil::Weekday::Monday,
        "MONTH" => date.day() == 1,
        "QUARTER" => date.day() == 1 && date.month() % 3 == 1,
        "YEAR" => date.day() == 1 && date.month() == 1,
        other => panic!("no period: {other}"),
    }
}

/// The local date of a moment.
pub(crate) fn date(time: Timestamp, zone: &str) -> Date {
    TimeZone::get(zone).expect("a zone").to_datetime(time).date()
}
