//! The steps of ingest, one file each.

pub(super) mod admit_event;
pub(super) mod enrich_event;
pub(super) mod identify_event;
pub(super) mod judge_event;
pub(super) mod name_actor;
pub(super) mod speak_for;
pub(super) mod validate_shape;
