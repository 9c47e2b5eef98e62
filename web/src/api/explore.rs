//! One question to a view, with where its answer came from.

use cynic::{Operation, QueryBuilder};
use serde_json::Value;

use super::{
    overview::{FindInput, Point},
    scalar::{Count, UserError},
    schema,
    view::View,
    viewer::{OnSite, OnSiteFields},
};

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "OnSite")]
pub(crate) struct Views {
    #[arguments(site: $site)]
    pub(crate) views: Vec<View>,
}

/// Asks for the views of a site.
pub(crate) fn views(site: String) -> Operation<Views, OnSite> {
    Views::build(OnSite { site: Some(site) })
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Rollup,
    Raw,
    Both,
}

/// Where an answer came from, and how fresh it is.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Provenance {
    pub(crate) source: Source,
    pub(crate) mark_lag_events: Count,
    pub(crate) up_to_event: Option<String>,
}

/// Numbers added up.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Measure {
    pub(crate) field: String,
    pub(crate) sum: f64,
    pub(crate) avg: Option<f64>,
}

/// A group.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "ViewRow")]
pub(crate) struct Row {
    pub(crate) dimensions: Value,
    pub(crate) count: Count,
    pub(crate) measures: Vec<Measure>,
}

/// What was found.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "ViewResult")]
pub(crate) struct Found {
    pub(crate) total: Count,
    pub(crate) groups: Count,
    pub(crate) rows: Vec<Row>,
    pub(crate) series: Option<Vec<Point>>,
    pub(crate) provenance: Provenance,
}

/// What was found, or why nothing.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "FindOutcome")]
pub(crate) struct Outcome {
    pub(crate) result: Option<Found>,
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryVariables, Debug, Clone)]
pub(crate) struct ExploreVariables {
    pub(crate) inputs: Vec<FindInput>,
}

#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "ExploreVariables")]
pub(crate) struct Explored {
    #[arguments(inputs: $inputs)]
    pub(crate) find_batch: Vec<Outcome>,
}

/// Asks a view: for its series, and for its groups, of one moment.
pub(crate) fn explore(inputs: Vec<FindInput>) -> Operation<Explored, ExploreVariables> {
    Explored::build(ExploreVariables { inputs })
}

/// A question as others may send it.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    /// The operation.
    pub(crate) query: String,
    /// Its variables, as JSON.
    pub(crate) variables: String,
}

/// Writes a question down.
pub(crate) fn written(operation: &Operation<Explored, ExploreVariables>) -> Written {
    Written {
        query: operation.query.clone(),
        variables: serde_json::to_string_pretty(&operation.variables).unwrap_or_default(),
    }
}
