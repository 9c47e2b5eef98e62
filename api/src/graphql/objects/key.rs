//! API keys.

use async_graphql::{Enum, ID, SimpleObject};

use crate::{
    domain::key,
    graphql::{error::UserError, scalar::DateTime},
    service::key::{Made, Named},
};

/// One thing a caller may do.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "key::Permission")]
pub(in crate::graphql) enum Permission {
    /// Log events.
    Log,
    /// Ask questions.
    Query,
    /// Delete and restore events.
    Delete,
    /// Declare views and scopes, change settings, make keys, read the audit log.
    Manage,
    /// Speak for others: mint client tokens that name a user.
    Impersonate,
}

/// An API key, without its secret.
#[derive(SimpleObject)]
pub(in crate::graphql) struct ApiKey {
    /// The part of the key that may be shown; it names the key in `updateKey`, `rotateKey` and `revokeKey`.
    id: ID,
    /// What people call it.
    name: String,
    /// The one site that it opens; none opens all.
    site: Option<String>,
    /// What it may do.
    permissions: Vec<Permission>,
    /// Where browsers may use it from, such as `https://www.example.com` or `https://*.example.com`; with any the key is
    /// public. An empty list is a backend's key, used from anywhere.
    origins: Vec<String>,
    /// Whether browsers know it: such a key may only log.
    public: bool,
    /// Events that it may log a second; none means no limit of its own.
    events_per_second: Option<u32>,
    /// Whether it opens anything now.
    valid: bool,
    /// When it was made.
    created_at: DateTime,
    /// When it stops working; none means never.
    expires_at: Option<DateTime>,
    /// When it was taken back.
    revoked_at: Option<DateTime>,
    /// When it was last used, give or take a minute; none means never.
    last_used_at: Option<DateTime>,
    /// When it last got another secret.
    rotated_at: Option<DateTime>,
    /// Until when the secret from before the last rotation works.
    previous_secret_until: Option<DateTime>,
    /// Whether it has a secret that signatures are verified with.
    has_signing_secret: bool,
}

impl From<Named> for ApiKey {
    fn from(Named { key, site, valid }: Named) -> Self {
        Self {
            id: key.prefix.clone().into(),
            site,
            permissions: key.permissions.iter().map(Permission::from).collect(),
            origins: key.origins.iter().map(ToString::to_string).collect(),
            public: key.is_public(),
            events_per_second: key.events_per_second,
            valid,
            created_at: key.created.into(),
            expires_at: key.expires.map(DateTime::from),
            revoked_at: key.revoked.map(DateTime::from),
            last_used_at: key.last_used.map(DateTime::from),
            rotated_at: key.rotated.map(DateTime::from),
            previous_secret_until: key.previous_until.map(DateTime::from),
            has_signing_secret: key.signs,
            name: key.name,
        }
    }
}

/// A key that was made or changed.
#[derive(SimpleObject)]
pub(in crate::graphql) struct KeyPayload {
    /// The key; none where there is an error.
    key: Option<ApiKey>,
    /// The key's text, where it is new: shown this once, and kept nowhere.
    secret: Option<String>,
    /// The secret that signatures are verified with, where it is new: shown this once.
    signing_secret: Option<String>,
    /// Why nothing was done.
    error: Option<UserError>,
}

impl From<Made> for KeyPayload {
    fn from(made: Made) -> Self {
        Self {
            key: Some(made.key.into()),
            secret: made.text,
            signing_secret: made.signing_secret,
            error: None,
        }
    }
}

impl From<Named> for KeyPayload {
    fn from(key: Named) -> Self {
        Self {
            key: Some(key.into()),
            secret: None,
            signing_secret: None,
            error: None,
        }
    }
}

impl From<UserError> for KeyPayload {
    fn from(error: UserError) -> Self {
        Self {
            key: None,
            secret: None,
            signing_secret: None,
            error: Some(error),
        }
    }
}
