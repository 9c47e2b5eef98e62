//! Retention, per site: raw events past it go, and rollups past theirs. What can no longer be answered is refused.

use std::sync::Arc;

use super::{Services, fold::Folded, purge::SLICE};
use crate::{
    clock,
    domain::{
        error::Result,
        site::Site,
        zone::{self, Days},
    },
    store::{self, Priority, deletion::Removal, mark},
};

impl Services {
    /// Applies every site's retention; gives how many raw events went.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn retain(&self) -> Result<usize> {
        let mut removed = 0;
        let sites: Vec<Arc<Site>> = self.registry.current().sites.values().cloned().collect();
        for site in sites {
            if site.raw_retention_days.is_some() || site.rollup_retention_days.is_some() {
                removed += self.retain_site(&site).await?;
            }
        }
        if removed > 0 {
            self.forget_texts().await?;
            self.database.clean().await?;
            tracing::info!(events = removed, "retention removed raw events");
        }
        Ok(removed)
    }

    async fn retain_site(&self, site: &Site) -> Result<usize> {
        // A stale set could not be rebuilt once its events are gone.
        while self.rebuild().await? != Folded::All {}
        let today = Days::new(site.time_zone.clone()).day(clock::now_nanoseconds());
        let floor = |days: i64| zone::start_of_day(Days::date(today - days), &site.time_zone);
        let raw_floor = site
            .raw_retention_days
            .map_or(site.raw_floor, floor)
            .max(site.raw_floor);
        let rollup_floor = site
            .rollup_retention_days
            .map_or(site.rollup_floor, floor)
            .max(site.rollup_floor);
        // First it is known that they will go, then they go: no answer is ever silently short.
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let Some(current) = configuration.sites.get(&site.id) else {
            return Ok(0);
        };
        let below = mark::list(&tx)
            .await?
            .iter()
            .map(|mark| mark.position)
            .min()
            .unwrap_or_default();
        if (raw_floor, rollup_floor) != (current.raw_floor, current.rollup_floor) {
            let changed = Site {
                raw_floor,
                rollup_floor,
                ..(**current).clone()
            };
            store::site::update(&tx, &changed).await?;
            store::configuration::raise(&tx).await?;
        }
        tx.commit().await?;
        self.refresh().await?;
        let mut removed = 0;
        if site.raw_retention_days.is_some() {
            loop {
                let tx = self.database.write(Priority::Purge).await?;
                let removal = Removal::Before {
                    site: site.id,
                    time: raw_floor,
                    below,
                };
                let gone = store::deletion::remove(&tx, removal, SLICE).await?;
                tx.commit().await?;
                removed += gone;
                if gone == 0 {
                    break;
                }
            }
        }
        if site.rollup_retention_days.is_some() {
            self.drop_buckets(site, rollup_floor).await?;
        }
        Ok(removed)
    }

    async fn drop_buckets(&self, site: &Site, floor: i64) -> Result<()> {
        let configuration = self.registry.current();
        for rollup in configuration.rollups.iter().filter(|rollup| rollup.site == site.id) {
            let day = Days::new(rollup.time_zone.clone()).day(floor);
            loop {
                let tx = self.database.write(Priority::Purge).await?;
                let gone = store::view_bucket::drop_before(&tx, rollup.id, zone::hour(floor), day, SLICE).await?;
                tx.commit().await?;
                if gone == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}
