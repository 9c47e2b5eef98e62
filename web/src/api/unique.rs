//! How many distinct actors there are.

use cynic::{Operation, QueryBuilder};

use super::{
    overview::UniqueInput,
    scalar::{Count, Moment},
    schema,
    view::UniqueScope,
    viewer::{OnSite, OnSiteFields},
};

/// An action that occurs.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Action {
    pub(crate) name: String,
}

/// What there is to choose from.
#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "OnSite")]
pub(crate) struct ActionsAndScopes {
    #[arguments(site: $site)]
    pub(crate) actions: Vec<Action>,
    pub(crate) unique_scopes: Vec<UniqueScope>,
}

/// Asks for the actions of a site, and for the scopes.
pub(crate) fn actions_and_scopes(site: String) -> Operation<ActionsAndScopes, OnSite> {
    ActionsAndScopes::build(OnSite { site: Some(site) })
}

/// One point of time.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "UniquePoint")]
pub(crate) struct BoundedPoint {
    pub(crate) start: Moment,
    pub(crate) count: Count,
    pub(crate) lower: Count,
    pub(crate) upper: Count,
}

/// How many actors there are, and between which numbers.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "UniqueResult")]
pub(crate) struct Bounded {
    pub(crate) count: Count,
    pub(crate) lower: Count,
    pub(crate) upper: Count,
    pub(crate) exact: bool,
    pub(crate) series: Option<Vec<BoundedPoint>>,
}

#[derive(cynic::QueryVariables, Debug, Clone)]
pub(crate) struct UniqueVariables {
    pub(crate) input: UniqueInput,
}

#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Query", variables = "UniqueVariables")]
pub(crate) struct Uniques {
    #[arguments(input: $input)]
    pub(crate) unique: Bounded,
}

/// Asks how many actors there are.
pub(crate) fn unique(input: UniqueInput) -> Operation<Uniques, UniqueVariables> {
    Uniques::build(UniqueVariables { input })
}
