//! A token that renews a session, once.

use sea_orm::entity::prelude::*;

/// A token that renews a session, once. Spent ones are kept as long as their session, to know a stolen one by its re-use.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "refresh_token")]
pub struct Model {
    /// SHA-256 of the token.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: Vec<u8>,
    /// What it renews.
    pub session_id: i64,
    /// When it was spent, in nanoseconds since 1970.
    pub spent_at: Option<i64>,
    /// With what its successor was made, where whoever spent it named the renewal, and may ask for it again.
    pub seed: Option<Vec<u8>>,
}

impl ActiveModelBehavior for ActiveModel {}
