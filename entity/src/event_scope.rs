//! A described scope of a site's events.

use sea_orm::entity::prelude::*;

/// A described scope of a site's events.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "event_scope")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site it belongs to.
    #[sea_orm(unique_key = "event_scope_of_site")]
    pub site_id: i64,
    /// Unique within the site.
    #[sea_orm(unique_key = "event_scope_of_site")]
    pub name: String,
    /// What it is for.
    pub description: String,
}

impl ActiveModelBehavior for ActiveModel {}
