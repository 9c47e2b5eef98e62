//! How a site uses a field of tags.

use sea_orm::entity::prelude::*;

/// How a site uses a field of tags.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tag_use")]
pub struct Model {
    /// The field.
    #[sea_orm(primary_key, auto_increment = false)]
    pub tag_id: i64,
    /// The site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// How many events had it.
    pub n: i64,
    /// When the first of them came in, in nanoseconds since 1970.
    pub first_at: i64,
    /// The action of the first of them, a number in `text`; it may be gone from there.
    pub first_action_id: Option<i64>,
    /// When the last of them came in, in nanoseconds since 1970.
    pub last_at: i64,
    /// The unique id of the last of them.
    pub last_uid: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
