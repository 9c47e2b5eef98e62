//! A dictionary of addresses, with the parts that are asked for.

use sea_orm::entity::prelude::*;

/// A dictionary of addresses, with the parts that are asked for.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "url")]
pub struct Model {
    /// Never reused.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// 128-bit keyed hash of the value.
    #[sea_orm(unique)]
    pub hash: Vec<u8>,
    /// The address as it was sent.
    pub value: String,
    /// Its host in lower case.
    pub host: Option<String>,
    /// Its path.
    pub path: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
