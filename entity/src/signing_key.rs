//! A key that signs tokens, its secret sealed.

use sea_orm::entity::prelude::*;

/// A key that signs tokens, its secret sealed.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "signing_key")]
pub struct Model {
    /// Internal number; the newest that does not expire signs.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The `kid` of the tokens it signed.
    #[sea_orm(unique)]
    pub name: String,
    /// The secret, sealed under the installation's.
    pub secret: Vec<u8>,
    /// When it was made, in nanoseconds since 1970.
    pub created_at: i64,
    /// When the last token it signed is expired; none while it signs.
    pub verifies_until: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
