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

/// This server's part of a limit, in fractions of the whole. The two are apart, as what was used before parts changed has
/// yet to come back: whoever has used more than is theirs now keeps the share until then, and lets nothing through.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Grant {
    /// What comes back here, of all that does.
    pub(super) share: f64,
    /// What may be used here at once, of all there is.
    pub(super) most: f64,
}

impl Grant {
    /// As much at once as comes back.
    pub(super) const fn of(share: f64) -> Self {
        Self { share, most: share }
    }
}

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
    /// This server's part, and until when it holds; else it has that of a server without a lease.
    lease: Option<(Grant, Instant)>,
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

    /// Charges `units`, all of them or with `part` as many as fit; none sees whether one would. `unleased` is the part without a
    /// lease.
    pub(super) fn charge(&self, limit: Limit, units: u32, part: bool, unleased: Grant, now: Instant) -> Charged {
        let mut level = self.lock();
        level.limit = limit;
        let grant = level.grant(unleased, now);
        level.turn(grant.share, now);
        level.wanted += f64::from(units);
        let fresh = !std::mem::replace(&mut level.listed, true);
        let capacity = level.capacity(grant.most);
        let most = if part { level.free(grant.most, now) } else { capacity };
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
            None if passed < units => level.next(grant.most, now),
            None => Duration::ZERO,
        };
        Charged { passed, wait, fresh }
    }

    /// What is left, over all servers as far as this one knows.
    pub(super) fn left(&self, limit: Limit, unleased: Grant, now: Instant) -> Left {
        let mut level = self.lock();
        level.limit = limit;
        let grant = self.grant(&mut level, unleased, now);
        level.turn(grant.share, now);
        let used = level.units(now) + level.elsewhere;
        let whole = f64::from(limit.quota) - used + ALMOST;
        // Not negative, and at most the quota.
        let whole = whole.floor().max(0.0) as u32;
        let remaining = if level.free(grant.most, now) == 0 { 0 } else { whole };
        Left {
            budget: self.name.budget,
            limit,
            remaining,
            resets_in: Duration::from_secs_f64(used / limit.per_second()),
        }
    }

    /// This server's part of the whole: all of it, where that is counted elsewhere.
    fn grant(&self, level: &mut Level, unleased: Grant, now: Instant) -> Grant {
        match self.name.budget {
            Budget::SignIn => Grant::of(1.0),
            _ => level.grant(unleased, now),
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
    pub(super) fn is_full(&self, unleased: Grant, now: Instant) -> bool {
        let mut level = self.lock();
        let grant = self.grant(&mut level, unleased, now);
        level.turn(grant.share, now);
        level.ahead(now).is_zero() && !level.listed
    }

    /// How much of it is used, as a fraction.
    pub(super) fn used(&self, unleased: Grant, now: Instant) -> f64 {
        let mut level = self.lock();
        let grant = self.grant(&mut level, unleased, now);
        level.turn(grant.share, now);
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
    fn grant(&mut self, unleased: Grant, now: Instant) -> Grant {
        match self.lease {
            Some((grant, until)) if now < until => grant,
            Some(_) => {
                self.lease = None;
                self.elsewhere = 0.0;
                unleased
            }
            None => unleased,
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

    /// A part of less than one unit is one all the same, or small limits would let nobody in.
    fn capacity(&self, most: f64) -> u32 {
        // Not negative, and at most the quota.
        ((f64::from(self.limit.quota) * most + ALMOST) as u32).max(1)
    }

    /// Whole units that are left.
    fn free(&self, most: f64, now: Instant) -> u32 {
        let used = self.ahead(now).as_nanos().div_ceil(self.unit.as_nanos());
        self.capacity(most)
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
    fn next(&mut self, most: f64, now: Instant) -> Duration {
        self.take(0, self.capacity(most), now).err().unwrap_or_default()
    }

    /// Adds units that are paid off later.
    fn owe(&mut self, units: u32, now: Instant) {
        let ahead = self.ahead(now).saturating_add(self.unit.saturating_mul(units));
        self.full = now + ahead.min(LONGEST);
    }

    /// What was asked for a second, as a fraction of what comes back in all; `seconds` since it was last looked at.
    pub(super) fn measure(&mut self, seconds: f64, unleased: Grant, now: Instant) -> f64 {
        let grant = self.grant(unleased, now);
        self.turn(grant.share, now);
        let lately = std::mem::take(&mut self.wanted) / seconds.max(0.001);
        self.demand = (self.demand + lately) / 2.0;
        self.demand / self.limit.per_second()
    }

    /// What is used, as a fraction of the whole quota.
    pub(super) fn debt(&self, now: Instant) -> f64 {
        (self.units(now) / f64::from(self.limit.quota)).min(1.0)
    }

    /// Gives it a part until `until`; what came back until now did at the old one.
    pub(super) fn lease(&mut self, grant: Grant, until: Instant, unleased: Grant, now: Instant) {
        let before = self.grant(unleased, now);
        self.turn(before.share, now);
        self.lease = Some((grant, until));
        self.turn(grant.share, now);
    }

    /// Gives its part back, and leaves the list.
    pub(super) fn release(&mut self, unleased: Grant, now: Instant) {
        let before = self.grant(unleased, now);
        self.turn(before.share, now);
        self.lease = None;
        self.elsewhere = 0.0;
        self.listed = false;
    }

    /// The seconds in which all of it comes back.
    pub(super) fn window(&self) -> f64 {
        self.limit.window.as_secs_f64()
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
        let charge = |units, part, at| bucket.charge(limit, units, part, Grant::of(1.0), at);
        assert_eq!(charge(25, true, start).passed, 10);
        let refused = charge(1, false, start);
        assert_eq!(refused.passed, 0);
        assert!((refused.wait.as_secs_f64() - 0.1).abs() < 0.001, "{refused:?}");
        assert_eq!(charge(1, false, start + refused.wait).passed, 1);
        assert_eq!(charge(5, false, start + refused.wait).passed, 0);
        let later = start + 10 * SECOND;
        assert_eq!(bucket.left(limit, Grant::of(1.0), later).remaining, 10);
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
        assert_eq!(bucket.left(limit, Grant::of(0.25), start + wait).remaining, 1);
        bucket.learn(limit, Duration::ZERO, start);
        assert_eq!(bucket.left(limit, Grant::of(0.25), start).remaining, 10);
        assert!(bucket.is_full(Grant::of(0.25), start), "it can be forgotten");
    }

    #[test]
    fn a_share_bounds_what_passes_and_keeps_the_debt() {
        let (limit, start) = (Limit::new(100, 1), Instant::now());
        let (large, alike, until) = (bucket(limit, start), Grant::of(0.25), start + 5 * SECOND);
        let charge = |units, at| large.charge(limit, units, true, alike, at).passed;
        assert_eq!(charge(100, start), 25);
        large.lock().lease(Grant::of(1.0), until, alike, start);
        assert_eq!(charge(100, start), 75, "what was used stays used");
        large.lock().lease(Grant::of(0.5), until, alike, start);
        assert_eq!(charge(100, start + SECOND), 0);
        assert_eq!(charge(100, start + 2 * SECOND), 50);
        // A lease that nobody renews is over.
        assert_eq!(charge(100, start + 6 * SECOND), 25);
        let small = Limit::new(1, 1);
        let bucket = bucket(small, start);
        assert_eq!(
            bucket.charge(small, 1, false, alike, start).passed,
            1,
            "a fraction of one is one"
        );
        assert_eq!(bucket.charge(small, 1, false, alike, start + SECOND).passed, 0);
    }

    #[test]
    fn whoever_has_used_more_than_is_theirs_lets_nothing_through_until_it_is_back() {
        let (limit, start) = (Limit::new(100, 1), Instant::now());
        let (bucket, alone) = (bucket(limit, start), Grant::of(1.0));
        assert_eq!(bucket.charge(limit, 100, true, alone, start).passed, 100);
        // Another came, who has used nothing yet: half of all is theirs, and all still comes back here.
        let half = Grant { share: 1.0, most: 0.5 };
        bucket.lock().lease(half, start + 5 * SECOND, alone, start);
        let refused = bucket.charge(limit, 1, true, alone, start);
        assert_eq!(refused.passed, 0);
        assert!((refused.wait.as_secs_f64() - 0.51).abs() < 0.001, "{refused:?}");
        assert_eq!(bucket.left(limit, alone, start + SECOND / 4).remaining, 0);
        let later = start + SECOND * 3 / 4;
        assert_eq!(bucket.charge(limit, 100, true, alone, later).passed, 25);
    }
}
