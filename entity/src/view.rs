//! A declared rollup.

use sea_orm::entity::prelude::*;

/// A declared rollup.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "view")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site it belongs to.
    #[sea_orm(unique_key = "name_of_site")]
    pub site_id: i64,
    /// Unique within the site.
    #[sea_orm(unique_key = "name_of_site")]
    pub name: String,
    /// The actions it counts; none counts all.
    pub actions: Option<Json>,
    /// Names of its dimensions, in order.
    pub dimensions: Json,
    /// Paths of its numeric tag fields, in order.
    pub measures: Json,
    /// Whether it is there from the start.
    pub built_in: bool,
    /// When it was declared.
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
