//! Quarantine: what the tag schema refused, kept whole until somebody mends it, deletes it, or its time is over.

mod erase;
mod keep;
mod redrive;

use crate::{
    domain::{
        audit::{Change, Shown},
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        quarantine::{Entry, Filter, Totals},
        rate::cost,
    },
    service::{Services, audit, snapshot::Snapshot},
    store::{Priority, configuration, quarantine, quarantine::Page},
};

pub(in crate::service) use erase::reached;
pub(in crate::service) use keep::keep;
pub use redrive::{Attempt, Redriven};

/// Ids of one request.
const MOST_IDS: usize = 1_000;

/// Which page of entries, in the order of arrival.
#[derive(Debug, Clone, Copy)]
pub struct PageOf {
    /// Only entries past this number.
    pub after: Option<i64>,
    /// Only entries before this number.
    pub before: Option<i64>,
    /// The newest first.
    pub descending: bool,
    /// At most so many.
    pub limit: usize,
}

/// A page of quarantine.
#[derive(Debug)]
pub struct Listed {
    /// The entries, each with the prefix of the key that logged its event.
    pub entries: Vec<(Entry, Option<String>)>,
    /// How many match on all pages.
    pub matching: i64,
    /// The site's quarantine, all together.
    pub totals: Totals,
}

/// What deleting entries did.
#[derive(Debug, Clone, Copy)]
pub struct Deleted {
    /// How many went.
    pub count: i64,
    /// How many match and are still there.
    pub remaining: i64,
}

impl Shown for Deleted {
    fn shown(&self) -> serde_json::Value {
        serde_json::json!({"deleted": self.count})
    }
}

impl Services {
    /// Events in a site's quarantine.
    ///
    /// # Errors
    /// No permission, an unknown site, or too many ids.
    pub async fn quarantine(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        filter: &Filter,
        page: PageOf,
    ) -> Result<Listed> {
        caller.permit(Operation::ListQuarantine)?;
        self.charge_question(snapshot, caller, cost::of_page(page.limit))?;
        check(filter)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ListQuarantine, site)?;
        let wanted = Page {
            site: site.id,
            filter,
            actor: None,
            after: page.after,
            before: page.before,
            descending: page.descending,
            limit: page.limit,
            hold: false,
        };
        let keys = &opened.configuration.keys;
        let prefix = |id: i64| {
            keys.values()
                .find(|(key, _)| key.id == id)
                .map(|(key, _)| key.prefix.clone())
        };
        let entries = quarantine::page(&opened.tx, wanted).await?;
        Ok(Listed {
            entries: entries
                .into_iter()
                .map(|entry| {
                    let key = entry.event.key.and_then(prefix);
                    (entry, key)
                })
                .collect(),
            matching: quarantine::count(&opened.tx, site.id, filter).await?,
            totals: quarantine::totals(&opened.tx, site.id).await?,
        })
    }

    /// Deletes entries for good, at most `limit`, the oldest first.
    ///
    /// # Errors
    /// No permission, an unknown site, or too many ids.
    pub async fn delete_quarantined(
        &self,
        caller: &Caller,
        site: Option<&str>,
        filter: &Filter,
        limit: usize,
    ) -> Result<Deleted> {
        caller.permit(Operation::DeleteQuarantined)?;
        check(filter)?;
        let tx = self.database.write(Priority::Deletion).await?;
        let generation = configuration::generation(&tx).await?;
        let configuration = self.registry.at_generation(&tx, generation).await?;
        let site = configuration.admit(caller, Operation::DeleteQuarantined, site)?;
        let wanted = Page {
            site: site.id,
            filter,
            actor: None,
            after: None,
            before: None,
            descending: false,
            limit,
            hold: true,
        };
        let entries = quarantine::page(&tx, wanted).await?;
        let ids: Vec<_> = entries.iter().map(|entry| entry.id).collect();
        quarantine::remove(&tx, &ids).await?;
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        let deleted = Deleted {
            count,
            remaining: quarantine::count(&tx, site.id, filter).await?,
        };
        if count > 0 {
            let change = Change::new(Operation::DeleteQuarantined, &site.name).on(site.id);
            audit::record(&tx, caller, change.after(&deleted)).await?;
            let gone = Totals {
                count: -count,
                bytes: -entries.iter().map(|entry| entry.bytes).sum::<i64>(),
                ..Totals::default()
            };
            quarantine::add_totals(&tx, site.id, gone).await?;
        }
        tx.commit().await?;
        Ok(deleted)
    }
}

fn check(filter: &Filter) -> Result<()> {
    let ids = filter.ids.as_ref().map_or(0, Vec::len);
    if ids > MOST_IDS {
        let message = format!("The request names {ids} entries; at most {MOST_IDS} are taken at once.");
        return Err(Error::new(Code::TooManyItems, message).at("ids"));
    }
    let texts = [&filter.path, &filter.name, &filter.action];
    let ids = filter.ids.iter().flatten();
    if texts.into_iter().flatten().chain(ids).any(|text| text.contains('\0')) {
        let message = "A text holds the character U+0000, which nothing in quarantine has.";
        return Err(Error::new(Code::InvalidText, message));
    }
    Ok(())
}
