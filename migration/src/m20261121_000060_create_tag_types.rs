//! The types of the fields of tags, where each is used, and the events that do not fit them.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "ALTER TABLE configuration ADD COLUMN tag_revision BIGINT NOT NULL DEFAULT 0;
            ALTER TABLE site ADD COLUMN tag_mode SMALLINT NOT NULL DEFAULT 0;
            ALTER TABLE site ADD COLUMN quarantine_days BIGINT NOT NULL DEFAULT 30;
            ALTER TABLE site ADD COLUMN quarantine_megabytes BIGINT NOT NULL DEFAULT 64;
            CREATE TABLE tag_type (
                id {ID},
                name TEXT NOT NULL UNIQUE,
                kind TEXT NOT NULL,
                declared_at BIGINT,
                created_at BIGINT NOT NULL,
                site_id BIGINT,
                public_key_id BIGINT
            );
            CREATE TABLE tag_use (
                tag_id BIGINT NOT NULL,
                site_id BIGINT NOT NULL,
                n BIGINT NOT NULL,
                first_at BIGINT NOT NULL,
                first_action_id BIGINT,
                last_at BIGINT NOT NULL,
                last_uid {BYTES} NOT NULL,
                PRIMARY KEY (tag_id, site_id)
            ) {CLUSTERED};
            CREATE TABLE quarantine (
                id {ID},
                public_id TEXT NOT NULL UNIQUE,
                site_id BIGINT NOT NULL,
                code TEXT NOT NULL,
                name TEXT NOT NULL,
                path TEXT NOT NULL,
                expected TEXT,
                found TEXT,
                action TEXT NOT NULL,
                actor TEXT,
                time BIGINT NOT NULL,
                received BIGINT NOT NULL,
                door SMALLINT NOT NULL,
                key_id BIGINT,
                bytes BIGINT NOT NULL,
                event TEXT NOT NULL,
                deletion_id BIGINT
            );
            CREATE INDEX quarantine_site ON quarantine (site_id, id);
            CREATE INDEX quarantine_actor ON quarantine (site_id, actor);
            CREATE INDEX quarantine_deletion ON quarantine (deletion_id) WHERE deletion_id IS NOT NULL;
            CREATE TABLE quarantine_total (
                site_id BIGINT PRIMARY KEY,
                n BIGINT NOT NULL,
                bytes BIGINT NOT NULL,
                expired BIGINT NOT NULL,
                displaced BIGINT NOT NULL
            )",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "DROP TABLE quarantine_total; DROP TABLE quarantine; DROP TABLE tag_use; DROP TABLE tag_type;
            ALTER TABLE site DROP COLUMN quarantine_megabytes;
            ALTER TABLE site DROP COLUMN quarantine_days;
            ALTER TABLE site DROP COLUMN tag_mode;
            ALTER TABLE configuration DROP COLUMN tag_revision",
        )
        .await
    }
}
