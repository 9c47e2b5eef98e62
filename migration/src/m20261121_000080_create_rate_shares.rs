//! What each server holds of the limits that several share.

use sea_orm_migration::prelude::{DbErr, DeriveMigrationName, MigrationTrait, SchemaManager, async_trait};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // It changes four times a second and says nothing that a crash may not forget.
        super::dialect::run(
            manager,
            "CREATE {POSTGRES}UNLOGGED{/} TABLE rate_share (
                bucket TEXT NOT NULL,
                instance TEXT NOT NULL,
                share {REAL} NOT NULL,
                demand {REAL} NOT NULL,
                debt {REAL} NOT NULL,
                since BIGINT NOT NULL,
                until BIGINT NOT NULL,
                PRIMARY KEY (bucket, instance)
            )",
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        super::dialect::run(manager, "DROP TABLE rate_share").await
    }
}
