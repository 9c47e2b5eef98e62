//! Sites, the API keys to them, and the one row that counts changes of configuration.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE configuration (
                id BIGINT PRIMARY KEY,
                generation BIGINT NOT NULL,
                secret {BYTES} NOT NULL,
                purged_at BIGINT NOT NULL
            );
            CREATE TABLE site (
                id {ID},
                name TEXT NOT NULL UNIQUE,
                time_zone TEXT NOT NULL,
                action_policy SMALLINT NOT NULL,
                ip_policy SMALLINT NOT NULL,
                identity_period SMALLINT NOT NULL,
                max_event_age_seconds BIGINT,
                raw_retention_days BIGINT,
                rollup_retention_days BIGINT,
                raw_floor BIGINT NOT NULL,
                rollup_floor BIGINT NOT NULL,
                created_at BIGINT NOT NULL
            );
            CREATE TABLE api_key (
                id {ID},
                site_id BIGINT REFERENCES site (id),
                name TEXT NOT NULL,
                prefix TEXT NOT NULL UNIQUE,
                secret_hash {BYTES} NOT NULL,
                permissions BIGINT NOT NULL,
                public BOOLEAN NOT NULL,
                events_per_second BIGINT,
                created_at BIGINT NOT NULL,
                expires_at BIGINT,
                revoked_at BIGINT
            )",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE api_key; DROP TABLE site; DROP TABLE configuration").await
    }
}
