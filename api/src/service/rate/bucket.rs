//! One budget of one caller: the generic cell rate algorithm of `governor`, whose rate is this server's share of the whole.
//!
//! The share moves, and what is used must not be forgotten by it. So a limiter is made for each charge, and lives no longer:
//! its time begins at the charge, and its state is how long it takes from there until all is back. That is what is kept, and
//! by the charge after it has become less by the time between. When the share is another, it is stretched to as many units.
//!
//! `check_n` charges all or nothing; of a batch the first events pass, so that it is asked for as many as are left. It refuses
//! for ever what is larger than the burst; here that passes once all is there, and is paid off.

use std::{
    cell::Cell,
    num::NonZeroU32,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use governor::{
    Quota, RateLimiter,
    clock::Clock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{NotKeyed, StateStore},
};

use super::Name;
use crate::domain::rate::{Budget, Left, Limit};

/// Sums of fractions come out a little off.
const ALMOST: f64 = 1e-6;
/// No share is smaller, so that every wait has an end.
pub(super) const LEAST_SHARE: f64 = 0.01;
/// Nothing takes longer to come back: some thirty years.
const LONGEST: Duration = Duration::from_secs(1_000_000_000);

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
    /// How long a unit takes to come back, at the share of which `full` tells.
    unit: Duration,
    /// When all is back.
    full: Instant,
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

/// How long it takes from now until all is back: the state of a limiter whose time begins now.
#[derive(Debug)]
struct Ahead(Cell<Duration>);

impl StateStore for &Ahead {
    type Key = NotKeyed;

    fn measure_and_replace<T, F, E>(&self, _: &NotKeyed, judge: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        let (passed, next) = judge(Some(self.0.get().into()))?;
        self.0.set(Duration::from_nanos(next.as_u64()));
        Ok(passed)
    }
}

/// Time that begins now, and stands still.
#[derive(Debug)]
struct Now;

impl Clock for Now {
    type Instant = Duration;

    fn now(&self) -> Duration {
        Duration::ZERO
    }
}

type Limiter<'a> = RateLimiter<NotKeyed, &'a Ahead, Now, NoOpMiddleware<Duration>>;

impl Bucket {
    pub(super) fn new(name: Name, limit: Limit, now: Instant) -> Self {
        let level = Level {
            limit,
            unit: unit(limit, 1.0),
            full: now,
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
        level.turn(share, now);
        level.wanted += f64::from(units);
        let fresh = !std::mem::replace(&mut level.listed, true);
        let capacity = level.capacity(share);
        let most = if part { level.free(share, now) } else { capacity };
        let refusal = level.take(units.min(most), capacity, now).err();
        let passed = match refusal {
            Some(_) => 0,
            None if part => units.min(most),
            None => {
                // What is larger than all there is passed, as all was there, and is paid off later.
                level.owe(units.saturating_sub(most), now);
                units
            }
        };
        let wait = match refusal {
            Some(wait) => wait,
            None if passed < units => level.next(share, now),
            None => Duration::ZERO,
        };
        Charged { passed, wait, fresh }
    }

    /// What is left, over all servers as far as this one knows.
    pub(super) fn left(&self, limit: Limit, alike: f64, now: Instant) -> Left {
        let mut level = self.lock();
        level.limit = limit;
        let share = self.share(&mut level, alike, now);
        level.turn(share, now);
        let used = level.units(now) + level.elsewhere;
        let whole = f64::from(limit.quota) - used + ALMOST;
        // Not negative, and at most the quota.
        let whole = whole.floor().max(0.0) as u32;
        let remaining = if level.free(share, now) == 0 { 0 } else { whole };
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
        level.turn(1.0, now);
        level.next(1.0, now)
    }

    /// Takes over what is used of a budget that is counted elsewhere, by when it is full again.
    pub(super) fn learn(&self, limit: Limit, full_in: Duration, now: Instant) {
        let mut level = self.lock();
        level.limit = limit;
        level.unit = unit(limit, 1.0);
        level.full = now + full_in.min(LONGEST);
    }

    /// Whether nothing of it is used, and nobody shares it, so that it can be forgotten.
    pub(super) fn is_full(&self, alike: f64, now: Instant) -> bool {
        let mut level = self.lock();
        let share = self.share(&mut level, alike, now);
        level.turn(share, now);
        level.ahead(now).is_zero() && !level.listed
    }

    /// How much of it is used, as a fraction.
    pub(super) fn used(&self, alike: f64, now: Instant) -> f64 {
        let mut level = self.lock();
        let share = self.share(&mut level, alike, now);
        level.turn(share, now);
        level.units(now) / f64::from(level.limit.quota)
    }
}

/// How long a unit takes to come back, at a share of the whole.
fn unit(limit: Limit, share: f64) -> Duration {
    let unit = Duration::from_secs_f64(1.0 / (limit.per_second() * share));
    unit.max(Duration::from_nanos(1))
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

    /// Goes on at this share, and at the limit as it is: what is used stays as many units.
    fn turn(&mut self, share: f64, now: Instant) {
        let unit = unit(self.limit, share);
        if unit != self.unit {
            let stretch = unit.as_secs_f64() / self.unit.as_secs_f64();
            let ahead = self.ahead(now).as_secs_f64() * stretch;
            self.full = now + Duration::from_secs_f64(ahead.min(LONGEST.as_secs_f64()));
            self.unit = unit;
        }
    }

    /// How long it takes until all is back.
    fn ahead(&self, now: Instant) -> Duration {
        self.full.saturating_duration_since(now)
    }

    /// Units used and not come back yet.
    fn units(&self, now: Instant) -> f64 {
        self.ahead(now).as_secs_f64() / self.unit.as_secs_f64()
    }

    /// A share of less than one unit is one all the same, or small limits would let nobody in.
    fn capacity(&self, share: f64) -> u32 {
        // Not negative, and at most the quota.
        ((f64::from(self.limit.quota) * share + ALMOST) as u32).max(1)
    }

    /// Whole units that are left.
    fn free(&self, share: f64, now: Instant) -> u32 {
        let used = self.ahead(now).as_nanos().div_ceil(self.unit.as_nanos());
        self.capacity(share)
            .saturating_sub(u32::try_from(used).unwrap_or(u32::MAX))
    }

    /// Charges so many units, which are no more than all there is, or none, which sees whether one would pass.
    ///
    /// # Errors
    /// How long until they pass.
    fn take(&mut self, units: u32, capacity: u32, now: Instant) -> Result<(), Duration> {
        let ahead = Ahead(Cell::new(self.ahead(now)));
        let quota = Quota::with_period(self.unit).zip(NonZeroU32::new(capacity));
        let Some((quota, burst)) = quota else {
            return Ok(());
        };
        let limiter: Limiter<'_> = RateLimiter::new(quota.allow_burst(burst), &ahead, Now);
        // More than the burst is not asked for.
        let judged = limiter.check_n(NonZeroU32::new(units).unwrap_or(NonZeroU32::MIN));
        if let Ok(Err(refused)) = judged {
            return Err(refused.wait_time_from(Duration::ZERO));
        }
        if units > 0 {
            self.full = now + ahead.0.get();
        }
        Ok(())
    }

    /// How long until one more passes.
    fn next(&mut self, share: f64, now: Instant) -> Duration {
        self.take(0, self.capacity(share), now).err().unwrap_or_default()
    }

    /// Adds units that are paid off later.
    fn owe(&mut self, units: u32, now: Instant) {
        let ahead = self.ahead(now).saturating_add(self.unit.saturating_mul(units));
        self.full = now + ahead.min(LONGEST);
    }

    /// What was asked for a second, as a fraction of what comes back in all; `seconds` since it was last looked at.
    pub(super) fn measure(&mut self, seconds: f64, alike: f64, now: Instant) -> f64 {
        let share = self.share(alike, now);
        self.turn(share, now);
        let lately = std::mem::take(&mut self.wanted) / seconds.max(0.001);
        self.demand = (self.demand + lately) / 2.0;
        self.demand / self.limit.per_second()
    }

    /// What is used, as a fraction of the whole quota.
    pub(super) fn debt(&self, now: Instant) -> f64 {
        (self.units(now) / f64::from(self.limit.quota)).min(1.0)
    }

    /// Gives it a share until `until`; what came back until now did at the old one.
    pub(super) fn lease(&mut self, share: f64, until: Instant, alike: f64, now: Instant) {
        let before = self.share(alike, now);
        self.turn(before, now);
        self.lease = Some((share, until));
        self.turn(share, now);
    }

    /// Gives its share back, and leaves the list.
    pub(super) fn release(&mut self, alike: f64, now: Instant) {
        let before = self.share(alike, now);
        self.turn(before, now);
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
