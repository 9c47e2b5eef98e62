//! Views, unique scopes, and what is folded from events for them up to a mark.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "CREATE TABLE view (
                id {ID},
                site_id BIGINT NOT NULL,
                name TEXT NOT NULL,
                actions {JSON},
                dimensions {JSON} NOT NULL,
                measures {JSON} NOT NULL,
                built_in BOOLEAN NOT NULL,
                created_at BIGINT NOT NULL,
                UNIQUE (site_id, name)
            );
            CREATE TABLE scope (
                id {ID},
                fields {JSON} NOT NULL,
                name TEXT NOT NULL UNIQUE,
                built_in BOOLEAN NOT NULL,
                created_at BIGINT NOT NULL
            );
            CREATE TABLE mark (
                id {ID},
                position BIGINT NOT NULL,
                reach BIGINT NOT NULL,
                revision BIGINT NOT NULL,
                epoch TEXT NOT NULL
            );
            CREATE TABLE rollup (
                id {ID},
                site_id BIGINT NOT NULL,
                view_id BIGINT,
                scope_id BIGINT,
                time_zone TEXT NOT NULL,
                state SMALLINT NOT NULL,
                mark_id BIGINT NOT NULL,
                backfill_total BIGINT NOT NULL,
                backfill_done BIGINT NOT NULL,
                floor BIGINT NOT NULL,
                created_at BIGINT NOT NULL
            );
            CREATE INDEX rollup_mark ON rollup (mark_id);
            CREATE TABLE rollup_key (
                id {ID},
                rollup_id BIGINT NOT NULL,
                hash {BYTES} NOT NULL,
                v0 TEXT, v1 TEXT, v2 TEXT, v3 TEXT, v4 TEXT, v5 TEXT, v6 TEXT, v7 TEXT,
                UNIQUE (rollup_id, hash)
            );
            CREATE TABLE view_bucket (
                rollup_id BIGINT NOT NULL,
                tier SMALLINT NOT NULL,
                bucket BIGINT NOT NULL,
                key_id BIGINT NOT NULL,
                n BIGINT NOT NULL,
                PRIMARY KEY (rollup_id, tier, bucket, key_id)
            ) {CLUSTERED};
            CREATE TABLE measure_bucket (
                rollup_id BIGINT NOT NULL,
                tier SMALLINT NOT NULL,
                bucket BIGINT NOT NULL,
                key_id BIGINT NOT NULL,
                measure SMALLINT NOT NULL,
                n BIGINT NOT NULL,
                sum {REAL} NOT NULL,
                min {REAL} NOT NULL,
                max {REAL} NOT NULL,
                PRIMARY KEY (rollup_id, tier, bucket, key_id, measure)
            ) {CLUSTERED};
            CREATE TABLE rollup_gap (
                rollup_id BIGINT NOT NULL,
                tier SMALLINT NOT NULL,
                bucket BIGINT NOT NULL,
                reason SMALLINT NOT NULL,
                PRIMARY KEY (rollup_id, tier, bucket)
            ) {CLUSTERED};
            CREATE TABLE unique_bucket (
                rollup_id BIGINT NOT NULL,
                day BIGINT NOT NULL,
                key_id BIGINT NOT NULL,
                stale BOOLEAN NOT NULL,
                sketch {BYTES} NOT NULL,
                PRIMARY KEY (rollup_id, day, key_id)
            );
            CREATE INDEX unique_bucket_stale ON unique_bucket (rollup_id, day) WHERE stale",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "DROP TABLE unique_bucket; DROP TABLE rollup_gap; DROP TABLE measure_bucket;
             DROP TABLE view_bucket; DROP TABLE rollup_key; DROP TABLE rollup; DROP TABLE mark;
             DROP TABLE scope; DROP TABLE view",
        )
        .await
    }
}
