//! Moments, in a time zone.

use std::cell::RefCell;

use js_sys::{Array, Date, Intl, Object, Reflect};

use super::writer::{Options, write};
use crate::{api::scalar::Moment, browser, text::language};

/// Steps from one unit to the next larger one: how many milliseconds the unit has, and its name.
const UNITS: [(f64, &str); 5] = [
    (30.0 * 86_400_000.0, "month"),
    (86_400_000.0, "day"),
    (3_600_000.0, "hour"),
    (60_000.0, "minute"),
    (1_000.0, "second"),
];

thread_local! {
    /// Writes how long ago; making one is slow.
    static AGO: RefCell<Option<Intl::RelativeTimeFormat>> = const { RefCell::new(None) };
}

/// The day: `21 Nov 2026`. Without a time zone it is the browser's.
pub(crate) fn date(moment: &Moment, zone: Option<&str>) -> String {
    format(moment, zone, &[("dateStyle", "medium")])
}

/// The day and the minute: `21 Nov 2026, 09:30`.
pub(crate) fn date_and_time(moment: &Moment, zone: Option<&str>) -> String {
    format(moment, zone, &[("dateStyle", "medium"), ("timeStyle", "short")])
}

/// The minute: `09:30`.
pub(crate) fn time(moment: &Moment, zone: Option<&str>) -> String {
    format(moment, zone, &[("timeStyle", "short")])
}

/// The day and the second: `21 Nov, 09:30:05`; with its year where that is not this one.
pub(crate) fn exact(moment: &Moment, zone: Option<&str>) -> String {
    const YEAR: Options = &[("year", "numeric")];
    const OF_THIS_YEAR: Options = &[
        ("day", "numeric"),
        ("month", "short"),
        ("hour", "2-digit"),
        ("minute", "2-digit"),
        ("second", "2-digit"),
    ];
    let now = Moment::from_milliseconds(browser::now());
    if format(moment, zone, YEAR) == format(&now, zone, YEAR) {
        format(moment, zone, OF_THIS_YEAR)
    } else {
        format(moment, zone, &[("dateStyle", "medium"), ("timeStyle", "medium")])
    }
}

/// The month: `Nov 2026`.
pub(crate) fn month(moment: &Moment, zone: Option<&str>) -> String {
    format(moment, zone, &[("month", "short"), ("year", "numeric")])
}

/// The day without its year, where the room is small: `21 Nov`.
pub(crate) fn short_day(moment: &Moment, zone: Option<&str>) -> String {
    format(moment, zone, &[("day", "numeric"), ("month", "short")])
}

/// How long ago it was: `3 hr ago`.
pub(crate) fn ago(moment: &Moment) -> String {
    let passed = moment.milliseconds() - browser::now();
    let (size, unit) = UNITS
        .into_iter()
        .find(|(size, _)| passed.abs() >= *size)
        .unwrap_or((1_000.0, "second"));
    AGO.with_borrow_mut(|writer| {
        let make = || Intl::RelativeTimeFormat::new(&locales(), &object(&[("numeric", "auto"), ("style", "short")]));
        writer
            .get_or_insert_with(make)
            .format((passed / size).trunc(), unit)
            .into()
    })
}

/// As a field for a day and a time has it, by the browser's clock: `2026-11-21T09:30`.
pub(crate) fn for_field(moment: &Moment) -> String {
    let date = Date::new(&moment.milliseconds().into());
    let ahead = -date.get_timezone_offset() * 60_000.0;
    let text: String = Date::new(&(moment.milliseconds() + ahead).into())
        .to_iso_string()
        .into();
    text.chars().take(16).collect()
}

/// What such a field has in it.
pub(crate) fn of_field(text: &str) -> Option<Moment> {
    // Without a zone it is the browser's.
    let milliseconds = Date::parse(text);
    milliseconds
        .is_finite()
        .then(|| Moment::from_milliseconds(milliseconds))
}

fn format(moment: &Moment, zone: Option<&str>, options: Options) -> String {
    write(language().locale(), zone, options, moment.milliseconds()).unwrap_or_else(|| moment.0.clone())
}

fn locales() -> Array {
    Array::of1(&language().locale().into())
}

fn object(fields: &[(&str, &str)]) -> Object {
    let object = Object::new();
    for (name, value) in fields {
        let _ = Reflect::set(&object, &(*name).into(), &(*value).into());
    }
    object
}
