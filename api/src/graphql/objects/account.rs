//! Accounts and their sessions.

use async_graphql::{Enum, ID, SimpleObject};

use crate::{
    domain::{account, role, session},
    graphql::scalar::DateTime,
    service::registry::Configuration,
};

/// What somebody may do. Each may what those before it may.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "role::Role")]
pub(in crate::graphql) enum Role {
    /// Ask questions.
    Viewer,
    /// Also declare views and scopes.
    Analyst,
    /// Also log, delete, and change settings.
    Admin,
    /// Also say who may do what there; of the whole organisation, who has an account.
    Owner,
}

/// A role somewhere.
#[derive(SimpleObject)]
pub(in crate::graphql) struct AccountRole {
    /// The role.
    role: Role,
    /// The name of the site where it holds; none means every site.
    site: Option<String>,
}

/// Somebody who may sign in.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Account {
    /// The account's id.
    id: ID,
    /// The e-mail address to sign in with, in lower case.
    email: String,
    /// What people call them.
    name: String,
    /// What they may do, and where; the whole organisation first. An owner of some sites is told of the roles there.
    roles: Vec<AccountRole>,
    /// Whether a password is set; an invited account has none until its link was followed.
    has_password: bool,
    /// Whether signing in takes a second factor.
    has_second_factor: bool,
    /// When it was made.
    created_at: DateTime,
    /// When it was disabled; none while it may sign in.
    disabled_at: Option<DateTime>,
}

impl Account {
    /// An account, its sites named.
    pub(in crate::graphql) fn new(account: &account::Account, configuration: &Configuration) -> Self {
        let roles = account.grants.iter().filter_map(|grant| {
            // A site that is gone gives no role any more.
            let site = match grant.site {
                Some(id) => Some(configuration.sites.get(&id)?.name.clone()),
                None => None,
            };
            let role = grant.role.into();
            Some(AccountRole { role, site })
        });
        Self {
            id: account.public_id.clone().into(),
            email: account.email.clone(),
            name: account.name.clone(),
            roles: roles.collect(),
            has_password: account.has_password,
            has_second_factor: account.has_second_factor,
            created_at: account.created.into(),
            disabled_at: account.disabled.map(Into::into),
        }
    }
}

/// A sign-in and all that follows from it.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Session {
    /// The session's id.
    id: ID,
    /// Whether it is the one that asks.
    current: bool,
    /// The address from which it was last renewed.
    address: Option<String>,
    /// The user agent by which it was last renewed.
    user_agent: Option<String>,
    /// When it began.
    created_at: DateTime,
    /// When it was last renewed.
    used_at: DateTime,
    /// When it ends unless it is renewed.
    expires_at: DateTime,
    /// When it was ended; none while it goes on.
    ended_at: Option<DateTime>,
}

impl Session {
    /// A session, as seen from the one that asks.
    pub(in crate::graphql) fn new(session: session::Session, asking: Option<i64>) -> Self {
        Self {
            current: asking == Some(session.id),
            id: session.public_id.into(),
            address: session.address,
            user_agent: session.user_agent,
            created_at: session.created.into(),
            used_at: session.used.into(),
            expires_at: session.expires.into(),
            ended_at: session.ended.map(Into::into),
        }
    }
}
