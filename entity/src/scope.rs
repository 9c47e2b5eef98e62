//! A declared, ordered group of tag fields by which unique actors are counted.

use sea_orm::entity::prelude::*;

/// A declared, ordered group of tag fields by which unique actors are counted.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "scope")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The tag fields, in order.
    pub fields: Json,
    /// The fields as `<a,b>`.
    #[sea_orm(unique)]
    pub name: String,
    /// Whether it is there from the start.
    pub built_in: bool,
    /// When it was declared.
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
