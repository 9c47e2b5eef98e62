//! Numbers that signed requests used.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE nonce (
                name {BYTES} NOT NULL PRIMARY KEY,
                used_at BIGINT NOT NULL
            ) {CLUSTERED};
            CREATE INDEX nonce_used_at ON nonce (used_at)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE nonce").await
    }
}
