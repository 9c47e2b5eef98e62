//! One measure of one key in one hour or day.

use sea_orm::entity::prelude::*;

/// One measure of one key in one hour or day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "measure_bucket")]
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
    /// Position in the view's list of measures.
    #[sea_orm(primary_key, auto_increment = false)]
    pub measure: i16,
    /// How many events had a number there.
    pub n: i64,
    /// Their sum.
    pub sum: f64,
    /// Their least.
    pub min: f64,
    /// Their greatest.
    pub max: f64,
}

impl ActiveModelBehavior for ActiveModel {}
