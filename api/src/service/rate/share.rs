//! One limit over several servers: each leases a share of it, as large as what is asked of it there.
//!
//! In the background each server says four times a second what is wanted of the budgets that are in use, and takes the
//! part that is fair: small demands whole, what is left alike among the others. A part is two things. How much may be used
//! at once is what is fair, as far as it has not been used elsewhere. The share of what comes back is that, and as much
//! as is needed where more has been used already: shares follow what is used, so that all that comes back comes back to
//! somebody who lacks it, and together they are the whole. What is used stays used when parts change; whoever has used
//! more than is theirs by now lets nothing through until it is back.
//!
//! A server that says nothing for a while has lost its leases; what it has used is remembered until it has come back. One
//! that knows of no lease takes what it would have if all were alike, unless others have used it; budgets of which hardly
//! anything is used are not spoken of.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    Rates,
    bucket::{Bucket, Grant},
    part::{Other, Want, grant},
};
use crate::{
    domain::error::Result,
    service::Services,
    store::{
        Priority,
        rate_share::{self, Lease},
    },
};

/// How often shares are looked at.
pub(in crate::service) const ROUND: Duration = Duration::from_millis(250);
/// A server that is alone says so only so often.
const ALONE: Duration = Duration::from_millis(1_000);
/// A lease holds so long unless it is renewed.
const LEASE: Duration = Duration::from_secs(2);
/// Of less than this fraction nobody is told.
const HARDLY: f64 = 0.02;
/// Of at least this fraction even those are told who do not use the budget.
const MUCH: f64 = 0.1;
/// Budgets that are spoken of in one round, the most wanted first.
const MOST_SPOKEN_OF: usize = 1_000;

/// What the rounds remember.
#[derive(Debug, Default)]
pub(in crate::service) struct Rounds {
    last: Option<Instant>,
    /// When this server last said that it is there.
    said: Option<Instant>,
    /// The budgets of which this server holds a lease or may come to.
    used: Vec<Arc<Bucket>>,
    servers: usize,
}

impl Services {
    /// Looks at the shares of this server; on SQLite, which one server serves, nothing is shared.
    ///
    /// # Errors
    /// Whatever the database says; leases hold for a while without.
    pub async fn share_rates(&self) -> Result<()> {
        let mut rounds = self.rounds.lock().await;
        let now = Instant::now();
        let seconds = rounds.last.replace(now).map_or(ROUND, |last| now - last).as_secs_f64();
        let wanted = self.rates.take_wanted(&mut rounds, seconds, now);
        if self.database.is_sqlite() {
            return Ok(());
        }
        let said = rounds.said.is_some_and(|said| now - said < ALONE);
        if wanted.is_empty() && rounds.servers <= 1 && said {
            return Ok(());
        }
        let names: Vec<_> = wanted.iter().map(|(bucket, _)| bucket.name.text()).collect();
        let instance = &self.rates.instance;
        let tx = self.database.write(Priority::Configuration).await?;
        let time = rate_share::begin(&tx).await?;
        let others = rate_share::servers(&tx, instance, time).await?;
        let leases = rate_share::leases(&tx, &names, time).await?;
        let spent = rate_share::spent(&tx, instance, MUCH, time).await?;
        let mut held: HashMap<&str, Vec<&Lease>> = HashMap::new();
        for lease in &leases {
            held.entry(&lease.bucket).or_default().push(lease);
        }
        let (mut mine, mut granted) = (Vec::with_capacity(wanted.len()), Vec::with_capacity(wanted.len()));
        for (name, (_, want)) in names.iter().zip(&wanted) {
            let of_name = held.get(name.as_str()).into_iter().flatten().copied();
            let (own, rest): (Vec<_>, Vec<_>) = of_name.partition(|lease| lease.instance == *instance);
            let since = own.first().map_or(time, |lease| lease.since);
            // Who has not spoken since may be using what it would have if all were alike.
            let silent = others
                .iter()
                .filter(|(server, said)| *said <= since && rest.iter().all(|lease| lease.instance != *server))
                .count();
            let rest: Vec<_> = rest
                .into_iter()
                .map(|lease| Other::new(lease, &others, time, want.window))
                .collect();
            let grant = grant(*want, &rest, silent, others.len() + 1);
            mine.push(Lease {
                bucket: name.clone(),
                instance: instance.clone(),
                share: grant.share,
                demand: want.demand,
                debt: want.debt,
                since,
                until: time + until(*want, grant),
            });
            granted.push((grant, rest.iter().map(|other| other.debt).sum::<f64>()));
        }
        rate_share::write(&tx, instance, &mine, (time, time + milliseconds(LEASE))).await?;
        tx.commit().await?;
        rounds.said = Some(now);
        rounds.servers = others.len() + 1;
        self.rates.apply(&granted, &wanted, (rounds.servers, now));
        self.rates.learn_spent(spent);
        Ok(())
    }

    /// Gives every share back, but for what is used and takes long to come back; for the end of a process.
    ///
    /// # Errors
    /// Whatever the database says; leases run out by themselves.
    pub async fn give_shares_back(&self) -> Result<()> {
        if self.database.is_sqlite() || self.rounds.lock().await.said.is_none() {
            return Ok(());
        }
        let tx = self.database.write(Priority::Configuration).await?;
        let time = rate_share::begin(&tx).await?;
        rate_share::remove(&tx, &self.rates.instance, time + milliseconds(LEASE)).await?;
        tx.commit().await
    }
}

impl Rates {
    /// What is wanted of the budgets that are worth speaking of; the others leave the list.
    fn take_wanted(&self, rounds: &mut Rounds, seconds: f64, now: Instant) -> Vec<(Arc<Bucket>, Want)> {
        let alike = Grant::of(self.alike());
        let fresh = std::mem::take(&mut *self.listed.lock().unwrap_or_else(PoisonError::into_inner));
        let mut wanted = Vec::new();
        for bucket in std::mem::take(&mut rounds.used).into_iter().chain(fresh) {
            let mut level = bucket.lock();
            let demand = level.measure(seconds, alike, now);
            let debt = level.debt(now);
            if demand < HARDLY && debt < HARDLY {
                level.release(alike, now);
                continue;
            }
            let want = Want {
                demand,
                debt,
                window: level.window(),
            };
            drop(level);
            wanted.push((bucket, want));
        }
        wanted.sort_by(|(_, one), (_, other)| other.demand.total_cmp(&one.demand));
        for (bucket, _) in wanted.drain(MOST_SPOKEN_OF.min(wanted.len())..) {
            bucket.lock().release(alike, now);
        }
        rounds.used = wanted.iter().map(|(bucket, _)| bucket.clone()).collect();
        wanted
    }

    /// Takes over what was granted of each budget, and what the others have used of it.
    fn apply(&self, granted: &[(Grant, f64)], wanted: &[(Arc<Bucket>, Want)], (servers, now): (usize, Instant)) {
        let before = Grant::of(self.alike());
        for ((grant, elsewhere), (bucket, _)) in granted.iter().zip(wanted) {
            let mut level = bucket.lock();
            level.lease(*grant, now + LEASE, before, now);
            level.elsewhere = elsewhere * level.quota();
        }
        // A handful of servers.
        self.alike.store((1.0 / servers as f64).to_bits(), Ordering::Relaxed);
    }

    /// Takes over what others have used of budgets that may not be used here yet.
    fn learn_spent(&self, leases: Vec<Lease>) {
        let mut spent: HashMap<String, f64> = HashMap::new();
        for lease in leases {
            *spent.entry(lease.bucket).or_default() += lease.debt;
        }
        self.is_spent.store(!spent.is_empty(), Ordering::Relaxed);
        *self.spent.write().unwrap_or_else(PoisonError::into_inner) = spent;
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// How long a lease is remembered, in milliseconds: until it runs out, and what is used by then is back at its share.
fn until(want: Want, grant: Grant) -> i64 {
    // A share is never nothing.
    let back = Duration::try_from_secs_f64(want.debt * want.window / grant.share);
    milliseconds(back.unwrap_or(LEASE).max(LEASE))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_that_is_gone_has_used_comes_back_at_its_share() {
        let grant = Grant::of(0.5);
        let of = |window| Want {
            demand: 0.0,
            debt: 0.25,
            window,
        };
        assert_eq!(until(of(60.0), grant), 30_000);
        assert_eq!(until(of(1.0), grant), milliseconds(LEASE), "it is back by then");
        let lease = Lease {
            bucket: "log/key/1".into(),
            instance: "gone".into(),
            share: 0.5,
            demand: 3.0,
            debt: 0.25,
            since: 0,
            until: 30_000,
        };
        let (there, time) = ([("gone".to_owned(), 0)], 12_000);
        let gone = Other::new(&lease, &[], time, 60.0);
        assert!(gone.demand.is_none() && (gone.debt - 0.15).abs() < 1e-9, "{gone:?}");
        let there = Other::new(&lease, &there, time, 60.0);
        assert!(there.demand.is_some() && (there.debt - 0.25).abs() < 1e-9, "{there:?}");
    }
}
