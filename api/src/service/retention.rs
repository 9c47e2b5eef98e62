//! Retention, per site: raw events past it go, and rollups past theirs. What can no longer be answered is refused.
//!
//! A site's floors say what is gone. They are raised first, then it goes, so that no answer is ever silently short. Raw
//! events below the floor are gone at once for everybody: an event that is logged so late counts, and is neither listed
//! nor deleted any more, as what it counts in could not be worked out anew. Whatever holds a moment past the floor can
//! be: of an hour or a day that the floor cuts, all raw events stay.

use std::sync::Arc;

use super::{Services, ingest::SALT_LIFE, purge::SLICE, registry::Configuration};
use crate::{
    clock,
    domain::{
        deletion::State,
        error::Result,
        site::{IdentityPeriod, Site},
        zone::{self, DAY, Days, HOUR},
    },
    store::{
        self, Priority, mark,
        removal::{Late, Removal, remove},
    },
};

/// How often the floors are tried to be raised in one run, while deletions come in between.
const ATTEMPTS: usize = 5;

/// What may go of one site.
struct Gone {
    site: Arc<Site>,
    raw: Late,
}

impl Services {
    /// Applies every site's retention; gives how many raw events went.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn retain(&self) -> Result<usize> {
        let mut removed = 0;
        let configuration = self.registry.current();
        let kept_for_ever = |site: &Site| {
            let settings = site.raw_retention_days.is_none() && site.rollup_retention_days.is_none();
            settings && site.raw_floor == i64::MIN && site.rollup_floor == i64::MIN
        };
        for site in configuration.sites.values().filter(|site| !kept_for_ever(site)) {
            removed += self.retain_site(site.id).await?;
        }
        if removed > 0 {
            self.forget_texts().await?;
            self.database.clean().await?;
            tracing::info!(events = removed, "retention removed raw events");
        }
        Ok(removed)
    }

    async fn retain_site(&self, site: i64) -> Result<usize> {
        let Some(Gone { site, raw }) = self.raise_floors(site).await? else {
            return Ok(0);
        };
        let mut removed = 0;
        loop {
            let tx = self.database.write(Priority::Purge).await?;
            let gone = remove(&tx, Removal::Late(raw), SLICE).await?;
            tx.commit().await?;
            removed += gone;
            if gone == 0 {
                break;
            }
        }
        self.drop_buckets(&site).await?;
        Ok(removed)
    }

    /// Raises the floors of a site to what its settings say, unless a deletion is still being worked off; gives what
    /// may go below them.
    async fn raise_floors(&self, site: i64) -> Result<Option<Gone>> {
        for _ in 0..ATTEMPTS {
            let tx = self.database.write(Priority::Configuration).await?;
            // From here to the commit nothing is deleted, restored or folded; what begins after it knows the floors.
            mark::hold(&tx).await?;
            let configuration = self.registry.at(&tx).await?;
            let Some(site) = configuration.sites.get(&site) else {
                return Ok(None);
            };
            let mut raised = aim(site);
            if (raised.raw_floor, raised.rollup_floor) != (site.raw_floor, site.rollup_floor) {
                let hiding = store::deletion::list(&tx, Some(site.id), &[State::Hiding], 1).await?;
                if !hiding.is_empty() {
                    raised = (**site).clone();
                } else if store::rollup::is_stale(&tx, site.id).await? {
                    // It could not be rebuilt once its events are gone.
                    drop(tx);
                    self.rebuild_all().await?;
                    continue;
                } else {
                    mark::revise(&tx).await?;
                    store::site::raise_floors(&tx, site.id, raised.raw_floor, raised.rollup_floor).await?;
                    store::configuration::raise(&tx).await?;
                }
            }
            let raw = Late {
                site: site.id,
                unnamed_until: unnamed_until(site.identity_period),
                time: removable(&configuration, &raised),
                below: mark::list(&tx)
                    .await?
                    .iter()
                    .map(|mark| mark.position)
                    .min()
                    .unwrap_or(i64::MIN),
            };
            tx.commit().await?;
            self.refresh().await?;
            return Ok(Some(Gone {
                site: Arc::new(raised),
                raw,
            }));
        }
        Ok(None)
    }

    async fn drop_buckets(&self, site: &Site) -> Result<()> {
        if site.rollup_floor == i64::MIN {
            return Ok(());
        }
        let configuration = self.registry.current();
        for rollup in configuration.rollups.iter().filter(|rollup| rollup.site == site.id) {
            let day = Days::new(rollup.time_zone.clone()).day(site.rollup_floor);
            let hour = zone::hour(site.rollup_floor);
            loop {
                let tx = self.database.write(Priority::Purge).await?;
                let gone = store::view_bucket::drop_before(&tx, rollup.id, hour, day, SLICE).await?;
                tx.commit().await?;
                if gone == 0 {
                    break;
                }
            }
        }
        Ok(())
    }
}

/// The site with its floors where its settings want them now; a floor never falls.
fn aim(site: &Site) -> Site {
    let today = Days::new(site.time_zone.clone()).day(clock::now_nanoseconds());
    let floor = |days: Option<i64>, now: i64| {
        let wanted = days.map(|days| zone::start_of_day(Days::date(today - days), &site.time_zone));
        wanted.map_or(now, |wanted| wanted.max(now))
    };
    Site {
        raw_floor: floor(site.raw_retention_days, site.raw_floor),
        rollup_floor: floor(site.rollup_retention_days, site.rollup_floor),
        ..site.clone()
    }
}

/// The nanosecond before which raw events are of no hour or day that reaches past the floor.
fn removable(configuration: &Configuration, site: &Site) -> i64 {
    if site.raw_floor == i64::MIN {
        return i64::MIN;
    }
    let of_site = configuration.rollups.iter().filter(|rollup| rollup.site == site.id);
    let start = |zone: &jiff::tz::TimeZone| {
        let mut days = Days::new(zone.clone());
        let day = days.day(site.raw_floor);
        days.bounds(day).0
    };
    let days = of_site.map(|rollup| start(&rollup.time_zone));
    days.chain([zone::hour(site.raw_floor).saturating_mul(HOUR)])
        .min()
        .unwrap_or(site.raw_floor)
}

/// The nanosecond until which the same hash of an unnamed actor may come again: its period is over by then, and its salt
/// is forgotten.
fn unnamed_until(period: IdentityPeriod) -> i64 {
    let days = match period {
        IdentityPeriod::Day => 1,
        IdentityPeriod::Week => 7,
        IdentityPeriod::Month => 31,
        IdentityPeriod::Never => return i64::MAX,
    };
    let life = i64::try_from(SALT_LIFE.as_nanos()).unwrap_or(i64::MAX);
    (clock::now_nanoseconds() + days * DAY).saturating_add(life)
}
