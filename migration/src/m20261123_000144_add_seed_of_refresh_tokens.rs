//! With what the successor of a spent refresh token was made, so that whoever named their renewal can ask for it again.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "ALTER TABLE refresh_token ADD COLUMN seed {BYTES}").await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "ALTER TABLE refresh_token DROP COLUMN seed").await
    }
}
