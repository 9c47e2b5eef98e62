//! Asking for the tag schema: which names there are, and how the caller's sites use them.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde_json::Value;

use crate::{
    domain::{
        caller::Caller,
        deletion::Filter,
        error::Result,
        operation::Operation,
        rate::cost,
        tag_type::{TagKey, TagType, each_field},
        zone::timestamp,
    },
    service::{
        Services,
        snapshot::{Opened, Snapshot},
    },
    store::{self, event::Order, event::Page as EventPage, tag_type, tag_type::Use},
};

/// Sites whose events are looked through for values.
const SITES_OF_SAMPLES: usize = 10;
/// The newest events of a site that are looked through for values.
const EVENTS_OF_SAMPLES: usize = 1_000;
/// Values of one name.
const MOST_SAMPLES: usize = 5;
/// Bytes of a value, as JSON.
const MOST_BYTES: usize = 200;

/// Which names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    /// Those that begin so.
    pub prefix: Option<String>,
    /// Those that are declared, or those that were only seen.
    pub declared: Option<bool>,
}

/// A name with how the caller's sites use it.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The name with its type.
    pub key: TagKey,
    /// How many events had it.
    pub count: i64,
    /// When the first of them came in, the name of its site, and its action.
    pub first: Option<(Timestamp, String, Option<String>)>,
    /// When the last of them came in.
    pub last: Option<Timestamp>,
    /// The names of the sites.
    pub sites: Vec<String>,
}

/// A page of names.
#[derive(Debug)]
pub struct Page {
    /// The names, in order.
    pub names: Vec<Listed>,
    /// How many there are on all pages.
    pub total: usize,
    /// Whether there are more past this page.
    pub more: bool,
}

impl Services {
    /// Names of tags with their types, in their order, past `after`. Callers of some sites get what is declared, and what
    /// their sites use, as far as they use it.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn tag_types(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        wanted: &Names,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Page> {
        caller.permit(Operation::ListTagTypes)?;
        let opened = snapshot.hold().await?;
        let sites = self.sites_of_tags(&opened, caller, site)?;
        let mut uses: HashMap<i64, Vec<Use>> = HashMap::new();
        let stored = tag_type::uses(&opened.tx, sites.as_deref()).await?;
        let fresh = self.tag_uses.pending();
        let own = |one: &Use| sites.as_ref().is_none_or(|sites| sites.contains(&one.site));
        for one in stored.into_iter().chain(fresh.into_iter().filter(own)) {
            uses.entry(one.tag).or_default().push(one);
        }
        let mut keys = tag_type::list(&opened.tx).await?;
        keys.retain(|key| {
            let own = key
                .site
                .is_some_and(|site| sites.as_ref().is_some_and(|own| own.contains(&site)));
            let visible = sites.is_none() || key.declared.is_some() || own || uses.contains_key(&key.id);
            let prefix = wanted.prefix.as_deref().unwrap_or_default();
            visible
                && key.name.starts_with(prefix)
                && wanted
                    .declared
                    .is_none_or(|declared| declared == key.declared.is_some())
        });
        keys.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let total = keys.len();
        keys.retain(|key| after.is_none_or(|after| key.name.as_str() > after));
        let more = keys.len() > limit;
        keys.truncate(limit);
        let listed = keys.into_iter().map(|key| {
            let uses = uses.remove(&key.id).unwrap_or_default();
            listed(&opened, key, uses)
        });
        Ok(Page {
            names: listed.collect(),
            total,
            more,
        })
    }

    /// The types of those of `names` that have one: by them a question is read whose format knows nothing but texts.
    ///
    /// # Errors
    /// No permission to ask, or whatever the database says.
    pub async fn types_of_tags(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        names: &BTreeSet<String>,
    ) -> Result<HashMap<String, TagType>> {
        caller.permit(Operation::Find)?;
        if names.is_empty() {
            return Ok(HashMap::new());
        }
        let opened = snapshot.hold().await?;
        let keys = tag_type::find(&opened.tx, names.iter().map(String::as_str)).await?;
        Ok(keys.into_iter().map(|key| (key.name, key.kind)).collect())
    }

    /// The sites that an answer may be about; none stands for all.
    fn sites_of_tags(&self, opened: &Opened, caller: &Caller, site: Option<&str>) -> Result<Option<Vec<i64>>> {
        let operation = Operation::ListTagTypes;
        if let Some(name) = site {
            let site = opened.configuration.admit(caller, operation, Some(name))?;
            return Ok(Some(vec![site.id]));
        }
        if caller.permit_on_all(operation).is_ok() {
            return Ok(None);
        }
        Ok(Some(opened.configuration.sites_of(caller, operation)))
    }

    /// Values that names have, from the newest events of the caller's sites; a name without one is left out.
    ///
    /// # Errors
    /// No permission, an unknown site, or `DEADLINE_EXCEEDED`.
    pub async fn tag_samples(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        names: &BTreeSet<String>,
    ) -> Result<HashMap<String, Vec<Value>>> {
        caller.permit(Operation::ListTagTypes)?;
        self.charge_question(snapshot, caller, cost::of_page(EVENTS_OF_SAMPLES))?;
        let opened = snapshot.hold().await?;
        let sites = self.sites_of_tags(&opened, caller, site)?;
        let sites = sites.unwrap_or_else(|| opened.configuration.sites.keys().copied().collect());
        let mut last: HashMap<i64, Vec<Use>> = HashMap::new();
        let keys = tag_type::find(&opened.tx, names.iter().map(String::as_str)).await?;
        let stored = tag_type::uses(&opened.tx, Some(&sites)).await?;
        for one in stored.into_iter().chain(self.tag_uses.pending()) {
            if sites.contains(&one.site) && keys.iter().any(|key| key.id == one.tag) {
                last.entry(one.site).or_default().push(one);
            }
        }
        // The sites that used one of the names last come first.
        let mut order: Vec<_> = last.into_iter().collect();
        order.sort_by_key(|(_, uses)| std::cmp::Reverse(uses.iter().map(|one| one.last).max()));
        order.truncate(SITES_OF_SAMPLES);
        let mut samples = HashMap::new();
        for (site, uses) in order {
            let Some(site) = opened.configuration.sites.get(&site) else {
                continue;
            };
            let (filter, tombstones) = (Filter::default().since(site.raw_floor), opened.tombstones(site.id));
            let page = EventPage {
                hasher: &self.hasher,
                site: site.id,
                filter: &filter,
                tombstones: &tombstones,
                order: Order::Time,
                descending: true,
                after: None,
                before: None,
                limit: EVENTS_OF_SAMPLES,
            };
            let mut events = store::event::page(&opened.tx, &page).await?;
            // What is used seldom is not among the newest.
            let uids: Vec<_> = uses.iter().map(|one| one.last_uid).collect();
            events.extend(store::event::by_uid(&opened.tx, &self.hasher, site.id, &uids, &filter, &tombstones).await?);
            for tag in events.iter().filter_map(|event| event.tag.as_ref()) {
                let _: std::result::Result<(), ()> = each_field(tag, &mut |name, value| {
                    if names.contains(name) {
                        sample(&mut samples, name, value);
                    }
                    Ok(())
                });
            }
        }
        Ok(samples)
    }
}

fn sample(samples: &mut HashMap<String, Vec<Value>>, name: &str, value: &Value) {
    let known = samples.get(name);
    if known.is_some_and(|known| known.len() >= MOST_SAMPLES || known.contains(value)) {
        return;
    }
    if !value.is_null() && value.to_string().len() <= MOST_BYTES {
        samples.entry(name.to_owned()).or_default().push(value.clone());
    }
}

fn listed(opened: &Opened, key: TagKey, uses: Vec<Use>) -> Listed {
    let name = |site: i64| opened.configuration.sites.get(&site).map(|site| site.name.clone());
    let first = uses.iter().min_by_key(|one| one.first);
    let first = first.and_then(|one| Some((timestamp(one.first), name(one.site)?, one.first_action.clone())));
    let sites: BTreeSet<_> = uses.iter().filter_map(|one| name(one.site)).collect();
    Listed {
        key,
        count: uses.iter().map(|one| one.count).sum(),
        first,
        last: uses.iter().map(|one| one.last).max().map(timestamp),
        sites: sites.into_iter().collect(),
    }
}
