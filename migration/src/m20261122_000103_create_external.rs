//! What others say about a site's pages.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE external_url (
                id {ID},
                site_id BIGINT NOT NULL REFERENCES site (id),
                url TEXT NOT NULL,
                tracked_at BIGINT,
                UNIQUE (site_id, url)
            );
            CREATE TABLE external_poll (
                url_id BIGINT NOT NULL REFERENCES external_url (id),
                network TEXT NOT NULL,
                next_at BIGINT NOT NULL,
                last_at BIGINT,
                fault TEXT,
                PRIMARY KEY (url_id, network)
            ) {CLUSTERED};
            CREATE TABLE external_network (
                name TEXT NOT NULL PRIMARY KEY,
                next_at BIGINT NOT NULL,
                failures BIGINT NOT NULL
            ) {CLUSTERED};
            CREATE TABLE external_figure (
                url_id BIGINT NOT NULL REFERENCES external_url (id),
                network TEXT NOT NULL,
                at BIGINT NOT NULL,
                shares BIGINT,
                likes BIGINT,
                comments BIGINT,
                PRIMARY KEY (url_id, network, at)
            ) {CLUSTERED}",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "DROP TABLE external_figure; DROP TABLE external_network; DROP TABLE external_poll; DROP TABLE external_url",
        )
        .await
    }
}
