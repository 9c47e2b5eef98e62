//! Sites, and their settings.

use cynic::{MutationBuilder, Operation, QueryBuilder};

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

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query")]
pub(crate) struct AllSettings {
    pub(crate) sites: Vec<Settings>,
}

/// Asks for the settings of every site that the viewer sees.
pub(crate) fn all_settings() -> Operation<AllSettings> {
    AllSettings::build(())
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

/// Changes the settings of a site.
pub(crate) fn update_site(input: UpdateSiteInput) -> Operation<UpdateSite, UpdateSiteVariables> {
    UpdateSite::build(UpdateSiteVariables { input })
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
