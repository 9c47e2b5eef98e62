//! The stretch of time that a question is about, and how it is cut into points.

use async_graphql::{Enum, InputObject};
use jiff::tz::TimeZone;

use crate::{
    domain::{
        error::Result,
        period::{Period, Span},
        zone,
    },
    graphql::scalar::DateTime,
};

/// The length of one point of a series, by the clock of the time zone.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Period", name = "Period")]
pub(in crate::graphql) enum PeriodInput {
    /// An hour.
    Hour,
    /// A day; 23 or 25 hours where clocks change.
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

/// What every question says of time. It is no type of the schema: its fields are those of the question.
#[derive(InputObject)]
pub(in crate::graphql) struct RangeInput {
    /// The first moment asked for.
    from: DateTime,
    /// The first moment past what is asked for.
    to: DateTime,
    /// Whether to answer by point as well.
    #[graphql(default_with = "Some(false)")]
    series: Option<bool>,
    /// The length of a point.
    #[graphql(default_with = "Some(PeriodInput::Day)")]
    period: Option<PeriodInput>,
    /// The IANA zone whose clock cuts the points, such as `Europe/Berlin`; the site's where left out.
    time_zone: Option<String>,
}

/// What a question says of time, read.
pub(in crate::graphql) struct Range {
    /// The bounds.
    pub(in crate::graphql) span: Span,
    /// The length of a point, where a series is wanted.
    pub(in crate::graphql) series: Option<Period>,
    /// The zone whose clock cuts the points; none takes the site's.
    pub(in crate::graphql) time_zone: Option<TimeZone>,
}

impl RangeInput {
    /// The stretch, if its parts are what they should be.
    pub(in crate::graphql) fn read(self) -> Result<Range> {
        // A null is as good as nothing: it takes the default as well.
        let period = self.period.unwrap_or(PeriodInput::Day);
        Ok(Range {
            span: Span {
                from: self.from.nanoseconds("from")?,
                to: self.to.nanoseconds("to")?,
            },
            series: self.series.unwrap_or(false).then(|| period.into()),
            time_zone: self.time_zone.as_deref().map(zone::find).transpose()?,
        })
    }
}
