//! When to fold: soon after events arrive, and once a second while they pour in, as many share most of what they change. While
//! callers bring as many as can be written, folding waits longer, sets of actors most of all, which cost more to write.

use std::time::{Duration, Instant};

use tokio::sync::watch;

use crate::{
    domain::{
        error::Result,
        rollup::{SCOPE_MARK, VIEW_MARK},
    },
    service::{Services, fold::Folded},
};

/// Folds begin at least so far apart, so that each is worth its commit.
const SPACING: Duration = Duration::from_millis(250);
/// And so far while events pour in: many events share most of their cells, so that one fold of many is far cheaper than
/// many of few, and holds up fewer of those who log.
const POURING_SPACING: Duration = Duration::from_secs(1);
/// Events of one round from which on they pour in.
const POURING: usize = 500;
/// And so far while callers bring as many events as can be written: what folding takes is taken from them. Sets of
/// actors wait longer. Questions are answered from more raw events then.
const SATURATED_SPACING: Duration = Duration::from_secs(2);
const SATURATED_SCOPE_SPACING: Duration = Duration::from_secs(5);
/// The part of the time that is taken by batches which follow one upon the other, from which on callers bring as many
/// events as can be written.
const SATURATED: f64 = 0.6;
/// How long one mark is folded before the other has its turn.
const WHILE: Duration = Duration::from_secs(1);
/// Rebuilds of one round, so that folding is never kept waiting for long.
const REBUILDS: usize = 20;

/// When sets of actors were folded last, and when they are next.
struct Pace {
    scopes_at: Instant,
    /// What folding them took.
    took: Duration,
    /// When it was looked at last, and how long batches had followed one upon the other by then.
    seen: (Instant, Duration),
    /// Whether callers brought as many events as could be written, before that.
    saturated: bool,
}

impl Pace {
    fn new() -> Self {
        Self {
            scopes_at: Instant::now(),
            took: Duration::ZERO,
            seen: (Instant::now(), Duration::ZERO),
            saturated: false,
        }
    }

    /// Looks at what was appended since it did so last.
    fn look(&mut self, services: &Services) {
        let now = (Instant::now(), services.ingest.pressed());
        let pressed = now.1.saturating_sub(self.seen.1).as_secs_f64();
        let passed = now.0.duration_since(self.seen.0).as_secs_f64();
        self.seen = now;
        self.saturated = pressed > passed * SATURATED;
    }

    /// How far apart rounds begin.
    fn apart(&self, folded: usize) -> Duration {
        match (folded < POURING, self.saturated) {
            (true, _) => SPACING,
            (false, true) => SATURATED_SPACING,
            (false, false) => POURING_SPACING,
        }
    }

    /// Whether sets of actors are to be folded in this round: always, but while callers bring as many events as can be
    /// written. Then, the more it costs, the rarer it comes.
    fn is_time(&self) -> bool {
        !self.saturated || self.scopes_at.elapsed() >= SATURATED_SCOPE_SPACING.max(self.took * 2)
    }
}

/// Folds until `stop` holds `true`.
pub(super) async fn run(services: Services, mut stop: watch::Receiver<bool>) {
    let mut pace = Pace::new();
    if let Err(error) = services.take_back().await {
        super::failed(&services, "aside", &error);
    }
    while !*stop.borrow() {
        let start = Instant::now();
        pace.look(&services);
        let folded = match round(&services, &mut pace, &stop).await {
            Ok(folded) => folded,
            Err(error) => {
                super::failed(&services, "fold", &error);
                tokio::time::sleep(super::AFTER_FAILURE).await;
                0
            }
        };
        let took = start.elapsed();
        // Where folding cannot keep up, it leaves most of the time to those who log.
        let fair = if pace.saturated { took * 2 } else { Duration::ZERO };
        let rest = pace.apart(folded).saturating_sub(took).max(fair);
        tokio::select! {
            () = tokio::time::sleep(rest) => {}
            _ = stop.changed() => return,
        }
        tokio::select! {
            () = services.fold_nudge.notified() => {}
            () = tokio::time::sleep(services.worker.fold_interval) => {}
            _ = stop.changed() => return,
        }
    }
}

/// Folds once; gives how many events came into the views.
async fn round(services: &Services, pace: &mut Pace, stop: &watch::Receiver<bool>) -> Result<usize> {
    let folded = drain(services, VIEW_MARK, stop).await?;
    if pace.is_time() || folded == 0 {
        let start = Instant::now();
        drain(services, SCOPE_MARK, stop).await?;
        pace.scopes_at = start;
        pace.took = start.elapsed();
    }
    // First, so that it is told even while rebuilding fails.
    services.measure_lag().await?;
    for _ in 0..REBUILDS {
        if services.rebuild().await? == Folded::All {
            break;
        }
    }
    Ok(folded)
}

/// Folds what lies past a mark, for a while; gives how many events that was.
async fn drain(services: &Services, mark: i64, stop: &watch::Receiver<bool>) -> Result<usize> {
    let start = Instant::now();
    let mut events = 0;
    while !*stop.borrow() && start.elapsed() < WHILE {
        match services.fold(mark).await? {
            Folded::Some(some) => events += some,
            // The next round takes what came meanwhile: a fold of a few events costs nearly as much as one of many.
            Folded::Rest(some) => {
                events += some;
                break;
            }
            Folded::All | Folded::Interrupted => break,
        }
    }
    Ok(events)
}

/// Folds one stretch of each backfill under way.
pub(super) async fn backfill(services: Services) -> Result<bool> {
    let mut more = false;
    for mark in services.backfills().await? {
        more |= matches!(services.fold(mark).await?, Folded::Some(_) | Folded::Rest(_));
    }
    Ok(more)
}
