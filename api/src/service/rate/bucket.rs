//! One budget of one caller: a generic cell rate algorithm whose rate is this server's share of the whole.
//!
//! The crate `governor` cannot carry it: `check_n` charges all or nothing, where of a batch the first events pass; what is
//! larger than the burst it refuses for ever, where here it passes once all is there and is paid off; what is left it tells
//! of a charge alone; and a limiter made anew for another share begins full, where this one keeps its debt in units. With
//! a state store of our own below it, one comparison would be left to the crate.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use super::Name;
use crate::domain::rate::{Budget, Left, Limit};

/// Sums of fractions come out a little off.
const ALMOST: f64 = 1e-6;
/// No share is smaller, so that every wait has an end.
pub(super) const LEAST_SHARE: f64 = 0.01;

/// A budget of a caller.
#[derive(Debug)]
pub(super) struct Bucket {
    pub(super) name: Name,
    level: Mutex<Level>,
}

/// What is used of it, here.
#[derive(Debug)]
pub(super) struct Level {
    limit: Limit,
    /// Units used and not come back yet.
    debt: f64,
    /// When the debt was that.
    at: Instant,
    /// This server's part, and until when it holds; else the servers share alike.
    lease: Option<(f64, Instant)>,
    /// What the others had used when last heard of.
    pub(super) elsewhere: f64,
    /// Units asked for since the shares were last looked at.
    wanted: f64,
    /// Units asked for a second, smoothed.
    pub(super) demand: f64,
    /// Whether it is in the list of those to be looked at.
    listed: bool,
}

/// What a charge came to.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Charged {
    /// Units that pass.
    pub(super) passed: u32,
    /// When more may pass, where not all did.
    pub(super) wait: Duration,
    /// Whether it is to be listed among those used since the shares were last looked at.
    pub(super) fresh: bool,
}

impl Bucket {
    pub(super) fn new(name: Name, limit: Limit, now: Instant) -> Self {
        let level = Level {
            limit,
            debt: 0.0,
            at: now,
            lease: None,
            elsewhere: 0.0,
            wanted: 0.0,
            demand: 0.0,
            listed: false,
        };
        Self {
            name,
            level: Mutex::new(level),
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Level> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Charges `units`, all of them or with `part` as many as fit; none sees whether one would. `alike` is the share without a lease.
    pub(super) fn charge(&self, limit: Limit, units: u32, part: bool, alike: f64, now: Instant) -> Charged {
        let mut level = self.lock();
        level.limit = limit;
        let share = level.share(alike, now);
        level.drain(share, now);
        let (whole, capacity) = (f64::from(units), level.capacity(share));
        level.wanted += whole;
        let fresh = !std::mem::replace(&mut level.listed, true);
        // What is larger than all there is passes when all is there, and is paid off later.
        let need = if part { 1.0 } else { whole.clamp(1.0, capacity) };
        let room = capacity - level.debt + ALMOST;
        if room < need {
            let wait = Duration::from_secs_f64((need - room).max(0.0) / (limit.per_second() * share));
            return Charged { passed: 0, wait, fresh };
        }
        let passed = if part { whole.min(room.floor()) } else { whole };
        level.debt += passed;
        let wait = if passed < whole {
            let missing = (level.debt + 1.0 - capacity).max(0.0);
            Duration::from_secs_f64(missing / (limit.per_second() * share))
        } else {
            Duration::ZERO
        };
        // A whole number that is at most `units`.
        let passed = passed as u32;
        Charged { passed, wait, fresh }
    }

    /// What is left, over all servers as far as this one knows.
    pub(super) fn left(&self, limit: Limit, alike: f64, now: Instant) -> Left {
        let mut level = self.lock();
        level.limit = limit;
        let share = self.share(&mut level, alike, now);
        level.drain(share, now);
        let used = level.debt + level.elsewhere;
        let here = level.capacity(share) - level.debt + ALMOST;
        let whole = f64::from(limit.quota) - used + ALMOST;
        // Not negative, and at most the quota.
        let remaining = if here < 1.0 { 0 } else { whole.floor().max(0.0) as u32 };
        Left {
            budget: self.name.budget,
            limit,
            remaining,
            resets_in: Duration::from_secs_f64(used / limit.per_second()),
        }
    }

    /// This server's part of the whole: all of it, where that is counted elsewhere.
    fn share(&self, level: &mut Level, alike: f64, now: Instant) -> f64 {
        match self.name.budget {
            Budget::SignIn => 1.0,
            _ => level.share(alike, now),
        }
    }

    /// How long until a unit passes of a budget that nobody shares; nothing is charged.
    pub(super) fn wait(&self, limit: Limit, now: Instant) -> Duration {
        let mut level = self.lock();
        level.limit = limit;
        level.drain(1.0, now);
        let missing = level.debt + 1.0 - level.capacity(1.0) - ALMOST;
        Duration::from_secs_f64(missing.max(0.0) / limit.per_second())
    }

    /// Takes over what is used of a budget that is counted elsewhere, by when it is full again.
    pub(super) fn learn(&self, limit: Limit, full_in: Duration, now: Instant) {
        let mut level = self.lock();
        level.limit = limit;
        level.debt = full_in.as_secs_f64() * limit.per_second();
        level.at = now;
    }

    /// Whether nothing of it is used, and nobody shares it, so that it can be forgotten.
    pub(super) fn is_full(&self, alike: f64, now: Instant) -> bool {
        let mut level = self.lock();
        let share = self.share(&mut level, alike, now);
        level.drain(share, now);
        level.debt < ALMOST && !level.listed
    }

    /// How much of it is used, as a fraction.
    pub(super) fn used(&self, alike: f64, now: Instant) -> f64 {
        let mut level = self.lock();
        let share = self.share(&mut level, alike, now);
        level.drain(share, now);
        level.debt / f64::from(level.limit.quota)
    }
}

impl Level {
    /// This server's part of the whole.
    pub(super) fn share(&mut self, alike: f64, now: Instant) -> f64 {
        match self.lease {
            Some((share, until)) if now < until => share,
            Some(_) => {
                self.lease = None;
                self.elsewhere = 0.0;
                alike
            }
            None => alike,
        }
    }

    fn drain(&mut self, share: f64, now: Instant) {
        let elapsed = now.saturating_duration_since(self.at).as_secs_f64();
        self.debt = (self.debt - elapsed * self.limit.per_second() * share).max(0.0);
        self.at = self.at.max(now);
    }

    /// A share of less than one unit is one all the same, or small limits would let nobody in.
    fn capacity(&self, share: f64) -> f64 {
        (f64::from(self.limit.quota) * share).max(1.0)
    }

    /// What was asked for a second, as a fraction of what comes back in all; `seconds` since it was last looked at.
    pub(super) fn measure(&mut self, seconds: f64, alike: f64, now: Instant) -> f64 {
        let share = self.share(alike, now);
        self.drain(share, now);
        let lately = std::mem::take(&mut self.wanted) / seconds.max(0.001);
        self.demand = (self.demand + lately) / 2.0;
        self.demand / self.limit.per_second()
    }

    /// What is used, as a fraction of the whole quota.
    pub(super) fn debt(&self) -> f64 {
        (self.debt / f64::from(self.limit.quota)).min(1.0)
    }

    /// Gives it a share until `until`; what was drained until now was at the old one.
    pub(super) fn lease(&mut self, share: f64, until: Instant, alike: f64, now: Instant) {
        let before = self.share(alike, now);
        self.drain(before, now);
        self.lease = Some((share, until));
    }

    /// Gives its share back, and leaves the list.
    pub(super) fn release(&mut self, alike: f64, now: Instant) {
        let before = self.share(alike, now);
        self.drain(before, now);
        self.lease = None;
        self.elsewhere = 0.0;
        self.listed = false;
    }

    /// The quota, for what the others have used.
    pub(super) fn quota(&self) -> f64 {
        f64::from(self.limit.quota)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::Subject, *};

    const SECOND: Duration = Duration::from_secs(1);

    fn bucket(limit: Limit, now: Instant) -> Bucket {
        let name = Name {
            budget: Budget::Log,
            subject: Subject::Key(1),
        };
        Bucket::new(name, limit, now)
    }

    #[test]
    fn a_second_worth_passes_at_once_and_then_as_it_comes_back() {
        let (limit, start) = (Limit::new(10, 1), Instant::now());
        let bucket = bucket(limit, start);
        let charge = |units, part, at| bucket.charge(limit, units, part, 1.0, at);
        assert_eq!(charge(25, true, start).passed, 10);
        let refused = charge(1, false, start);
        assert_eq!(refused.passed, 0);
        assert!((refused.wait.as_secs_f64() - 0.1).abs() < 0.001, "{refused:?}");
        assert_eq!(charge(1, false, start + refused.wait).passed, 1);
        assert_eq!(charge(5, false, start + refused.wait).passed, 0);
        let later = start + 10 * SECOND;
        assert_eq!(bucket.left(limit, 1.0, later).remaining, 10);
        assert_eq!(
            charge(30, false, later).passed,
            30,
            "more than all there is passes when all is there"
        );
        assert_eq!(charge(1, false, later + SECOND).passed, 0, "and is paid off");
        assert_eq!(charge(1, false, later + 3 * SECOND).passed, 1);
    }

    #[test]
    fn what_is_counted_elsewhere_is_taken_over() {
        let (limit, start) = (Limit::new(10, 300), Instant::now());
        let name = Name {
            budget: Budget::SignIn,
            subject: Subject::Account(1),
        };
        let bucket = Bucket::new(name, limit, start);
        assert_eq!(bucket.wait(limit, start), Duration::ZERO);
        bucket.learn(limit, 290 * SECOND, start);
        let wait = bucket.wait(limit, start);
        assert!((wait.as_secs_f64() - 20.0).abs() < 0.01, "{wait:?}");
        assert_eq!(bucket.wait(limit, start + wait), Duration::ZERO);
        assert_eq!(bucket.left(limit, 0.25, start + wait).remaining, 1);
        bucket.learn(limit, Duration::ZERO, start);
        assert_eq!(bucket.left(limit, 0.25, start).remaining, 10);
        assert!(bucket.is_full(0.25, start), "it can be forgotten");
    }

    #[test]
    fn a_share_bounds_what_passes_and_keeps_the_debt() {
        let (limit, start) = (Limit::new(100, 1), Instant::now());
        let large = bucket(limit, start);
        assert_eq!(large.charge(limit, 100, true, 0.25, start).passed, 25);
        large.lock().lease(1.0, start + 5 * SECOND, 0.25, start);
        assert_eq!(
            large.charge(limit, 100, true, 0.25, start).passed,
            75,
            "what was used stays used"
        );
        large.lock().lease(0.5, start + 5 * SECOND, 0.25, start);
        assert_eq!(large.charge(limit, 100, true, 0.25, start + SECOND).passed, 0);
        assert_eq!(large.charge(limit, 100, true, 0.25, start + 2 * SECOND).passed, 50);
        // A lease that nobody renews is over.
        assert_eq!(large.charge(limit, 100, true, 0.25, start + 6 * SECOND).passed, 25);
        let small = Limit::new(1, 1);
        let bucket = bucket(small, start);
        assert_eq!(
            bucket.charge(small, 1, false, 0.25, start).passed,
            1,
            "a fraction of one is one"
        );
        assert_eq!(bucket.charge(small, 1, false, 0.25, start + SECOND).passed, 0);
    }
}
