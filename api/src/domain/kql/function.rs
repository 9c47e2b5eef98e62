//! The functions of one event's values.

use jiff::{
    Span as Length, Timestamp,
    civil::{Date, Weekday},
    tz::TimeZone,
};
use serde_json::Value as Json;

use super::{
    lexer::read_span,
    meter::{Meter, TooCostly},
    value::{Type, Value},
};
use crate::domain::{odata::read_moment, zone};

macro_rules! functions {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $least:literal..=$most:literal;)+) => {
        /// A function.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Function { $($(#[doc = $doc])+ $variant,)+ }

        impl Function {
            /// The function of a name.
            pub(super) fn find(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)+ _ => None }
            }

            /// How many values it takes.
            pub(super) fn arity(self) -> (usize, usize) {
                match self { $(Self::$variant => ($least, $most),)+ }
            }
        }

        /// The names of the functions.
        pub(super) const NAMES: &[&str] = &[$($name),+];
    };
}

functions! {
    /// The present moment, or as long from it.
    Now = "now", 0..=1;
    /// So long ago.
    Ago = "ago", 1..=1;
    /// A text as a time.
    ToDatetime = "todatetime", 1..=1;
    /// A text as a stretch of time.
    ToTimespan = "totimespan", 1..=1;
    /// The first moment of the day, or of one so many days later.
    StartOfDay = "startofday", 1..=2;
    /// The last moment of the day.
    EndOfDay = "endofday", 1..=2;
    /// The first moment of the week, which begins on Sunday.
    StartOfWeek = "startofweek", 1..=2;
    /// The last moment of the week.
    EndOfWeek = "endofweek", 1..=2;
    /// The first moment of the month.
    StartOfMonth = "startofmonth", 1..=2;
    /// The last moment of the month.
    EndOfMonth = "endofmonth", 1..=2;
    /// The first moment of the year.
    StartOfYear = "startofyear", 1..=2;
    /// The last moment of the year.
    EndOfYear = "endofyear", 1..=2;
    /// The hour of the day.
    HourOfDay = "hourofday", 1..=1;
    /// How long the week is old, in days.
    DayOfWeek = "dayofweek", 1..=1;
    /// The day of the month.
    DayOfMonth = "dayofmonth", 1..=1;
    /// The month.
    MonthOfYear = "monthofyear", 1..=1;
    /// The month.
    GetMonth = "getmonth", 1..=1;
    /// The year.
    GetYear = "getyear", 1..=1;
    /// The multiple of the second that is the first or less.
    Bin = "bin", 2..=2;
    /// The same.
    Floor = "floor", 2..=2;
    /// Anything as a text.
    ToString = "tostring", 1..=1;
    /// Anything as a whole number of 32 bits.
    ToInt = "toint", 1..=1;
    /// Anything as a whole number.
    ToLong = "tolong", 1..=1;
    /// Anything as a number.
    ToDouble = "todouble", 1..=1;
    /// Anything as a number.
    ToReal = "toreal", 1..=1;
    /// Anything as true or false.
    ToBool = "tobool", 1..=1;
    /// Whether there is nothing in it.
    IsEmpty = "isempty", 1..=1;
    /// Whether there is something in it.
    IsNotEmpty = "isnotempty", 1..=1;
    /// Whether it is nothing; a text never is.
    IsNull = "isnull", 1..=1;
    /// Whether it is something.
    IsNotNull = "isnotnull", 1..=1;
    /// The text in small letters.
    ToLower = "tolower", 1..=1;
    /// The text in capitals.
    ToUpper = "toupper", 1..=1;
    /// How many characters.
    Strlen = "strlen", 1..=1;
    /// A part of a text: from which character, and how many.
    Substring = "substring", 2..=3;
    /// Texts behind each other.
    Strcat = "strcat", 1..=64;
    /// The second where the first holds, else the third.
    Iff = "iff", 3..=3;
    /// The same.
    Iif = "iif", 3..=3;
    /// The value behind the first condition that holds, else the last.
    Case = "case", 3..=63;
    /// The first that is something.
    Coalesce = "coalesce", 2..=64;
    /// The contrary.
    Not = "not", 1..=1;
    /// Without its sign.
    Abs = "abs", 1..=1;
    /// The nearest number with so many digits behind the point.
    Round = "round", 1..=2;
    /// How many items a list has.
    ArrayLength = "array_length", 1..=1;
}

/// A type for both of two, where there is one.
pub(super) fn common(one: Type, other: Type) -> Option<Type> {
    let is_number = |kind| matches!(kind, Type::Long | Type::Real);
    match (one, other) {
        (one, other) if one == other => Some(one),
        (one, other) if is_number(one) && is_number(other) => Some(Type::Real),
        (Type::Dynamic, _) | (_, Type::Dynamic) => Some(Type::Dynamic),
        _ => None,
    }
}

impl Function {
    /// The type of what it gives, by the types of what it takes.
    ///
    /// # Errors
    /// What it would take.
    pub(super) fn result(self, given: &[Type]) -> Result<Type, String> {
        let first = given.first().copied().unwrap_or(Type::Dynamic);
        let one_of = |wanted: &[Type], what: &str, result: Type| {
            let fits = given
                .first()
                .is_none_or(|kind| *kind == Type::Dynamic || wanted.contains(kind));
            if fits {
                Ok(result)
            } else {
                Err(format!("takes {what}, and not a {}", first.name()))
            }
        };
        let common_of = |list: &mut dyn Iterator<Item = Type>| {
            let mut found = list.next().unwrap_or(Type::Dynamic);
            for kind in list {
                found = common(found, kind).ok_or_else(|| {
                    format!(
                        "gives values of one type, and not a {} or a {}",
                        found.name(),
                        kind.name()
                    )
                })?;
            }
            Ok(found)
        };
        match self {
            Self::Now | Self::Ago => one_of(&[Type::Span], "a timespan", Type::Time),
            Self::ToDatetime => one_of(&[Type::Text, Type::Time], "a text", Type::Time),
            Self::ToTimespan => one_of(&[Type::Text, Type::Span], "a text", Type::Span),
            Self::StartOfDay
            | Self::EndOfDay
            | Self::StartOfWeek
            | Self::EndOfWeek
            | Self::StartOfMonth
            | Self::EndOfMonth
            | Self::StartOfYear
            | Self::EndOfYear => {
                if given.get(1).is_some_and(|kind| *kind != Type::Long) {
                    return Err("takes a whole number as its second value".to_owned());
                }
                one_of(&[Type::Time], "a datetime", Type::Time)
            }
            Self::HourOfDay | Self::DayOfMonth | Self::MonthOfYear | Self::GetMonth | Self::GetYear => {
                one_of(&[Type::Time], "a datetime", Type::Long)
            }
            Self::DayOfWeek => one_of(&[Type::Time], "a datetime", Type::Span),
            Self::Bin | Self::Floor => match (first, given.get(1).copied().unwrap_or(Type::Long)) {
                (Type::Time, Type::Span) => Ok(Type::Time),
                (Type::Span, Type::Span) => Ok(Type::Span),
                (Type::Long, Type::Long) => Ok(Type::Long),
                (Type::Long | Type::Real | Type::Dynamic, Type::Long | Type::Real) => Ok(Type::Real),
                (one, other) => Err(format!(
                    "takes a number and a number, or a datetime and a timespan, and not a {} and a {}",
                    one.name(),
                    other.name()
                )),
            },
            Self::ToString => Ok(Type::Text),
            Self::ToInt | Self::ToLong => Ok(Type::Long),
            Self::ToDouble | Self::ToReal => Ok(Type::Real),
            Self::ToBool | Self::IsEmpty | Self::IsNotEmpty | Self::IsNull | Self::IsNotNull => Ok(Type::Bool),
            Self::ToLower | Self::ToUpper => one_of(&[Type::Text], "a text", Type::Text),
            Self::Strlen => one_of(&[Type::Text], "a text", Type::Long),
            Self::Substring => {
                if given[1..].iter().any(|kind| *kind != Type::Long) {
                    return Err("takes whole numbers behind its text".to_owned());
                }
                one_of(&[Type::Text], "a text", Type::Text)
            }
            Self::Strcat => Ok(Type::Text),
            Self::Iff | Self::Iif => {
                one_of(&[Type::Bool], "a condition first", Type::Bool)?;
                common_of(&mut given[1..].iter().copied())
            }
            Self::Case => {
                if given.len().is_multiple_of(2) {
                    return Err("takes conditions with values, and a last value".to_owned());
                }
                let conditions = given[..given.len() - 1].iter().step_by(2);
                if let Some(wrong) = conditions
                    .copied()
                    .find(|kind| !matches!(kind, Type::Bool | Type::Dynamic))
                {
                    return Err(format!("takes conditions, and not a {}", wrong.name()));
                }
                let values = given[..given.len() - 1].iter().skip(1).step_by(2).chain(given.last());
                common_of(&mut values.copied())
            }
            Self::Coalesce => common_of(&mut given.iter().copied()),
            Self::Not => one_of(&[Type::Bool], "a condition", Type::Bool),
            Self::Abs | Self::Round => match first {
                Type::Long => Ok(Type::Long),
                Type::Span if self == Self::Abs => Ok(Type::Span),
                Type::Real | Type::Dynamic => Ok(Type::Real),
                other => Err(format!("takes a number, and not a {}", other.name())),
            },
            Self::ArrayLength => one_of(&[], "a dynamic list", Type::Long),
        }
    }

    /// What it gives.
    pub(super) fn call(self, given: &[Value], now: i64, meter: &mut Meter) -> Result<Value, TooCostly> {
        let first = given.first().unwrap_or(&Value::Null);
        let time = match first {
            Value::Time(time) => Some(*time),
            Value::Dynamic(Json::String(text)) => read_moment(text),
            _ => None,
        };
        let truth = |holds: bool| Ok(Value::Bool(holds));
        let text = |meter: &mut Meter, text: String| meter.text(text).map(Value::Text);
        Ok(match self {
            Self::Now => match first {
                Value::Span(length) => Value::Time(now.saturating_add(*length)),
                _ => Value::Time(now),
            },
            Self::Ago => match first {
                Value::Span(length) => Value::Time(now.saturating_sub(*length)),
                _ => Value::Null,
            },
            Self::ToDatetime => match (time, first) {
                (Some(time), _) => Value::Time(time),
                (None, Value::Text(text)) => read_moment(text).map_or(Value::Null, Value::Time),
                _ => Value::Null,
            },
            Self::ToTimespan => match first {
                Value::Span(length) => Value::Span(*length),
                other => other.text().and_then(read_span).map_or(Value::Null, Value::Span),
            },
            Self::StartOfDay
            | Self::EndOfDay
            | Self::StartOfWeek
            | Self::EndOfWeek
            | Self::StartOfMonth
            | Self::EndOfMonth
            | Self::StartOfYear
            | Self::EndOfYear => {
                let offset = match given.get(1) {
                    None => Some(0),
                    Some(Value::Long(offset)) => Some(*offset),
                    Some(_) => None,
                };
                let found = time.zip(offset).and_then(|(time, offset)| self.bound(time, offset));
                found.map_or(Value::Null, Value::Time)
            }
            Self::HourOfDay
            | Self::DayOfMonth
            | Self::MonthOfYear
            | Self::GetMonth
            | Self::GetYear
            | Self::DayOfWeek => time.map_or(Value::Null, |time| self.part(time)),
            Self::Bin | Self::Floor => bin(first, given.get(1).unwrap_or(&Value::Null)),
            Self::ToString => return text(meter, first.written()),
            Self::ToLong => whole(first).map_or(Value::Null, Value::Long),
            Self::ToInt => whole(first)
                .filter(|number| i32::try_from(*number).is_ok())
                .map_or(Value::Null, Value::Long),
            Self::ToDouble | Self::ToReal => real(first).map_or(Value::Null, Value::Real),
            Self::ToBool => boolean(first).map_or(Value::Null, Value::Bool),
            Self::IsEmpty => return truth(first.text() == Some("")),
            Self::IsNotEmpty => return truth(first.text() != Some("")),
            Self::IsNull => return truth(*first == Value::Null),
            Self::IsNotNull => return truth(*first != Value::Null),
            Self::ToLower => return text(meter, first.written().to_lowercase()),
            Self::ToUpper => return text(meter, first.written().to_uppercase()),
            Self::Strlen => Value::Long(i64::try_from(first.written().chars().count()).unwrap_or(i64::MAX)),
            Self::Substring => return text(meter, part_of(&first.written(), given.get(1), given.get(2))),
            Self::Strcat => {
                let mut joined = String::new();
                for one in given {
                    joined.push_str(&one.written());
                    joined = meter.text(joined)?;
                }
                Value::Text(joined)
            }
            // These choose, and are handled where what they choose from is not reckoned in vain.
            Self::Iff | Self::Iif | Self::Case | Self::Coalesce => Value::Null,
            Self::Not => match truth_of(first) {
                Some(holds) => Value::Bool(!holds),
                None => Value::Null,
            },
            Self::Abs => match first {
                Value::Long(number) => number.checked_abs().map_or(Value::Null, Value::Long),
                Value::Span(length) => length.checked_abs().map_or(Value::Null, Value::Span),
                other => other.number().map_or(Value::Null, |number| Value::Real(number.abs())),
            },
            Self::Round => round(first, given.get(1)),
            Self::ArrayLength => match first {
                Value::Dynamic(Json::Array(list)) => Value::Long(i64::try_from(list.len()).unwrap_or(i64::MAX)),
                _ => Value::Null,
            },
        })
    }

    /// The first or the last moment of a period so many periods later.
    fn bound(self, time: i64, offset: i64) -> Option<i64> {
        let day = date(time);
        let length = |offset: i64| -> Option<Length> {
            // What no calendar has is no time.
            let offset = i32::try_from(offset).ok()?;
            Some(match self {
                Self::StartOfDay | Self::EndOfDay => Length::new().try_days(offset).ok()?,
                Self::StartOfWeek | Self::EndOfWeek => Length::new().try_weeks(offset).ok()?,
                Self::StartOfMonth | Self::EndOfMonth => Length::new().try_months(offset).ok()?,
                _ => Length::new().try_years(offset).ok()?,
            })
        };
        let first = match self {
            Self::StartOfDay | Self::EndOfDay => day,
            Self::StartOfWeek | Self::EndOfWeek => {
                let since = day.weekday().since(Weekday::Sunday);
                day.checked_sub(Length::new().days(since)).ok()?
            }
            Self::StartOfMonth | Self::EndOfMonth => day.first_of_month(),
            _ => day.first_of_year(),
        };
        let is_end = matches!(
            self,
            Self::EndOfDay | Self::EndOfWeek | Self::EndOfMonth | Self::EndOfYear
        );
        let begin = first
            .checked_add(length(offset.checked_add(i64::from(is_end))?)?)
            .ok()?;
        let moment = begin.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let moment = i64::try_from(moment.as_nanosecond()).ok()?;
        if is_end { moment.checked_sub(1) } else { Some(moment) }
    }

    fn part(self, time: i64) -> Value {
        let moment: Timestamp = zone::timestamp(time);
        let zoned = moment.to_zoned(TimeZone::UTC);
        Value::Long(match self {
            Self::HourOfDay => zoned.hour().into(),
            Self::DayOfMonth => zoned.day().into(),
            Self::MonthOfYear | Self::GetMonth => zoned.month().into(),
            Self::DayOfWeek => {
                let since: i64 = zoned.date().weekday().since(Weekday::Sunday).into();
                return Value::Span(since * zone::DAY);
            }
            _ => zoned.year().into(),
        })
    }
}

/// The nearest number with so many digits behind the point.
fn round(value: &Value, digits: Option<&Value>) -> Value {
    let digits = match digits {
        Some(Value::Long(digits)) => (*digits).clamp(-15, 15),
        _ => 0,
    };
    let scale = 10_f64.powi(i32::try_from(digits).unwrap_or(0));
    match (value, value.number()) {
        (Value::Long(number), _) if digits >= 0 => Value::Long(*number),
        (Value::Long(_), Some(number)) => truncated((number * scale).round() / scale).map_or(Value::Null, Value::Long),
        (_, Some(number)) => Value::Real((number * scale).round() / scale),
        (_, None) => Value::Null,
    }
}

fn date(time: i64) -> Date {
    zone::timestamp(time).to_zoned(TimeZone::UTC).date()
}

/// Whether a value is true, or false, or neither.
pub(super) fn truth_of(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) | Value::Dynamic(Json::Bool(truth)) => Some(*truth),
        _ => None,
    }
}

/// From the first day of the year 1, a Monday, to 1970. Times are counted from there, so that their multiples are, too.
const SINCE_YEAR_1: i128 = 719_162 * zone::DAY as i128;

fn bin(value: &Value, size: &Value) -> Value {
    let floor = |value: i64, size: i64| (size > 0).then(|| value.div_euclid(size).checked_mul(size)).flatten();
    match (value, size) {
        (Value::Time(time), Value::Span(size)) if *size > 0 => {
            let time = i128::from(*time);
            let over = (time + SINCE_YEAR_1).rem_euclid(i128::from(*size));
            i64::try_from(time - over).map_or(Value::Null, Value::Time)
        }
        (Value::Span(length), Value::Span(size)) => floor(*length, *size).map_or(Value::Null, Value::Span),
        (Value::Long(number), Value::Long(size)) => floor(*number, *size).map_or(Value::Null, Value::Long),
        (value, size) => match (value.number(), size.number()) {
            (Some(number), Some(size)) if size > 0.0 => Value::Real((number / size).floor() * size),
            _ => Value::Null,
        },
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Long(number) | Value::Span(number) | Value::Time(number) => Some(*number),
        Value::Bool(truth) | Value::Dynamic(Json::Bool(truth)) => Some((*truth).into()),
        Value::Dynamic(Json::Number(number)) if number.is_i64() => number.as_i64(),
        Value::Text(text) | Value::Dynamic(Json::String(text)) => {
            let text = text.trim();
            text.parse().ok().or_else(|| truncated(text.parse().ok()?))
        }
        other => truncated(other.number()?),
    }
}

fn truncated(float: f64) -> Option<i64> {
    let whole = float.trunc();
    // Past these no whole number of 64 bits is.
    (-9.223_372_036_854_775e18..9.223_372_036_854_775e18)
        .contains(&whole)
        .then_some(whole as i64)
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Bool(truth) | Value::Dynamic(Json::Bool(truth)) => Some(f64::from(u8::from(*truth))),
        Value::Text(text) | Value::Dynamic(Json::String(text)) => text.trim().parse().ok(),
        other => other.number(),
    }
}

fn boolean(value: &Value) -> Option<bool> {
    if let Some(number) = value.number() {
        return Some(number != 0.0);
    }
    match value {
        Value::Text(text) | Value::Dynamic(Json::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => None,
        },
        other => truth_of(other),
    }
}

fn part_of(text: &str, start: Option<&Value>, length: Option<&Value>) -> String {
    let number = |value: Option<&Value>| match value {
        Some(Value::Long(number)) => *number,
        _ => 0,
    };
    let place = |number: i64| usize::try_from(number).unwrap_or(0);
    // A negative number of characters is one from the end.
    let start = match number(start) {
        behind @ ..0 => {
            let most = usize::try_from(behind.unsigned_abs()).unwrap_or(usize::MAX);
            text.chars().count().saturating_sub(most)
        }
        start => place(start),
    };
    let length = length.map_or(usize::MAX, |length| place(number(Some(length))));
    text.chars().skip(start).take(length).collect()
}
