//! Conditions and filters as callers write them.

use async_graphql::{Enum, InputObject};
use serde_json::Value;

use crate::{
    domain::{
        condition::{Condition, Op},
        deletion::Filter,
        dimension::Dimension,
        error::{Code, Error, Result},
        odata,
        period::Span,
    },
    graphql::scalar::DateTime,
};

/// How a dimension's value is compared. Values are typed: `7` is not `"7"`, and a missing value is not `null` or `""`.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Op")]
pub(in crate::graphql) enum ConditionOp {
    /// Equal to `value`.
    Eq,
    /// Not equal to `value`; a missing value is unequal to all.
    Ne,
    /// Equal to one of the list `value`.
    In,
    /// Equal to none of the list `value`.
    NotIn,
    /// A text that begins with `value`; capitals count.
    Prefix,
    /// A text that contains `value`; capitals count.
    Contains,
    /// With `true`, or without `value`: there is a value. With `false`: there is none.
    Exists,
    /// Greater than `value`; numbers with numbers, texts with texts by code point.
    Gt,
    /// Greater than `value`, or equal.
    Gte,
    /// Less than `value`; numbers with numbers, texts with texts by code point.
    Lt,
    /// Less than `value`, or equal.
    Lte,
}

/// One condition on a dimension; several are all to hold.
#[derive(InputObject)]
#[graphql(name = "Condition")]
pub(in crate::graphql) struct ConditionInput {
    /// The dimension: `action`, `label`, `url.host`, `url.path`, `referrer.host`, `traffic_source`, `device`, `browser`,
    /// `os`, `bot`, `country`, `city`, `language`, `company`, `actor`, `session`, or `tag.<path>`; in `find` of the view
    /// `events` also `actor.<trait>` and `company.<trait>`, what is known of who did it.
    dimension: String,
    /// How to compare.
    #[graphql(default_with = "Some(ConditionOp::Eq)")]
    op: Option<ConditionOp>,
    /// What to compare with: a text, a number, a boolean or null; a list of them for `IN` and `NOT_IN`.
    value: Option<Value>,
}

impl ConditionInput {
    /// The condition, if its parts fit.
    fn read(self, path: &str, parse: fn(&str) -> Result<Dimension>) -> Result<Condition> {
        let dimension = parse(&self.dimension).map_err(|error| error.at("dimension").below(path))?;
        // A null is as good as nothing: it takes the default as well.
        let op = self.op.unwrap_or(ConditionOp::Eq);
        Condition::new(dimension, op.into(), self.value.unwrap_or(Value::Null)).map_err(|error| error.below(path))
    }
}

/// Reads a list of conditions.
pub(in crate::graphql) fn read_conditions(list: Option<Vec<ConditionInput>>, path: &str) -> Result<Vec<Condition>> {
    read_each(list, path, Dimension::parse)
}

/// Reads a list of conditions that may also be on traits.
pub(in crate::graphql) fn read_conditions_with_traits(
    list: Option<Vec<ConditionInput>>,
    path: &str,
) -> Result<Vec<Condition>> {
    read_each(list, path, Dimension::parse_with_traits)
}

fn read_each(
    list: Option<Vec<ConditionInput>>,
    path: &str,
    parse: fn(&str) -> Result<Dimension>,
) -> Result<Vec<Condition>> {
    let list = list.unwrap_or_default();
    if list.len() > 50 {
        return Err(Error::new(Code::TooManyItems, "At most 50 conditions are taken at once.").at(path));
    }
    list.into_iter()
        .enumerate()
        .map(|(index, one)| one.read(&format!("{path}[{index}]"), parse))
        .collect()
}

/// Which events. Everything given must hold; an empty filter takes all.
#[derive(InputObject, Default)]
pub(in crate::graphql) struct EventFilter {
    /// Events that happened at this time or later.
    from: Option<DateTime>,
    /// Events that happened before this time.
    to: Option<DateTime>,
    /// Conditions on dimensions.
    #[graphql(name = "where")]
    conditions: Option<Vec<ConditionInput>>,
    /// A filter in the language of OData, which must hold as well: `EventType eq 'pageview' and not contains(PageUri,
    /// '/admin')`, or in the older way, `EventType eq pageview AND Payload.price gt 10`.
    ///
    /// Fields: `TrackId`, `DeviceId`, `EventType` (the action), `EventTime`, `Value` (the label), `Scope`, `PageUri`,
    /// `PageTitle`, `RemoteAddress`, `SessionId`, `CountryCode`, `City`, `User.Name`, `User.Email`, `User.Info.<key>` and
    /// `Payload.<key>` (the tag), with `.` or `/` between names. Operators, the closest binding first: `not`; `gt`, `ge`,
    /// `lt`, `le` and `in (…)`; `eq` and `ne`; `and`; `or`. Functions: `contains`, `startswith`, `endswith`, `tolower` and
    /// `toupper`, which make A to Z alike. Values: `'text'`, in which `''` is one quote, numbers, times, `true`, `false`,
    /// `null`, and bare words. What is missing equals `null` alone, and comes before or after nothing. At most 16,384
    /// bytes, 500 values and fields, 50 levels. What cannot be read is refused as `INVALID_QUERY`, with its place.
    odata: Option<String>,
}

impl EventFilter {
    /// The filter, if its parts fit.
    pub(in crate::graphql) fn read(self, path: &str) -> Result<Filter> {
        let bound = |time: Option<DateTime>, name: &str| {
            time.map(|time| time.nanoseconds(&format!("{path}.{name}"))).transpose()
        };
        let (from, to) = (bound(self.from, "from")?, bound(self.to, "to")?);
        let span = match (from, to) {
            (None, None) => None,
            (from, to) => Some(Span {
                from: from.unwrap_or(i64::MIN),
                to: to.unwrap_or(i64::MAX),
            }),
        };
        if span.is_some_and(|span| span.from >= span.to) {
            return Err(Error::new(Code::InvalidRange, "`from` must lie before `to`.").at(format!("{path}.from")));
        }
        Ok(Filter {
            sequences: None,
            span,
            conditions: read_conditions(self.conditions, &format!("{path}.where"))?,
            predicate: match &self.odata {
                Some(text) => Some(odata::read_filter(text).map_err(|error| error.at(format!("{path}.odata")))?),
                None => None,
            },
        })
    }
}
