//! How often views and scopes are asked.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE rollup_use (
                kind SMALLINT NOT NULL,
                owner_id BIGINT NOT NULL,
                site_id BIGINT NOT NULL,
                day BIGINT NOT NULL,
                n BIGINT NOT NULL,
                last_at BIGINT NOT NULL,
                PRIMARY KEY (kind, owner_id, site_id, day)
            ) {CLUSTERED}",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE rollup_use").await
    }
}
