//! What `find` gives.

use async_graphql::{Enum, SimpleObject};
use serde_json::{Map, Value};

use crate::{
    domain::{
        question::{Find, Found, Measure as Measured, Point, Provenance as Came, Row, Source as From},
        zone,
    },
    graphql::scalar::{Count, DateTime},
};

/// Where an answer came from.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "From")]
pub(in crate::graphql) enum Source {
    /// Folded buckets alone.
    Rollup,
    /// Raw events alone.
    Raw,
    /// Buckets, and raw events for the edges or for what lies past the mark.
    Both,
}

/// Where an answer came from, and up to what it is true.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Provenance {
    /// Where it came from. Answers are exact in each case; rollups are fast.
    source: Source,
    /// Events past the mark: not folded yet, so read raw. Counted among the 30,000 that arrived first past it.
    mark_lag_events: Count,
    /// The id of the newest of the site's events that the answer could see: the last to arrive of those past the mark,
    /// else the latest; none before the first.
    up_to_event: Option<String>,
}

impl std::convert::From<&Came> for Provenance {
    fn from(came: &Came) -> Self {
        Self {
            source: came.source.into(),
            mark_lag_events: Count(came.mark_lag_events),
            up_to_event: came.up_to_event.clone(),
        }
    }
}

/// A numeric tag field that the view measures.
#[derive(SimpleObject)]
struct Measure {
    /// The field, such as `tag.price`.
    field: String,
    /// Events that have a number there.
    count: Count,
    /// Their sum, as an IEEE 754 double.
    sum: f64,
    /// Their average; none where there is no number.
    avg: Option<f64>,
    /// Their least; none where there is no number.
    min: Option<f64>,
    /// Their greatest; none where there is no number.
    max: Option<f64>,
}

impl Measure {
    fn new(field: &str, measured: &Measured) -> Self {
        let some = measured.n > 0;
        let n = measured.n as f64;
        Self {
            field: field.to_owned(),
            count: Count(measured.n),
            sum: measured.sum,
            avg: some.then(|| measured.sum / n),
            min: some.then_some(measured.min),
            max: some.then_some(measured.max),
        }
    }
}

/// One combination of values, with its count.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ViewRow {
    /// The values by the names in `groupBy`; a missing field is null.
    dimensions: Value,
    /// The names in `groupBy` whose field is missing, as against a field whose value is null.
    missing: Vec<String>,
    /// How many events.
    count: Count,
    /// The view's measures.
    measures: Vec<Measure>,
}

/// One point of a series.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ViewPoint {
    /// Its first moment; the first point is clipped to `from`.
    start: DateTime,
    /// The first moment past it; the last point is clipped to `to`.
    end: DateTime,
    /// How many events, over all groups.
    count: Count,
    /// The groups that `rows` of the whole shows and that occur in this point, in the same order.
    rows: Option<Vec<ViewRow>>,
}

/// The answer to `find`.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ViewResult {
    /// The view that was asked.
    view: String,
    /// The first moment asked for.
    from: DateTime,
    /// The first moment past what was asked for.
    to: DateTime,
    /// The zone whose clock cut the points.
    time_zone: String,
    /// All events that matched, whether their group is shown or not.
    total: Count,
    /// How many groups there are, shown or not.
    groups: Count,
    /// The groups; one row where nothing is grouped by.
    rows: Vec<ViewRow>,
    /// The points, without gaps, where `series` is true.
    series: Option<Vec<ViewPoint>>,
    /// Where the answer came from, and up to what it is true.
    provenance: Provenance,
}

impl ViewResult {
    /// Wraps an answer.
    pub(in crate::graphql) fn new(question: &Find, found: Found) -> Self {
        let names: Vec<&str> = question.group_by.iter().map(|(name, _)| name.as_str()).collect();
        let row = |row: Row| {
            let missing = names
                .iter()
                .zip(&row.values)
                .filter(|(_, value)| value.is_none())
                .map(|(name, _)| (*name).to_owned())
                .collect();
            let dimensions: Map<String, Value> = names
                .iter()
                .zip(row.values)
                .map(|(name, value)| ((*name).to_owned(), value.unwrap_or(Value::Null)))
                .collect();
            let measures = found
                .measures
                .iter()
                .zip(&row.measures)
                .map(|(field, measured)| Measure::new(field, measured))
                .collect();
            ViewRow {
                dimensions: dimensions.into(),
                missing,
                count: Count(row.count),
                measures,
            }
        };
        let grouped = !names.is_empty() || !found.measures.is_empty();
        let point = |point: Point| ViewPoint {
            start: DateTime::of(point.span.from),
            end: DateTime::of(point.span.to),
            count: Count(point.count),
            rows: grouped.then(|| point.rows.into_iter().map(row).collect()),
        };
        Self {
            view: question.view.clone(),
            from: DateTime::of(question.span.from),
            to: DateTime::of(question.span.to),
            time_zone: zone::name(&found.time_zone).to_owned(),
            total: Count(found.total),
            groups: Count::of(found.groups),
            rows: found.rows.into_iter().map(row).collect(),
            series: found.series.map(|points| points.into_iter().map(point).collect()),
            provenance: (&found.provenance).into(),
        }
    }
}
