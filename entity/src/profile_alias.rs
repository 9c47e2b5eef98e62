//! An id that is another name of an actor.

use sea_orm::entity::prelude::*;

/// An id that is another name of an actor.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "profile_alias")]
pub struct Model {
    /// The site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// The actor's own id; never another name itself.
    pub actor: String,
    /// The deletion that hides it.
    pub deletion_id: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
