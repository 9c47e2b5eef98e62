//! How the server is.

use cynic::{Operation, QueryBuilder};

use super::{scalar::Count, schema};

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DatabaseKind {
    Sqlite,
    Postgresql,
}

/// How the server is, over all sites.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct System {
    pub(crate) version: String,
    pub(crate) database: DatabaseKind,
    pub(crate) database_bytes: Count,
    pub(crate) free_bytes: Option<Count>,
    pub(crate) ready: bool,
    pub(crate) reasons: Vec<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) mark_lag_events: Option<Count>,
    pub(crate) queued_events: Count,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query")]
pub(crate) struct SystemQuery {
    pub(crate) system: System,
}

/// Asks how the server is.
pub(crate) fn system() -> Operation<SystemQuery> {
    SystemQuery::build(())
}
