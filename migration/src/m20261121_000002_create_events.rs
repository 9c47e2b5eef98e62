//! Raw events, the dictionaries of what repeats in them, the ids that outlive them, and the salts of the unnamed.
//!
//! Times are nanoseconds since 1970 in UTC, so that seven-digit fractions of other systems survive a round trip.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE text (
                id {ID},
                hash {BYTES} NOT NULL UNIQUE,
                value TEXT NOT NULL
            );
            CREATE TABLE url (
                id {ID},
                hash {BYTES} NOT NULL UNIQUE,
                value TEXT NOT NULL,
                host TEXT,
                path TEXT
            );
            CREATE TABLE user_agent (
                id {ID},
                hash {BYTES} NOT NULL UNIQUE,
                value TEXT NOT NULL,
                device TEXT NOT NULL,
                browser TEXT,
                os TEXT,
                bot BOOLEAN NOT NULL
            );
            CREATE TABLE event (
                id {ID},
                {POSTGRES}arrival BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),{/}
                site_id BIGINT NOT NULL,
                time BIGINT NOT NULL,
                received BIGINT NOT NULL,
                uid {BYTES} NOT NULL,
                client_id TEXT,
                action_id BIGINT NOT NULL,
                label_id BIGINT,
                url_id BIGINT,
                referrer_id BIGINT,
                user_agent_id BIGINT,
                traffic_source SMALLINT NOT NULL,
                actor_id BIGINT,
                actor_kind SMALLINT NOT NULL,
                device_id BIGINT,
                session_id BIGINT,
                company_id BIGINT,
                language_id BIGINT,
                country_id BIGINT,
                city_id BIGINT,
                ip {BYTES},
                door SMALLINT NOT NULL,
                key_id BIGINT,
                deletion_id BIGINT,
                tag {JSON}
            );
            CREATE UNIQUE INDEX event_uid ON event (uid);
            CREATE INDEX event_site_time ON event (site_id, time{POSTGRES}, id{/});
            CREATE INDEX event_site_action_time ON event (site_id, action_id, time);
            CREATE INDEX event_deletion ON event (deletion_id) WHERE deletion_id IS NOT NULL;
            {POSTGRES}CREATE INDEX event_arrival ON event (arrival, id);{/}
            CREATE TABLE claimed_id (
                uid {BYTES} PRIMARY KEY,
                site_id BIGINT NOT NULL
            ) {CLUSTERED};
            CREATE TABLE identity_salt (
                site_id BIGINT NOT NULL,
                period_start BIGINT NOT NULL,
                salt {BYTES} NOT NULL,
                used_at BIGINT NOT NULL,
                PRIMARY KEY (site_id, period_start)
            )",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "DROP TABLE identity_salt; DROP TABLE claimed_id; DROP TABLE event;
             DROP TABLE user_agent; DROP TABLE url; DROP TABLE text",
        )
        .await
    }
}
