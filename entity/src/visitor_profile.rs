//! What is written of a visitor.

use sea_orm::entity::prelude::*;

/// What is written of a visitor.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "visitor_profile")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site it belongs to.
    #[sea_orm(unique_key = "visitor_profile_of_scope")]
    pub site_id: i64,
    /// The scope it belongs to.
    #[sea_orm(unique_key = "visitor_profile_of_scope")]
    pub scope: String,
    /// Its id, unique within the scope.
    #[sea_orm(unique_key = "visitor_profile_of_scope")]
    pub name: String,
    /// What is written: `domain::visitor::Content`.
    pub content: Json,
    /// How many bytes it has as JSON.
    pub content_bytes: i64,
    /// When it was written, in nanoseconds since 1970.
    pub updated_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
