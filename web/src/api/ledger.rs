//! What became of every event that was received.

use cynic::{Operation, QueryBuilder};

use super::{
    overview::Period,
    rule::Outcome,
    scalar::{Count, Moment},
    schema,
};

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LedgerDimension {
    Outcome,
    Code,
    Action,
    Key,
    Dialect,
}

/// A group of events with what became of them.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct LedgerRow {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) code: Option<String>,
    pub(crate) action: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) dialect: Option<String>,
    pub(crate) count: Count,
}

/// How many were received in one point of time.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct LedgerPoint {
    pub(crate) start: Moment,
    pub(crate) received: Count,
    pub(crate) rows: Vec<PointRow>,
}

/// A group of one point.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "LedgerRow")]
pub(crate) struct PointRow {
    pub(crate) outcome: Option<Outcome>,
    pub(crate) count: Count,
}

/// What was received, by point and outcome.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Ledger")]
pub(crate) struct Received {
    pub(crate) received: Count,
    pub(crate) rows: Vec<PointRow>,
    pub(crate) series: Option<Vec<LedgerPoint>>,
}

/// What was received, by whatever was asked for.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Ledger")]
pub(crate) struct Grouped {
    pub(crate) rows: Vec<LedgerRow>,
}

#[derive(cynic::QueryVariables, Debug, Clone)]
pub(crate) struct LedgerVariables {
    pub(crate) site: String,
    pub(crate) from: Moment,
    pub(crate) to: Moment,
    pub(crate) period: Period,
    pub(crate) time_zone: String,
    pub(crate) group_by: Vec<LedgerDimension>,
}

#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "LedgerVariables")]
pub(crate) struct Ledgers {
    #[arguments(site: $site, from: $from, to: $to, period: $period, timeZone: $time_zone, groupBy: [OUTCOME])]
    #[cynic(alias, rename = "ledger")]
    pub(crate) received: Received,
    #[arguments(site: $site, from: $from, to: $to, groupBy: $group_by)]
    #[cynic(alias, rename = "ledger")]
    pub(crate) grouped: Grouped,
}

/// Asks what became of everything in a range of time, twice: by point and outcome, and by what is wanted.
pub(crate) fn ledger(asked: LedgerVariables) -> Operation<Ledgers, LedgerVariables> {
    Ledgers::build(asked)
}
