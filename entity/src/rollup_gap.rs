//! An hour or day that a rollup does not hold; raw events answer for it.

use sea_orm::entity::prelude::*;

/// An hour or day that a rollup does not hold; raw events answer for it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rollup_gap")]
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
    /// A code of `domain::rollup::Gap`.
    pub reason: i16,
}

impl ActiveModelBehavior for ActiveModel {}
