//! The type that the traits of one name have.

use sea_orm::entity::prelude::*;

/// The type that the traits of one name have.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "trait_type")]
pub struct Model {
    /// Of users or of companies: a code of `domain::profile::ProfileKind`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub kind: i16,
    /// The name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The type: `domain::tag_type::TagType`.
    pub value_type: String,
}

impl ActiveModelBehavior for ActiveModel {}
