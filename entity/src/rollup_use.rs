//! How often a view or scope was asked on one site and day.

use sea_orm::entity::prelude::*;

/// How often a view or scope was asked on one site and day.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rollup_use")]
pub struct Model {
    /// 0 for views, 1 for scopes.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: i16,
    /// The view or scope.
    #[sea_orm(primary_key, auto_increment = false)]
    pub owner_id: i64,
    /// The site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// The day in UTC, numbered from 1970; -1 holds all days that are told together.
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: i64,
    /// How many questions.
    pub n: i64,
    /// When the last of them was answered, in nanoseconds since 1970.
    pub last_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
