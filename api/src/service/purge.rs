//! Deletion, stage two: hidden events leave the disk, and with them every text that only they named.

use std::{collections::HashSet, time::Duration};

use super::{Services, ingest::SALT_LIFE};
use crate::{
    clock,
    domain::{
        deletion::{Deletion, State},
        error::Result,
    },
    store::{
        self, Priority, mark,
        removal::{self, BOOKS, Book, Removal},
    },
};

/// Events removed in one transaction: some milliseconds.
pub(super) const SLICE: i64 = 500;
/// Events looked through at once for the texts they name.
const LOOK_AT_ONCE: i64 = 20_000;
/// Dictionary rows looked for at once: some 20 MB.
const ROWS_AT_ONCE: i64 = 500_000;
/// Deletions of one purge.
const DELETIONS: u64 = 10_000;
/// How long one look may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(60);

impl Services {
    /// Purges what is hidden, if the last purge is an interval ago or one was cut short; gives how many events went.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn purge_when_due(&self) -> Result<usize> {
        let tx = self.database.write(Priority::Purge).await?;
        let now = clock::now_nanoseconds();
        let last = store::configuration::purged_at(&tx).await?;
        let interval = i64::try_from(self.worker.purge_interval.as_nanos()).unwrap_or(i64::MAX);
        let mut waiting = store::deletion::list(&tx, None, &[State::Purging], DELETIONS).await?;
        if last == 0 || last > now {
            // The first start, or the clock was put back: count the interval from here.
            store::configuration::set_purged_at(&tx, now).await?;
        } else if now.saturating_sub(last) >= interval {
            let hidden = store::deletion::list(&tx, None, &[State::Hidden], DELETIONS).await?;
            if (hidden.len() as u64) < DELETIONS {
                store::configuration::set_purged_at(&tx, now).await?;
            } else {
                tracing::info!("more deletions await the purge than one purge takes; the next follows at once");
            }
            for mut deletion in hidden {
                if store::deletion::advance(
                    &tx,
                    deletion.id,
                    State::Hidden,
                    State::Purging,
                    deletion.events_total,
                    0,
                    None,
                )
                .await?
                {
                    (deletion.state, deletion.events_done) = (State::Purging, 0);
                    waiting.push(deletion);
                }
            }
        }
        tx.commit().await?;
        self.purge(waiting).await
    }

    async fn purge(&self, deletions: Vec<Deletion>) -> Result<usize> {
        if deletions.is_empty() {
            return Ok(0);
        }
        let removed = self.purge_all(&deletions).await?;
        self.database.clean().await?;
        // Only now is everything gone; a crash before begins the look for texts again.
        let tx = self.database.write(Priority::Purge).await?;
        for deletion in &deletions {
            let total = deletion.events_total;
            store::deletion::advance(
                &tx,
                deletion.id,
                State::Purging,
                State::Purged,
                total,
                total,
                Some(clock::now_nanoseconds()),
            )
            .await?;
        }
        tx.commit().await?;
        tracing::info!(deletions = deletions.len(), events = removed, "purged");
        Ok(removed)
    }

    async fn purge_all(&self, deletions: &[Deletion]) -> Result<usize> {
        self.rebuild_all().await?;
        let mut removed = 0;
        for deletion in deletions {
            let mut past = Some(0);
            while let Some(last) = past {
                let tx = self.database.write(Priority::Purge).await?;
                past = removal::blank_hidden(&tx, deletion.id, last, SLICE).await?;
                tx.commit().await?;
            }
        }
        for deletion in deletions {
            self.purge_quarantine(deletion).await?;
            let tx = self.database.write(Priority::Purge).await?;
            store::profile::purge(&tx, deletion.id).await?;
            tx.commit().await?;
            let mut done = deletion.events_done;
            loop {
                let tx = self.database.write(Priority::Purge).await?;
                let gone = removal::remove(&tx, Removal::Hidden(deletion.id), SLICE).await?;
                done = done.saturating_add(i64::try_from(gone).unwrap_or(i64::MAX));
                let total = deletion.events_total;
                store::deletion::advance(&tx, deletion.id, State::Purging, State::Purging, total, done, None).await?;
                tx.commit().await?;
                removed += gone;
                if gone == 0 {
                    break;
                }
                tokio::task::yield_now().await;
            }
        }
        self.forget_texts().await?;
        self.forget_ledger_actions().await?;
        Ok(removed)
    }

    /// Removes dictionary rows and keys that nothing names any more.
    pub(super) async fn forget_texts(&self) -> Result<()> {
        for book in BOOKS {
            let mut from = 0;
            loop {
                let (mut rows, position) = {
                    let tx = self.database.read(DEADLINE).await?;
                    (
                        removal::book_rows(&tx, book, from, ROWS_AT_ONCE).await?,
                        mark::horizon(&tx).await?,
                    )
                };
                let Some(last) = rows.iter().max().copied() else { break };
                from = last + 1;
                self.strike(book, &mut rows).await?;
                if rows.is_empty() {
                    continue;
                }
                let tx = self.database.write(Priority::Purge).await?;
                // Waits for appends that rely on the rows, and makes later ones look them up anew.
                store::configuration::raise(&tx).await?;
                removal::strike_arrived(&tx, book, &mut rows, position).await?;
                removal::remove_book_rows(&tx, book, &rows, clock::now_nanoseconds()).await?;
                tx.commit().await?;
            }
        }
        self.forget_visitors().await?;
        self.forget_keys().await
    }

    /// Removes what is remembered of devices that nothing names any more, so that their events would not count.
    async fn forget_visitors(&self) -> Result<()> {
        let mut past = Some(0);
        while let Some(last) = past {
            let tx = self.database.write(Priority::Purge).await?;
            past = store::visitor_profile::remove_unknown(&tx, &self.hasher, last, SLICE).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    async fn strike(&self, book: Book, rows: &mut HashSet<i64>) -> Result<()> {
        let mut from = Some(0);
        while let Some(next) = from {
            if rows.is_empty() {
                return Ok(());
            }
            let tx = self.database.read(DEADLINE).await?;
            from = removal::strike_living(&tx, book, rows, next, LOOK_AT_ONCE).await?;
        }
        Ok(())
    }

    async fn forget_keys(&self) -> Result<()> {
        let configuration = self.registry.current();
        for rollup in &configuration.rollups {
            let unused = {
                let tx = self.database.read(DEADLINE).await?;
                removal::unused_keys(&tx, rollup.id).await?
            };
            if unused.is_empty() {
                continue;
            }
            let tx = self.database.write(Priority::Purge).await?;
            // A fold that remembers one of them gives up at the new revision.
            mark::revise(&tx).await?;
            removal::remove_keys(&tx, rollup.id, &unused).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Spares appends the moving of SQLite's write-ahead log.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn checkpoint(&self) -> Result<()> {
        self.database.checkpoint().await
    }

    /// Deletes salts of unnamed actors that nothing was hashed with for two days.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn forget_salts(&self) -> Result<u64> {
        let tx = self.database.write(Priority::Purge).await?;
        let life = i64::try_from(SALT_LIFE.as_nanos()).unwrap_or(i64::MAX);
        let gone = store::salt::remove_unused(&tx, clock::now_nanoseconds() - life).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Clears some cells of retired rollups away; gives whether there may be more.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn clear_retired(&self) -> Result<bool> {
        let tx = self.database.write(Priority::Purge).await?;
        let more = store::rollup::clear_retired(&tx, SLICE).await?;
        tx.commit().await?;
        Ok(more)
    }
}
