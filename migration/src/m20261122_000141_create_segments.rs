//! Saved segments, and the described scopes of a site's events.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE segment (
                id {ID},
                site_id BIGINT NOT NULL,
                name TEXT NOT NULL,
                query TEXT NOT NULL,
                parameters {JSON} NOT NULL,
                created_at BIGINT NOT NULL,
                UNIQUE (site_id, name)
            );
            CREATE TABLE event_scope (
                id {ID},
                site_id BIGINT NOT NULL,
                name TEXT NOT NULL,
                description TEXT NOT NULL,
                UNIQUE (site_id, name)
            )",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE event_scope; DROP TABLE segment").await
    }
}
