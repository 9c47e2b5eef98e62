//! Time zones: what the clock shows there, and when a day begins there.

use js_sys::{Array, Date, Intl, Object, Reflect};

use super::writer;

/// Milliseconds of a day of 24 hours.
pub(crate) const DAY: f64 = 86_400_000.0;

/// The time zone of the browser: `Europe/Berlin`.
pub(crate) fn own() -> String {
    let format = Intl::DateTimeFormat::new(&Array::new(), &Object::new());
    let options = format.resolved_options();
    let zone = Reflect::get(&options, &"timeZone".into()).ok();
    zone.and_then(|zone| zone.as_string())
        .unwrap_or_else(|| "UTC".to_owned())
}

/// Whether the browser knows a zone.
pub(crate) fn is_known(zone: &str) -> bool {
    writer::write("sv-SE", Some(zone), CLOCK, 0.0).is_some()
}

/// The day that the calendar of a zone shows: `2026-11-21`.
pub(crate) fn day(zone: &str, milliseconds: f64) -> String {
    clock(zone, milliseconds).chars().take(10).collect()
}

/// When a day begins in a zone: milliseconds since 1970.
pub(crate) fn start_of_day(zone: &str, day: &str) -> f64 {
    let midnight = Date::parse(&format!("{day}T00:00:00Z"));
    // The second step is right where the clock is changed between the first guess and the answer.
    let guess = midnight - offset(zone, midnight);
    midnight - offset(zone, guess)
}

/// The day so many days later.
pub(crate) fn plus_days(day: &str, days: f64) -> String {
    iso_day(Date::parse(&format!("{day}T00:00:00Z")) + days * DAY)
}

/// The first day of the month so many months later.
pub(crate) fn plus_months(day: &str, months: i32) -> String {
    let mut parts = day.split('-').map(|part| part.parse::<i32>().unwrap_or_default());
    let (year, month) = (parts.next().unwrap_or_default(), parts.next().unwrap_or(1));
    let counted = year * 12 + month - 1 + months;
    format!("{:04}-{:02}-01", counted.div_euclid(12), counted.rem_euclid(12) + 1)
}

/// The days from one to another.
pub(crate) fn days_between(from: &str, to: &str) -> f64 {
    let at = |day: &str| Date::parse(&format!("{day}T00:00:00Z"));
    ((at(to) - at(from)) / DAY).round()
}

/// The first and the last day that can be asked about: as long a stretch before any of them has times that the server
/// knows, too, and years of four digits.
pub(crate) const DAYS: (&str, &str) = ("1970-01-01", "2199-12-31");

/// Whether a text is a day that the calendar has, and that can be asked about.
pub(crate) fn is_day(text: &str) -> bool {
    let at = Date::parse(&format!("{text}T00:00:00Z"));
    text.len() == 10 && (DAYS.0..=DAYS.1).contains(&text) && iso_day(at) == text
}

/// The day in UTC; nothing for what is no time, of which the browser would tell by an exception that nobody catches.
fn iso_day(milliseconds: f64) -> String {
    if !milliseconds.is_finite() {
        return String::new();
    }
    let text: String = Date::new(&milliseconds.into()).to_iso_string().into();
    text.chars().take(10).collect()
}

/// How far the clock of a zone is ahead of UTC.
fn offset(zone: &str, milliseconds: f64) -> f64 {
    let seconds = (milliseconds / 1000.0).floor() * 1000.0;
    Date::parse(&format!("{}Z", clock(zone, seconds).replace(' ', "T"))) - seconds
}

/// What the clock shows: `2026-11-21 09:30:00`, as Swedes write it. In UTC where the browser does not know the zone.
fn clock(zone: &str, milliseconds: f64) -> String {
    let write = |zone| writer::write("sv-SE", Some(zone), CLOCK, milliseconds);
    write(zone).or_else(|| write("UTC")).unwrap_or_default()
}

const CLOCK: writer::Options = &[
    ("year", "numeric"),
    ("month", "2-digit"),
    ("day", "2-digit"),
    ("hour", "2-digit"),
    ("minute", "2-digit"),
    ("second", "2-digit"),
];
