//! Attempts to prove who one is, by a network, at an account, or both.

use sea_orm::entity::prelude::*;

/// Attempts to prove who one is, by a network, at an account, or both.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attempt")]
pub struct Model {
    /// A keyed hash of whose they are: of the network, the e-mail address, or both.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: Vec<u8>,
    /// When all attempts are there again, in milliseconds since 1970 by the database's clock.
    pub full_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
