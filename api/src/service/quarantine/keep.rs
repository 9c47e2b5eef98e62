//! Events come into quarantine in the transaction of the append that refuses them, and the oldest go where the site's
//! room is full.

use std::collections::BTreeMap;

use crate::{
    domain::{error::Result, quarantine::Totals},
    service::registry::Configuration,
    store::{Transaction, quarantine, quarantine::Refused},
};

/// Of the site's room so much is made free at once, in parts of a hundred, so that not every event makes room anew.
const FREED: i64 = 5;
/// Bytes of a megabyte.
const MEGABYTE: i64 = 1_000_000;

/// Keeps refused events. One of the last things of its transaction: it holds what all instances write to.
pub(in crate::service) async fn keep(
    tx: &Transaction,
    configuration: &Configuration,
    refused: &[Refused<'_>],
) -> Result<()> {
    if refused.is_empty() {
        return Ok(());
    }
    let charged = quarantine::add(tx, refused).await?;
    let mut sites: BTreeMap<i64, Totals> = BTreeMap::new();
    for (one, bytes) in refused.iter().zip(charged) {
        let totals = sites.entry(one.event.site).or_default();
        totals.count += 1;
        totals.bytes += bytes;
    }
    for (site, more) in sites {
        let totals = quarantine::add_totals(tx, site, more).await?;
        let Some(own) = configuration.sites.get(&site) else {
            continue;
        };
        let room = own.quarantine_megabytes.saturating_mul(MEGABYTE);
        if totals.bytes > room {
            displace(tx, site, totals.bytes - (room - room / 100 * FREED)).await?;
        }
    }
    Ok(())
}

/// Removes the oldest events of a site until `bytes` are free.
async fn displace(tx: &Transaction, site: i64, mut bytes: i64) -> Result<()> {
    while bytes > 0 {
        let oldest = quarantine::oldest(tx, site, bytes).await?;
        if oldest.is_empty() {
            // Somebody else is at work on all of them.
            return Ok(());
        }
        let freed: i64 = oldest.iter().map(|(_, bytes)| bytes).sum();
        let ids: Vec<_> = oldest.into_iter().map(|(id, _)| id).collect();
        quarantine::remove(tx, &ids).await?;
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let gone = Totals {
            count: -count,
            bytes: -freed,
            displaced: count,
            ..Totals::default()
        };
        quarantine::add_totals(tx, site, gone).await?;
        tracing::warn!(site, events = count, "quarantine is full; the oldest events went");
        bytes -= freed;
    }
    Ok(())
}
