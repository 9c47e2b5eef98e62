//! A request to delete events, until and after its purge.

use sea_orm::entity::prelude::*;

/// A request to delete events, until and after its purge.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "deletion")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What callers name it by.
    #[sea_orm(unique)]
    pub public_id: String,
    /// The site.
    pub site_id: i64,
    /// A code of `domain::deletion::State`.
    pub state: i16,
    /// Which events, as asked.
    pub filter: Json,
    /// Only events that arrived before it.
    pub upper: i64,
    /// How many it hides.
    pub events_total: i64,
    /// How many are worked off.
    pub events_done: i64,
    /// When it was asked for.
    pub created_at: i64,
    /// When the last event was purged or restored.
    pub finished_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
