//! How far a group of rollups is folded.

use sea_orm::entity::prelude::*;

/// How far a group of rollups is folded.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "mark")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Events that arrived before it are folded.
    pub position: i64,
    /// Sets of actors may hold events that arrived before it: a fold of sets writes in slices.
    pub reach: i64,
    /// Raised by each deletion, restore and rebuild.
    pub revision: i64,
    /// The database that the position counts in.
    pub epoch: String,
}

impl ActiveModelBehavior for ActiveModel {}
