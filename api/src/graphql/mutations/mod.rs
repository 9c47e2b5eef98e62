//! Changes, one file per capability; inputs and payloads stand beside the field that takes and gives them.

pub(super) mod deletion;
pub(super) mod event;
pub(super) mod rule;
pub(super) mod site;
pub(super) mod unique;
pub(super) mod view;
