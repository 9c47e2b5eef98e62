//! Folding: events past a mark are added to rollups, and the mark moves, in one transaction.
//!
//! What to add is worked out in a reading transaction, so that SQLite's one writer is held only to write it down. The
//! write compares the mark's position and revision with what was read: a second folder, a deletion or a restore in
//! between makes it give up, and the next round begins anew.
//!
//! Nothing stops a mark silently. An event that cannot be read is set aside and reported; where a table refuses
//! a count, folds are narrowed down to the event, and raw events answer for its hour and day.

mod aside;
mod atom;
mod behind;
mod cell;
mod rebuild;
mod size;
mod write;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

pub(in crate::service) use atom::field;
pub(in crate::service) use behind::lag;
pub(in crate::service) use cell::Cells;
use cell::Count;
use size::Sizes;
pub(in crate::service) use write::{Work, hash_key};

use super::Services;
use crate::{
    domain::{
        error::Result,
        rollup::{Content, Mark, Rollup, SCOPE_MARK, State, VIEW_MARK},
    },
    store::{
        self, Priority, Transaction, mark, tail,
        unique_bucket::{self, Bucket},
    },
};

/// How long the reading half may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// So many events went in; there may be more.
    Some(usize),
    /// So many events went in, which was all there was when it began.
    Rest(usize),
    /// Everything visible is folded.
    All,
    /// Somebody else moved the mark, or works on it.
    Interrupted,
}

/// So many reads go into one step where much is to be folded: many events share most of their cells, and a set of actors
/// is written whole however little is added.
const CHUNKS: usize = 12;
/// Bytes of sets of one slice, and their number: some milliseconds of writing.
const SLICE_BYTES: usize = 256 * 1024;
const SLICE_SETS: usize = 400;

/// What folding remembers between rounds.
#[derive(Default)]
pub struct Memory {
    known: Mutex<write::Known>,
    sizes: Sizes,
}

impl Memory {
    fn known(&self) -> std::sync::MutexGuard<'_, write::Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stretch of events whose cells are ready to be written.
struct Step {
    /// The mark as it was read.
    mark: Mark,
    /// Where it will stand.
    end: i64,
    events: usize,
    /// Whether it leaves some of what was there.
    more: bool,
    backfill: bool,
    /// Whether a table refuses what it would add: raw events are to answer for it.
    refused: bool,
}

impl Step {
    fn priority(&self) -> Priority {
        if self.backfill {
            Priority::Backfill
        } else {
            Priority::Fold
        }
    }

    fn done(&self) -> Folded {
        if self.more {
            Folded::Some(self.events)
        } else {
            Folded::Rest(self.events)
        }
    }

    async fn finish(&self, tx: &Transaction) -> Result<()> {
        mark::advance(tx, self.mark.id, self.end).await?;
        if self.backfill {
            let events = i64::try_from(self.events).unwrap_or(i64::MAX);
            store::rollup::add_backfilled(tx, self.mark.id, events).await?;
        }
        Ok(())
    }
}

/// Sets in slices of bounded size.
fn slices(buckets: &[Bucket]) -> impl Iterator<Item = &[Bucket]> {
    let mut bytes = 0;
    let mut sets = 0;
    buckets.chunk_by(move |one, _| {
        bytes += one.sketch.len();
        sets += 1;
        let fits = bytes < SLICE_BYTES && sets < SLICE_SETS;
        if !fits {
            (bytes, sets) = (0, 0);
        }
        fits
    })
}

impl Services {
    /// Folds some of what lies past a mark. Where a table refuses it, the next is half as large, down to one event, whose
    /// hours and days are left to raw events then. What the table of sets refuses is an error each time: they are blobs of
    /// our own, so that no event is why.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fold(&self, mark_id: i64) -> Result<Folded> {
        let size = self.fold_memory.sizes.next(mark_id, self.most_events());
        match self.fold_some(mark_id, size, false).await {
            Err(error) if store::is_refused(&error) && self.fold_memory.sizes.narrow(mark_id, size) => {
                tracing::warn!(
                    mark = mark_id,
                    size,
                    ?error,
                    "a table refused a fold; it is tried with fewer events"
                );
                Ok(Folded::Some(0))
            }
            Err(error) if store::is_refused(&error) => {
                tracing::error!(mark = mark_id, ?error, "a table refuses what an event counts in");
                self.fold_some(mark_id, size, true).await
            }
            folded => folded,
        }
    }

    /// Events of the largest fold.
    fn most_events(&self) -> usize {
        self.worker.fold_events.saturating_mul(CHUNKS)
    }

    async fn fold_some(&self, mark_id: i64, size: usize, refused: bool) -> Result<Folded> {
        let start = Instant::now();
        let tx = self.database.read(DEADLINE).await?;
        if !mark::try_reserve(&tx, mark_id).await? {
            return Ok(Folded::Interrupted);
        }
        let configuration = self.registry.at(&tx).await?;
        let Some(mark) = mark::find(&tx, mark_id).await? else {
            return Ok(Folded::All);
        };
        let rollups: Vec<Arc<Rollup>> = configuration
            .rollups
            .iter()
            .filter(|rollup| rollup.mark == mark_id)
            .cloned()
            .collect();
        let live = live_mark(&rollups, mark_id);
        let backfill = live != mark_id;
        let horizon = match backfill {
            false => mark::horizon(&tx).await?,
            true => mark::get_mark(&tx, live).await?.position,
        };
        if mark.position >= horizon {
            drop(tx);
            return if backfill {
                self.join(&mark, live).await
            } else {
                Ok(Folded::All)
            };
        }
        let sites: Option<Vec<i64>> = backfill.then(|| rollups.iter().map(|rollup| rollup.site).collect());
        let mut count = Count::new(&rollups);
        let (mut end, mut events) = (mark.position, 0);
        while end < horizon && events < size {
            let limit = self.worker.fold_events.min(size - events);
            let stretch = tail::read_stretch(&tx, end, horizon, sites.as_deref(), limit).await?;
            if !stretch.unreadable.is_empty() {
                tx.rollback().await?;
                self.set_aside(&stretch.unreadable).await?;
                // They are hidden from here on; the next fold begins anew without them.
                return Ok(Folded::Some(0));
            }
            count.take(&tx, &stretch.facts, i64::MAX).await?;
            events += stretch.facts.len();
            end = stretch.end;
        }
        // On PostgreSQL every transaction moves the horizon; an empty stretch is no reason to write.
        let nothing = events == 0 && end == horizon;
        if !backfill && nothing && mark::oldest(&tx, mark.position).await?.is_none() {
            return Ok(Folded::All);
        }
        let work = Work::prepare(self, &tx, &mark, count.finish()).await?;
        // On SQLite a reader would keep the write-ahead log from being emptied; on PostgreSQL it holds the reservation.
        let reserved = (!self.database.is_sqlite()).then_some(tx);
        let step = Step {
            mark,
            end,
            events,
            more: end < horizon,
            backfill,
            refused,
        };
        let read = start.elapsed();
        let sets = matches!(rollups.first().map(|rollup| &rollup.content), Some(Content::Scope(_)));
        let folded = if sets {
            self.write_sets(work, step).await
        } else {
            self.write_counts(work, step).await
        };
        match reserved {
            // The next attempt follows at once, and is not to find this one's reservation.
            Some(tx) if folded.is_err() => tx.rollback().await?,
            reserved => drop(reserved),
        }
        tracing::debug!(mark = mark_id, events, ?read, took = ?start.elapsed(), "folded");
        folded
    }

    /// Adds counts and moves the mark, in one transaction. How long it held the writer decides the size of the next.
    async fn write_counts(&self, work: Work, step: Step) -> Result<Folded> {
        let tx = self.database.write(step.priority()).await?;
        let begin = Instant::now();
        if mark::lock(&tx, step.mark.id).await?.as_ref() != Some(&step.mark) {
            return Ok(Folded::Interrupted);
        }
        let written = work.add(self, &tx, step.refused).await?;
        step.finish(&tx).await?;
        tx.commit().await?;
        self.note_held(&step, begin.elapsed());
        written.remember(self, &step.mark);
        Ok(step.done())
    }

    fn note_held(&self, step: &Step, held: Duration) {
        let (read, most) = (self.worker.fold_events, self.most_events());
        let Step { mark, events, .. } = step;
        self.fold_memory.sizes.note(mark.id, *events, held, read, most);
    }

    /// Unites sets in slices, so that nobody waits long for SQLite's writer, and moves the mark with the last. A set
    /// takes an actor twice as once, so what a fold that broke off has written does no harm: the next does it again.
    /// What a deletion must know is how far the slices reach: it makes the sets of those events stale as well.
    async fn write_sets(&self, work: Work, mut step: Step) -> Result<Folded> {
        let tx = self.database.write(step.priority()).await?;
        let begin = Instant::now();
        if mark::lock(&tx, step.mark.id).await?.as_ref() != Some(&step.mark) {
            return Ok(Folded::Interrupted);
        }
        let (numbers, written) = work.number_sets(&tx).await?;
        mark::reach(&tx, step.mark.id, step.end).await?;
        // Nobody else who has read the sets as they are may write them from here on.
        mark::revise_one(&tx, step.mark.id).await?;
        step.mark = mark::get_mark(&tx, step.mark.id).await?;
        tx.commit().await?;
        // What follows is bounded by itself.
        self.note_held(&step, begin.elapsed());
        self.fold_memory.known().claim(&step.mark);
        written.remember(self, &step.mark);
        let buckets = work.unite_sets(&numbers)?;
        for slice in slices(&buckets) {
            let tx = self.database.write(step.priority()).await?;
            if mark::lock(&tx, step.mark.id).await?.as_ref() != Some(&step.mark) {
                return Ok(Folded::Interrupted);
            }
            unique_bucket::write(&tx, slice).await?;
            tx.commit().await?;
        }
        let tx = self.database.write(step.priority()).await?;
        if mark::lock(&tx, step.mark.id).await?.as_ref() != Some(&step.mark) {
            return Ok(Folded::Interrupted);
        }
        step.finish(&tx).await?;
        tx.commit().await?;
        Ok(step.done())
    }

    /// Lets the rollups of a backfill that has caught up go live.
    async fn join(&self, backfill: &Mark, live: i64) -> Result<Folded> {
        let tx = self.database.write(Priority::Backfill).await?;
        // In one order, as every deletion locks them.
        let live = mark::lock(&tx, live).await?;
        let own = mark::lock(&tx, backfill.id).await?;
        let (Some(live), Some(own)) = (live, own) else {
            return Ok(Folded::Interrupted);
        };
        if own.position < live.position {
            // The live mark moved meanwhile; fold that as well.
            return Ok(Folded::Some(0));
        }
        // A fold that has read the rollups of the live mark before would leave its events out of those that join.
        mark::revise_one(&tx, live.id).await?;
        store::rollup::join(&tx, own.id, live.id).await?;
        mark::remove(&tx, own.id).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        Ok(Folded::All)
    }

    /// The marks of backfills under way.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn backfills(&self) -> Result<Vec<i64>> {
        let tx = self.database.read(DEADLINE).await?;
        let configuration = self.registry.at(&tx).await?;
        let mut marks: Vec<i64> = configuration
            .rollups
            .iter()
            .filter(|rollup| rollup.state == State::Backfilling)
            .map(|rollup| rollup.mark)
            .collect();
        marks.sort_unstable();
        marks.dedup();
        Ok(marks)
    }
}

/// The mark that rollups of a backfill will join; for live ones their own.
fn live_mark(rollups: &[Arc<Rollup>], own: i64) -> i64 {
    if own == VIEW_MARK || own == SCOPE_MARK {
        return own;
    }
    let of_views = rollups.iter().all(|rollup| matches!(rollup.content, Content::View(_)));
    if of_views { VIEW_MARK } else { SCOPE_MARK }
}
