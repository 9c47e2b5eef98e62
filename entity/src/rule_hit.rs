//! How often a rule was hit on one day.

use sea_orm::entity::prelude::*;

/// How often a rule was hit on one day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_hit")]
pub struct Model {
    /// The rule.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rule_id: i64,
    /// The day in the site's zone, numbered from 1970; -1 holds all days that are told together.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    /// One of a few numbers that processes take, so that two seldom wait for one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub writer: i16,
    /// How many events.
    pub n: i64,
    /// When the last of them came in, in nanoseconds since 1970.
    pub last_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
