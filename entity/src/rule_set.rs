//! All rules of one site: raised by each change of them, so that nobody reads another site's rules for it.

use sea_orm::entity::prelude::*;

/// All rules of one site: raised by each change of them, so that nobody reads another site's rules for it.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rule_set")]
pub struct Model {
    /// The site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: i64,
    /// Raised by each change.
    pub revision: i64,
}

impl ActiveModelBehavior for ActiveModel {}
