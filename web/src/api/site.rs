//! Sites, and their settings.

use cynic::{MutationBuilder, Operation, QueryBuilder, QueryVariables, variables::VariableType};
use serde::Serialize;
use serde_json::{Value, json};

use super::schema;

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ActionPolicy {
    Free,
    ContextActivity,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IpPolicy {
    Whole,
    Truncated,
    None,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IdentityPeriod {
    Day,
    Week,
    Month,
    Never,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TagMode {
    Reject,
    Strict,
}

/// A site with all of its settings.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Site")]
pub(crate) struct Settings {
    pub(crate) name: String,
    pub(crate) time_zone: String,
    pub(crate) action_policy: ActionPolicy,
    pub(crate) ip_policy: IpPolicy,
    pub(crate) identity_period: IdentityPeriod,
    pub(crate) max_event_age_seconds: Option<i32>,
    pub(crate) raw_retention_days: Option<i32>,
    pub(crate) rollup_retention_days: Option<i32>,
    pub(crate) origins: Vec<String>,
    pub(crate) share_hosts: Option<Vec<String>>,
    pub(crate) script_name: Option<String>,
    pub(crate) tag_mode: TagMode,
    pub(crate) quarantine_days: i32,
    pub(crate) quarantine_megabytes: i32,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct SettingsVariables {
    pub(crate) name: String,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "SettingsVariables")]
pub(crate) struct SettingsQuery {
    #[arguments(name: $name)]
    pub(crate) sites: Vec<Settings>,
}

/// Asks for the settings of a site.
pub(crate) fn settings(name: String) -> Operation<SettingsQuery, SettingsVariables> {
    SettingsQuery::build(SettingsVariables { name })
}

/// Settings as they are to be, all of them; none takes a limit off.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct UpdateSiteInput {
    pub(crate) site: Option<String>,
    pub(crate) time_zone: Option<String>,
    pub(crate) action_policy: Option<ActionPolicy>,
    pub(crate) ip_policy: Option<IpPolicy>,
    pub(crate) identity_period: Option<IdentityPeriod>,
    pub(crate) max_event_age_seconds: Option<i32>,
    pub(crate) raw_retention_days: Option<i32>,
    pub(crate) rollup_retention_days: Option<i32>,
    pub(crate) origins: Option<Vec<String>>,
    pub(crate) share_hosts: Option<Vec<String>>,
    pub(crate) script_name: Option<String>,
    pub(crate) tag_mode: Option<TagMode>,
    pub(crate) quarantine_days: Option<i32>,
    pub(crate) quarantine_megabytes: Option<i32>,
    pub(crate) drop_old_rollups: bool,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct UpdateSiteVariables {
    pub(crate) input: UpdateSiteInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "UpdateSiteVariables")]
pub(crate) struct UpdateSite {
    #[arguments(input: $input)]
    #[expect(dead_code, reason = "that there is an answer says all")]
    pub(crate) update_site: CreatedSite,
}

/// The variables without what stays as it is: an input of cynic's cannot tell what is left out from what is to be none.
#[derive(Debug, Serialize)]
pub(crate) struct Changes(Value);

impl QueryVariables for Changes {
    type Fields = <UpdateSiteVariables as QueryVariables>::Fields;
    const VARIABLES: &'static [(&'static str, VariableType)] = UpdateSiteVariables::VARIABLES;
}

/// Changes those settings of a site that are to be other than they were: the rest stays as it is by now, which may be
/// another person's work.
pub(crate) fn update_site(input: UpdateSiteInput, before: &UpdateSiteInput) -> Operation<UpdateSite, Changes> {
    let (mut changes, before) = (json!(UpdateSiteVariables { input }), json!(before));
    if let Some(input) = changes["input"].as_object_mut() {
        input.retain(|name, value| name == "site" || before.get(name) != Some(value));
    }
    UpdateSite::build(Changes(changes))
}

/// A site to be made; the server chooses what is left out.
#[derive(cynic::InputObject, Debug)]
pub(crate) struct CreateSiteInput {
    pub(crate) name: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub(crate) time_zone: Option<String>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct CreateSiteVariables {
    pub(crate) input: CreateSiteInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "CreateSiteVariables")]
pub(crate) struct CreateSite {
    #[arguments(input: $input)]
    pub(crate) create_site: CreatedSite,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Site")]
pub(crate) struct CreatedSite {
    /// As the server has it.
    pub(crate) name: String,
}

/// Makes a site whose days are those of a time zone.
pub(crate) fn create_site(name: String, time_zone: Option<String>) -> Operation<CreateSite, CreateSiteVariables> {
    CreateSite::build(CreateSiteVariables {
        input: CreateSiteInput { name, time_zone },
    })
}
