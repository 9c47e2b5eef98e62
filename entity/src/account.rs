//! Somebody who may sign in.

use sea_orm::entity::prelude::*;

/// Somebody who may sign in.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name that others know it by.
    #[sea_orm(unique)]
    pub public_id: String,
    /// The e-mail address, in lower case.
    #[sea_orm(unique)]
    pub email: String,
    /// What people call them.
    pub name: String,
    /// Argon2id's hash of the password; none until one is set.
    pub password_hash: Option<String>,
    /// The secret of the second factor, sealed.
    pub totp_secret: Option<Vec<u8>>,
    /// When the second factor was proven to work; it counts from then on.
    pub totp_confirmed_at: Option<i64>,
    /// The newest time step whose code was taken; 0 before the first.
    pub totp_used_step: i64,
    /// Who vouches for them elsewhere.
    #[sea_orm(unique_key = "identity")]
    pub identity_issuer: Option<String>,
    /// Their name there.
    #[sea_orm(unique_key = "identity")]
    pub identity_subject: Option<String>,
    /// When it was made, in nanoseconds since 1970.
    pub created_at: i64,
    /// When it was disabled.
    pub disabled_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
