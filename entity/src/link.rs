//! A link by which a password is set, once.

use sea_orm::entity::prelude::*;

/// A link by which a password is set, once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "link")]
pub struct Model {
    /// SHA-256 of its token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// Whose password it sets; none makes the first account.
    pub account_id: Option<i64>,
    /// When it stops working, in nanoseconds since 1970.
    pub expires_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
