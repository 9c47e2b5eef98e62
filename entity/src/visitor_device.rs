//! Whose a device is, and since when its events count for a visitor.

use sea_orm::entity::prelude::*;

/// Whose a device is, and since when its events count for a visitor.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "visitor_device")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site.
    #[sea_orm(unique_key = "visitor_device_of_scope")]
    pub site_id: i64,
    /// The scope.
    #[sea_orm(unique_key = "visitor_device_of_scope")]
    pub scope: String,
    /// The device's id.
    #[sea_orm(unique_key = "visitor_device_of_scope")]
    pub device: String,
    /// The written profile that it is of.
    pub profile_id: Option<i64>,
    /// Its events count that were received after this nanosecond since 1970; where there is none, all of them.
    pub since: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
