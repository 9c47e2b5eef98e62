//! What takes events out of quarantine besides those who look after it: their age, the site's retention, and the deletion
//! of an actor.

use std::collections::HashSet;

use serde_json::Value;

use crate::{
    clock,
    domain::{
        condition::{Condition, Op},
        deletion::{Deletion, Filter as Deleting},
        dimension::Dimension,
        error::Result,
        quarantine::{Filter, Totals},
        zone::{DAY, nanoseconds},
    },
    service::{Services, event::fulfils},
    store::{Priority, Transaction, quarantine, quarantine::Page},
};

/// Entries of one transaction.
const SLICE: i64 = 500;
/// Entries of one actor that are looked at in one go.
const LOOK_AT_ONCE: usize = 500;

/// Entries that a deletion reaches: of an actor whom it names. No other deletion reaches into quarantine, where no event
/// counts for anything.
pub(in crate::service) async fn reached(tx: &Transaction, site: i64, deleting: &Deleting) -> Result<Vec<i64>> {
    let mut found = Vec::new();
    for actor in actors(deleting) {
        find(tx, site, actor, deleting, &mut found).await?;
    }
    Ok(found)
}

/// The actors whom a deletion names; none where it does not.
fn actors(deleting: &Deleting) -> HashSet<&str> {
    let of_actor = |one: &&Condition| one.dimension == Dimension::Actor && matches!(one.op, Op::Eq | Op::In);
    let named = deleting.conditions.iter().find(of_actor).map(|one| &one.value);
    match named {
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        Some(value) => value.as_str().into_iter().collect(),
        None => HashSet::new(),
    }
}

async fn find(tx: &Transaction, site: i64, actor: &str, deleting: &Deleting, found: &mut Vec<i64>) -> Result<()> {
    let (filter, mut after) = (Filter::default(), None);
    loop {
        let page = Page {
            site,
            filter: &filter,
            actor: Some(actor),
            after,
            before: None,
            descending: false,
            limit: LOOK_AT_ONCE,
            hold: false,
        };
        let entries = quarantine::page(tx, page).await?;
        let Some(last) = entries.last() else {
            return Ok(());
        };
        after = Some(last.id);
        let fits = entries.iter().filter(|entry| {
            let time = nanoseconds(entry.event.time);
            let within = deleting.span.is_none_or(|span| (span.from..span.to).contains(&time));
            within && deleting.sequences.is_none() && fulfils(&entry.event, deleting)
        });
        found.extend(fits.map(|entry| entry.id));
    }
}

impl Services {
    /// Removes what is past its time from every site's quarantine; gives how many events went.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn retain_quarantine(&self) -> Result<usize> {
        let configuration = self.registry.current();
        let mut removed = 0;
        for site in configuration.sites.values() {
            let received = clock::now_nanoseconds().saturating_sub(site.quarantine_days.saturating_mul(DAY));
            loop {
                let tx = self.database.write(Priority::Purge).await?;
                let gone = quarantine::outdated(&tx, site.id, received, site.raw_floor, SLICE).await?;
                let count = self.erase(&tx, site.id, gone, true).await?;
                if count == 0 {
                    break;
                }
                tx.commit().await?;
                removed += count;
            }
        }
        if removed > 0 {
            self.database.clean().await?;
            tracing::info!(events = removed, "events past their time left quarantine");
        }
        Ok(removed)
    }

    /// Removes what a deletion hides in quarantine from disk.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub(in crate::service) async fn purge_quarantine(&self, deletion: &Deletion) -> Result<()> {
        loop {
            let tx = self.database.write(Priority::Purge).await?;
            let gone = quarantine::hidden(&tx, deletion.id, SLICE).await?;
            if self.erase(&tx, deletion.site, gone, false).await? == 0 {
                return Ok(());
            }
            tx.commit().await?;
        }
    }

    async fn erase(&self, tx: &Transaction, site: i64, gone: Vec<(i64, i64)>, expired: bool) -> Result<usize> {
        if gone.is_empty() {
            return Ok(0);
        }
        let bytes: i64 = gone.iter().map(|(_, bytes)| bytes).sum();
        let ids: Vec<_> = gone.into_iter().map(|(id, _)| id).collect();
        quarantine::remove(tx, &ids).await?;
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let less = Totals {
            count: -count,
            bytes: -bytes,
            expired: if expired { count } else { 0 },
            displaced: 0,
        };
        quarantine::add_totals(tx, site, less).await?;
        Ok(ids.len())
    }
}
