//! An actor whom sets count though no raw event names him any more.

use sea_orm::entity::prelude::*;

/// An actor whom sets count though no raw event names him any more.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "counted_actor")]
pub struct Model {
    /// His number in `text`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// The nanosecond until which it is kept.
    pub until: i64,
}

impl ActiveModelBehavior for ActiveModel {}
