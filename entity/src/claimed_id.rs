//! A client's event id that outlives its event.

use sea_orm::entity::prelude::*;

/// A client's event id that outlives its event.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "claimed_id")]
pub struct Model {
    /// The event's unique id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub uid: Vec<u8>,
    /// The site it was used on.
    pub site_id: i64,
}

impl ActiveModelBehavior for ActiveModel {}
