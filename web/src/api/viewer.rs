//! Who is signed in, which sites they see, and what they may do there.

use cynic::{Operation, QueryBuilder};

use super::{scalar::Moment, schema};

/// Who is signed in, and which sites they see.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
pub(crate) struct Surroundings {
    pub(crate) viewer: Viewer,
    pub(crate) sites: Vec<Site>,
}

/// Who is signed in.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Viewer {
    pub(crate) account: Option<Account>,
}

/// Somebody who may sign in.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Account {
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) has_password: bool,
    pub(crate) has_second_factor: bool,
}

/// What is chosen by the site switcher.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Site {
    pub(crate) name: String,
    pub(crate) time_zone: String,
    pub(crate) created_at: Moment,
}

/// What is asked whenever the UI starts.
pub(crate) fn surroundings() -> Operation<Surroundings> {
    Surroundings::build(())
}

/// Which site is meant, if any.
#[derive(cynic::QueryVariables, Debug, Clone)]
pub(crate) struct OnSite {
    pub(crate) site: Option<String>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "OnSite")]
pub(crate) struct Rights {
    pub(crate) viewer: ViewerRights,
}

/// What the viewer may do.
#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Viewer", variables = "OnSite")]
pub(crate) struct ViewerRights {
    /// The root fields, as the table of permissions names them: `Query.keys`.
    #[arguments(site: $site)]
    pub(crate) may: Vec<String>,
}

/// What the viewer may do on a site, or without one for the organisation.
pub(crate) fn rights(site: Option<String>) -> Operation<Rights, OnSite> {
    Rights::build(OnSite { site })
}
