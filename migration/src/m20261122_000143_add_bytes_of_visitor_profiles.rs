//! How large what is written of a visitor is, so that it is known without reading it.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "ALTER TABLE visitor_profile ADD COLUMN content_bytes BIGINT NOT NULL DEFAULT 0;
            UPDATE visitor_profile SET content_bytes = octet_length(CAST(content AS TEXT))",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "ALTER TABLE visitor_profile DROP COLUMN content_bytes").await
    }
}
