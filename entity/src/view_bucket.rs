//! The count of one key in one hour or day.

use sea_orm::entity::prelude::*;

/// The count of one key in one hour or day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "view_bucket")]
pub struct Model {
    /// The rollup.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rollup_id: i64,
    /// 0 for hours in UTC, 1 for days in the rollup's zone.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tier: i16,
    /// Number of the hour or day since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: i64,
    /// The key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: i64,
    /// How many events.
    pub n: i64,
}

impl ActiveModelBehavior for ActiveModel {}
