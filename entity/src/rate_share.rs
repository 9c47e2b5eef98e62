//! What one server holds of a limit that several share.

use sea_orm::entity::prelude::*;

/// What one server holds of a limit that several share.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "rate_share")]
pub struct Model {
    /// The limit; the empty name says that the server is there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub bucket: String,
    /// The server.
    #[sea_orm(primary_key, auto_increment = false)]
    pub instance: String,
    /// Its share, of 1 in all.
    pub share: f64,
    /// What is asked of it, where 1 is all that comes back.
    pub demand: f64,
    /// What it has let through and that has not come back, where 1 is all there is.
    pub debt: f64,
    /// Since when it holds a share, or when it last said that it is there, in milliseconds since 1970.
    pub since: i64,
    /// When that runs out, in milliseconds since 1970.
    pub until: i64,
}

impl ActiveModelBehavior for ActiveModel {}
