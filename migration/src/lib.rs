//! The frozen history of the schema: an ordered list of sentences, each run once.
//!
//! A migration never imports live entities, so history does not change with the code. One statement text serves
//! both engines; the few words in which they differ are in [`dialect`].

mod dialect;
mod m20261121_000001_create_sites_and_keys;
mod m20261121_000002_create_events;
mod m20261121_000003_create_rollups;
mod m20261121_000004_create_deletions;
mod m20261121_000010_create_counted_actors;
mod m20261121_000030_create_signing_keys;
mod m20261121_000031_create_accounts;
mod m20261121_000040_create_rules;
mod m20261121_000050_create_audit;
mod m20261121_000051_extend_keys_and_sites;
mod m20261121_000060_create_tag_types;
mod m20261121_000070_create_ledger;
mod m20261121_000080_create_rate_shares;
mod m20261121_000090_create_attempts;
mod m20261122_000100_create_profiles;
mod m20261122_000101_create_nonces;
mod m20261122_000102_name_scripts;
mod m20261122_000103_create_external;
mod m20261122_000120_create_rollup_uses;
mod m20261122_000140_add_scope_of_events;
mod m20261122_000141_create_segments;
mod m20261122_000142_create_visitor_profiles;
mod m20261122_000143_add_bytes_of_visitor_profiles;
mod m20261123_000144_add_seed_of_refresh_tokens;

pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::{MigrationTrait, async_trait};

/// Every migration, oldest first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_sites_and_keys::Migration),
            Box::new(m20261121_000002_create_events::Migration),
            Box::new(m20261121_000003_create_rollups::Migration),
            Box::new(m20261121_000004_create_deletions::Migration),
            Box::new(m20261121_000010_create_counted_actors::Migration),
            Box::new(m20261121_000030_create_signing_keys::Migration),
            Box::new(m20261121_000031_create_accounts::Migration),
            Box::new(m20261121_000040_create_rules::Migration),
            Box::new(m20261121_000050_create_audit::Migration),
            Box::new(m20261121_000051_extend_keys_and_sites::Migration),
            Box::new(m20261121_000060_create_tag_types::Migration),
            Box::new(m20261121_000070_create_ledger::Migration),
            Box::new(m20261121_000080_create_rate_shares::Migration),
            Box::new(m20261121_000090_create_attempts::Migration),
            Box::new(m20261122_000100_create_profiles::Migration),
            Box::new(m20261122_000101_create_nonces::Migration),
            Box::new(m20261122_000102_name_scripts::Migration),
            Box::new(m20261122_000103_create_external::Migration),
            Box::new(m20261122_000120_create_rollup_uses::Migration),
            Box::new(m20261122_000140_add_scope_of_events::Migration),
            Box::new(m20261122_000141_create_segments::Migration),
            Box::new(m20261122_000142_create_visitor_profiles::Migration),
            Box::new(m20261122_000143_add_bytes_of_visitor_profiles::Migration),
            Box::new(m20261123_000144_add_seed_of_refresh_tokens::Migration),
        ]
    }
}
