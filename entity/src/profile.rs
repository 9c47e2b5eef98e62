//! What is said of a user or a company.

use sea_orm::entity::prelude::*;

/// What is said of a user or a company.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "profile")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The site.
    #[sea_orm(unique_key = "name_of_kind")]
    pub site_id: i64,
    /// Whether it is a user or a company: a code of `domain::profile::ProfileKind`.
    #[sea_orm(unique_key = "name_of_kind")]
    pub kind: i16,
    /// The user's or the company's id.
    #[sea_orm(unique_key = "name_of_kind")]
    pub name: String,
    /// The traits.
    pub traits: Json,
    /// What is kept beside them, as JSON text: `domain::profile::Memory`.
    pub memory: String,
    /// Of a user: the company that it acts for.
    pub company: Option<String>,
    /// The earliest time that something was said of, in nanoseconds since 1970.
    pub first_seen: i64,
    /// The latest time that something was said of, in nanoseconds since 1970.
    pub last_seen: i64,
    /// The deletion that hides it.
    pub deletion_id: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
