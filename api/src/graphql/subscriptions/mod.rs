//! What goes on, one file per capability.

pub(super) mod backfill;
pub(super) mod event;
