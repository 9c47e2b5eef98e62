//! The one row that every change of configuration raises.

use sea_orm::entity::prelude::*;

/// The one row that every change of configuration raises.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "configuration")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// Raised by each change of sites, keys, views or scopes, in its own transaction.
    pub generation: i64,
    /// Keys the hashes of this installation; made at the first start.
    pub secret: Vec<u8>,
    /// When the last purge began, in nanoseconds since 1970.
    pub purged_at: i64,
    /// Raised by each change of the types of tags that an append has not made.
    pub tag_revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}
