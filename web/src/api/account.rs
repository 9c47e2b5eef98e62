//! One's own account: sessions, password, second factor.

use cynic::{MutationBuilder, Operation, QueryBuilder};

use super::{
    scalar::{Moment, UserError},
    schema,
};

/// What the page of one's own account shows.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Query")]
pub(crate) struct OwnAccount {
    pub(crate) viewer: OwnViewer,
    pub(crate) sessions: Vec<Session>,
    pub(crate) recovery_codes_left: Option<i32>,
}

#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Viewer")]
pub(crate) struct OwnViewer {
    pub(crate) account: Option<super::viewer::Account>,
}

/// A browser that is, or was, signed in.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Session {
    pub(crate) id: cynic::Id,
    pub(crate) current: bool,
    pub(crate) address: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) created_at: Moment,
    pub(crate) used_at: Moment,
    pub(crate) ended_at: Option<Moment>,
}

/// Asks for one's own account.
pub(crate) fn own_account() -> Operation<OwnAccount> {
    OwnAccount::build(())
}

/// Whether something was done, or why not.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct DonePayload {
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct ChangePasswordVariables {
    pub(crate) password: String,
    pub(crate) new_password: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "ChangePasswordVariables")]
pub(crate) struct ChangePassword {
    #[arguments(password: $password, newPassword: $new_password)]
    pub(crate) change_password: DonePayload,
}

/// Changes one's password.
pub(crate) fn change_password(now: String, new: String) -> Operation<ChangePassword, ChangePasswordVariables> {
    ChangePassword::build(ChangePasswordVariables {
        password: now,
        new_password: new,
    })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct RevokeSessionVariables {
    pub(crate) id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
pub(crate) struct SessionPayload {
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "RevokeSessionVariables")]
pub(crate) struct RevokeSession {
    #[arguments(id: $id)]
    pub(crate) revoke_session: SessionPayload,
}

/// Ends a session.
pub(crate) fn revoke_session(id: cynic::Id) -> Operation<RevokeSession, RevokeSessionVariables> {
    RevokeSession::build(RevokeSessionVariables { id })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct EnrolVariables {
    pub(crate) password: String,
}

/// A second factor that was begun, or why not.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct EnrolTotpPayload {
    pub(crate) secret: Option<String>,
    pub(crate) uri: Option<String>,
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "EnrolVariables")]
pub(crate) struct Enrol {
    #[arguments(password: $password)]
    pub(crate) enrol_totp: EnrolTotpPayload,
}

/// Begins a second factor.
pub(crate) fn enrol_factor(password: String) -> Operation<Enrol, EnrolVariables> {
    Enrol::build(EnrolVariables { password })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct ConfirmVariables {
    pub(crate) code: String,
}

/// A second factor that counts, or why not.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct ConfirmTotpPayload {
    pub(crate) recovery_codes: Vec<String>,
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "ConfirmVariables")]
pub(crate) struct Confirm {
    #[arguments(code: $code)]
    pub(crate) confirm_totp: ConfirmTotpPayload,
}

/// Lets the second factor count.
pub(crate) fn confirm_factor(code: String) -> Operation<Confirm, ConfirmVariables> {
    Confirm::build(ConfirmVariables { code })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct DisableVariables {
    pub(crate) password: String,
    pub(crate) code: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "DisableVariables")]
pub(crate) struct Disable {
    #[arguments(password: $password, code: $code)]
    pub(crate) disable_totp: DonePayload,
}

/// Takes the second factor away.
pub(crate) fn remove_factor(password: String, code: String) -> Operation<Disable, DisableVariables> {
    Disable::build(DisableVariables { password, code })
}
