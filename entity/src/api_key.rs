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
    /// SHA-256 of the whole key.
    pub secret_hash: Vec<u8>,
    /// Bits of `domain::key::Permission`.
    pub permissions: i64,
    /// Whether the key is known to browsers.
    pub public: bool,
    /// Its own rate; none takes the server's.
    pub events_per_second: Option<i64>,
    /// When it was made, in nanoseconds since 1970.
    pub created_at: i64,
    /// When it stops working.
    pub expires_at: Option<i64>,
    /// When it was taken back.
    pub revoked_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
