//! A sign-in and all that follows from it.

use sea_orm::entity::prelude::*;

/// A sign-in and all that follows from it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The name that others know it by.
    #[sea_orm(unique)]
    pub public_id: String,
    /// Who signed in.
    pub account_id: i64,
    /// From where it was last used.
    pub address: Option<String>,
    /// With what it was last used.
    pub user_agent: Option<String>,
    /// When it began, in nanoseconds since 1970.
    pub created_at: i64,
    /// When it was last refreshed.
    pub used_at: i64,
    /// When it ends unless it is refreshed.
    pub expires_at: i64,
    /// When it was ended.
    pub ended_at: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
