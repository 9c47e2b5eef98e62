//! What the ledger gives.

use async_graphql::SimpleObject;

use crate::{
    domain::{ledger, zone},
    graphql::{
        mutations::event::Outcome,
        scalar::{Count, DateTime},
    },
};

/// Received events with what they have in common.
#[derive(SimpleObject)]
pub(in crate::graphql) struct LedgerRow {
    /// What became of them; none where `groupBy` has no `OUTCOME`.
    outcome: Option<Outcome>,
    /// Why they were refused, from the one table of codes; none where `groupBy` has no `CODE`, and for events that were
    /// not refused.
    code: Option<String>,
    /// Their action; none where `groupBy` has no `ACTION`, and in the row of other actions.
    action: Option<String>,
    /// Whether this is the row of other actions, those that are not told by name: of requests that could not be read, names
    /// that are no valid action, names past the first 500 rows of a site and quarter of an hour (250 of refused events), all
    /// names of more than 31 days ago, and, once a purge has run, names of accepted, duplicate and quarantined events that no stored
    /// event has any more.
    other_actions: bool,
    /// The `id` of the key that they came by, or that minted the token that they came by; none where `groupBy` has no `KEY`,
    /// and for events that came by no key.
    key: Option<String>,
    /// The way they came in, such as `graphql` or `import`; none where `groupBy` has no `DIALECT`.
    dialect: Option<&'static str>,
    /// How many.
    count: Count,
}

impl From<ledger::Row> for LedgerRow {
    fn from(row: ledger::Row) -> Self {
        Self {
            outcome: row.group.outcome.map(Outcome::from),
            code: row.group.code,
            action: row.group.action,
            other_actions: row.group.other_actions,
            key: row.key,
            dialect: row.group.door.map(crate::domain::event::Door::name),
            count: Count(row.count),
        }
    }
}

/// One point of a series.
#[derive(SimpleObject)]
pub(in crate::graphql) struct LedgerPoint {
    /// Its first moment; the first point is clipped to `from`.
    start: DateTime,
    /// The first moment past it; the last point is clipped to `to`.
    end: DateTime,
    /// All events received in it.
    received: Count,
    /// The groups that occur in it, in the order of `rows` of the whole.
    rows: Vec<LedgerRow>,
}

/// What became of every event received. `received` is the sum of `count` over `rows`, and each event is in exactly one row.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Ledger {
    /// The first moment that is told: `from`, or the beginning of its quarter of an hour.
    from: DateTime,
    /// The first moment past what is told: `to`, or the end of its quarter of an hour.
    to: DateTime,
    /// The zone whose clock cut the points.
    time_zone: String,
    /// All events received.
    received: Count,
    /// The groups, the most frequent first; one row where nothing is grouped by, if there is any event.
    rows: Vec<LedgerRow>,
    /// The points, without gaps, where a `period` is given.
    series: Option<Vec<LedgerPoint>>,
}

impl From<ledger::Answer> for Ledger {
    fn from(answer: ledger::Answer) -> Self {
        let point = |point: ledger::Point| LedgerPoint {
            start: DateTime::of(point.span.from),
            end: DateTime::of(point.span.to),
            received: Count(point.received),
            rows: point.rows.into_iter().map(LedgerRow::from).collect(),
        };
        Self {
            from: DateTime::of(answer.span.from),
            to: DateTime::of(answer.span.to),
            time_zone: zone::name(&answer.time_zone).to_owned(),
            received: Count(answer.received),
            rows: answer.rows.into_iter().map(LedgerRow::from).collect(),
            series: answer.series.map(|points| points.into_iter().map(point).collect()),
        }
    }
}
