//! API keys.

use cynic::{MutationBuilder, Operation, QueryBuilder};

use super::{
    scalar::{Moment, UserError},
    schema,
    viewer::{OnSite, OnSiteFields},
};

/// One thing that a key may do.
#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Permission {
    Log,
    Query,
    Delete,
    Manage,
    Impersonate,
}

/// A key, without its secret.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct ApiKey {
    pub(crate) id: cynic::Id,
    pub(crate) name: String,
    pub(crate) site: Option<String>,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) origins: Vec<String>,
    pub(crate) events_per_second: Option<i32>,
    pub(crate) expires_at: Option<Moment>,
    pub(crate) public: bool,
    pub(crate) valid: bool,
    pub(crate) created_at: Moment,
    pub(crate) revoked_at: Option<Moment>,
    pub(crate) last_used_at: Option<Moment>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "OnSite")]
pub(crate) struct Keys {
    #[arguments(site: $site)]
    pub(crate) keys: Vec<ApiKey>,
}

/// The keys of a site.
pub(crate) fn keys(site: String) -> Operation<Keys, OnSite> {
    Keys::build(OnSite { site: Some(site) })
}

/// A key to be made.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct CreateKeyInput {
    pub(crate) site: Option<String>,
    pub(crate) name: String,
    pub(crate) permissions: Vec<Permission>,
    pub(crate) origins: Vec<String>,
    pub(crate) events_per_second: Option<i32>,
    pub(crate) expires_at: Option<Moment>,
}

/// A key as it is to be; none takes a limit off.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct UpdateKeyInput {
    pub(crate) key: cynic::Id,
    pub(crate) name: Option<String>,
    pub(crate) permissions: Option<Vec<Permission>>,
    pub(crate) origins: Option<Vec<String>>,
    pub(crate) events_per_second: Option<i32>,
    pub(crate) expires_at: Option<Moment>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct UpdateKeyVariables {
    pub(crate) input: UpdateKeyInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "UpdateKeyVariables")]
pub(crate) struct UpdateKey {
    #[arguments(input: $input)]
    pub(crate) update_key: KeyPayload,
}

/// Changes a key; its secret stays.
pub(crate) fn update_key(input: UpdateKeyInput) -> Operation<UpdateKey, UpdateKeyVariables> {
    UpdateKey::build(UpdateKeyVariables { input })
}

/// A key that was made or changed, or why not.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct KeyPayload {
    pub(crate) secret: Option<String>,
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct CreateKeyVariables {
    pub(crate) input: CreateKeyInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "CreateKeyVariables")]
pub(crate) struct CreateKey {
    #[arguments(input: $input)]
    pub(crate) create_key: KeyPayload,
}

/// Makes a key.
pub(crate) fn create_key(input: CreateKeyInput) -> Operation<CreateKey, CreateKeyVariables> {
    CreateKey::build(CreateKeyVariables { input })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct RotateKeyVariables {
    pub(crate) key: cynic::Id,
    pub(crate) overlap_until: Option<Moment>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "RotateKeyVariables")]
pub(crate) struct RotateKey {
    #[arguments(key: $key, overlapUntil: $overlap_until)]
    pub(crate) rotate_key: KeyPayload,
}

/// Gives a key a new secret; the old one works until a moment.
pub(crate) fn rotate_key(key: cynic::Id, overlap_until: Moment) -> Operation<RotateKey, RotateKeyVariables> {
    RotateKey::build(RotateKeyVariables {
        key,
        overlap_until: Some(overlap_until),
    })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct RevokeKeyVariables {
    pub(crate) key: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "RevokeKeyVariables")]
pub(crate) struct RevokeKey {
    #[arguments(key: $key)]
    pub(crate) revoke_key: KeyPayload,
}

/// Takes a key back.
pub(crate) fn revoke_key(key: cynic::Id) -> Operation<RevokeKey, RevokeKeyVariables> {
    RevokeKey::build(RevokeKeyVariables { key })
}
