//! Events that cannot be folded: set aside and reported, so that they never stop a mark.

use std::sync::Arc;

use super::Services;
use crate::{
    domain::{
        error::Result,
        rollup::{Content, Gap, Mark, Rollup, Tier},
        zone::{self, Days},
    },
    service::registry::Configuration,
    store::{
        Priority, Transaction,
        aside::{self, Aside, SET_ASIDE},
        is_refused, is_unreadable, mark, rollup as rollups,
        tail::{self, Unreadable},
        unique_bucket, view_bucket,
    },
};

impl Services {
    /// Sets events aside that cannot be read. Nothing can be said of what they would count in, so they are hidden from
    /// every answer alike, kept on the disk, and reported: an error in the log for each, the metric of those that there
    /// are, and a warning of `/readyz` for as long as there are any.
    ///
    /// One that some rollups hold already was readable once; the hours and days that it is in are rebuilt without it.
    pub(super) async fn set_aside(&self, unreadable: &[Unreadable]) -> Result<()> {
        let tx = self.database.write(Priority::Fold).await?;
        // Locks before it reads, as a deletion does: a fold in between would not know that they are hidden.
        let marks = mark::revise(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        let mut put = Vec::with_capacity(unreadable.len());
        for event in unreadable {
            if let Some(aside) = aside::put(&tx, event.sequence).await? {
                for rollup in holding(&configuration, &marks, &aside) {
                    forget(&tx, rollup, &aside).await?;
                }
                put.push((event, aside));
            }
        }
        tx.commit().await?;
        for (event, aside) in put {
            let Unreadable { sequence, why } = event;
            let Aside { id, site, .. } = aside;
            tracing::error!(
                id,
                site,
                sequence,
                why,
                "an event cannot be read and is set aside: it is kept and in no answer, and is tried again at the next start"
            );
            self.metrics.count_fault("aside");
        }
        Ok(())
    }

    /// Takes events back that were set aside and can be read now: after their rows were mended, or by another version of
    /// the server.
    ///
    /// # Errors
    /// Whatever the database says; what was taken back before stays so.
    pub async fn take_back(&self) -> Result<()> {
        let aside = {
            let tx = self.database.read(super::DEADLINE).await?;
            aside::list(&tx).await?
        };
        for sequence in aside {
            let tx = self.database.write(Priority::Backfill).await?;
            let marks = mark::revise(&tx).await?;
            let configuration = self.registry.at(&tx).await?;
            let fact = match tail::one_hidden(&tx, SET_ASIDE, sequence).await {
                Err(error) if is_unreadable(&error) => continue,
                fact => fact?,
            };
            let Some(fact) = fact else { continue };
            match self.show(&tx, &configuration, &marks, fact.site, &[fact]).await {
                Err(error) if is_refused(&error) => continue,
                shown => shown?,
            }
            tx.commit().await?;
            tracing::info!(sequence, "an event that was set aside can be read, and counts again");
        }
        Ok(())
    }
}

/// The rollups that hold an event, of those that could be rebuilt without it: where retention has begun to take the raw
/// events of its time, nothing could.
fn holding<'a>(
    configuration: &'a Configuration,
    marks: &'a [Mark],
    aside: &'a Aside,
) -> impl Iterator<Item = &'a Arc<Rollup>> {
    let site = configuration.sites.get(&aside.site);
    let can_be_rebuilt = site.is_some_and(|site| aside.time >= site.raw_floor);
    let holds = move |id: i64| marks.iter().any(|mark| mark.id == id && aside.arrival < mark.reach);
    configuration
        .rollups
        .iter()
        .filter(move |rollup| can_be_rebuilt && rollup.site == aside.site && holds(rollup.mark))
}

/// Has what a rollup holds of an event's hour and day rebuilt; until then raw events answer.
async fn forget(tx: &Transaction, rollup: &Rollup, aside: &Aside) -> Result<()> {
    let day = Days::new(rollup.time_zone.clone()).day(aside.time);
    if matches!(rollup.content, Content::Scope(_)) {
        return unique_bucket::mark_day_stale(tx, rollup.id, day).await;
    }
    for (tier, bucket) in [(Tier::Hour, zone::hour(aside.time)), (Tier::Day, day)] {
        view_bucket::clear(tx, rollup.id, tier, bucket).await?;
        rollups::open_gap(tx, rollup.id, tier, bucket, Gap::Stale).await?;
    }
    Ok(())
}
