//! Deletions in their two stages.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE deletion (
                id {ID},
                public_id TEXT NOT NULL UNIQUE,
                site_id BIGINT NOT NULL,
                state SMALLINT NOT NULL,
                filter {JSON} NOT NULL,
                upper BIGINT NOT NULL,
                events_total BIGINT NOT NULL,
                events_done BIGINT NOT NULL,
                created_at BIGINT NOT NULL,
                finished_at BIGINT
            );
            CREATE INDEX deletion_state ON deletion (state, site_id)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE deletion").await
    }
}
