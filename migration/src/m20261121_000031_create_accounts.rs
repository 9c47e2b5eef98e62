//! People who sign in: accounts with their roles, second factors, links and sessions.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE account (
                id {ID},
                public_id TEXT NOT NULL UNIQUE,
                email TEXT NOT NULL UNIQUE,
                name TEXT NOT NULL,
                password_hash TEXT,
                totp_secret {BYTES},
                totp_confirmed_at BIGINT,
                totp_used_step BIGINT NOT NULL,
                identity_issuer TEXT,
                identity_subject TEXT,
                created_at BIGINT NOT NULL,
                disabled_at BIGINT,
                UNIQUE (identity_issuer, identity_subject)
            );
            CREATE TABLE account_role (
                account_id BIGINT NOT NULL REFERENCES account (id),
                site_id BIGINT NOT NULL,
                role SMALLINT NOT NULL,
                PRIMARY KEY (account_id, site_id)
            ) {CLUSTERED};
            CREATE TABLE recovery_code (
                hash {BYTES} PRIMARY KEY,
                account_id BIGINT NOT NULL REFERENCES account (id)
            ) {CLUSTERED};
            CREATE INDEX recovery_code_account ON recovery_code (account_id);
            CREATE TABLE link (
                hash {BYTES} PRIMARY KEY,
                account_id BIGINT REFERENCES account (id),
                expires_at BIGINT NOT NULL
            ) {CLUSTERED};
            CREATE TABLE session (
                id {ID},
                public_id TEXT NOT NULL UNIQUE,
                account_id BIGINT NOT NULL REFERENCES account (id),
                address TEXT,
                user_agent TEXT,
                created_at BIGINT NOT NULL,
                used_at BIGINT NOT NULL,
                expires_at BIGINT NOT NULL,
                ended_at BIGINT
            );
            CREATE INDEX session_account ON session (account_id);
            CREATE INDEX session_expires ON session (expires_at);
            CREATE TABLE refresh_token (
                hash {BYTES} PRIMARY KEY,
                session_id BIGINT NOT NULL REFERENCES session (id),
                spent_at BIGINT
            ) {CLUSTERED};
            CREATE INDEX refresh_token_session ON refresh_token (session_id)",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "DROP TABLE refresh_token; DROP TABLE session; DROP TABLE link; DROP TABLE recovery_code;
            DROP TABLE account_role; DROP TABLE account",
        )
        .await
    }
}
