//! A dictionary of user agents, with what they say of the device.

use sea_orm::entity::prelude::*;

/// A dictionary of user agents, with what they say of the device.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "user_agent")]
pub struct Model {
    /// Never reused.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// 128-bit keyed hash of the value and of what was made of it.
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    /// The user agent as it was sent.
    pub value: String,
    /// Kind of device.
    pub device: String,
    /// Family of browser.
    pub browser: Option<String>,
    /// Family of operating system.
    pub os: Option<String>,
    /// Whether it is a program.
    pub bot: bool,
}

impl ActiveModelBehavior for ActiveModel {}
