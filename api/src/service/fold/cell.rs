//! From events to cells: which keys an event has in each rollup, counted up over many events. Pure but for the look-up
//! of dictionary values; folding, deleting, restoring and rebuilding all go through it.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::atom::{Atom, Atoms, MISSING};
use crate::{
    domain::{
        dimension::Dimension,
        error::Result,
        question::{MOST_MEASURED, Measure},
        rollup::{Content, Rollup, Tier},
        zone::{self, Days},
    },
    store::{Transaction, rollup::KeyValues, tail::Fact},
};

/// A key of one rollup, by the atoms of its values.
pub(in crate::service) type Key = SmallVec<[Atom; 8]>;

/// The cells of one rollup.
pub(in crate::service) struct RollupCells {
    /// The rollup.
    pub(in crate::service) rollup: Arc<Rollup>,
    /// Its keys; cells name them by position.
    pub(in crate::service) keys: Vec<Key>,
    /// Counts by tier, bucket and key.
    pub(in crate::service) counts: BTreeMap<(Tier, i64, usize), i64>,
    /// Measures by tier, bucket, key and measure.
    pub(in crate::service) measures: BTreeMap<(Tier, i64, usize, usize), Measure>,
    /// Actors by day and key.
    pub(in crate::service) actors: BTreeMap<(i64, usize), Vec<i64>>,
}

/// The cells of some events in some rollups.
pub(in crate::service) struct Cells {
    /// By rollup.
    pub(in crate::service) rollups: Vec<RollupCells>,
    atoms: Atoms,
}

/// Cells that are being counted up.
pub(super) struct Count {
    /// All dimensions that the rollups ask for.
    dimensions: Vec<Dimension>,
    plans: Vec<Plan>,
    /// Positions of a site's rollups.
    by_site: HashMap<i64, Vec<usize>>,
    atoms: Atoms,
}

impl Count {
    pub(super) fn new(rollups: &[Arc<Rollup>]) -> Self {
        let dimensions = dimensions(rollups);
        let mut by_site: HashMap<i64, Vec<usize>> = HashMap::new();
        for (index, rollup) in rollups.iter().enumerate() {
            by_site.entry(rollup.site).or_default().push(index);
        }
        Self {
            plans: rollups.iter().map(|rollup| Plan::new(rollup, &dimensions)).collect(),
            dimensions,
            by_site,
            atoms: Atoms::new(),
        }
    }

    /// Counts up the events that arrived before `below`. Each rollup takes those of its site.
    pub(super) async fn take(&mut self, tx: &Transaction, facts: &[Fact], below: i64) -> Result<()> {
        self.atoms.load(tx, &self.dimensions, facts).await?;
        let mut values = vec![MISSING; self.dimensions.len()];
        for fact in facts.iter().filter(|fact| fact.arrival < below) {
            let Some(own) = self.by_site.get(&fact.site) else {
                continue;
            };
            for (value, dimension) in values.iter_mut().zip(&self.dimensions) {
                *value = self.atoms.of(dimension, fact);
            }
            for index in own {
                self.plans[*index].take(fact, &values, &self.atoms);
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Cells {
        Cells {
            rollups: self.plans.into_iter().map(Plan::finish).collect(),
            atoms: self.atoms,
        }
    }
}

impl Cells {
    /// Counts up the events that arrived before `below`. Each rollup takes those of its site.
    pub(in crate::service) async fn count(
        tx: &Transaction,
        rollups: &[Arc<Rollup>],
        facts: &[Fact],
        below: i64,
    ) -> Result<Self> {
        let mut count = Count::new(rollups);
        count.take(tx, facts, below).await?;
        Ok(count.finish())
    }

    /// The values of a key as they are stored.
    pub(in crate::service) fn key_values(&self, key: &Key) -> KeyValues {
        key.iter()
            .map(|atom| self.atoms.text(*atom).map(str::to_owned))
            .collect()
    }
}

/// All dimensions that the rollups ask for, the action first.
fn dimensions(rollups: &[Arc<Rollup>]) -> Vec<Dimension> {
    let mut all = vec![Dimension::Action];
    for rollup in rollups {
        let own = match &rollup.content {
            Content::View(view) => &view.dimensions,
            Content::Scope(fields) => fields,
        };
        for dimension in own {
            if !all.contains(dimension) {
                all.push(dimension.clone());
            }
        }
    }
    all
}

/// A map that is looked into many times for each event.
pub(super) type FastMap<K, V> = HashMap<K, V, RandomState>;

/// How one rollup takes an event.
struct Plan {
    rollup: Arc<Rollup>,
    /// Positions of its dimensions among all.
    columns: Vec<usize>,
    days: Days,
    keys: Vec<Key>,
    positions: FastMap<Key, usize>,
    counts: FastMap<(Tier, i64, usize), i64>,
    measures: FastMap<(Tier, i64, usize, usize), Measure>,
    actors: FastMap<(i64, usize), Vec<i64>>,
}

impl Plan {
    fn new(rollup: &Arc<Rollup>, all: &[Dimension]) -> Self {
        let own = match &rollup.content {
            Content::View(view) => &view.dimensions,
            Content::Scope(fields) => fields,
        };
        let columns = own
            .iter()
            .filter_map(|one| all.iter().position(|other| other == one))
            .collect();
        Self {
            rollup: rollup.clone(),
            columns,
            days: Days::new(rollup.time_zone.clone()),
            keys: Vec::new(),
            positions: FastMap::default(),
            counts: FastMap::default(),
            measures: FastMap::default(),
            actors: FastMap::default(),
        }
    }

    fn finish(self) -> RollupCells {
        RollupCells {
            rollup: self.rollup,
            keys: self.keys,
            counts: self.counts.into_iter().collect(),
            measures: self.measures.into_iter().collect(),
            actors: self.actors.into_iter().collect(),
        }
    }

    fn take(&mut self, fact: &Fact, values: &[Atom], atoms: &Atoms) {
        let rollup = self.rollup.clone();
        match &rollup.content {
            Content::View(view) => {
                if let Some(actions) = &view.actions
                    && !fact
                        .action()
                        .and_then(|id| atoms.action(id))
                        .is_some_and(|action| actions.iter().any(|one| one == action))
                {
                    return;
                }
                let key = self.key(self.columns.iter().map(|column| values[*column]).collect());
                for (tier, bucket) in [
                    (Tier::Hour, zone::hour(fact.time)),
                    (Tier::Day, self.days.day(fact.time)),
                ] {
                    *self.counts.entry((tier, bucket, key)).or_default() += 1;
                    for (index, measure) in view.measures.iter().enumerate() {
                        if let Some(number) = number(measure, fact) {
                            let one = Measure {
                                n: 1,
                                sum: number,
                                min: number,
                                max: number,
                            };
                            self.measures.entry((tier, bucket, key, index)).or_default().add(&one);
                        }
                    }
                }
            }
            Content::Scope(_) => {
                let Some(actor) = fact.actor() else { return };
                if self.columns.iter().any(|column| values[*column] == MISSING) {
                    return;
                }
                let day = self.days.day(fact.time);
                for action in [values[0], MISSING] {
                    let fields = self.columns.iter().map(|column| values[*column]);
                    let key = self.key(std::iter::once(action).chain(fields).collect());
                    self.actors.entry((day, key)).or_default().push(actor);
                }
            }
        }
    }

    fn key(&mut self, key: Key) -> usize {
        if let Some(position) = self.positions.get(&key) {
            return *position;
        }
        let position = self.keys.len();
        self.keys.push(key.clone());
        self.positions.insert(key, position);
        position
    }
}

/// The number in a tag field, where there is one that is measured.
fn number(measure: &Dimension, fact: &Fact) -> Option<f64> {
    let Dimension::Tag(keys) = measure else { return None };
    let number = super::atom::field(fact.tag.as_ref()?, keys)?.as_f64()?;
    (number.abs() <= MOST_MEASURED).then_some(number)
}
