//! A dictionary of short texts that repeat: actions, actors, labels and the like.

use sea_orm::entity::prelude::*;

/// A dictionary of short texts that repeat: actions, actors, labels and the like.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "text")]
pub struct Model {
    /// Never reused.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// 128-bit keyed hash of the value.
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    /// The text itself.
    pub value: String,
}

impl ActiveModelBehavior for ActiveModel {}
