//! What is said of users and companies, which ids are one actor's, and the types of traits.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE profile (
                id {ID},
                site_id BIGINT NOT NULL,
                kind SMALLINT NOT NULL,
                name TEXT NOT NULL,
                traits {JSON} NOT NULL,
                memory TEXT NOT NULL,
                company TEXT,
                first_seen BIGINT NOT NULL,
                last_seen BIGINT NOT NULL,
                deletion_id BIGINT,
                UNIQUE (site_id, kind, name)
            );
            CREATE INDEX profile_company ON profile (site_id, company) WHERE company IS NOT NULL;
            CREATE INDEX profile_deletion ON profile (deletion_id) WHERE deletion_id IS NOT NULL;
            CREATE TABLE profile_alias (
                site_id BIGINT NOT NULL,
                name TEXT NOT NULL,
                actor TEXT NOT NULL,
                deletion_id BIGINT,
                PRIMARY KEY (site_id, name)
            ) {CLUSTERED};
            CREATE INDEX profile_alias_actor ON profile_alias (site_id, actor);
            CREATE INDEX profile_alias_deletion ON profile_alias (deletion_id) WHERE deletion_id IS NOT NULL;
            CREATE TABLE trait_type (
                kind SMALLINT NOT NULL,
                name TEXT NOT NULL,
                value_type TEXT NOT NULL,
                PRIMARY KEY (kind, name)
            ) {CLUSTERED}",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "DROP TABLE trait_type; DROP TABLE profile_alias; DROP TABLE profile",
        )
        .await
    }
}
