//! Events that take the place of others: the earlier one is deleted in the transaction that appends the later, and its id
//! goes over. It awaits the purge like whatever is deleted, and no more may do so than the site's ceiling allows.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::Prepared;
use crate::{
    clock,
    domain::{
        deletion::{Deletion, Filter, State},
        error::{Code, Error, Result},
        event::{Event, Outcome},
    },
    service::{Services, registry::Configuration},
    store::{self, NewRow, Transaction, mark, raw::Tombstone},
};

/// The events of a batch that take the place of stored ones, by site.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    uids: BTreeMap<i64, Vec<[u8; 16]>>,
    /// How many more events of each site may await the purge; read where it is needed.
    room: BTreeMap<i64, i64>,
}

impl Replaced {
    /// Finds out how many stored events of each site may be overwritten.
    pub(super) async fn open(services: &Services, tx: &Transaction, sites: &[i64]) -> Result<Self> {
        let mut replaced = Self::default();
        for site in sites {
            if !replaced.room.contains_key(site) {
                let pending = store::deletion::pending(tx, *site).await?;
                let room = services.worker.max_pending_deletions.saturating_sub(pending);
                replaced.room.insert(*site, room);
            }
        }
        Ok(replaced)
    }

    /// Has an event take the place of the stored one with its id.
    pub(super) fn add(&mut self, event: &Event) -> Result<()> {
        let room = self.room.entry(event.site).or_default();
        if *room <= 0 {
            let message =
                "As many deleted events of this site await the purge as may; nothing can be overwritten until then.";
            return Err(Error::new(Code::TooManyPendingDeletions, message));
        }
        *room -= 1;
        self.uids.entry(event.site).or_default().push(event.uid);
        Ok(())
    }
}

/// Takes an event back that came in the same batch, before one that takes its place: it was never stored.
pub(super) fn take_back(
    event: &Event,
    admitted: &mut Vec<NewRow<'_>>,
    (prepared, outcomes): (&[&Prepared], &mut [Option<Outcome>]),
) {
    admitted.retain(|earlier| earlier.event.uid != event.uid);
    for (one, outcome) in prepared.iter().zip(outcomes) {
        if one.event.uid == event.uid && outcome.is_none() {
            *outcome = Some(Outcome::Duplicate { id: event.id.clone() });
        }
    }
}

impl Services {
    /// Deletes the events that others take the place of, in the transaction that appends those.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) async fn make_way(
        &self,
        tx: &Transaction,
        configuration: &Configuration,
        replaced: &Replaced,
    ) -> Result<()> {
        if replaced.uids.is_empty() {
            return Ok(());
        }
        // Locks before it reads: a fold in between would move what is to be taken back.
        let marks = mark::revise(tx).await?;
        let hiding = store::deletion::hiding(tx, None).await?;
        for (id, uids) in &replaced.uids {
            let Some(site) = configuration.sites.get(id) else {
                continue;
            };
            let numbers = store::numbers(tx, uids).await?;
            let filter = Filter {
                sequences: Some(numbers.clone()),
                ..Filter::default()
            };
            let of_site = hiding.iter().filter(|deletion| deletion.site == *id).cloned();
            let tombstones: Vec<_> = of_site.map(Tombstone::from).collect();
            let (most, floor) = (numbers.len(), filter.clone().since(site.raw_floor));
            let facts = store::tail::matching(tx, &self.hasher, *id, &floor, &tombstones, i64::MAX, most).await?;
            if !facts.is_empty() {
                let number = i64::try_from(facts.len()).unwrap_or(i64::MAX);
                let deletion = Deletion {
                    id: 0,
                    public_id: Uuid::now_v7().to_string(),
                    site: *id,
                    state: State::Hidden,
                    filter,
                    upper: mark::ahead(tx).await?,
                    events_total: number,
                    events_done: number,
                    created: clock::now(),
                    finished: None,
                };
                let deletion = store::deletion::create(tx, &deletion).await?;
                self.hide(tx, configuration, &marks, site, &facts, deletion.id).await?;
            }
            store::unclaim(tx, uids).await?;
            for number in numbers {
                store::release(tx, number, Uuid::now_v7().into_bytes()).await?;
            }
        }
        Ok(())
    }
}
