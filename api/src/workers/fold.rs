//! When to fold. What counts is folded soon after it arrives; sets of actors, which cost more to write, in larger steps
//! while events pour in, and at once when they stop.

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
/// Folds of sets of actors begin at least so far apart while events pour in.
const SCOPE_SPACING: Duration = Duration::from_millis(1_200);
/// How long one mark is folded before the other has its turn.
const WHILE: Duration = Duration::from_secs(1);
/// Rebuilds of one round, so that folding is never kept waiting for long.
const REBUILDS: usize = 20;

/// Folds until `stop` holds `true`.
pub(super) async fn run(services: Services, mut stop: watch::Receiver<bool>) {
    let mut scopes_at = Instant::now();
    let mut spacing = SCOPE_SPACING;
    while !*stop.borrow() {
        let start = Instant::now();
        let folded = match round(&services, &mut scopes_at, &mut spacing, &stop).await {
            Ok(folded) => folded,
            Err(error) => {
                super::failed(&services, "fold", &error);
                tokio::time::sleep(super::AFTER_FAILURE).await;
                0
            }
        };
        let apart = if folded < POURING { SPACING } else { POURING_SPACING };
        let rest = apart.saturating_sub(start.elapsed());
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
async fn round(
    services: &Services,
    scopes_at: &mut Instant,
    spacing: &mut Duration,
    stop: &watch::Receiver<bool>,
) -> Result<usize> {
    let folded = drain(services, VIEW_MARK, stop).await?;
    if folded == 0 || scopes_at.elapsed() >= *spacing {
        let start = Instant::now();
        drain(services, SCOPE_MARK, stop).await?;
        *scopes_at = Instant::now();
        // The more a round costs, the rarer it comes: sets are written anew each time, however little is added.
        *spacing = (start.elapsed() * 3).max(SCOPE_SPACING);
    }
    for _ in 0..REBUILDS {
        if services.rebuild().await? == Folded::All {
            break;
        }
    }
    services.measure_lag().await?;
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
