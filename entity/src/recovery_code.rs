//! A code that stands in for the second factor, once.

use sea_orm::entity::prelude::*;

/// A code that stands in for the second factor, once.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_code")]
pub struct Model {
    /// Keyed hash of account and code.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// Whose it is.
    pub account_id: i64,
}

impl ActiveModelBehavior for ActiveModel {}
