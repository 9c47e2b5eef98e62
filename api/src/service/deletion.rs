//! Deletion, stage one: events vanish from every answer at once, and can be restored until the purge.
//!
//! A few events are hidden and taken back from the rollups in one transaction. Many get a tombstone first, which every
//! answer respects from its commit on, and are worked off in slices.

mod list;

use std::{collections::HashSet, sync::Arc, time::Duration};

use uuid::Uuid;

use super::{
    Services, audit,
    fold::{Cells, Work},
    profile, quarantine,
    registry::Configuration,
    snapshot::Snapshot,
};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        condition::{Condition, Op},
        deletion::{Deletion, Filter, State},
        dimension::Dimension,
        error::{Code, Error, Result},
        operation::Operation,
        rate::{Budget, cost},
        rollup::{Mark, Rollup},
        site::Site,
    },
    store::{self, Priority, Transaction, mark, raw::Tombstone, tail::Fact},
};

pub use list::Deletions;

/// Ids of one request.
const MOST_IDS: usize = 10_000;
/// Deletions of a site that hide by a tombstone at the same time: every answer about it asks each of them of every raw
/// event it reads.
const MOST_TOMBSTONES: usize = 100;

/// Which events to delete: exactly one of the three.
#[derive(Debug, Clone)]
pub enum Which {
    /// Those with these public ids.
    Ids(Vec<String>),
    /// Those that match.
    Filter(Filter),
    /// All of one actor.
    Actor(String),
    /// That with this public id, where it is of this scope.
    Scoped {
        /// The scope.
        scope: String,
        /// The id.
        id: String,
    },
}

/// What a deletion did, or would do.
#[derive(Debug, Clone)]
pub struct Deleted {
    /// The deletion; none where nothing was deleted.
    pub deletion: Option<Deletion>,
    /// How many events.
    pub count: i64,
    /// Events of its actor that are or would be hidden in quarantine.
    pub quarantined: i64,
    /// Ids that are unknown or deleted already.
    pub not_found: Vec<String>,
}

impl Services {
    /// Deletes events, or says how many it would.
    ///
    /// # Errors
    /// No permission, an unknown site, too many ids, or `TOO_MANY_PENDING_DELETIONS`, which refuses the whole.
    pub async fn delete_events(
        &self,
        caller: &Caller,
        site: Option<&str>,
        which: Which,
        dry_run: bool,
    ) -> Result<Deleted> {
        caller.permit(Operation::DeleteEvents)?;
        let units = match &which {
            Which::Ids(ids) => u32::try_from(ids.len().clamp(1, MOST_IDS)).unwrap_or(u32::MAX),
            Which::Scoped { .. } => 1,
            Which::Filter(_) | Which::Actor(_) => cost::DELETE_BY_FILTER,
        };
        self.rates.charge(caller, Budget::Delete, units)?;
        let snapshot = Snapshot::new(self.clone());
        let (site, filter, not_found, count, misfits, profiles) = {
            let opened = snapshot.hold().await?;
            let site = opened.configuration.admit(caller, Operation::DeleteEvents, site)?;
            let (filter, not_found) = self.filter(&opened, &site, which).await?;
            let misfits = quarantine::reached(&opened.tx, site.id, &filter).await?;
            let profiles = store::profile::of_users(&opened.tx, site.id, &profile::erased(&filter)).await?;
            let erased: Vec<_> = profile::erased(&filter).into_iter().map(str::to_owned).collect();
            let filter = filter.since(site.raw_floor);
            let tombstones = opened.tombstones(site.id);
            let most = i64::MAX;
            let count = store::raw::matching(&opened.tx, &self.hasher, site.id, &filter, &tombstones, most).await?;
            (site, filter, not_found, count, misfits, (profiles, erased))
        };
        drop(snapshot);
        let quarantined = i64::try_from(misfits.len()).unwrap_or(i64::MAX);
        let (profiles, erased) = profiles;
        if dry_run || (count == 0 && misfits.is_empty() && profiles.is_empty()) {
            return Ok(Deleted {
                deletion: None,
                count,
                quarantined,
                not_found,
            });
        }
        let tx = self.database.write(Priority::Deletion).await?;
        // Locks before it reads: a fold in between would move what is to be taken back.
        let marks = mark::revise(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        // What was folded from events that retention takes can not be worked out anew without them: it stays.
        let floor = configuration
            .sites
            .get(&site.id)
            .map_or(site.raw_floor, |site| site.raw_floor);
        let filter = filter.since(floor);
        let upper = mark::ahead(&tx).await?;
        let slice = self.worker.deletion_slice_events;
        // What an earlier deletion is still working off is its own, and comes back with it alone.
        let hiding = store::deletion::hiding(&tx, Some(site.id)).await?;
        let full = hiding.len() >= MOST_TOMBSTONES;
        let tombstones: Vec<_> = hiding.into_iter().map(Tombstone::from).collect();
        let facts =
            store::tail::matching(&tx, &self.hasher, site.id, &filter, &tombstones, i64::MAX, slice + 1).await?;
        let whole = facts.len() <= slice;
        if full && !whole {
            let message = format!(
                "{MOST_TOMBSTONES} large deletions of this site are being worked off; nothing was deleted, try again."
            );
            return Err(Error::new(Code::TooManyPendingDeletions, message).retry_after(Duration::from_secs(1)));
        }
        // Counted again: since the snapshot events came in, and others were deleted or restored.
        let total = if whole {
            i64::try_from(facts.len()).unwrap_or(i64::MAX)
        } else {
            let most = self.worker.max_pending_deletions.saturating_add(1);
            store::tail::count_matching(&tx, &self.hasher, site.id, &filter, &tombstones, upper, most).await?
        };
        self.check_ceiling(&tx, &site, total).await?;
        let deletion = Deletion {
            id: 0,
            public_id: Uuid::now_v7().to_string(),
            site: site.id,
            state: if whole { State::Hidden } else { State::Hiding },
            filter,
            upper,
            events_total: total,
            events_done: if whole { total } else { 0 },
            created: clock::now(),
            finished: None,
        };
        let deletion = store::deletion::create(&tx, &deletion).await?;
        if whole {
            self.hide(&tx, &configuration, &marks, &site, &facts, deletion.id)
                .await?;
        }
        store::quarantine::hide(&tx, &misfits, deletion.id).await?;
        let erased: Vec<_> = erased.iter().map(String::as_str).collect();
        store::profile::hide(&tx, site.id, &profiles, &erased, deletion.id).await?;
        let change = Change::new(Operation::DeleteEvents, &deletion.public_id).on(site.id);
        audit::record(&tx, caller, change.after(&deletion)).await?;
        tx.commit().await?;
        self.fold_nudge.notify_one();
        Ok(Deleted {
            count: deletion.events_total,
            quarantined,
            deletion: Some(deletion),
            not_found,
        })
    }

    async fn filter(
        &self,
        opened: &super::snapshot::Opened,
        site: &Site,
        which: Which,
    ) -> Result<(Filter, Vec<String>)> {
        match which {
            Which::Filter(filter) => Ok((filter, Vec::new())),
            Which::Actor(actor) => {
                // Whoever is to be forgotten is so by every id.
                let mut ids = profile::ids_of(&opened.tx, site.id, &actor).await?;
                let condition = match ids.pop() {
                    Some(only) if ids.is_empty() => Condition::new(Dimension::Actor, Op::Eq, only.into())?,
                    last => {
                        ids.extend(last);
                        Condition::new(Dimension::Actor, Op::In, ids.into())?
                    }
                };
                Ok((
                    Filter {
                        conditions: vec![condition],
                        ..Filter::default()
                    },
                    Vec::new(),
                ))
            }
            Which::Scoped { scope, id } => {
                let mut found = self.living(opened, site, std::slice::from_ref(&id)).await?;
                found.retain(|(_, event)| event.scope() == scope);
                let not_found = if found.is_empty() { vec![id] } else { Vec::new() };
                let sequences = found.into_iter().filter_map(|(_, event)| event.sequence).collect();
                let filter = Filter {
                    sequences: Some(sequences),
                    ..Filter::default()
                };
                Ok((filter, not_found))
            }
            Which::Ids(ids) if ids.len() > MOST_IDS => {
                let message = format!(
                    "The request names {} ids; at most {MOST_IDS} are taken at once.",
                    ids.len()
                );
                Err(Error::new(Code::TooManyItems, message).at("ids"))
            }
            Which::Ids(ids) => {
                let found = self.living(opened, site, &ids).await?;
                let known: HashSet<&str> = found.iter().map(|(own, _)| own.as_str()).collect();
                let not_found = ids.into_iter().filter(|id| !known.contains(id.as_str())).collect();
                let sequences = found.into_iter().filter_map(|(_, event)| event.sequence).collect();
                Ok((
                    Filter {
                        sequences: Some(sequences),
                        ..Filter::default()
                    },
                    not_found,
                ))
            }
        }
    }

    async fn check_ceiling(&self, tx: &Transaction, site: &Site, count: i64) -> Result<()> {
        let most = self.worker.max_pending_deletions;
        let pending = store::deletion::pending(tx, site.id).await?;
        if pending.saturating_add(count) <= most {
            return Ok(());
        }
        let wait = self.until_purge(tx).await?;
        let message = format!(
            "{pending} deleted events of this site await the purge and {count} more would pass the limit of {most}; nothing was deleted."
        );
        Err(Error::new(Code::TooManyPendingDeletions, message).retry_after(wait))
    }

    /// How long until the next purge.
    async fn until_purge(&self, tx: &Transaction) -> Result<Duration> {
        let next = self.next_purge(tx).await?;
        let wait = next.saturating_sub(clock::now_nanoseconds()).max(1_000_000_000);
        Ok(Duration::from_nanos(wait.unsigned_abs()))
    }

    /// When the next purge is due, in nanoseconds since 1970.
    async fn next_purge(&self, tx: &Transaction) -> Result<i64> {
        let interval = i64::try_from(self.worker.purge_interval.as_nanos()).unwrap_or(i64::MAX);
        let last = store::configuration::purged_at(tx).await?;
        // Before the first start an interval is counted from now.
        let last = if last == 0 { clock::now_nanoseconds() } else { last };
        Ok(last.saturating_add(interval))
    }

    /// Hides events and takes them back from what they were folded into.
    pub(in crate::service) async fn hide(
        &self,
        tx: &Transaction,
        configuration: &Configuration,
        marks: &[Mark],
        site: &Site,
        facts: &[Fact],
        deletion: i64,
    ) -> Result<()> {
        let sequences: Vec<_> = facts.iter().map(|fact| fact.sequence).collect();
        for (mark, rollups) in folded_into(configuration, marks, site.id) {
            let cells = Cells::count(tx, &rollups, facts, mark.reach).await?;
            Work::prepare(self, tx, mark, cells).await?.subtract(self, tx).await?;
        }
        store::tail::set_deletion(tx, &sequences, Some(deletion)).await
    }

    /// Shows events again and adds them to what they would have been folded into.
    pub(in crate::service) async fn show(
        &self,
        tx: &Transaction,
        configuration: &Configuration,
        marks: &[Mark],
        site: i64,
        facts: &[Fact],
    ) -> Result<()> {
        let sequences: Vec<_> = facts.iter().map(|fact| fact.sequence).collect();
        for (mark, rollups) in folded_into(configuration, marks, site) {
            let cells = Cells::count(tx, &rollups, facts, mark.reach).await?;
            Work::prepare(self, tx, mark, cells).await?.restore(self, tx).await?;
        }
        store::tail::set_deletion(tx, &sequences, None).await
    }

    /// Brings a deletion's events back.
    ///
    /// # Errors
    /// No permission, `NOT_FOUND`, `NOT_RESTORABLE` once the purge has begun, or `OVERLOADED` while a later deletion of the
    /// site is being worked off.
    pub async fn restore_deletion(&self, caller: &Caller, public_id: &str) -> Result<Deletion> {
        caller.permit(Operation::RestoreDeletion)?;
        let tx = self.database.write(Priority::Deletion).await?;
        let marks = mark::revise(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        let mut deletion = own_deletion(&tx, &configuration, caller, Operation::RestoreDeletion, public_id).await?;
        let before = deletion.clone();
        if !matches!(deletion.state, State::Hiding | State::Hidden) {
            let message = match deletion.state {
                State::Restoring | State::Restored => "This deletion was restored already.",
                _ => "The purge has begun; these events cannot be brought back.",
            };
            return Err(Error::new(Code::NotRestorable, message).at("id"));
        }
        let hiding = store::deletion::hiding(&tx, Some(deletion.site)).await?;
        if hiding.iter().any(|other| other.id > deletion.id) {
            // Its tombstone would take what comes back here, which it did not count.
            let message = "A later deletion is still being worked off; try again when it is done.";
            let error = Error::new(Code::Overloaded, message).at("id");
            return Err(error.retry_after(Duration::from_secs(1)));
        }
        let slice = self.worker.deletion_slice_events;
        let facts = store::tail::hidden(&tx, deletion.id, slice + 1).await?;
        let whole = facts.len() <= slice;
        let from = deletion.state;
        if whole {
            self.show(&tx, &configuration, &marks, deletion.site, &facts).await?;
            deletion.finished = Some(clock::now());
        }
        store::quarantine::show(&tx, deletion.id).await?;
        store::profile::show(&tx, deletion.id).await?;
        deletion.state = if whole { State::Restored } else { State::Restoring };
        deletion.events_done = if whole { deletion.events_total } else { 0 };
        let finished = deletion.finished.map(crate::domain::zone::nanoseconds);
        if !store::deletion::advance(
            &tx,
            deletion.id,
            from,
            deletion.state,
            deletion.events_total,
            deletion.events_done,
            finished,
        )
        .await?
        {
            return Err(Error::new(
                Code::NotRestorable,
                "The deletion went on meanwhile; ask for its state again.",
            )
            .at("id"));
        }
        let change = Change::new(Operation::RestoreDeletion, &deletion.public_id).on(deletion.site);
        audit::record(&tx, caller, change.before(&before).after(&deletion)).await?;
        tx.commit().await?;
        self.fold_nudge.notify_one();
        Ok(deletion)
    }

    /// Works off one slice of one deletion or restore under way; gives whether there was any.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn work_off_deletion(&self) -> Result<bool> {
        let waiting = {
            let tx = self.database.read(self.question.deadline).await?;
            store::deletion::list(&tx, None, &[State::Hiding, State::Restoring], 1).await?
        };
        let Some(deletion) = waiting.into_iter().next() else {
            return Ok(false);
        };
        let tx = self.database.write(Priority::Deletion).await?;
        let marks = mark::revise(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        let slice = self.worker.deletion_slice_events;
        let (facts, next) = match deletion.state {
            State::Hiding => {
                // Asked first: what an older transaction brings after the look would come back once this is done.
                let settled = mark::is_settled(&tx, deletion.upper).await?;
                let facts = store::tail::matching(
                    &tx,
                    &self.hasher,
                    deletion.site,
                    &deletion.filter,
                    &[],
                    deletion.upper,
                    slice,
                )
                .await?;
                // On PostgreSQL an older transaction may still bring events that the tombstone covers.
                let done = settled && facts.is_empty();
                (facts, if done { State::Hidden } else { State::Hiding })
            }
            _ => {
                let facts = store::tail::hidden(&tx, deletion.id, slice).await?;
                let next = if facts.is_empty() {
                    State::Restored
                } else {
                    State::Restoring
                };
                (facts, next)
            }
        };
        let done = deletion
            .events_done
            .saturating_add(i64::try_from(facts.len()).unwrap_or(i64::MAX));
        let total = match next {
            State::Hidden => done,
            // What an older transaction brought came on top of what was counted, and is pending as well.
            State::Hiding => deletion.events_total.max(done),
            _ => deletion.events_total,
        };
        let finished = (next == State::Restored).then(clock::now_nanoseconds);
        if !store::deletion::advance(&tx, deletion.id, deletion.state, next, total, done, finished).await? {
            // Somebody restored it in between.
            return Ok(true);
        }
        if deletion.state == State::Hiding {
            if let Some(site) = configuration.sites.get(&deletion.site) {
                self.hide(&tx, &configuration, &marks, site, &facts, deletion.id)
                    .await?;
            }
        } else {
            self.show(&tx, &configuration, &marks, deletion.site, &facts).await?;
        }
        tx.commit().await?;
        let waits = facts.is_empty() && next == State::Hiding;
        Ok(!waits)
    }
}

/// A deletion of a site on which the caller may do this.
async fn own_deletion(
    tx: &Transaction,
    configuration: &Configuration,
    caller: &Caller,
    operation: Operation,
    public_id: &str,
) -> Result<Deletion> {
    let found = store::deletion::find(tx, public_id).await?;
    let own = found.filter(|one| configuration.sites_of(caller, operation).contains(&one.site));
    own.ok_or_else(|| Error::new(Code::NotFound, "There is no such deletion.").at("id"))
}

/// The rollups of a site by mark.
fn folded_into<'a>(configuration: &Configuration, marks: &'a [Mark], site: i64) -> Vec<(&'a Mark, Vec<Arc<Rollup>>)> {
    let own = |mark: &Mark| {
        configuration
            .rollups
            .iter()
            .filter(|rollup| rollup.site == site && rollup.mark == mark.id)
            .cloned()
            .collect()
    };
    marks
        .iter()
        .map(|mark| (mark, own(mark)))
        .filter(|(_, rollups): &(_, Vec<_>)| !rollups.is_empty())
        .collect()
}
