//! One limit over several servers: each leases a share of it, as large as what is asked of it there.
//!
//! In the background each server says four times a second what is wanted of the budgets that are in use, and takes the
//! share that is fair and free: small demands whole, what is left alike among the others. Shares together are never
//! more than the whole: one grows only into what another has given back. What is used and has not come back holds its
//! share, too. A server that says nothing for a while has lost its leases. One that knows of no lease takes what it
//! would have if all were alike; budgets of which hardly anything is used are not spoken of.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use super::{
    Rates,
    bucket::{Bucket, LEAST_SHARE},
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
const LEASE: Duration = Duration::from_secs(4);
/// Of less than this fraction nobody is told.
const HARDLY: f64 = 0.02;
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

/// What one server wants of a budget, as fractions of the whole.
#[derive(Debug, Clone, Copy)]
struct Want {
    demand: f64,
    debt: f64,
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
        let mut held: HashMap<&str, Vec<&Lease>> = HashMap::new();
        for lease in &leases {
            held.entry(&lease.bucket).or_default().push(lease);
        }
        let mut mine = Vec::with_capacity(wanted.len());
        for (name, (_, want)) in names.iter().zip(&wanted) {
            let of_name = held.get(name.as_str()).into_iter().flatten().copied();
            let (own, rest): (Vec<_>, Vec<_>) = of_name.partition(|lease| lease.instance == *instance);
            let own = own.into_iter().next();
            let since = own.map_or(time, |lease| lease.since);
            // Who has not spoken since may be using what it would have if all were alike.
            let silent = others
                .iter()
                .filter(|(server, said)| *said <= since && rest.iter().all(|lease| lease.instance != *server))
                .count();
            let share = grant(*want, own, &rest, silent, others.len() + 1);
            mine.push(Lease {
                bucket: name.clone(),
                instance: instance.clone(),
                share,
                demand: want.demand,
                debt: want.debt,
                since,
            });
        }
        let until = time + i64::try_from(LEASE.as_millis()).unwrap_or(i64::MAX);
        rate_share::write(&tx, instance, &mine, (time, until)).await?;
        tx.commit().await?;
        rounds.said = Some(now);
        rounds.servers = others.len() + 1;
        let elsewhere = |bucket: &str| -> f64 {
            let of_name = held.get(bucket).into_iter().flatten();
            let rest = of_name.filter(|lease| lease.instance != *instance);
            rest.map(|lease| lease.debt).sum()
        };
        self.rates.apply(&mine, &wanted, (rounds.servers, now), elsewhere);
        Ok(())
    }

    /// Gives every share back; for the end of a process.
    ///
    /// # Errors
    /// Whatever the database says; leases run out by themselves.
    pub async fn give_shares_back(&self) -> Result<()> {
        if self.database.is_sqlite() || self.rounds.lock().await.said.is_none() {
            return Ok(());
        }
        let tx = self.database.write(Priority::Configuration).await?;
        rate_share::remove(&tx, &self.rates.instance).await?;
        tx.commit().await
    }
}

impl Rates {
    /// What is wanted of the budgets that are worth speaking of; the others leave the list.
    fn take_wanted(&self, rounds: &mut Rounds, seconds: f64, now: Instant) -> Vec<(Arc<Bucket>, Want)> {
        let alike = self.alike();
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
            drop(level);
            wanted.push((bucket, Want { demand, debt }));
        }
        wanted.sort_by(|(_, one), (_, other)| other.demand.total_cmp(&one.demand));
        for (bucket, _) in wanted.drain(MOST_SPOKEN_OF.min(wanted.len())..) {
            bucket.lock().release(alike, now);
        }
        rounds.used = wanted.iter().map(|(bucket, _)| bucket.clone()).collect();
        wanted
    }

    fn apply(
        &self,
        leases: &[Lease],
        wanted: &[(Arc<Bucket>, Want)],
        (servers, now): (usize, Instant),
        elsewhere: impl Fn(&str) -> f64,
    ) {
        let before = self.alike();
        for (lease, (bucket, _)) in leases.iter().zip(wanted) {
            let mut level = bucket.lock();
            level.lease(lease.share, now + LEASE, before, now);
            level.elsewhere = elsewhere(&lease.bucket) * level.quota();
        }
        // A handful of servers.
        self.alike.store((1.0 / servers as f64).to_bits(), Ordering::Relaxed);
    }
}

/// The share of one server: what is fair, as far as it is free.
fn grant(want: Want, own: Option<&Lease>, rest: &[&Lease], silent: usize, servers: usize) -> f64 {
    let demands: Vec<f64> = std::iter::once(want.demand)
        .chain(rest.iter().map(|lease| lease.demand))
        .collect();
    let fair = fair(&demands).max(want.debt).clamp(LEAST_SHARE, 1.0);
    let held = own.map_or(0.0, |lease| lease.share);
    if fair <= held {
        return fair;
    }
    let taken: f64 = rest.iter().map(|lease| lease.share).sum();
    // Counts of servers.
    let (reserved, alike) = (silent as f64 / servers as f64, 1.0 / servers as f64);
    // Who has no lease yet takes what it has had without, until the others, who see it from now on, give it back. One of
    // them may have crashed a moment ago and give nothing back until its lease is over.
    let least = if own.is_none() { fair.min(alike) } else { LEAST_SHARE };
    fair.min((1.0 - taken - reserved).max(held)).max(least)
}

/// The first one's fair part of a whole of 1: nobody gets more than they ask for while others want more, and what
/// nobody asks for is divided alike.
fn fair(demands: &[f64]) -> f64 {
    let own = demands[0];
    let sum: f64 = demands.iter().sum();
    if sum <= 1.0 {
        return own + (1.0 - sum) / demands.len() as f64;
    }
    let mut sorted = demands.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (mut left, mut of) = (1.0, sorted.len());
    for demand in sorted {
        let equal = left / of as f64;
        if demand > equal {
            return own.min(equal);
        }
        left -= demand;
        of -= 1;
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lease(instance: &str, share: f64, demand: f64) -> Lease {
        Lease {
            bucket: "log/key/1".into(),
            instance: instance.into(),
            share,
            demand,
            debt: 0.0,
            since: 0,
        }
    }

    #[test]
    fn small_demands_are_met_and_the_rest_is_divided_alike() {
        let close = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(close(fair(&[2.0]), 1.0));
        assert!(close(fair(&[0.1, 5.0, 5.0]), 0.1));
        assert!(close(fair(&[5.0, 0.1, 5.0]), 0.45));
        assert!(close(fair(&[5.0, 5.0]), 0.5));
        assert!(close(fair(&[0.2, 0.4]), 0.4), "what nobody asks for is divided alike");
    }

    #[test]
    fn shares_never_come_to_more_than_the_whole() {
        // Three servers with changing demands, one after the other, as the lock of the table has it.
        let demands = [[3.0, 0.2, 0.1], [0.0, 3.0, 0.1], [1.0, 1.0, 1.0], [0.05, 0.05, 9.0]];
        let mut held: HashMap<usize, Lease> = HashMap::new();
        for of_round in demands.iter().flat_map(|demands| std::iter::repeat_n(demands, 4)) {
            for (server, demand) in of_round.iter().enumerate() {
                let own = held.get(&server).cloned();
                let rest: Vec<Lease> = held
                    .iter()
                    .filter(|(other, _)| **other != server)
                    .map(|(_, one)| one.clone())
                    .collect();
                let silent = if own.is_some() { 0 } else { 2 - rest.len() };
                let want = Want {
                    demand: *demand,
                    debt: 0.0,
                };
                let share = grant(want, own.as_ref(), &rest.iter().collect::<Vec<_>>(), silent, 3);
                held.insert(server, lease(&server.to_string(), share, *demand));
                let sum: f64 = held.values().map(|lease| lease.share).sum();
                assert!(sum <= 1.0 + 2.0 * LEAST_SHARE, "{held:#?}");
            }
        }
        assert!(held[&2].share > 0.85, "{held:#?}");
    }

    #[test]
    fn whoever_comes_after_a_crash_has_its_part() {
        // The one before it had all of it, and will have for some seconds.
        let gone = lease("gone", 1.0, 0.3);
        let want = Want { demand: 0.3, debt: 0.0 };
        let share = grant(want, None, &[&gone], 0, 2);
        assert!((share - 0.5).abs() < 1e-9, "{share}");
        let own = lease("fresh", share, 0.3);
        assert!(grant(want, Some(&own), &[&gone], 0, 2) > 0.49, "it keeps that");
        // Where the other is there all the same, it comes down to what is fair.
        let own = lease("there", 1.0, 3.0);
        let fresh = lease("fresh", 0.5, 3.0);
        let there = grant(Want { demand: 3.0, debt: 0.0 }, Some(&own), &[&fresh], 0, 2);
        assert!((there - 0.5).abs() < 1e-9, "{there}");
    }

    #[test]
    fn who_may_still_use_its_part_keeps_it_from_others() {
        let want = Want { demand: 5.0, debt: 0.0 };
        let first = grant(want, None, &[], 2, 3);
        assert!((first - 1.0 / 3.0).abs() < 1e-9, "{first}");
        let own = lease("one", first, 5.0);
        assert!(grant(want, Some(&own), &[], 0, 3) > 0.99, "nobody else asks");
        let owing = Want { demand: 0.0, debt: 0.7 };
        let other = lease("two", 0.3, 9.0);
        let kept = grant(owing, Some(&lease("one", 0.9, 0.0)), &[&other], 0, 2);
        assert!((kept - 0.7).abs() < 1e-9, "what is used holds its share: {kept}");
    }
}
