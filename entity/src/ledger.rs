//! How many events of one kind were received in a quarter of an hour.

use sea_orm::entity::prelude::*;

/// How many events of one kind were received in a quarter of an hour.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "ledger")]
pub struct Model {
    /// The site; 0 where none could be told.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// The quarter of an hour in UTC, numbered from 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub quarter: i64,
    /// What became of them.
    #[sea_orm(primary_key, auto_increment = false)]
    pub outcome: i16,
    /// The code of what was refused; empty for what was not.
    #[sea_orm(primary_key, auto_increment = false)]
    pub code: String,
    /// The action, in `ledger_action`; all that are not there are told together, as others.
    #[sea_orm(primary_key, auto_increment = false)]
    pub action_id: i64,
    /// The key; 0 for none.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: i64,
    /// The way they came in.
    #[sea_orm(primary_key, auto_increment = false)]
    pub door: i16,
    /// A number that a process takes, so that two seldom wait for one row; 0 once put together.
    #[sea_orm(primary_key, auto_increment = false)]
    pub writer: i16,
    /// How many events.
    pub n: i64,
}

impl ActiveModelBehavior for ActiveModel {}
