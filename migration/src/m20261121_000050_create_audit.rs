//! The audit log. The database itself refuses to change or remove an entry.

use sea_orm_migration::{
    prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait},
    sea_orm::{ConnectionTrait, DbBackend},
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The bodies hold semicolons, so these do not go through the dialect, which cuts there.
const SQLITE: [&str; 2] = [
    "CREATE TRIGGER audit_keeps_entries BEFORE UPDATE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
    "CREATE TRIGGER audit_keeps_all_entries BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END",
];

const POSTGRES: [&str; 2] = [
    "CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE EXCEPTION ''the audit log is append-only''; END'",
    "CREATE TRIGGER audit_keeps_entries BEFORE UPDATE OR DELETE OR TRUNCATE ON audit
        FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE audit (
                id {ID},
                written_at BIGINT NOT NULL,
                site_id BIGINT,
                actor_kind SMALLINT NOT NULL,
                actor_id BIGINT,
                actor TEXT NOT NULL,
                operation TEXT NOT NULL,
                target TEXT NOT NULL,
                before {JSON},
                after {JSON},
                address TEXT,
                user_agent TEXT,
                request_id TEXT
            );
            CREATE INDEX audit_site ON audit (site_id, id)",
        )
        .await?;
        let connection = manager.get_connection();
        let sqlite = connection.get_database_backend() == DbBackend::Sqlite;
        for statement in if sqlite { SQLITE } else { POSTGRES } {
            connection.execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE audit; {POSTGRES}DROP FUNCTION audit_refuse();{/}").await
    }
}
