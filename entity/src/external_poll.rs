//! When a network is asked about a page.

use sea_orm::entity::prelude::*;

/// When a network is asked about a page.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "external_poll")]
pub struct Model {
    /// The page.
    #[sea_orm(primary_key, auto_increment = false)]
    pub url_id: i64,
    /// The network's name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub network: String,
    /// Not before, in nanoseconds since 1970.
    pub next_at: i64,
    /// When it last said something, in nanoseconds since 1970.
    pub last_at: Option<i64>,
    /// Why it said nothing the last time; none where it did.
    pub fault: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
