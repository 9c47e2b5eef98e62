//! Sites: making them, changing their settings.

use std::sync::Arc;

use super::{Services, audit, snapshot::Snapshot, view};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        origin::{Origin, OriginPattern},
        rollup::{Content, State},
        site::{
            ActionPolicy, DEFAULT_MAX_EVENT_AGE_SECONDS, DEFAULT_QUARANTINE_DAYS, DEFAULT_QUARANTINE_MEGABYTES,
            IdentityPeriod, IpPolicy, Site, TagMode, check_name, check_script_name,
        },
        zone,
    },
    store::{self, Priority, Transaction, is_conflict},
};

/// Hosts of share links of one site.
const MOST_HOSTS: usize = 100;
/// The greatest age in seconds, some 68 years: as much as GraphQL's `Int` can tell.
const MOST_AGE_SECONDS: i64 = i32::MAX as i64;
/// The longest retention in days: a hundred years.
const MOST_RETENTION_DAYS: i64 = 36_500;

/// The most megabytes of refused events: a terabyte.
const MOST_MEGABYTES: i64 = 1_000_000;

/// Settings to be changed; none leaves one as it is.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// What callers name it by.
    pub name: Option<String>,
    /// The zone in which its days begin, by IANA name.
    pub time_zone: Option<String>,
    /// Which actions it takes.
    pub action_policy: Option<ActionPolicy>,
    /// How much of an IP address it keeps.
    pub ip_policy: Option<IpPolicy>,
    /// How long its unnamed actors stay the same.
    pub identity_period: Option<IdentityPeriod>,
    /// Older events are refused; an inner none takes the limit off.
    pub max_event_age_seconds: Option<Option<i64>>,
    /// Days after which raw events go; an inner none keeps them.
    pub raw_retention_days: Option<Option<i64>>,
    /// Days after which rollups go; an inner none keeps them.
    pub rollup_retention_days: Option<Option<i64>>,
    /// Where its pages are.
    pub origins: Option<Vec<String>>,
    /// The hosts of its share links; an inner none takes the server's.
    pub share_hosts: Option<Option<Vec<String>>>,
    /// What its script for pages is called besides `script`; an inner none for nothing else.
    pub script_name: Option<Option<String>>,
    /// Which keys of tags it takes.
    pub tag_mode: Option<TagMode>,
    /// Days after which refused events go from quarantine.
    pub quarantine_days: Option<i64>,
    /// Megabytes of refused events in quarantine.
    pub quarantine_megabytes: Option<i64>,
    /// Whether another zone may cost what was folded from raw events that are gone.
    pub drop_old_rollups: bool,
}

impl Settings {
    fn apply(&self, site: &mut Site) -> Result<()> {
        if let Some(name) = &self.name {
            check_name(name)?;
            name.clone_into(&mut site.name);
        }
        if let Some(origins) = &self.origins {
            site.origins = OriginPattern::parse_all(origins, "origins")?;
        }
        if let Some(hosts) = &self.share_hosts {
            site.share_hosts = hosts.as_deref().map(read_hosts).transpose()?;
        }
        if let Some(name) = &self.script_name {
            name.as_deref().map(check_script_name).transpose()?;
            site.script_name.clone_from(name);
        }
        if let Some(name) = &self.time_zone {
            site.time_zone = zone::find(name)?;
        }
        site.action_policy = self.action_policy.unwrap_or(site.action_policy);
        site.ip_policy = self.ip_policy.unwrap_or(site.ip_policy);
        site.identity_period = self.identity_period.unwrap_or(site.identity_period);
        site.max_event_age_seconds = self.max_event_age_seconds.unwrap_or(site.max_event_age_seconds);
        site.raw_retention_days = self.raw_retention_days.unwrap_or(site.raw_retention_days);
        site.rollup_retention_days = self.rollup_retention_days.unwrap_or(site.rollup_retention_days);
        site.tag_mode = self.tag_mode.unwrap_or(site.tag_mode);
        site.quarantine_days = self.quarantine_days.unwrap_or(site.quarantine_days);
        site.quarantine_megabytes = self.quarantine_megabytes.unwrap_or(site.quarantine_megabytes);
        for (value, most, path) in [
            (site.quarantine_days, MOST_RETENTION_DAYS, "quarantineDays"),
            (site.quarantine_megabytes, MOST_MEGABYTES, "quarantineMegabytes"),
        ] {
            if !(1..=most).contains(&value) {
                return Err(Error::new(Code::InvalidArgument, format!("This is 1 to {most}.")).at(path));
            }
        }
        for (value, most, path) in [
            (site.max_event_age_seconds, MOST_AGE_SECONDS, "maxEventAgeSeconds"),
            (site.raw_retention_days, MOST_RETENTION_DAYS, "rawRetentionDays"),
            (site.rollup_retention_days, MOST_RETENTION_DAYS, "rollupRetentionDays"),
        ] {
            if value.is_some_and(|value| !(1..=most).contains(&value)) {
                let message = format!("This is 1 to {most}, or none for no limit.");
                return Err(Error::new(Code::InvalidArgument, message).at(path));
            }
        }
        let (raw, rollup) = (site.raw_retention_days, site.rollup_retention_days);
        if rollup.is_some_and(|rollup| raw.is_none_or(|raw| raw > rollup)) {
            let message = "Rollups cannot go before the raw events that they are made of.";
            return Err(Error::new(Code::InvalidArgument, message).at("rollupRetentionDays"));
        }
        Ok(())
    }
}

impl Services {
    /// Makes a site with its built-in views and scopes.
    ///
    /// # Errors
    /// No permission, a bad name or setting, or `ALREADY_EXISTS`.
    pub async fn create_site(&self, caller: &Caller, name: &str, settings: &Settings) -> Result<Site> {
        caller.permit(Operation::CreateSite)?;
        check_name(name)?;
        let mut site = Site {
            id: 0,
            name: name.to_owned(),
            time_zone: jiff::tz::TimeZone::UTC,
            action_policy: ActionPolicy::Free,
            ip_policy: IpPolicy::Truncated,
            identity_period: IdentityPeriod::Day,
            max_event_age_seconds: Some(DEFAULT_MAX_EVENT_AGE_SECONDS),
            raw_retention_days: None,
            rollup_retention_days: None,
            raw_floor: i64::MIN,
            rollup_floor: i64::MIN,
            created: clock::now(),
            origins: Vec::new(),
            share_hosts: None,
            script_name: None,
            tag_mode: TagMode::Reject,
            quarantine_days: DEFAULT_QUARANTINE_DAYS,
            quarantine_megabytes: DEFAULT_QUARANTINE_MEGABYTES,
        };
        settings.apply(&mut site)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let site = store::site::create(&tx, &site)
            .await
            .map_err(|error| taken(&site.name, error))?;
        view::furnish(&tx, &site).await?;
        let change = Change::new(Operation::CreateSite, &site.name).on(site.id);
        audit::record(&tx, caller, change.after(&site)).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        self.refresh().await?;
        Ok(site)
    }

    /// The sites that the caller may ask about, by name.
    ///
    /// # Errors
    /// No permission.
    pub async fn list_sites(&self, snapshot: &Snapshot, caller: &Caller) -> Result<Vec<Arc<Site>>> {
        caller.permit(Operation::ListSites)?;
        let opened = snapshot.hold().await?;
        let own = opened.configuration.sites_of(caller, Operation::ListSites);
        let mut sites: Vec<_> = own
            .iter()
            .filter_map(|id| opened.configuration.sites.get(id).cloned())
            .collect();
        sites.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(sites)
    }

    /// The site that is meant where a caller names none; every caller may know their own.
    #[must_use]
    pub fn own_site(&self, caller: &Caller) -> Option<Arc<Site>> {
        let own = caller.own_site()?;
        self.registry.current().sites.get(&own).cloned()
    }

    /// Whether a script for pages goes by a name: each does by `script`, and by what its site calls it.
    #[must_use]
    pub fn has_script(&self, name: &str) -> bool {
        let configuration = self.registry.current();
        let mut sites = configuration.sites.values();
        name == "script" || sites.any(|site| site.script_name.as_deref() == Some(name))
    }

    /// Changes a site's settings. Another time zone begins new generations of its rollups; the old ones answer until
    /// the new have caught up.
    ///
    /// # Errors
    /// No permission, an unknown site, a bad setting, or a zone in which old days could not be folded anew.
    pub async fn update_site(&self, caller: &Caller, name: Option<&str>, settings: &Settings) -> Result<Site> {
        caller.permit(Operation::UpdateSite)?;
        let tx = self.database.write(Priority::Configuration).await?;
        // Another change to the site, retention's among them, is whole before this one looks.
        store::mark::revise(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        let before = configuration.admit(caller, Operation::UpdateSite, name)?;
        let mut site = (*before).clone();
        settings.apply(&mut site)?;
        if site.time_zone != before.time_zone && !settings.drop_old_rollups {
            check_old_days(&tx, &before).await?;
        }
        store::site::update(&tx, &site)
            .await
            .map_err(|error| taken(&site.name, error))?;
        let change = Change::new(Operation::UpdateSite, &before.name).on(site.id);
        audit::record(&tx, caller, change.before(&*before).after(&site)).await?;
        if site.time_zone != before.time_zone {
            let now = clock::now_nanoseconds();
            let total = store::rollup::events_of(&tx, site.id).await?;
            let (mut views, mut scopes) = (None, None);
            let live = configuration
                .rollups
                .iter()
                .filter(|rollup| rollup.site == site.id && rollup.state == State::Live);
            for rollup in live {
                let mark = match rollup.content {
                    Content::View(_) => &mut views,
                    Content::Scope(_) => &mut scopes,
                };
                let mark = match *mark {
                    Some(mark) => mark,
                    None => *mark.insert(store::mark::create(&tx).await?),
                };
                let mut next = view::new_rollup(&site, rollup.owner, rollup.content.clone(), State::Backfilling, mark);
                next.backfill_total = total;
                store::rollup::create(&tx, &next, now).await?;
            }
            // A generation that was still catching up in the old zone will never be needed.
            let stale = configuration.rollups.iter().filter(|rollup| {
                let replaced = |other: &&Arc<crate::domain::rollup::Rollup>| {
                    other.owner == rollup.owner
                        && other.state == State::Live
                        && std::mem::discriminant(&other.content) == std::mem::discriminant(&rollup.content)
                };
                rollup.site == site.id
                    && rollup.state == State::Backfilling
                    && configuration.rollups.iter().any(|other| replaced(&other))
            });
            let stale: Vec<_> = stale.map(|rollup| rollup.id).collect();
            store::rollup::retire(&tx, &stale).await?;
        }
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        self.refresh().await?;
        self.fold_nudge.notify_one();
        Ok(site)
    }

    /// Rereads the configuration where it has moved.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn refresh(&self) -> Result<()> {
        let tx = self.database.read(std::time::Duration::from_secs(10)).await?;
        self.registry.at(&tx).await.map(drop)
    }

    /// Rereads the configuration with how far backfills are, which raises no generation.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn reread(&self) -> Result<()> {
        let tx = self.database.read(std::time::Duration::from_secs(10)).await?;
        self.registry.reread(&tx).await
    }
}

/// Refuses another zone where it would cost days that only rollups still know.
async fn check_old_days(tx: &Transaction, site: &Site) -> Result<()> {
    let floor = site.raw_floor;
    if floor == i64::MIN || !store::site::counts_before(tx, site.id, zone::hour(floor)).await? {
        return Ok(());
    }
    let message = format!(
        "Raw events before {} are gone by this site's retention, so that its older days cannot be folded anew in another \
         zone: all that is known of them would be lost. Nothing was changed; `dropOldRollups` says that they may go.",
        zone::timestamp(floor)
    );
    Err(Error::new(Code::InvalidArgument, message).at("timeZone"))
}

/// A name that is taken, told as such.
fn taken(name: &str, error: Error) -> Error {
    if !is_conflict(&error) {
        return error;
    }
    Error::new(Code::AlreadyExists, format!("There is a site “{name}” already.")).at("name")
}

/// Hosts of share links, as they are compared.
fn read_hosts(hosts: &[String]) -> Result<Vec<String>> {
    if hosts.len() > MOST_HOSTS {
        let message = format!("{} hosts are listed; at most {MOST_HOSTS} are taken.", hosts.len());
        return Err(Error::new(Code::TooManyItems, message).at("shareHosts"));
    }
    let one = |(index, host): (usize, &String)| {
        // The same reading as of a URL's host: lower case, punycode.
        let plain = Some(host.trim()).filter(|host| !host.contains([':', '*']));
        let origin = plain.and_then(|host| Origin::parse(&format!("https://{host}")));
        origin.map(|origin| origin.host().to_owned()).ok_or_else(|| {
            let message = "Write a host without scheme, port or path, such as “click.st”.";
            Error::new(Code::InvalidArgument, message).at(format!("shareHosts[{index}]"))
        })
    };
    hosts.iter().enumerate().map(one).collect()
}
