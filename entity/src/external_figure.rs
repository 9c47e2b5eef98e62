//! What a network said of a page, in all, where that was news.

use sea_orm::entity::prelude::*;

/// What a network said of a page, in all, where that was news.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "external_figure")]
pub struct Model {
    /// The page.
    #[sea_orm(primary_key, auto_increment = false)]
    pub url_id: i64,
    /// The network's name.
    #[sea_orm(primary_key, auto_increment = false)]
    pub network: String,
    /// When, in nanoseconds since 1970.
    #[sea_orm(primary_key, auto_increment = false)]
    pub at: i64,
    /// How often it was shared; none where that is not known.
    pub shares: Option<i64>,
    /// How often that was liked.
    pub likes: Option<i64>,
    /// How often that was answered.
    pub comments: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
