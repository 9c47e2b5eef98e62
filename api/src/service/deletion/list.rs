//! Which deletions there are, how far each is, and until when what they hid can come back.

use jiff::Timestamp;

use super::own_deletion;
use crate::{
    domain::{
        caller::Caller,
        deletion::{Deletion, State},
        error::{Code, Error, Result},
        operation::Operation,
        zone,
    },
    service::{Services, snapshot::Snapshot},
    store,
};

/// A page of deletions.
#[derive(Debug, Clone)]
pub struct Deletions {
    /// The latest first.
    pub list: Vec<Deletion>,
    /// Whether there are more.
    pub more: bool,
    /// When the next purge is due.
    pub purge_at: Timestamp,
}

impl Services {
    /// A deletion by its id.
    ///
    /// # Errors
    /// No permission, or `NOT_FOUND`.
    pub async fn deletion(&self, snapshot: &Snapshot, caller: &Caller, public_id: &str) -> Result<Deletion> {
        let operation = Operation::ListDeletions;
        caller.permit(operation)?;
        let opened = snapshot.hold().await?;
        own_deletion(&opened.tx, &opened.configuration, caller, operation, public_id).await
    }

    /// A page of a site's deletions, the latest first: those in one of the states, past the one that is named.
    ///
    /// # Errors
    /// No permission, an unknown site, or `INVALID_CURSOR`.
    pub async fn deletions(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        states: Option<&[State]>,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Deletions> {
        caller.permit(Operation::ListDeletions)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ListDeletions, site)?;
        let after = match after {
            None => None,
            Some(id) => {
                let found = store::deletion::find(&opened.tx, id).await?;
                let own = found.filter(|deletion| deletion.site == site.id);
                let message = "This is no cursor that this field gave out.";
                Some(
                    own.ok_or_else(|| Error::new(Code::InvalidCursor, message).at("after"))?
                        .id,
                )
            }
        };
        let mut list =
            store::deletion::page(&opened.tx, site.id, states.unwrap_or(State::ALL), after, limit + 1).await?;
        let more = list.len() > limit;
        list.truncate(limit);
        Ok(Deletions {
            list,
            more,
            purge_at: zone::timestamp(self.next_purge(&opened.tx).await?),
        })
    }
}
