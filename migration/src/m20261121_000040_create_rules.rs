//! Allow and deny lists, and how often each rule was hit.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE rule (
                id {ID},
                public_id TEXT NOT NULL UNIQUE,
                site_id BIGINT NOT NULL REFERENCES site (id),
                list SMALLINT NOT NULL,
                target SMALLINT NOT NULL,
                pattern TEXT NOT NULL,
                note TEXT,
                enabled BOOLEAN NOT NULL,
                shadow BOOLEAN NOT NULL,
                expires_at BIGINT,
                created_at BIGINT NOT NULL,
                UNIQUE (site_id, list, target, pattern)
            );
            CREATE TABLE rule_set (
                site_id BIGINT PRIMARY KEY REFERENCES site (id),
                revision BIGINT NOT NULL
            );
            CREATE TABLE rule_hit (
                rule_id BIGINT NOT NULL,
                day BIGINT NOT NULL,
                writer SMALLINT NOT NULL,
                n BIGINT NOT NULL,
                last_at BIGINT NOT NULL,
                PRIMARY KEY (rule_id, day, writer)
            ) {CLUSTERED}",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE rule_hit; DROP TABLE rule_set; DROP TABLE rule").await
    }
}
