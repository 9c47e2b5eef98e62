//! Queries: the only folder that knows SeaORM and SQL.
//!
//! Functions take a [`Transaction`], read or write, so that `service` composes them and decides what happens together.
//! There is no notion here of who is asking, and no rule.

pub mod account;
mod append;
pub mod aside;
pub mod attempt;
pub mod audit;
mod condition;
pub mod configuration;
mod counted_actor;
pub mod database;
pub mod deletion;
pub mod dictionary;
mod error;
pub mod event;
pub mod event_scope;
pub mod external;
mod gate;
pub mod key;
pub mod ledger;
pub mod link;
pub mod listing;
pub mod mark;
pub mod nonce;
mod predicate;
pub mod profile;
pub mod quarantine;
pub mod rate_share;
pub mod raw;
pub mod recovery_code;
pub mod removal;
pub mod replay;
pub mod rollup;
pub mod rollup_use;
pub mod rule;
pub mod rule_hit;
pub mod salt;
mod schema;
pub mod scope;
pub mod segment;
pub mod session;
pub mod signing;
pub mod site;
mod sql;
pub mod tag_type;
pub mod tail;
pub mod totp;
mod transaction;
pub mod unique_bucket;
pub mod view;
pub mod view_bucket;
pub mod visitor;
pub mod visitor_profile;

pub use append::{Appended, NewRow, append, known, numbers, release, unclaim};
pub use database::{Database, Options};
pub use error::{again, is_conflict, is_lost, is_refused, is_transient, is_unreadable};
pub use gate::Priority;
pub use transaction::{Fate, Last, Transaction, TransactionId};
