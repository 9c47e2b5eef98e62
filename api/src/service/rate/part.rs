//! What part of a limit is a server's, by what it and the others want and have used.

use super::bucket::{Grant, LEAST_SHARE};
use crate::store::rate_share::Lease;

/// What one server wants of a budget, as fractions of the whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Want {
    /// What is asked for, where 1 is all that comes back.
    pub(super) demand: f64,
    /// What is used and has not come back, where 1 is all there is.
    pub(super) debt: f64,
    /// The seconds in which all of it comes back.
    pub(super) window: f64,
}

/// What another server has of a budget, as fractions of the whole.
#[derive(Debug, Clone, Copy)]
pub(super) struct Other {
    /// What comes back there.
    pub(super) share: f64,
    /// What is asked of it; none of one that is gone.
    pub(super) demand: Option<f64>,
    /// What it has used and that has not come back.
    pub(super) debt: f64,
}

impl Other {
    /// By its lease, at a time of the database's in milliseconds; `others` are the servers that are there.
    pub(super) fn new(lease: &Lease, others: &[(String, i64)], time: i64, window: f64) -> Self {
        let is_there = others.iter().any(|(server, _)| *server == lease.instance);
        // Its lease is remembered until what it has used is back.
        let rest = (lease.until - time).max(0) as f64 / 1_000.0;
        Self {
            share: lease.share,
            demand: is_there.then_some(lease.demand),
            debt: if is_there {
                lease.debt
            } else {
                lease.debt.min(lease.share * rest / window)
            },
        }
    }
}

/// The part of one server: what is fair, as far as it is free.
pub(super) fn grant(want: Want, rest: &[Other], silent: usize, servers: usize) -> Grant {
    // Who is gone asks for nothing more.
    let fair_of = |own: f64, but: Option<usize>| {
        let others = rest.iter().enumerate().filter(|(index, _)| Some(*index) != but);
        let mut demands = vec![own];
        demands.extend(others.filter_map(|(_, other)| other.demand));
        if but.is_some() {
            demands.push(want.demand);
        }
        fair(&demands).clamp(LEAST_SHARE, 1.0)
    };
    let fair = fair_of(want.demand, None);
    // What the others will hold once they have seen this demand. One of them may have crashed a moment ago, and not come
    // to that before its lease is over.
    let kept: f64 = rest
        .iter()
        .enumerate()
        .map(|(index, other)| match other.demand {
            Some(demand) => fair_of(demand, Some(index)).max(other.debt).min(other.share),
            None => other.share,
        })
        .sum();
    let spent: f64 = rest.iter().map(|other| other.debt).sum();
    // Counts of servers.
    let reserved = silent as f64 / servers as f64;
    let free = |taken: f64| (1.0 - taken - reserved).max(LEAST_SHARE);
    Grant {
        share: fair.max(want.debt).min(free(kept)),
        most: fair.min(free(spent)),
    }
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
    use std::collections::HashMap;

    use super::*;

    fn want(demand: f64, debt: f64) -> Want {
        Want {
            demand,
            debt,
            window: 1.0,
        }
    }

    fn other(share: f64, demand: f64, debt: f64) -> Other {
        Other {
            share,
            demand: Some(demand),
            debt,
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
        let mut held: HashMap<usize, Other> = HashMap::new();
        for of_round in demands {
            // Each has seen what the others want by the second time.
            for round in 0..4 {
                for (server, demand) in of_round.iter().enumerate() {
                    let others = held.iter().filter(|(other, _)| **other != server);
                    let rest: Vec<Other> = others.map(|(_, one)| *one).collect();
                    let silent = if held.contains_key(&server) { 0 } else { 2 - rest.len() };
                    let part = grant(want(*demand, 0.0), &rest, silent, 3);
                    held.insert(server, other(part.share, *demand, 0.0));
                }
                let sum: f64 = held.values().map(|one| one.share).sum();
                assert!(round == 0 || sum <= 1.0 + 2.0 * LEAST_SHARE, "{held:#?}");
            }
        }
        assert!(held[&2].share > 0.85, "{held:#?}");
    }

    #[test]
    fn whoever_comes_after_a_crash_has_its_part() {
        // The one before it had all of it, and will have for some seconds.
        let gone = other(1.0, 0.3, 0.1);
        let part = grant(want(0.3, 0.0), &[gone], 0, 2);
        assert!((part.share - 0.5).abs() < 1e-9, "{part:?}");
        assert!((part.most - 0.5).abs() < 1e-9, "{part:?}");
        // Where the other is there all the same, it comes down to what is fair.
        let there = grant(want(3.0, 0.0), &[other(0.5, 3.0, 0.0)], 0, 2);
        assert!((there.share - 0.5).abs() < 1e-9, "{there:?}");
        // What was used before is used, until it has come back.
        let spent = Other {
            demand: None,
            ..other(0.6, 0.0, 0.5)
        };
        let part = grant(want(3.0, 0.0), &[spent], 0, 1);
        assert!((part.share - 0.4).abs() < 1e-9, "{part:?}");
        assert!((part.most - 0.5).abs() < 1e-9, "{part:?}");
    }

    #[test]
    fn who_may_still_use_its_part_keeps_it_from_others() {
        let first = grant(want(5.0, 0.0), &[], 2, 3);
        assert!((first.share - 1.0 / 3.0).abs() < 1e-9, "{first:?}");
        let alone = grant(want(5.0, 0.0), &[], 0, 3);
        assert!(alone.share > 0.99, "nobody else asks: {alone:?}");
    }

    #[test]
    fn what_is_used_holds_its_share_and_is_used_for_all() {
        // One that had used all of it, and one that comes with as much demand.
        let (owing, fresh) = (want(5.0, 1.0), want(5.0, 0.0));
        let came = grant(fresh, &[other(1.0, 5.0, 1.0)], 0, 2);
        assert!(came.share <= LEAST_SHARE && came.most <= LEAST_SHARE, "{came:?}");
        let was = grant(owing, &[other(came.share, 5.0, 0.0)], 0, 2);
        assert!(was.share > 0.98, "all comes back where it is owed: {was:?}");
        assert!((was.most - 0.5).abs() < 1e-9, "and half of it passes there: {was:?}");
        // As it comes back, it is the other's.
        let came = grant(fresh, &[other(0.99, 5.0, 0.6)], 0, 2);
        assert!(
            (came.share - 0.4).abs() < 1e-9 && (came.most - 0.4).abs() < 1e-9,
            "{came:?}"
        );
    }
}
