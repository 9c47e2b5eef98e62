//! A rule of a site's allow or deny list.

use sea_orm::entity::prelude::*;

/// A rule of a site's allow or deny list.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rule")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What callers name it by.
    #[sea_orm(unique)]
    pub public_id: String,
    /// The site.
    #[sea_orm(unique_key = "pattern_of_list")]
    pub site_id: i64,
    /// A code of `domain::rule::List`.
    #[sea_orm(unique_key = "pattern_of_list")]
    pub list: i16,
    /// A code of `domain::rule::Target`.
    #[sea_orm(unique_key = "pattern_of_list")]
    pub target: i16,
    /// The pattern in its one form.
    #[sea_orm(unique_key = "pattern_of_list")]
    pub pattern: String,
    /// Why it is there.
    pub note: Option<String>,
    /// Whether it is on.
    pub enabled: bool,
    /// Whether it only counts.
    pub shadow: bool,
    /// When it stops by itself, in nanoseconds since 1970.
    pub expires_at: Option<i64>,
    /// When it was made.
    pub created_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
