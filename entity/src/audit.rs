//! An entry of the audit log; the database refuses to change or remove one.

use sea_orm::entity::prelude::*;

/// An entry of the audit log.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    /// Internal number, in the order of writing.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// When it was written, in nanoseconds since 1970.
    pub written_at: i64,
    /// The site; none where the change concerns all.
    pub site_id: Option<i64>,
    /// What somebody is who changed something: a code of `domain::audit`.
    pub actor_kind: i16,
    /// The number of the key or account.
    pub actor_id: Option<i64>,
    /// What names them: a key's prefix, an account's e-mail address.
    pub actor: String,
    /// What was done: a name of `domain::operation`.
    pub operation: String,
    /// What it was done to.
    pub target: String,
    /// The thing before.
    pub before: Option<Json>,
    /// The thing after.
    pub after: Option<Json>,
    /// The address that the request came from.
    pub address: Option<String>,
    /// The user agent of the request.
    pub user_agent: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
