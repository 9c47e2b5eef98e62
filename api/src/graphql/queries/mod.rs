//! Questions, one file per capability; inputs stand beside the field that takes them.

pub(super) mod account;
pub(super) mod audit;
pub(super) mod deletion;
pub(super) mod event;
pub(super) mod event_scope;
pub(super) mod external;
pub(super) mod key;
pub(super) mod kql;
pub(super) mod ledger;
pub(super) mod profile;
pub(super) mod quarantine;
pub(super) mod rule;
pub(super) mod segment;
pub(super) mod site;
pub(super) mod system;
pub(super) mod tag_type;
pub(super) mod unique;
pub(super) mod view;
pub(super) mod viewer;
