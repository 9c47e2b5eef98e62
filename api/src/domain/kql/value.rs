//! Values of a query: their types, how they are told and how they are put in order.

use std::cmp::Ordering;

use serde_json::{Number, Value as Json};

use crate::domain::zone;

/// The type of a column or of a part of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A whole number of 64 bits.
    Long,
    /// A number of 64 bits.
    Real,
    /// A text; never null.
    Text,
    /// A time.
    Time,
    /// A stretch of time.
    Span,
    /// Any JSON value.
    Dynamic,
}

impl Type {
    /// Its name in the language.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Long => "long",
            Self::Real => "real",
            Self::Text => "string",
            Self::Time => "datetime",
            Self::Span => "timespan",
            Self::Dynamic => "dynamic",
        }
    }
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// A number.
    Real(f64),
    /// A text.
    Text(String),
    /// A time, in nanoseconds since 1970.
    Time(i64),
    /// A stretch of time, in nanoseconds.
    Span(i64),
    /// A JSON value; its null is [`Value::Null`].
    Dynamic(Json),
}

impl Value {
    /// Of a JSON value that an event holds.
    #[must_use]
    pub fn of_json(json: Json) -> Self {
        if json.is_null() {
            Self::Null
        } else {
            Self::Dynamic(json)
        }
    }

    /// As it is told.
    #[must_use]
    pub fn json(&self) -> Json {
        match self {
            Self::Null => Json::Null,
            Self::Bool(truth) => (*truth).into(),
            Self::Long(number) => (*number).into(),
            // What no number of JSON is, is told as none.
            Self::Real(number) => Number::from_f64(*number).map_or(Json::Null, Json::Number),
            Self::Text(text) => text.as_str().into(),
            Self::Time(time) => moment(*time).into(),
            Self::Span(length) => span(*length).into(),
            Self::Dynamic(json) => json.clone(),
        }
    }

    /// The number that it is, or holds as JSON.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match self {
            Self::Long(number) => Some(*number as f64),
            Self::Real(number) => Some(*number),
            Self::Dynamic(json) => json.as_f64(),
            _ => None,
        }
    }

    /// The text that it is, or holds as JSON; of nothing the empty one, and of anything else none.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Null => Some(""),
            Self::Text(text) => Some(text),
            Self::Dynamic(Json::String(text)) => Some(text),
            _ => None,
        }
    }

    /// What it is written as; of nothing, nothing.
    #[must_use]
    pub fn written(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Text(text) | Self::Dynamic(Json::String(text)) => text.clone(),
            Self::Dynamic(json) => json.to_string(),
            other => match other.json() {
                Json::String(text) => text,
                Json::Null => "NaN".to_owned(),
                json => crate::domain::condition::canonical(&json),
            },
        }
    }

    /// Roughly how many bytes it takes.
    #[must_use]
    pub fn size(&self) -> usize {
        fn of(json: &Json) -> usize {
            32 + match json {
                Json::String(text) => text.len(),
                Json::Array(list) => list.iter().map(of).sum(),
                Json::Object(fields) => fields.iter().map(|(key, value)| 48 + key.len() + of(value)).sum(),
                _ => 0,
            }
        }
        32 + match self {
            Self::Text(text) => text.len(),
            Self::Dynamic(json) => of(json),
            _ => 0,
        }
    }

    /// The place among values of one type; nothing is apart. Numbers are compared with numbers.
    #[must_use]
    pub fn order(&self, other: &Self) -> Ordering {
        if let (Self::Long(one), Self::Long(other)) = (self, other) {
            return one.cmp(other);
        }
        if let (Some(one), Some(other)) = (self.number(), other.number()) {
            return one.total_cmp(&other);
        }
        match (self, other) {
            (Self::Bool(one), Self::Bool(other)) => one.cmp(other),
            (Self::Time(one), Self::Time(other)) | (Self::Span(one), Self::Span(other)) => one.cmp(other),
            _ => match (self.text(), other.text()) {
                (Some(one), Some(other)) => one.cmp(other),
                _ => self
                    .rank()
                    .cmp(&other.rank())
                    .then_with(|| self.written().cmp(&other.written())),
            },
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Self::Null => 0,
            Self::Bool(_) | Self::Dynamic(Json::Bool(_)) => 1,
            Self::Long(_) | Self::Real(_) | Self::Dynamic(Json::Number(_)) => 2,
            Self::Time(_) => 3,
            Self::Span(_) => 4,
            Self::Text(_) | Self::Dynamic(Json::String(_)) => 5,
            Self::Dynamic(_) => 6,
        }
    }

    /// What two values share that are the same.
    #[must_use]
    pub fn identity(&self) -> String {
        match self {
            Self::Long(_) | Self::Real(_) => format!("2{}", crate::domain::condition::canonical(&self.json())),
            Self::Dynamic(json) if json.is_number() => format!("2{}", crate::domain::condition::canonical(json)),
            Self::Dynamic(Json::Object(fields)) => {
                // The same fields in another order are the same.
                let mut parts: Vec<_> = fields.iter().map(|(key, value)| format!("{key:?}:{value}")).collect();
                parts.sort();
                format!("6{{{}}}", parts.join(","))
            }
            other => format!("{}{}", other.rank(), other.written()),
        }
    }
}

/// A time with seven digits of a second.
#[must_use]
pub(super) fn moment(time: i64) -> String {
    let plain = zone::timestamp(time).strftime("%Y-%m-%dT%H:%M:%S").to_string();
    format!("{plain}.{:07}Z", time.rem_euclid(1_000_000_000) / 100)
}

/// A stretch of time: days, hours, minutes, seconds.
#[must_use]
pub(super) fn span(length: i64) -> String {
    let sign = if length < 0 { "-" } else { "" };
    let length = length.unsigned_abs();
    let (seconds, rest) = (length / 1_000_000_000, length % 1_000_000_000);
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let days = if days > 0 { format!("{days}.") } else { String::new() };
    let fraction = if rest > 0 { format!(".{rest:09}") } else { String::new() };
    let fraction = fraction.trim_end_matches('0');
    format!("{sign}{days}{hours:02}:{minutes:02}:{:02}{fraction}", seconds % 60)
}
