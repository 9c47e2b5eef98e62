//! How much views and scopes keep, and how often they are asked: whoever declared one sees whether it is worth its room.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use super::Services;
use crate::{
    clock,
    domain::{
        error::Result,
        rollup::{Asked, MOST_ROWS_TOLD, Owner, Rollup, USE_DAYS, Usage},
        zone::DAY,
    },
    store::{Priority, Transaction, rollup_use},
};

/// Questions since they were last written down, by what was asked, site and day.
#[derive(Debug, Default)]
pub struct Questions(Mutex<BTreeMap<(Owner, i64, i64), Asked>>);

impl Questions {
    /// Notes a question in memory; who asks writes nothing.
    pub(super) fn note(&self, owner: Owner, site: i64) {
        let now = clock::now_nanoseconds();
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = noted.entry((owner, site, today(now))).or_default();
        *asked = sum(
            *asked,
            Asked {
                questions: 1,
                last: now,
            },
        );
    }

    fn take(&self) -> BTreeMap<(Owner, i64, i64), Asked> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What could not be written is noted as before.
    fn give_back(&self, taken: BTreeMap<(Owner, i64, i64), Asked>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (name, asked) in taken {
            let entry = noted.entry(name).or_default();
            *entry = sum(*entry, asked);
        }
    }
}

impl Services {
    /// Writes down the questions since the last time.
    ///
    /// # Errors
    /// Whatever the database says; the next run tries again.
    pub async fn write_questions(&self) -> Result<()> {
        let taken = self.questions.take();
        if taken.is_empty() {
            return Ok(());
        }
        let written = self.write_these(&taken).await;
        if written.is_err() {
            self.questions.give_back(taken);
        }
        written
    }

    async fn write_these(&self, taken: &BTreeMap<(Owner, i64, i64), Asked>) -> Result<()> {
        let tx = self.database.write(Priority::Purge).await?;
        rollup_use::add(&tx, taken).await?;
        tx.commit().await
    }

    /// Puts questions of days together that are told by day no more.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn put_questions_together(&self) -> Result<()> {
        let tx = self.database.write(Priority::Purge).await?;
        rollup_use::put_together(&tx, first_day()).await?;
        tx.commit().await
    }
}

/// What these keep on some sites, by what they are for; and how often it was asked there.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn of(tx: &Transaction, rollups: &[&Arc<Rollup>], sites: &[i64]) -> Result<HashMap<Owner, Usage>> {
    let kept: Vec<_> = rollups.iter().map(|rollup| (rollup.of(), rollup.id)).collect();
    let owners: Vec<_> = kept.iter().map(|(owner, _)| *owner).collect();
    let rows = rollup_use::rows(tx, &kept, MOST_ROWS_TOLD + 1).await?;
    let asked = rollup_use::since(tx, &owners, sites, first_day()).await?;
    let mut found: HashMap<Owner, Usage> = HashMap::new();
    for (owner, rollup) in kept {
        let rows = rows.get(&rollup).copied().unwrap_or_default();
        let usage = found.entry(owner).or_default();
        usage.rows += rows.min(MOST_ROWS_TOLD);
        usage.more |= rows > MOST_ROWS_TOLD;
        if let Some(asked) = asked.get(&owner) {
            (usage.questions, usage.last) = (asked.questions, Some(asked.last));
        }
    }
    Ok(found)
}

fn sum(one: Asked, other: Asked) -> Asked {
    Asked {
        questions: one.questions + other.questions,
        last: one.last.max(other.last),
    }
}

fn today(now: i64) -> i64 {
    now.div_euclid(DAY)
}

/// The first day of those that are told by day.
fn first_day() -> i64 {
    today(clock::now_nanoseconds()) - (USE_DAYS - 1)
}
