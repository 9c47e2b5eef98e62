//! Questions that `find` and `unique` answer, and their answers.

use jiff::tz::TimeZone;
use serde_json::Value;

use crate::domain::{
    condition::Condition,
    dimension::Dimension,
    period::{Period, Span},
    site::IdentityPeriod,
};

/// The order of an answer's rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowOrder {
    /// The greatest count first; equal counts by their dimensions.
    CountDescending,
    /// The least count first.
    CountAscending,
    /// By the values of the dimensions.
    Dimensions,
}

/// A question to a view.
#[derive(Debug, Clone)]
pub struct Find {
    /// The view's name.
    pub view: String,
    /// What must hold.
    pub conditions: Vec<Condition>,
    /// The bounds.
    pub span: Span,
    /// The length of a point, where a series is wanted.
    pub series: Option<Period>,
    /// The zone whose clock cuts the points; none takes the site's.
    pub time_zone: Option<TimeZone>,
    /// What to group by, with the name it was asked by.
    pub group_by: Vec<(String, Dimension)>,
    /// The order of the rows.
    pub order: RowOrder,
    /// The most rows; none takes the server's limit.
    pub limit: Option<usize>,
}

/// Where an answer came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Folded buckets alone.
    Rollup,
    /// Raw events alone.
    Raw,
    /// Both.
    Both,
}

/// Where an answer came from, and up to what it is true.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// Where it came from.
    pub source: Source,
    /// The site's events among the first 30,000 past the mark, which were read raw.
    pub mark_lag_events: i64,
    /// The public id of the newest event that the answer could see.
    pub up_to_event: Option<String>,
}

/// Numbers further from 0 are not measured: as many of them as there can be events must add up to a number still, which
/// PostgreSQL insists on, and infinities of both signs would add up to none.
pub const MOST_MEASURED: f64 = 1e290;

/// One measured field.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Measure {
    /// Events that had a number there.
    pub n: i64,
    /// Their sum.
    pub sum: f64,
    /// Their least.
    pub min: f64,
    /// Their greatest.
    pub max: f64,
}

impl Measure {
    /// Takes in what another part of the answer measured.
    pub fn add(&mut self, other: &Self) {
        if other.n == 0 {
            return;
        }
        if self.n == 0 {
            *self = *other;
            return;
        }
        self.n += other.n;
        self.sum += other.sum;
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
    }
}

/// One combination of values, with its count.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The values in the order of `group_by`; none where the field is missing.
    pub values: Vec<Option<Value>>,
    /// How many events.
    pub count: i64,
    /// The view's measures, in its order.
    pub measures: Vec<Measure>,
}

/// One point of a series.
#[derive(Debug, Clone)]
pub struct Point {
    /// Its stretch.
    pub span: Span,
    /// How many events.
    pub count: i64,
    /// The groups, where grouping was asked for.
    pub rows: Vec<Row>,
}

/// The answer to a [`Find`].
#[derive(Debug, Clone)]
pub struct Found {
    /// All events that matched.
    pub total: i64,
    /// How many groups there are, shown or not.
    pub groups: usize,
    /// The groups; a single row without dimensions where none were asked for.
    pub rows: Vec<Row>,
    /// The points, where a series was asked for.
    pub series: Option<Vec<Point>>,
    /// The zone whose clock cut the points.
    pub time_zone: TimeZone,
    /// The names of the measures.
    pub measures: Vec<String>,
    /// Where it came from.
    pub provenance: Provenance,
}

/// A question for distinct actors.
#[derive(Debug, Clone)]
pub struct Unique {
    /// The action; none takes any.
    pub action: Option<String>,
    /// The scope's fields, each with the one value it must have.
    pub fields: Vec<(Dimension, Value)>,
    /// The bounds.
    pub span: Span,
    /// The length of a point, where a series is wanted.
    pub series: Option<Period>,
    /// The zone whose clock cuts the points; none takes the site's.
    pub time_zone: Option<TimeZone>,
}

/// A number of distinct actors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Distinct {
    /// The number, or its best estimate.
    pub count: i64,
    /// At least so many, at 95 %.
    pub lower: i64,
    /// At most so many, at 95 %.
    pub upper: i64,
    /// Whether `count` is no estimate.
    pub exact: bool,
}

/// The answer to a [`Unique`].
#[derive(Debug, Clone)]
pub struct UniqueFound {
    /// Over the whole range.
    pub whole: Distinct,
    /// By point.
    pub series: Option<Vec<(Span, Distinct)>>,
    /// How long an unnamed actor stays the same; over several periods it counts once in each.
    pub identity_period: IdentityPeriod,
    /// Where it came from.
    pub provenance: Provenance,
}
