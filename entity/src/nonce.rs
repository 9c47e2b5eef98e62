//! A number that a signed request used.

use sea_orm::entity::prelude::*;

/// A number that a signed request used.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "nonce")]
pub struct Model {
    /// A keyed hash of the key and the number.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: Vec<u8>,
    /// When, in nanoseconds since 1970.
    pub used_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
