//! What an account is on a site.

use sea_orm::entity::prelude::*;

/// What an account is on a site.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "account_role")]
pub struct Model {
    /// The account.
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: i64,
    /// The site; 0 is the whole organisation.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// Code of `domain::role::Role`.
    pub role: i16,
}

impl ActiveModelBehavior for ActiveModel {}
