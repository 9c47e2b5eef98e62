//! The random salt of unnamed actors, per site and period; deleted soon after its last use.

use sea_orm::entity::prelude::*;

/// The random salt of unnamed actors, per site and period; deleted soon after its last use.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "identity_salt")]
pub struct Model {
    /// The site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// First nanosecond of the period in the site's zone.
    #[sea_orm(primary_key, auto_increment = false)]
    pub period_start: i64,
    /// Thirty-two random bytes.
    pub salt: Vec<u8>,
    /// When it last hashed something.
    pub used_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
