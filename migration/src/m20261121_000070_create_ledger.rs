//! What became of every received event, by quarter of an hour.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // One row is raised by every append; PostgreSQL keeps its versions on the page if there is room.
        super::dialect::run(
            manager,
            "CREATE TABLE ledger (
                site_id BIGINT NOT NULL,
                quarter BIGINT NOT NULL,
                outcome SMALLINT NOT NULL,
                code TEXT NOT NULL,
                action_id BIGINT NOT NULL,
                key_id BIGINT NOT NULL,
                door SMALLINT NOT NULL,
                writer SMALLINT NOT NULL,
                n BIGINT NOT NULL,
                PRIMARY KEY (site_id, quarter, outcome, code, action_id, key_id, door, writer)
            ) {CLUSTERED}{POSTGRES} WITH (fillfactor = 50){/};
            CREATE TABLE ledger_action (
                id {ID},
                hash {BYTES} NOT NULL UNIQUE,
                name TEXT NOT NULL
            )",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE ledger_action; DROP TABLE ledger").await
    }
}
