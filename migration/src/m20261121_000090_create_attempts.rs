//! Attempts to prove who one is, counted over all servers.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE attempt (
                name {BYTES} NOT NULL PRIMARY KEY,
                full_at BIGINT NOT NULL
            ) {CLUSTERED};
            CREATE INDEX attempt_full_at ON attempt (full_at)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE attempt").await
    }
}
