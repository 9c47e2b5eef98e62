//! A page of a site of which figures are kept.

use sea_orm::entity::prelude::*;

/// A page of a site of which figures are kept.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "external_url")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site.
    #[sea_orm(unique_key = "url_of_site")]
    pub site_id: i64,
    /// Its address.
    #[sea_orm(unique_key = "url_of_site")]
    pub url: String,
    /// Since when networks are asked about it, in nanoseconds since 1970; none where they are not.
    pub tracked_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
