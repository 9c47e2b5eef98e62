//! Accounts: who may sign in, and what they may do.

use cynic::{MutationBuilder, Operation, QueryBuilder};

use super::{
    scalar::{Moment, UserError},
    schema,
};

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Viewer,
    Analyst,
    Admin,
    Owner,
}

/// Somebody who may sign in.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Account")]
pub(crate) struct Person {
    pub(crate) id: cynic::Id,
    pub(crate) email: String,
    pub(crate) name: String,
    pub(crate) roles: Vec<AccountRole>,
    pub(crate) has_password: bool,
    pub(crate) has_second_factor: bool,
    pub(crate) created_at: Moment,
    pub(crate) disabled_at: Option<Moment>,
}

/// What somebody may do on a site, or on every one.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct AccountRole {
    pub(crate) role: Role,
    pub(crate) site: Option<String>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query")]
pub(crate) struct People {
    pub(crate) accounts: Vec<Person>,
}

/// Asks for everybody who may sign in.
pub(crate) fn people() -> Operation<People> {
    People::build(())
}

/// Somebody to be invited.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct InviteAccountInput {
    pub(crate) email: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    pub(crate) role: Role,
    pub(crate) site: Option<String>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct InviteVariables {
    pub(crate) input: InviteAccountInput,
}

/// A link by which a password is set, or why there is none.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct InvitationPayload {
    pub(crate) link: Option<String>,
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "InviteVariables")]
pub(crate) struct Invite {
    #[arguments(input: $input)]
    pub(crate) invite_account: InvitationPayload,
}

/// Makes an account, and the link for whom it is.
pub(crate) fn invite(input: InviteAccountInput) -> Operation<Invite, InviteVariables> {
    Invite::build(InviteVariables { input })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct AccountVariables {
    pub(crate) account: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "AccountVariables")]
pub(crate) struct Renew {
    #[arguments(account: $account)]
    pub(crate) renew_invitation: InvitationPayload,
}

/// Makes a fresh link by which a password is set.
pub(crate) fn renew_invitation(account: cynic::Id) -> Operation<Renew, AccountVariables> {
    Renew::build(AccountVariables { account })
}

/// Whether an account was changed, or why not.
#[derive(cynic::QueryFragment, Debug)]
pub(crate) struct AccountPayload {
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct SetRoleVariables {
    pub(crate) account: cynic::Id,
    pub(crate) role: Role,
    pub(crate) site: Option<String>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "SetRoleVariables")]
pub(crate) struct SetRole {
    #[arguments(account: $account, role: $role, site: $site)]
    pub(crate) set_account_role: AccountPayload,
}

/// Gives somebody a role, in place of the one that they have there.
pub(crate) fn set_role(account: cynic::Id, role: Role, site: Option<String>) -> Operation<SetRole, SetRoleVariables> {
    SetRole::build(SetRoleVariables { account, role, site })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct RemoveRoleVariables {
    pub(crate) account: cynic::Id,
    pub(crate) site: Option<String>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "RemoveRoleVariables")]
pub(crate) struct RemoveRole {
    #[arguments(account: $account, site: $site)]
    pub(crate) remove_account_role: AccountPayload,
}

/// Takes a role away from somebody.
pub(crate) fn remove_role(account: cynic::Id, site: Option<String>) -> Operation<RemoveRole, RemoveRoleVariables> {
    RemoveRole::build(RemoveRoleVariables { account, site })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct DisableAccountVariables {
    pub(crate) account: cynic::Id,
    pub(crate) disabled: bool,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "DisableAccountVariables")]
pub(crate) struct DisableAccount {
    #[arguments(account: $account, disabled: $disabled)]
    pub(crate) disable_account: AccountPayload,
}

/// Lets somebody in no more, or again.
pub(crate) fn disable(account: cynic::Id, disabled: bool) -> Operation<DisableAccount, DisableAccountVariables> {
    DisableAccount::build(DisableAccountVariables { account, disabled })
}
