//! An API key, its secret kept only as a hash.

use sea_orm::entity::prelude::*;

/// An API key, its secret kept only as a hash.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "api_key")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The one site it opens; none opens all.
    pub site_id: Option<i64>,
    /// What people call it.
    pub name: String,
    /// The part of the key that finds this row.
    #[sea_orm(unique)]
    pub prefix: String,
    /// SHA-256 of the whole key, as it is since its last rotation.
    pub secret_hash: Vec<u8>,
    /// Bits of `domain::key::Permission`.
    pub permissions: i64,
    /// Its own rate; none takes the server's.
    pub events_per_second: Option<i64>,
    /// When it was made, in nanoseconds since 1970.
    pub created_at: i64,
    /// When it stops working.
    pub expires_at: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
    /// Where browsers may use it from: a list of patterns, which makes the key public; none for a backend.
    pub origins: Option<Json>,
    /// When it last got another secret.
    pub rotated_at: Option<i64>,
    /// SHA-256 of the key as it was before its last rotation.
    pub previous_hash: Option<Vec<u8>>,
    /// When the key as it was before stops working.
    pub previous_until: Option<i64>,
    /// The secret that verifies signatures, encrypted.
    pub signing_secret: Option<Vec<u8>>,
    /// When it was last used, give or take a minute.
    pub last_used_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
