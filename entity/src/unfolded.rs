//! An event that could not be folded into a rollup, set aside and reported.

use sea_orm::entity::prelude::*;

/// An event that could not be folded into a rollup, set aside and reported.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "unfolded")]
pub struct Model {
    /// The event.
    #[sea_orm(primary_key, auto_increment = false)]
    pub event_id: i64,
    /// The rollup.
    #[sea_orm(primary_key, auto_increment = false)]
    pub rollup_id: i64,
    /// Why.
    pub reason: String,
}

impl ActiveModelBehavior for ActiveModel {}
