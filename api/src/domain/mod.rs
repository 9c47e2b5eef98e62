//! The shared vocabulary: values and the rules that can be judged from values alone.
//!
//! Every layer may read it; it reads none of them and does no input or output.

pub mod account;
pub mod audit;
pub mod caller;
pub mod client_token;
pub mod condition;
pub mod deletion;
pub mod dimension;
pub mod error;
pub mod event;
pub mod external;
pub mod forwarded;
pub mod hash;
pub mod key;
pub mod kql;
pub mod ledger;
pub mod odata;
pub mod operation;
pub mod origin;
pub mod period;
pub mod permission;
pub mod predicate;
pub mod profile;
pub mod quarantine;
pub mod question;
pub mod rate;
pub mod role;
pub mod role_map;
pub mod rollup;
pub mod rule;
pub mod scope;
pub mod scope_name;
pub mod seal;
pub mod segment;
pub mod session;
pub mod signature;
pub mod signing;
pub mod site;
pub mod syntax;
pub mod tag;
pub mod tag_type;
pub mod token;
pub mod usage;
pub mod view;
pub mod zone;
