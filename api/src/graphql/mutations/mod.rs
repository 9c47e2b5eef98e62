//! Changes, one file per capability; inputs and payloads stand beside the field that takes and gives them.

pub(super) mod account;
pub(super) mod click;
pub(super) mod client_token;
pub(super) mod deletion;
pub(super) mod event;
pub(super) mod event_scope;
pub(super) mod external;
pub(super) mod key;
pub(super) mod quarantine;
pub(super) mod rule;
pub(super) mod segment;
pub(super) mod session;
pub(super) mod site;
pub(super) mod tag_type;
pub(super) mod unique;
pub(super) mod view;
