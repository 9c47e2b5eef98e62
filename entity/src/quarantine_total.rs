//! What a site has in quarantine, all together, and what left it to keep its bounds.

use sea_orm::entity::prelude::*;

/// What a site has in quarantine, all together, and what left it to keep its bounds.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantine_total")]
pub struct Model {
    /// The site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// Events that are there.
    pub n: i64,
    /// How much room they are charged.
    pub bytes: i64,
    /// Events that left for their age.
    pub expired: i64,
    /// Events that left to make room.
    pub displaced: i64,
}

impl ActiveModelBehavior for ActiveModel {}
