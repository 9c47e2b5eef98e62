//! A network that is asked, over all pages.

use sea_orm::entity::prelude::*;

/// A network that is asked, over all pages.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "external_network")]
pub struct Model {
    /// Its name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// It is not asked before, in nanoseconds since 1970.
    pub next_at: i64,
    /// Failures in a row.
    pub failures: i64,
}

impl ActiveModelBehavior for ActiveModel {}
