//! An action that the ledger tells by name.

use sea_orm::entity::prelude::*;

/// An action that the ledger tells by name.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger_action")]
pub struct Model {
    /// Internal number; never 0.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Keyed hash of the name, the same as in `text`.
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    /// The name.
    pub name: String,
}

impl ActiveModelBehavior for ActiveModel {}
