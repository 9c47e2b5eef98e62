//! A saved segment.

use sea_orm::entity::prelude::*;

/// A saved segment.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "segment")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site it belongs to.
    #[sea_orm(unique_key = "segment_of_site")]
    pub site_id: i64,
    /// Unique within the site.
    #[sea_orm(unique_key = "segment_of_site")]
    pub name: String,
    /// The query that yields its devices.
    pub query: String,
    /// Its placeholders, each a name and a type.
    pub parameters: Json,
    /// When it was saved.
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
