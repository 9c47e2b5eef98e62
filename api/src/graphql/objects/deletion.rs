//! Deletions.

use async_graphql::{Enum, ID, SimpleObject};

use crate::{
    domain::deletion::{self, State},
    graphql::scalar::{Count, DateTime},
};

/// How far a deletion is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "State")]
pub(in crate::graphql) enum DeletionState {
    /// Its events are gone from every answer, and are being worked off in the background.
    Hiding,
    /// Its events are gone from every answer, and await the purge; they can be restored.
    Hidden,
    /// Its events are being brought back.
    Restoring,
    /// Its events are back.
    Restored,
    /// Its events are being removed from disk.
    Purging,
    /// Its events are gone from disk.
    Purged,
}

/// A request to delete events.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Deletion {
    /// Names it, for `restoreDeletion`.
    id: ID,
    /// How far it is.
    state: DeletionState,
    /// Events that it hides.
    total: Count,
    /// Events worked off in the present state.
    done: Count,
    /// When it was asked for.
    created_at: DateTime,
    /// When the last of its events was restored or purged.
    finished_at: Option<DateTime>,
}

impl From<deletion::Deletion> for Deletion {
    fn from(deletion: deletion::Deletion) -> Self {
        Self {
            id: deletion.public_id.into(),
            state: deletion.state.into(),
            total: Count(deletion.events_total),
            done: Count(deletion.events_done),
            created_at: deletion.created.into(),
            finished_at: deletion.finished.map(DateTime::from),
        }
    }
}
