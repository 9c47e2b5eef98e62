//! Objects that several fields give, one file each.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod condition;
pub(super) mod deletion;
pub(super) mod event;
pub(super) mod find;
pub(super) mod key;
pub(super) mod ledger;
pub(super) mod range;
pub(super) mod rule;
pub(super) mod segment;
pub(super) mod site;
pub(super) mod tag_type;
pub(super) mod unique;
pub(super) mod view;
