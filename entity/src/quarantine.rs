//! An event that does not fit the tag schema, kept whole.

use sea_orm::entity::prelude::*;

/// An event that does not fit the tag schema, kept whole.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "quarantine")]
pub struct Model {
    /// Internal number, in the order of arrival.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What callers name it by.
    #[sea_orm(unique)]
    pub public_id: String,
    /// The site.
    pub site_id: i64,
    /// The code of what refused it.
    pub code: String,
    /// The name of the field at fault.
    pub name: String,
    /// Where in the tag it is.
    pub path: String,
    /// The type that was expected there.
    pub expected: Option<String>,
    /// The type that was found there.
    pub found: Option<String>,
    /// The event's action.
    pub action: String,
    /// The event's computed actor.
    pub actor: Option<String>,
    /// When it happened, in nanoseconds since 1970.
    pub time: i64,
    /// When the server got it, in nanoseconds since 1970.
    pub received: i64,
    /// The way it came in: a code of `domain::event::Door`.
    pub door: i16,
    /// The key that logged it.
    pub key_id: Option<i64>,
    /// How much room it is charged.
    pub bytes: i64,
    /// The rest of it, as JSON text: `store` writes and reads it.
    pub event: String,
    /// The deletion that hides it.
    pub deletion_id: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
