//! What is written of visitors, and which devices are whose.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE visitor_profile (
                id {ID},
                site_id BIGINT NOT NULL,
                scope TEXT NOT NULL,
                name TEXT NOT NULL,
                content {JSON} NOT NULL,
                updated_at BIGINT NOT NULL,
                UNIQUE (site_id, scope, name)
            );
            CREATE TABLE visitor_device (
                id {ID},
                site_id BIGINT NOT NULL,
                scope TEXT NOT NULL,
                device TEXT NOT NULL,
                profile_id BIGINT,
                since BIGINT,
                UNIQUE (site_id, scope, device)
            );
            CREATE INDEX visitor_device_profile ON visitor_device (profile_id) WHERE profile_id IS NOT NULL",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE visitor_device; DROP TABLE visitor_profile").await
    }
}
