//! Writing cells down: keys get their numbers, counts are added or taken, sets of actors are united.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{cell::Cells, cell::RollupCells};
use crate::{
    domain::{
        error::Result,
        hash::Hash,
        question::Measure,
        rollup::{Content, Gap, Mark, Tier},
        zone::{Days, HOUR},
    },
    service::{Services, unique::ActorSet},
    store::{
        Transaction, rollup as rollups,
        unique_bucket::{self, Bucket},
        view_bucket::{self, Place},
    },
};

/// Remembered keys and bucket widths; each some 60 bytes.
const MOST_KNOWN: usize = 200_000;

/// What is known of rollups as of a revision of their mark.
#[derive(Default)]
pub(super) struct Known {
    revisions: HashMap<i64, i64>,
    keys: HashMap<(i64, Hash), i64>,
    widths: HashMap<(i64, Tier, i64), i64>,
}

impl Known {
    /// Takes over a revision that this process raised itself, which changed nothing that is remembered.
    pub(super) fn claim(&mut self, mark: &Mark) {
        self.revisions.insert(mark.id, mark.revision);
    }

    /// Forgets what a deletion, a restore or a purge may have changed.
    fn at(&mut self, mark: &Mark) {
        let seen = self.revisions.insert(mark.id, mark.revision);
        if seen.is_some_and(|seen| seen != mark.revision)
            || self.keys.len() > MOST_KNOWN
            || self.widths.len() > MOST_KNOWN
        {
            self.keys.clear();
            self.widths.clear();
        }
    }
}

/// The keys of one rollup's cells: the hash of each, and the number where it has one already.
struct Keys {
    hashes: Vec<Hash>,
    numbers: HashMap<Hash, i64>,
}

/// Cells with what is needed to write them.
pub(in crate::service) struct Work {
    cells: Cells,
    keys: Vec<Keys>,
    gaps: HashSet<(i64, Tier, i64)>,
    /// Sets of actors as they were, by position of the rollup, day and key number.
    sets: Vec<HashMap<(i64, i64), (bool, ActorSet)>>,
    /// Cells of each touched hour or day after this work.
    widths: HashMap<(i64, Tier, i64), i64>,
}

/// What a write learned, to be remembered after the commit.
#[must_use = "it is remembered after the commit"]
pub(super) struct Written {
    keys: Vec<((i64, Hash), i64)>,
    widths: Vec<((i64, Tier, i64), i64)>,
}

impl Written {
    /// Remembers it. Only after the commit.
    pub(super) fn remember(self, services: &Services, mark: &Mark) {
        let mut known = services.fold_memory.known();
        if known.revisions.get(&mark.id) == Some(&mark.revision) {
            known.keys.extend(self.keys);
            known.widths.extend(self.widths);
        }
    }
}

impl Work {
    /// Looks up what writing will need, in a reading transaction or under the mark's lock.
    pub(in crate::service) async fn prepare(
        services: &Services,
        tx: &Transaction,
        mark: &Mark,
        cells: Cells,
    ) -> Result<Self> {
        let ids: Vec<_> = cells.rollups.iter().map(|one| one.rollup.id).collect();
        let gaps = if ids.is_empty() {
            HashSet::new()
        } else {
            rollups::gaps_of(tx, &ids).await?
        };
        let mut work = Self {
            keys: Vec::new(),
            sets: Vec::new(),
            widths: HashMap::new(),
            gaps,
            cells,
        };
        services.fold_memory.known().at(mark);
        for index in 0..work.cells.rollups.len() {
            let keys = work.look_up_keys(services, tx, index).await?;
            let sets = work.look_up_sets(tx, index, &keys).await?;
            work.look_up_widths(services, tx, index, &keys).await?;
            work.keys.push(keys);
            work.sets.push(sets);
        }
        Ok(work)
    }

    async fn look_up_keys(&self, services: &Services, tx: &Transaction, index: usize) -> Result<Keys> {
        let own = &self.cells.rollups[index];
        let hash = |key| {
            let values = self.cells.key_values(key);
            hash_key(services, own.rollup.id, &values)
        };
        let hashes: Vec<Hash> = own.keys.iter().map(hash).collect();
        let mut numbers = HashMap::new();
        {
            let known = services.fold_memory.known();
            for hash in &hashes {
                if let Some(number) = known.keys.get(&(own.rollup.id, *hash)) {
                    numbers.insert(*hash, *number);
                }
            }
        }
        let missing: Vec<_> = hashes
            .iter()
            .filter(|hash| !numbers.contains_key(*hash))
            .copied()
            .collect();
        numbers.extend(rollups::find_key_ids(tx, own.rollup.id, missing).await?);
        Ok(Keys { hashes, numbers })
    }

    async fn look_up_sets(
        &self,
        tx: &Transaction,
        index: usize,
        keys: &Keys,
    ) -> Result<HashMap<(i64, i64), (bool, ActorSet)>> {
        let own = &self.cells.rollups[index];
        let number = |key: usize| keys.numbers.get(&keys.hashes[key]).copied();
        let places: Vec<_> = own
            .actors
            .keys()
            .filter_map(|(day, key)| Some((*day, number(*key)?)))
            .collect();
        let mut sets = HashMap::new();
        for bucket in unique_bucket::at(tx, own.rollup.id, &places).await? {
            // A set that cannot be read, such as one of a newer version, is stale: it is rebuilt from raw events.
            let set = ActorSet::read(&bucket.sketch);
            let stale = bucket.stale || set.is_err();
            sets.insert(
                (bucket.place.day, bucket.place.key),
                (stale, set.unwrap_or_else(|_| ActorSet::empty())),
            );
        }
        Ok(sets)
    }

    /// How many cells each touched hour or day will have: an upper estimate, made exact where it passes the bound.
    async fn look_up_widths(&mut self, services: &Services, tx: &Transaction, index: usize, keys: &Keys) -> Result<()> {
        let own = &self.cells.rollups[index];
        let mut touched: BTreeMap<(i64, Tier, i64), Vec<usize>> = BTreeMap::new();
        for (tier, bucket, key) in own.counts.keys() {
            touched.entry((own.rollup.id, *tier, *bucket)).or_default().push(*key);
        }
        for (place, batch) in touched {
            let known = services.fold_memory.known().widths.get(&place).copied();
            let before = match known {
                Some(width) => width,
                None => view_bucket::width(tx, place.0, place.1, place.2).await?,
            };
            let mut after = before.saturating_add(i64::try_from(batch.len()).unwrap_or(i64::MAX));
            if after > most_cells(services, place.1) {
                let there: HashSet<i64> = view_bucket::keys(tx, place.0, place.1, place.2)
                    .await?
                    .into_iter()
                    .collect();
                let is_new = |key: &&usize| {
                    keys.numbers
                        .get(&keys.hashes[**key])
                        .is_none_or(|number| !there.contains(number))
                };
                after = i64::try_from(there.len() + batch.iter().filter(is_new).count()).unwrap_or(i64::MAX);
            }
            self.widths.insert(place, after);
        }
        Ok(())
    }

    /// Adds counts and measures; hours and days that would grow too wide become gaps. So do all that it would add to where a
    /// table has `refused` it: raw events answer for them from here on, exactly.
    pub(super) async fn add(self, services: &Services, tx: &Transaction, refused: bool) -> Result<Written> {
        let widths = self.widths.iter().map(|(place, width)| (*place, *width)).collect();
        let mut written = Written {
            keys: Vec::new(),
            widths,
        };
        let left = self.left_to_raw(services, refused);
        for (rollup, tier, bucket) in &left {
            view_bucket::clear(tx, *rollup, *tier, *bucket).await?;
            rollups::open_gap(tx, *rollup, *tier, *bucket, Gap::Overflow).await?;
            let why = if refused {
                "refuses a cell"
            } else {
                "has too many cells"
            };
            tracing::warn!(rollup, bucket, ?tier, why, "raw events answer for one bucket of a view");
        }
        if refused {
            services.metrics.count_fault("fold");
        }
        let mut skipped: HashSet<_> = self.gaps.union(&left).copied().collect();
        if refused {
            // Of those that raw events cannot answer for, either: there the event stays uncounted.
            skipped.extend(self.widths.keys());
        }
        let mut counts: Vec<(Place, i64)> = Vec::new();
        let mut measures: Vec<(Place, usize, Measure)> = Vec::new();
        for (index, own) in self.cells.rollups.iter().enumerate() {
            let id = own.rollup.id;
            let numbers = self.number_keys(tx, index, own, &skipped, &mut written).await?;
            let taken = |tier: Tier, bucket: i64| !skipped.contains(&(id, tier, bucket));
            let place = |tier: Tier, bucket: i64, key: usize| Place {
                rollup: id,
                tier,
                bucket,
                key: numbers[&key],
            };
            let open = own.counts.iter().filter(|((tier, bucket, _), _)| taken(*tier, *bucket));
            counts.extend(open.map(|((tier, bucket, key), n)| (place(*tier, *bucket, *key), *n)));
            let open = own
                .measures
                .iter()
                .filter(|((tier, bucket, ..), _)| taken(*tier, *bucket));
            measures.extend(
                open.map(|((tier, bucket, key, measure), value)| (place(*tier, *bucket, *key), *measure, *value)),
            );
        }
        counts.sort_unstable_by_key(|(place, _)| *place);
        measures.sort_unstable_by_key(|(place, measure, _)| (*place, *measure));
        view_bucket::add(tx, &counts).await?;
        view_bucket::add_measures(tx, &measures).await?;
        Ok(written)
    }

    /// Gives every key of a set its number.
    pub(super) async fn number_sets(&self, tx: &Transaction) -> Result<(Vec<HashMap<usize, i64>>, Written)> {
        let mut written = Written {
            keys: Vec::new(),
            widths: Vec::new(),
        };
        let mut numbers = Vec::with_capacity(self.cells.rollups.len());
        for (index, own) in self.cells.rollups.iter().enumerate() {
            numbers.push(self.number_keys(tx, index, own, &HashSet::new(), &mut written).await?);
        }
        Ok((numbers, written))
    }

    /// The sets as they will be, in order of place. Stale ones are left to be rebuilt.
    pub(super) fn unite_sets(mut self, numbers: &[HashMap<usize, i64>]) -> Result<Vec<Bucket>> {
        self.take_sets(numbers)
    }

    fn take_sets(&mut self, numbers: &[HashMap<usize, i64>]) -> Result<Vec<Bucket>> {
        let mut buckets = Vec::new();
        for (index, own) in self.cells.rollups.iter_mut().enumerate() {
            for ((day, key), actors) in std::mem::take(&mut own.actors) {
                let place = unique_bucket::Place {
                    rollup: own.rollup.id,
                    day,
                    key: numbers[index][&key],
                };
                let before = self.sets[index].remove(&(day, place.key));
                let (stale, mut set) = before.unwrap_or((false, ActorSet::empty()));
                if !stale && set.add(actors)? {
                    buckets.push(Bucket {
                        place,
                        stale,
                        sketch: set.write(),
                    });
                }
            }
        }
        buckets.sort_unstable_by_key(|bucket| bucket.place);
        Ok(buckets)
    }

    /// Numbers of the keys that any cell to be written has, made where they are missing.
    async fn number_keys(
        &self,
        tx: &Transaction,
        index: usize,
        own: &RollupCells,
        skipped: &HashSet<(i64, Tier, i64)>,
        written: &mut Written,
    ) -> Result<HashMap<usize, i64>> {
        let keys = &self.keys[index];
        let counted = own
            .counts
            .keys()
            .filter(|(tier, bucket, _)| !skipped.contains(&(own.rollup.id, *tier, *bucket)))
            .map(|(_, _, key)| *key);
        let used: HashSet<usize> = counted.chain(own.actors.keys().map(|(_, key)| *key)).collect();
        let missing = used
            .iter()
            .filter(|key| !keys.numbers.contains_key(&keys.hashes[**key]));
        let missing: HashMap<Hash, _> = missing
            .map(|key| (keys.hashes[*key], self.cells.key_values(&own.keys[*key])))
            .collect();
        let made = if missing.is_empty() {
            HashMap::new()
        } else {
            rollups::key_ids(tx, own.rollup.id, &missing).await?
        };
        let number = |key: &usize| {
            keys.numbers
                .get(&keys.hashes[*key])
                .or_else(|| made.get(&keys.hashes[*key]))
                .copied()
        };
        let numbers: HashMap<usize, i64> = used.iter().filter_map(|key| Some((*key, number(key)?))).collect();
        written.keys.extend(
            numbers
                .iter()
                .map(|(key, number)| ((own.rollup.id, keys.hashes[*key]), *number)),
        );
        Ok(numbers)
    }

    /// Hours and days that would hold more cells than allowed, or all of them. Those stay that retention has begun to take
    /// the raw events of, as nothing else could answer for them.
    fn left_to_raw(&self, services: &Services, all: bool) -> HashSet<(i64, Tier, i64)> {
        let configuration = services.registry.current();
        let mut left = HashSet::new();
        for own in &self.cells.rollups {
            let mut days = Days::new(own.rollup.time_zone.clone());
            let site = configuration.sites.get(&own.rollup.site);
            let floor = site.map_or(i64::MIN, |site| site.raw_floor);
            let wide = self
                .widths
                .iter()
                .filter(|((rollup, ..), _)| *rollup == own.rollup.id)
                .filter(|((_, tier, _), width)| all || **width > most_cells(services, *tier));
            let answerable = wide.map(|(place, _)| *place).filter(|(_, tier, bucket)| {
                let start = match tier {
                    Tier::Hour => bucket * HOUR,
                    Tier::Day => days.bounds(*bucket).0,
                };
                start >= floor
            });
            left.extend(answerable.filter(|place| !self.gaps.contains(place)));
        }
        left
    }

    /// Takes the cells back, for events that are hidden. The caller holds every mark and has raised its revision.
    pub(in crate::service) async fn subtract(self, services: &Services, tx: &Transaction) -> Result<()> {
        for (index, own) in self.cells.rollups.iter().enumerate() {
            let keys = &self.keys[index];
            let number = |key: usize| keys.numbers.get(&keys.hashes[key]).copied();
            let id = own.rollup.id;
            if matches!(&own.rollup.content, Content::View(view) if !view.measures.is_empty()) {
                // A least or greatest value cannot be taken back; the hour or day is rebuilt.
                let mut buckets: Vec<_> = own.counts.keys().map(|(tier, bucket, _)| (*tier, *bucket)).collect();
                buckets.dedup();
                for (tier, bucket) in buckets {
                    view_bucket::clear(tx, id, tier, bucket).await?;
                    rollups::open_gap(tx, id, tier, bucket, Gap::Stale).await?;
                }
                continue;
            }
            let open = own
                .counts
                .iter()
                .filter(|((tier, bucket, _), _)| !self.gaps.contains(&(id, *tier, *bucket)));
            let (mut counts, mut wrong) = (Vec::new(), BTreeSet::new());
            for ((tier, bucket, key), n) in open {
                let (tier, bucket) = (*tier, *bucket);
                // Where there is no key there is no cell, of which the events were to be taken.
                let Some(key) = number(*key) else {
                    wrong.insert((tier, bucket));
                    continue;
                };
                let place = Place {
                    rollup: id,
                    tier,
                    bucket,
                    key,
                };
                counts.push((place, *n));
            }
            counts.sort_unstable_by_key(|(place, _)| *place);
            let below = view_bucket::subtract(tx, &counts).await?;
            wrong.extend(below.iter().map(|place| (place.tier, place.bucket)));
            for (tier, bucket) in wrong {
                tracing::error!(
                    rollup = id,
                    ?tier,
                    bucket,
                    "a cell fell below 0; its bucket is rebuilt from raw events"
                );
                services.metrics.count_fault("fold");
                view_bucket::clear(tx, id, tier, bucket).await?;
                rollups::open_gap(tx, id, tier, bucket, Gap::Stale).await?;
            }
            let stale: Vec<_> = own
                .actors
                .keys()
                .filter_map(|(day, key)| {
                    Some(unique_bucket::Place {
                        rollup: id,
                        day: *day,
                        key: number(*key)?,
                    })
                })
                .collect();
            unique_bucket::mark_stale(tx, &stale).await?;
        }
        Ok(())
    }

    /// Adds the cells of events that are shown again. The caller holds every mark and has raised its revision.
    ///
    /// Nothing becomes stale by it, so that it is right for events that retention is taking, too: a sum and a least or
    /// greatest value take in what comes back, and so does a set.
    pub(in crate::service) async fn restore(mut self, services: &Services, tx: &Transaction) -> Result<()> {
        let (numbers, _) = self.number_sets(tx).await?;
        let buckets = self.take_sets(&numbers)?;
        unique_bucket::write(tx, &buckets).await?;
        self.add(services, tx, false).await.map(drop)
    }
}

/// Cells that one hour or day of a rollup may have; past it raw events answer.
fn most_cells(services: &Services, tier: Tier) -> i64 {
    match tier {
        Tier::Hour => services.worker.max_cells_per_hour,
        // A day has room for ten full hours of different keys.
        Tier::Day => services.worker.max_cells_per_hour.saturating_mul(10),
    }
}

/// The hash of a key's values under one rollup.
pub(in crate::service) fn hash_key(services: &Services, rollup: i64, values: &[Option<String>]) -> Hash {
    let rollup = rollup.to_le_bytes();
    let mut parts: Vec<&[u8]> = vec![b"key", &rollup];
    // Missing and empty are told apart by a byte in front.
    for value in values {
        match value {
            Some(value) => parts.extend([b"1".as_slice(), value.as_bytes()]),
            None => parts.push(b"0"),
        }
    }
    services.hasher.hash(&parts)
}

impl Work {
    /// Lets a gap be written to that is being closed: it will hold these cells and no others.
    pub(super) fn reopen(&mut self, place: (i64, Tier, i64)) {
        self.gaps.remove(&place);
        let of_rollup = self.cells.rollups.iter().filter(|own| own.rollup.id == place.0);
        let cells = of_rollup.flat_map(|own| own.counts.keys());
        let width = cells
            .filter(|(tier, bucket, _)| (*tier, *bucket) == (place.1, place.2))
            .count();
        self.widths.insert(place, i64::try_from(width).unwrap_or(i64::MAX));
    }
}
