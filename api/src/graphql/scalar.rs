//! Scalars of our own.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use jiff::Timestamp;

use crate::domain::{
    error::{Code, Error, Result},
    zone,
};

/// A moment, as the text that was sent.
#[derive(Debug, Clone)]
pub(super) struct DateTime(String);

/// A moment in RFC 3339, such as `2026-11-21T09:30:00Z` or `2026-11-21T10:30:00.123+01:00`; answers are in UTC. Fractions
/// of a second are kept to the nanosecond. As an input, a text that is no time is refused by the field that takes it, with
/// the code `INVALID_TIME`, so that one bad event spoils no batch.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://datatracker.ietf.org/doc/html/rfc3339"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::String(_))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl From<Timestamp> for DateTime {
    fn from(time: Timestamp) -> Self {
        Self(time.to_string())
    }
}

impl DateTime {
    /// From stored nanoseconds.
    pub(super) fn of(nanoseconds: i64) -> Self {
        zone::timestamp(nanoseconds).into()
    }

    /// The text as it was sent.
    pub(super) fn into_text(self) -> String {
        self.0
    }

    /// The moment, to the nanosecond.
    pub(super) fn timestamp(&self, path: &str) -> Result<Timestamp> {
        self.nanoseconds(path).map(zone::timestamp)
    }

    /// Stored nanoseconds.
    pub(super) fn nanoseconds(&self, path: &str) -> Result<i64> {
        let shown: String = self.0.chars().take(64).collect();
        let bad = |message: String| Error::new(Code::InvalidTime, message).at(path);
        let time: Timestamp = self.0.parse().map_err(|_| {
            bad(format!(
                "“{shown}” is not a time in RFC 3339, such as “2026-11-21T09:30:00Z”."
            ))
        })?;
        i64::try_from(time.as_nanosecond()).map_err(|_| bad(format!("“{shown}” lies outside the years 1678–2261.")))
    }
}

/// A number of things.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Count(pub(super) i64);

/// A number of events, actors or rows: a JSON integer up to 2^53.
#[Scalar(name = "Count")]
impl ScalarType for Count {
    fn parse(value: Value) -> InputValueResult<Self> {
        match &value {
            Value::Number(number) => number
                .as_i64()
                .map(Self)
                .ok_or_else(|| InputValueError::expected_type(value)),
            _ => Err(InputValueError::expected_type(value)),
        }
    }

    fn is_valid(value: &Value) -> bool {
        matches!(value, Value::Number(number) if number.is_i64())
    }

    fn to_value(&self) -> Value {
        Value::Number(self.0.into())
    }
}

impl Count {
    /// From a number of things in memory.
    pub(super) fn of(count: usize) -> Self {
        Self(i64::try_from(count).unwrap_or(i64::MAX))
    }
}
