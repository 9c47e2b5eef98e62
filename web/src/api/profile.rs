//! What is known of people and companies.

use cynic::{Operation, QueryBuilder};
use serde_json::Value;

use super::{scalar::Moment, schema};

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct ProfileVariables {
    pub(crate) site: String,
    pub(crate) id: cynic::Id,
}

/// What brought somebody here.
#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "CampaignTouch")]
pub(crate) struct Touch {
    pub(crate) time: Moment,
    pub(crate) campaign: Value,
}

/// What was said of a person.
#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Actor")]
pub(crate) struct Person {
    pub(crate) id: cynic::Id,
    pub(crate) aliases: Vec<cynic::Id>,
    pub(crate) traits: Value,
    pub(crate) first_seen: Option<Moment>,
    pub(crate) last_seen: Option<Moment>,
    pub(crate) first_touch: Option<Touch>,
    pub(crate) last_touch: Option<Touch>,
    pub(crate) company: Option<Employer>,
}

/// The company that a person acts for.
#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Company")]
pub(crate) struct Employer {
    pub(crate) id: cynic::Id,
}

/// What was said of a company.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct Company {
    pub(crate) traits: Value,
    pub(crate) first_seen: Option<Moment>,
    pub(crate) last_seen: Option<Moment>,
    pub(crate) first_touch: Option<Touch>,
    pub(crate) last_touch: Option<Touch>,
    pub(crate) subscriptions: Vec<Subscription>,
}

/// What a company has subscribed to.
#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "CompanySubscription")]
pub(crate) struct Subscription {
    pub(crate) id: cynic::Id,
    pub(crate) traits: Value,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "ProfileVariables")]
pub(crate) struct PersonQuery {
    #[arguments(site: $site, id: $id)]
    pub(crate) actor: Option<Person>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "ProfileVariables")]
pub(crate) struct CompanyQuery {
    #[arguments(site: $site, id: $id)]
    pub(crate) company: Option<Company>,
}

/// Asks what was said of a person.
pub(crate) fn person(asked: ProfileVariables) -> Operation<PersonQuery, ProfileVariables> {
    PersonQuery::build(asked)
}

/// Asks what was said of a company.
pub(crate) fn company(asked: ProfileVariables) -> Operation<CompanyQuery, ProfileVariables> {
    CompanyQuery::build(asked)
}
