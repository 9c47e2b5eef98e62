//! Sites, keys, views, scopes and rollups as last read. A change raises the generation in its own transaction; whoever
//! sees a newer generation in theirs reads everything anew, so that no notification has to be relied on.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::Timestamp;

use crate::{
    domain::{
        caller::Caller,
        dimension::Dimension,
        error::{Code, Error, Result},
        key::{ApiKey, Secrets},
        operation::{Operation, Reach},
        origin::OriginSet,
        rollup::{Content, Rollup},
        rule::{Matcher, Subject, Verdict},
        scope::Scope,
        signing::SigningKey,
        site::Site,
        view::View,
    },
    service::tag::TagTypes,
    store::{self, Transaction},
};

/// The rules of one site, compiled.
#[derive(Debug)]
pub struct Rules {
    /// Raised by each change of them.
    revision: i64,
    /// Judges events by them.
    pub matcher: Matcher,
}

/// One generation of the configuration.
#[derive(Debug, Default)]
pub struct Configuration {
    /// Its number.
    pub generation: i64,
    /// Sites, by number.
    pub sites: HashMap<i64, Arc<Site>>,
    /// Keys with what proves them, by prefix.
    pub keys: HashMap<String, (Arc<ApiKey>, Secrets)>,
    /// Keys that sign tokens or did, sealed, oldest first.
    pub signing: Vec<SigningKey>,
    /// Views, oldest first.
    pub views: Vec<Arc<View>>,
    /// Scopes, oldest first.
    pub scopes: Vec<Arc<Scope>>,
    /// Rollups that are not retired.
    pub rollups: Vec<Arc<Rollup>>,
    /// Where pages may ask from: the origins of sites, and of keys that were not revoked.
    pub origins: OriginSet,
    /// Allow and deny lists of the sites that have or had some, by site.
    pub rules: HashMap<i64, Arc<Rules>>,
    /// Types of tags' names, as far as this process knows them.
    pub tags: Arc<TagTypes>,
}

impl Configuration {
    /// Reads it whole: a writing transaction of PostgreSQL may see a change between two of its statements. Of rules it
    /// reads only those of sites whose rules differ from those in `last`.
    async fn load(tx: &Transaction, last: &Self) -> Result<Arc<Self>> {
        loop {
            let read = Self::read(tx, last).await?;
            if store::configuration::generation(tx).await? == read.generation {
                return Ok(Arc::new(read));
            }
        }
    }

    async fn read(tx: &Transaction, last: &Self) -> Result<Self> {
        let generation = store::configuration::generation(tx).await?;
        let sites = store::site::list(tx).await?;
        let keys = store::key::list(tx).await?;
        let of_keys = keys
            .iter()
            .filter(|(key, _)| key.revoked.is_none())
            .flat_map(|(key, _)| &key.origins);
        let origins = sites.iter().flat_map(|site| &site.origins).chain(of_keys).collect();
        Ok(Self {
            generation,
            origins,
            sites: sites.into_iter().map(|site| (site.id, Arc::new(site))).collect(),
            keys: keys
                .into_iter()
                .map(|(key, secrets)| (key.prefix.clone(), (Arc::new(key), secrets)))
                .collect(),
            signing: store::signing::list(tx).await?,
            views: store::view::list(tx).await?.into_iter().map(Arc::new).collect(),
            scopes: store::scope::list(tx).await?.into_iter().map(Arc::new).collect(),
            rollups: store::rollup::list(tx).await?.into_iter().map(Arc::new).collect(),
            rules: load_rules(tx, &last.rules).await?,
            tags: TagTypes::load(tx, &last.tags).await?,
        })
    }

    /// The site that an operation is about, provided that the caller may do it there: the one line that opens every
    /// use-case on one site.
    ///
    /// # Errors
    /// Those of [`Caller::permit`] and of [`Configuration::site`].
    pub fn admit(&self, caller: &Caller, operation: Operation, name: Option<&str>) -> Result<Arc<Site>> {
        caller.permit(operation)?;
        let site = self.site(caller, name)?;
        caller.permit_on(operation, site.id).map_err(|error| error.at("site"))?;
        Ok(site)
    }

    /// The operations that the caller may do on a site; without one those that it may do somewhere. `admit` judges each.
    ///
    /// # Errors
    /// Those of [`Configuration::site`].
    pub fn allowed(&self, caller: &Caller, name: Option<&str>) -> Result<Vec<Operation>> {
        let site = name.map(|name| self.site(caller, Some(name))).transpose()?;
        let may = |operation: &Operation| {
            let here = match (operation.reach(), &site) {
                (Reach::Site | Reach::Sites, Some(site)) => caller.permit_on(*operation, site.id),
                _ => Ok(()),
            };
            caller.permit(*operation).and(here).is_ok()
        };
        Ok(Operation::ALL.iter().copied().filter(may).collect())
    }

    /// The sites on which the caller may do an operation.
    #[must_use]
    pub fn sites_of(&self, caller: &Caller, operation: Operation) -> Vec<i64> {
        let may = |site: &i64| caller.permit_on(operation, *site).is_ok();
        self.sites.keys().copied().filter(may).collect()
    }

    /// The site that a caller means: the one named, else its own.
    ///
    /// # Errors
    /// `SITE_REQUIRED` where neither says, `UNKNOWN_SITE` where there is none of that name for this caller.
    pub fn site(&self, caller: &Caller, name: Option<&str>) -> Result<Arc<Site>> {
        let site = match (name, caller.own_site()) {
            (Some(name), _) => self
                .sites
                .values()
                .find(|site| site.name == name && caller.sees(site.id)),
            (None, Some(own)) => self.sites.get(&own),
            (None, None) => {
                return Err(Error::new(
                    Code::SiteRequired,
                    "Say which site by `site`: there is none that is meant where none is named.",
                )
                .at("site"));
            }
        };
        site.cloned().ok_or_else(|| {
            let name = name.unwrap_or_default();
            // In the same words whether there is such a site or not.
            let message = match &caller.own_site() {
                Some(_) => format!("This key opens no site “{name}”."),
                None => format!("There is no site “{name}” for this caller."),
            };
            Error::new(Code::UnknownSite, message).at("site")
        })
    }

    /// A site's view of a name.
    ///
    /// # Errors
    /// `UNKNOWN_VIEW` lists the views there are.
    pub fn view(&self, site: i64, name: &str) -> Result<&Arc<View>> {
        let mut of_site = self.views.iter().filter(|view| view.site == site);
        of_site
            .clone()
            .find(|view| view.definition.name == name)
            .ok_or_else(|| {
                let shown: String = name.chars().take(100).collect();
                let names: Vec<_> = of_site.by_ref().map(|view| view.definition.name.as_str()).collect();
                let message = format!(
                    "There is no view “{shown}”; there are: {}, {}.",
                    names.join(", "),
                    crate::domain::view::RAW
                );
                Error::new(Code::UnknownView, message).at("view")
            })
    }

    /// The rollup that answers for a view: the newest that is live.
    #[must_use]
    pub fn rollup_of_view(&self, view: i64) -> Vec<&Arc<Rollup>> {
        self.rollups
            .iter()
            .filter(|rollup| rollup.owner == view && matches!(rollup.content, Content::View(_)))
            .collect()
    }

    /// The rollups of a scope on one site.
    #[must_use]
    pub fn rollup_of_scope(&self, scope: i64, site: i64) -> Vec<&Arc<Rollup>> {
        let fits = |rollup: &&Arc<Rollup>| {
            rollup.owner == scope && rollup.site == site && matches!(rollup.content, Content::Scope(_))
        };
        self.rollups.iter().filter(fits).collect()
    }

    /// What a site's rules say of an event at `now`.
    #[must_use]
    pub fn judge(&self, site: i64, subject: &Subject<'_>, now: Timestamp) -> Verdict {
        self.rules
            .get(&site)
            .map_or_else(Verdict::default, |rules| rules.matcher.judge(subject, now))
    }

    /// The scope with exactly these fields, in any order.
    #[must_use]
    pub fn scope(&self, fields: &[Dimension]) -> Option<&Arc<Scope>> {
        self.scopes
            .iter()
            .find(|scope| scope.fields.len() == fields.len() && scope.fields.iter().all(|field| fields.contains(field)))
    }
}

async fn load_rules(tx: &Transaction, last: &HashMap<i64, Arc<Rules>>) -> Result<HashMap<i64, Arc<Rules>>> {
    let mut all = HashMap::new();
    // The revision first: rules that are newer than it are read again next time, older ones never taken for new.
    for (site, revision) in store::rule::revisions(tx).await? {
        let rules = match last.get(&site).filter(|rules| rules.revision == revision) {
            Some(rules) => rules.clone(),
            None => Arc::new(Rules {
                revision,
                matcher: Matcher::new(&store::rule::list(tx, site).await?),
            }),
        };
        all.insert(site, rules);
    }
    Ok(all)
}

/// The configuration as last read.
#[derive(Debug)]
pub struct Registry(RwLock<Arc<Configuration>>);

impl Registry {
    /// Reads the configuration for the first time.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn load(tx: &Transaction) -> Result<Self> {
        Ok(Self(RwLock::new(
            Configuration::load(tx, &Configuration::default()).await?,
        )))
    }

    /// The configuration as last read.
    #[must_use]
    pub fn current(&self) -> Arc<Configuration> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The configuration as `tx` sees it; what is newer than the last is kept.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn at(&self, tx: &Transaction) -> Result<Arc<Configuration>> {
        let generation = store::configuration::generation(tx).await?;
        self.at_generation(tx, generation).await
    }

    /// The configuration of a generation that `tx` has read.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn at_generation(&self, tx: &Transaction, generation: i64) -> Result<Arc<Configuration>> {
        let current = self.current();
        if current.generation == generation {
            return Ok(current);
        }
        let fresh = Configuration::load(tx, &current).await?;
        if fresh.generation > current.generation {
            // Dictionary rows may be gone, too.
            tx.database().forget();
            let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if fresh.generation > kept.generation {
                *kept = fresh.clone();
            }
        }
        Ok(fresh)
    }

    /// The configuration as `tx` sees it, read anew though its generation may stand: with how far backfills are.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fresh(&self, tx: &Transaction) -> Result<Arc<Configuration>> {
        Configuration::load(tx, &self.current()).await
    }

    /// Reads the configuration anew though its generation stands, for how far backfills are.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn reread(&self, tx: &Transaction) -> Result<()> {
        let fresh = Configuration::load(tx, &self.current()).await?;
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if fresh.generation >= kept.generation {
            *kept = fresh;
        }
        Ok(())
    }
}
