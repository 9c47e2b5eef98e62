//! What a key is besides its secret: where it may be used from, its rotation, its signing secret, its last use. What a
//! site is besides its name: the origins of its pages, and the hosts of its share links.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "ALTER TABLE api_key DROP COLUMN public;
            ALTER TABLE api_key ADD COLUMN origins {JSON};
            ALTER TABLE api_key ADD COLUMN rotated_at BIGINT;
            ALTER TABLE api_key ADD COLUMN previous_hash {BYTES};
            ALTER TABLE api_key ADD COLUMN previous_until BIGINT;
            ALTER TABLE api_key ADD COLUMN signing_secret {BYTES};
            ALTER TABLE api_key ADD COLUMN last_used_at BIGINT;
            ALTER TABLE site ADD COLUMN origins {JSON};
            ALTER TABLE site ADD COLUMN share_hosts {JSON}",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(
            manager,
            "ALTER TABLE site DROP COLUMN share_hosts;
            ALTER TABLE site DROP COLUMN origins;
            ALTER TABLE api_key DROP COLUMN last_used_at;
            ALTER TABLE api_key DROP COLUMN signing_secret;
            ALTER TABLE api_key DROP COLUMN previous_until;
            ALTER TABLE api_key DROP COLUMN previous_hash;
            ALTER TABLE api_key DROP COLUMN rotated_at;
            ALTER TABLE api_key DROP COLUMN origins;
            ALTER TABLE api_key ADD COLUMN public BOOLEAN NOT NULL DEFAULT FALSE",
        )
        .await
    }
}
