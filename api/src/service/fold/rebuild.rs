//! Rebuilding from raw events what a deletion left stale.

use std::{
    collections::{HashMap, HashSet},
    slice,
    time::Duration,
};

use super::{Cells, DEADLINE, Folded, Work, cell::Count};
use crate::{
    domain::{
        error::Result,
        rollup::Tier,
        zone::{Days, HOUR},
    },
    service::{Services, unique::ActorSet},
    store::{
        Priority, Transaction, mark, rollup as rollups,
        tail::{self, Fact},
        unique_bucket::{self, Bucket, Place},
        view_bucket,
    },
};

/// A rest while somebody else moves the mark.
const REST: Duration = Duration::from_millis(5);

/// The living events of an hour or a day, some at a time.
struct Reading {
    site: i64,
    /// Nanoseconds since 1970, the end excluded.
    span: (i64, i64),
    /// Where the mark stands; what arrived past it is not folded yet.
    below: i64,
    /// Events that are held at a time.
    limit: usize,
    /// Time and number of the last that was read.
    after: Option<(i64, i64)>,
    /// How many were read.
    events: usize,
    ended: bool,
}

impl Reading {
    fn new(site: i64, span: (i64, i64), below: i64, limit: usize) -> Self {
        Self {
            site,
            span,
            below,
            limit,
            after: None,
            events: 0,
            ended: false,
        }
    }

    async fn next(&mut self, tx: &Transaction) -> Result<Option<Vec<Fact>>> {
        if self.ended {
            return Ok(None);
        }
        let facts = tail::within(tx, self.site, self.span, self.below, self.after, self.limit).await?;
        self.after = facts.last().map(|fact| (fact.time, fact.sequence));
        self.events += facts.len();
        self.ended = facts.len() < self.limit;
        Ok(Some(facts))
    }
}

impl Services {
    /// Rebuilds everything that is stale.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn rebuild_all(&self) -> Result<()> {
        loop {
            match self.rebuild().await? {
                Folded::All => return Ok(()),
                Folded::Some(_) | Folded::Rest(_) => {}
                Folded::Interrupted => tokio::time::sleep(REST).await,
            }
        }
    }

    /// Rebuilds one day of stale sets, or one stale hour or day of a view.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn rebuild(&self) -> Result<Folded> {
        match self.rebuild_sets().await? {
            Folded::All => self.rebuild_bucket().await,
            other => Ok(other),
        }
    }

    async fn rebuild_sets(&self) -> Result<Folded> {
        let tx = self.database.read(DEADLINE).await?;
        let Some((id, day)) = unique_bucket::stale_day(&tx).await? else {
            return Ok(Folded::All);
        };
        let configuration = self.registry.at(&tx).await?;
        let Some(rollup) = configuration.rollups.iter().find(|rollup| rollup.id == id).cloned() else {
            drop(tx);
            return self.drop_stale_sets(id, day).await;
        };
        let mark = mark::get_mark(&tx, rollup.mark).await?;
        let stale: HashSet<i64> = unique_bucket::stale_keys(&tx, id, day).await?.into_iter().collect();
        let (from, to) = Days::new(rollup.time_zone.clone()).bounds(day);
        let mut sets: HashMap<i64, ActorSet> = HashMap::new();
        let mut reading = Reading::new(rollup.site, (from, to), mark.position, self.worker.fold_events);
        while let Some(facts) = reading.next(&tx).await? {
            let cells = Cells::count(&tx, slice::from_ref(&rollup), &facts, i64::MAX).await?;
            for own in &cells.rollups {
                let hashes: Vec<_> = own
                    .keys
                    .iter()
                    .map(|key| super::write::hash_key(self, id, &cells.key_values(key)))
                    .collect();
                let numbers = rollups::find_key_ids(&tx, id, hashes.clone()).await?;
                for ((_, key), actors) in &own.actors {
                    if let Some(number) = numbers.get(&hashes[*key]).filter(|number| stale.contains(number)) {
                        sets.entry(*number)
                            .or_insert_with(ActorSet::empty)
                            .add(actors.clone())?;
                    }
                }
            }
        }
        drop(tx);
        let tx = self.database.write(Priority::Fold).await?;
        if mark::lock(&tx, mark.id).await?.as_ref() != Some(&mark) {
            return Ok(Folded::Interrupted);
        }
        // A fold elsewhere has seen the old state, and would leave its events out of the new.
        mark::revise_one(&tx, mark.id).await?;
        let empty: Vec<i64> = stale
            .iter()
            .copied()
            .filter(|key| sets.get(key).is_none_or(ActorSet::is_empty))
            .collect();
        unique_bucket::remove(&tx, id, day, &empty).await?;
        let mut buckets: Vec<_> = sets
            .into_iter()
            .map(|(key, set)| Bucket {
                place: Place { rollup: id, day, key },
                stale: false,
                sketch: set.write(),
            })
            .collect();
        buckets.sort_unstable_by_key(|bucket| bucket.place);
        unique_bucket::write(&tx, &buckets).await?;
        tx.commit().await?;
        Ok(Folded::Some(reading.events))
    }

    /// Removes stale sets of a rollup that answers no more.
    async fn drop_stale_sets(&self, rollup: i64, day: i64) -> Result<Folded> {
        let tx = self.database.write(Priority::Purge).await?;
        let keys = unique_bucket::stale_keys(&tx, rollup, day).await?;
        unique_bucket::remove(&tx, rollup, day, &keys).await?;
        tx.commit().await?;
        Ok(Folded::Some(0))
    }

    async fn rebuild_bucket(&self) -> Result<Folded> {
        let tx = self.database.read(DEADLINE).await?;
        let Some((id, tier, bucket)) = rollups::stale_gaps(&tx, 1).await?.first().copied() else {
            return Ok(Folded::All);
        };
        let configuration = self.registry.at(&tx).await?;
        let Some(rollup) = configuration.rollups.iter().find(|rollup| rollup.id == id).cloned() else {
            drop(tx);
            let tx = self.database.write(Priority::Purge).await?;
            rollups::close_gap(&tx, id, tier, bucket).await?;
            tx.commit().await?;
            return Ok(Folded::Some(0));
        };
        let mark = mark::get_mark(&tx, rollup.mark).await?;
        let (from, to) = match tier {
            Tier::Hour => (bucket * HOUR, (bucket + 1) * HOUR),
            Tier::Day => Days::new(rollup.time_zone.clone()).bounds(bucket),
        };
        let mut count = Count::new(slice::from_ref(&rollup));
        let mut reading = Reading::new(rollup.site, (from, to), mark.position, self.worker.fold_events);
        while let Some(facts) = reading.next(&tx).await? {
            count.take(&tx, &facts, i64::MAX).await?;
        }
        let mut cells = count.finish();
        for own in &mut cells.rollups {
            own.counts
                .retain(|(own_tier, own_bucket, _), _| (*own_tier, *own_bucket) == (tier, bucket));
            own.measures
                .retain(|(own_tier, own_bucket, ..), _| (*own_tier, *own_bucket) == (tier, bucket));
        }
        let mut work = Work::prepare(self, &tx, &mark, cells).await?;
        drop(tx);
        let tx = self.database.write(Priority::Fold).await?;
        if mark::lock(&tx, mark.id).await?.as_ref() != Some(&mark) {
            return Ok(Folded::Interrupted);
        }
        // A fold elsewhere has seen the old state, and would leave its events out of the new.
        mark::revise_one(&tx, mark.id).await?;
        view_bucket::clear(&tx, id, tier, bucket).await?;
        rollups::close_gap(&tx, id, tier, bucket).await?;
        work.reopen((id, tier, bucket));
        let written = work.add(self, &tx, false).await?;
        tx.commit().await?;
        written.remember(self, &mark);
        Ok(Folded::Some(reading.events))
    }
}
