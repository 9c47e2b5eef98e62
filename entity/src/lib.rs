//! The rows of Tidemark's tables, one file per table; no rules.
//!
//! Codes and JSON columns are given their meaning in `domain`, by way of `store`.

pub mod account;
pub mod account_role;
pub mod api_key;
pub mod attempt;
pub mod audit;
pub mod claimed_id;
pub mod configuration;
pub mod counted_actor;
pub mod deletion;
pub mod event;
pub mod identity_salt;
pub mod ledger;
pub mod ledger_action;
pub mod link;
pub mod mark;
pub mod measure_bucket;
pub mod nonce;
pub mod profile;
pub mod profile_alias;
pub mod quarantine;
pub mod quarantine_total;
pub mod rate_share;
pub mod recovery_code;
pub mod refresh_token;
pub mod rollup;
pub mod rollup_gap;
pub mod rollup_key;
pub mod rule;
pub mod rule_hit;
pub mod rule_set;
pub mod scope;
pub mod session;
pub mod signing_key;
pub mod site;
pub mod tag_type;
pub mod tag_use;
pub mod text;
pub mod trait_type;
pub mod unique_bucket;
pub mod url;
pub mod user_agent;
pub mod view;
pub mod view_bucket;
