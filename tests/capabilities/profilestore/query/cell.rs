//! Values of a query in KQL, by the language's reference.

use std::cmp::Ordering;

use serde_json::Value;

/// Nanoseconds of a minute.
const MINUTE: i128 = 60_000_000_000;
/// Nanoseconds of a day.
pub(super) const DAY: i128 = 1_440 * MINUTE;
/// Days from the first of the year 1, since when the language counts time, to 1970.
const BEFORE_1970: i128 = 719_162;

/// The type of a part of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Whole,
    Real,
    Flag,
    Time,
    List,
}

impl Kind {
    /// Those that are drawn, compared and put in order.
    pub(super) const SINGLE: [Self; 5] = [Self::Text, Self::Whole, Self::Real, Self::Flag, Self::Time];

    /// Its name in the language.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Text => "string",
            Self::Whole => "long",
            Self::Real => "real",
            Self::Flag => "bool",
            Self::Time => "datetime",
            Self::List => "dynamic",
        }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Text(String),
    Number(f64),
    Flag(bool),
    /// In nanoseconds since 1970.
    Time(i128),
    /// In nanoseconds.
    Span(i128),
    List(Vec<Cell>),
}

impl Cell {
    /// What an event holds.
    pub(super) fn of(json: &Value) -> Self {
        match json {
            Value::String(text) => Self::Text(text.clone()),
            Value::Number(number) => Self::Number(number.as_f64().expect("a number")),
            Value::Bool(truth) => Self::Flag(*truth),
            _ => Self::Null,
        }
    }

    pub(super) fn time(text: &str) -> Self {
        Self::Time(text.parse::<jiff::Timestamp>().expect("a time").as_nanosecond())
    }

    pub(super) fn hours(number: i128) -> Self {
        Self::Span(number * 60 * MINUTE)
    }

    pub(super) fn flag(truth: Option<bool>) -> Self {
        truth.map_or(Self::Null, Self::Flag)
    }

    /// Of nothing the empty text.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            _ => String::new(),
        }
    }

    pub(super) fn number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::Flag(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The order of two of one kind, neither of them nothing.
    pub(super) fn order(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Number(one), Self::Number(other)) => one.total_cmp(other),
            (Self::Flag(one), Self::Flag(other)) => one.cmp(other),
            (Self::Time(one), Self::Time(other)) | (Self::Span(one), Self::Span(other)) => one.cmp(other),
            (one, other) => one.text().cmp(&other.text()),
        }
    }

    /// The multiple of a size that it is, or the next below it. Times are counted from the first of the year 1, a Monday.
    pub(super) fn bin(&self, size: &Self) -> Self {
        match (self, size) {
            (Self::Number(number), Self::Number(size)) => Self::Number((number / size).floor() * size),
            (Self::Time(time), Self::Span(size)) => Self::Time(time - (time + BEFORE_1970 * DAY).rem_euclid(*size)),
            _ => Self::Null,
        }
    }

    /// As it is compared with an answer: like numbers look alike, and lists have no order.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Text(text) => Value::from(text.as_str()).to_string(),
            // Without the sign of a nothing.
            Self::Number(number) => format!("{:?}", number + 0.0),
            Self::Flag(truth) => truth.to_string(),
            Self::Time(time) => {
                let moment = jiff::Timestamp::from_nanosecond(*time).expect("a time");
                let digits = time.rem_euclid(1_000_000_000) / 100;
                format!("\"{}.{digits:07}Z\"", moment.strftime("%Y-%m-%dT%H:%M:%S"))
            }
            Self::Span(_) => panic!("a stretch of time is no answer here"),
            Self::List(list) => listed(list.iter().map(Self::shown).collect()),
        }
    }

    /// As it is written in a query: a text in one of four ways, a number as a whole one or not.
    pub(super) fn written(&self, way: usize) -> String {
        match self {
            Self::Text(text) => match way % 4 {
                0 => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
                1 => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
                2 => format!("@'{}'", text.replace('\'', "''")),
                _ => format!("@\"{}\"", text.replace('"', "\"\"")),
            },
            Self::Number(number) if way == 0 => number.to_string(),
            Self::Number(number) => format!("{number:?}"),
            Self::Flag(truth) => truth.to_string(),
            Self::Time(time) => {
                let moment = jiff::Timestamp::from_nanosecond(*time).expect("a time");
                format!("datetime({moment})")
            }
            Self::Span(length) if length % DAY == 0 => format!("{}d", length / DAY),
            Self::Span(length) => format!("{}m", length / MINUTE),
            Self::Null | Self::List(_) => panic!("it is not written"),
        }
    }
}

/// What an answer tells, as a value of ours is shown.
pub(super) fn told(value: &Value) -> String {
    match value {
        Value::Array(list) => listed(list.iter().map(told).collect()),
        Value::Number(_) => Cell::of(value).shown(),
        other => other.to_string(),
    }
}

fn listed(mut items: Vec<String>) -> String {
    items.sort();
    format!("[{}]", items.join(" "))
}
