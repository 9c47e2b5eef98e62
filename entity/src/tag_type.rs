//! The type of a field of tags, by its name.

use sea_orm::entity::prelude::*;

/// The type of a field of tags, by its name.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "tag_type")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name of the field.
    #[sea_orm(unique)]
    pub name: String,
    /// The name of its type, as `domain::tag_type` writes it.
    pub kind: String,
    /// When somebody declared it, in nanoseconds since 1970; none where it was only seen.
    pub declared_at: Option<i64>,
    /// When it got its type, in nanoseconds since 1970.
    pub created_at: i64,
    /// The site whose event gave it its type; none where it was declared.
    pub site_id: Option<i64>,
    /// The public key that logged that event; none where no public key did.
    pub public_key_id: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
