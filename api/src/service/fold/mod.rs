//! Folding: events past a mark are added to rollups, and the mark moves, in one transaction.
//!
//! What to add is worked out in a reading transaction, so that SQLite's one writer is held only to write it down. The
//! write compares the mark's position and revision with what was read: a second folder, a deletion or a restore in
//! between makes it give up, and the next round begins anew.

mod atom;
mod cell;
mod rebuild;
mod write;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

pub(in crate::service) use atom::field;
pub(in crate::service) use cell::Cells;
pub(in crate::service) use write::{Work, hash_key};

use super::Services;
use crate::{
    domain::{
        error::Result,
        rollup::{Mark, Rollup, SCOPE_MARK, State, VIEW_MARK},
    },
    store::{self, Priority, Transaction, mark, tail},
};

/// How long the reading half may take.
const DEADLINE: Duration = Duration::from_secs(120);
/// Events of one step of a backfill, which is in nobody's way.
const BACKFILL_EVENTS: usize = 20_000;

/// What one round did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folded {
    /// So many events went in; there may be more.
    Some(usize),
    /// Everything visible is folded.
    All,
    /// Somebody else moved the mark, or works on it.
    Interrupted,
}

/// What folding remembers between rounds.
#[derive(Default)]
pub struct Memory(Mutex<write::Known>);

impl Memory {
    fn known(&self) -> std::sync::MutexGuard<'_, write::Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Services {
    /// Folds some of what lies past a mark.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fold(&self, mark_id: i64) -> Result<Folded> {
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
        let limit = if backfill {
            BACKFILL_EVENTS
        } else {
            self.worker.fold_events
        };
        let stretch = tail::read_stretch(&tx, mark.position, horizon, sites.as_deref(), limit).await?;
        // On PostgreSQL every transaction moves the horizon; an empty stretch is no reason to write.
        if !backfill
            && stretch.facts.is_empty()
            && stretch.end == horizon
            && mark::lag(&tx, mark.position, 1).await? == 0
        {
            return Ok(Folded::All);
        }
        let events = stretch.facts.len();
        let cells = Cells::count(&tx, &rollups, &stretch.facts, i64::MAX).await?;
        let work = Work::prepare(self, &tx, &mark, cells).await?;
        drop(tx);
        let priority = if backfill { Priority::Backfill } else { Priority::Fold };
        let tx = self.database.write(priority).await?;
        if mark::lock(&tx, mark_id).await?.as_ref() != Some(&mark) {
            return Ok(Folded::Interrupted);
        }
        let written = work.add(self, &tx).await?;
        mark::advance(&tx, mark_id, stretch.end).await?;
        if backfill {
            store::rollup::add_backfilled(&tx, mark_id, i64::try_from(events).unwrap_or(i64::MAX)).await?;
        }
        tx.commit().await?;
        written.remember(self, &mark);
        Ok(Folded::Some(events))
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

    /// Notes how far the marks lag.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn measure_lag(&self) -> Result<()> {
        let tx = self.database.read(DEADLINE).await?;
        for (id, name) in [(VIEW_MARK, "views"), (SCOPE_MARK, "scopes")] {
            let (events, age) = lag(&tx, id).await?;
            self.metrics.set_mark_lag(name, events, age);
        }
        Ok(())
    }
}

/// How many events lie past a mark, and how long the oldest of them has waited.
pub(in crate::service) async fn lag(tx: &Transaction, id: i64) -> Result<(i64, Duration)> {
    let position = mark::get_mark(tx, id).await?.position;
    let events = mark::lag(tx, position, 10_000_000).await?;
    let oldest = mark::oldest(tx, position).await?;
    let age = oldest.map_or(0, |oldest| crate::clock::now_nanoseconds().saturating_sub(oldest));
    Ok((events, Duration::from_nanos(u64::try_from(age).unwrap_or_default())))
}

/// The mark that rollups of a backfill will join; for live ones their own.
fn live_mark(rollups: &[Arc<Rollup>], own: i64) -> i64 {
    if own == VIEW_MARK || own == SCOPE_MARK {
        return own;
    }
    let of_views = rollups
        .iter()
        .all(|rollup| matches!(rollup.content, crate::domain::rollup::Content::View(_)));
    if of_views { VIEW_MARK } else { SCOPE_MARK }
}
