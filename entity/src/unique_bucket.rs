//! The actors of one key on one day.

use sea_orm::entity::prelude::*;

/// The actors of one key on one day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "unique_bucket")]
pub struct Model {
    /// The rollup.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rollup_id: i64,
    /// Number of the day since 1970 in the rollup's zone.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: i64,
    /// Whether it must be rebuilt before use.
    pub stale: bool,
    /// The set, in the format its first byte names.
    pub sketch: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
