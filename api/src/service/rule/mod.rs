//! Allow and deny lists: declaring rules, trying them, and how often each was hit.

mod preview;
mod tally;

use std::sync::Arc;

use uuid::Uuid;

use super::{Services, audit, registry::Configuration, snapshot::Snapshot};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        rule::{Definition, HIT_DAYS, MOST_RULES, Pattern, Rule},
        site::Site,
        zone::Days,
    },
    store::{self, Priority, Transaction, is_conflict},
};

pub use crate::store::rule::Filter;
pub use preview::{ActionPreview, Preview};
pub(in crate::service) use tally::Tally;

/// Rules that one request may make.
const MOST_AT_ONCE: usize = 1_000;

/// A rule with its hits.
#[derive(Debug, Clone)]
pub struct Counted {
    /// The rule.
    pub rule: Rule,
    /// Events that it matched, since it was made.
    pub hits: i64,
    /// When the last of them came in, in nanoseconds since 1970.
    pub last: Option<i64>,
    /// The last [`HIT_DAYS`] days in the site's zone, numbered from 1970, oldest first; days without hits among them.
    pub days: Vec<(i64, i64)>,
}

/// A page of rules.
#[derive(Debug)]
pub struct Page {
    /// The rules, oldest first.
    pub rules: Vec<Counted>,
    /// How many there are on all pages.
    pub total: usize,
    /// Whether there are more past this page.
    pub more: bool,
}

/// What is to be changed of a rule; none leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// What it matches.
    pub pattern: Option<String>,
    /// Why it is there; an inner none takes the note away.
    pub note: Option<Option<String>>,
    /// Whether it is on.
    pub enabled: Option<bool>,
    /// Whether it only counts.
    pub shadow: Option<bool>,
    /// When it stops by itself; an inner none means never.
    pub expires: Option<Option<jiff::Timestamp>>,
}

impl Changes {
    fn apply(self, definition: &mut Definition) -> Result<()> {
        if let Some(pattern) = &self.pattern {
            definition.pattern = Pattern::parse(definition.target, pattern)?;
        }
        definition.note = self.note.unwrap_or(definition.note.take());
        definition.enabled = self.enabled.unwrap_or(definition.enabled);
        definition.shadow = self.shadow.unwrap_or(definition.shadow);
        definition.expires = self.expires.unwrap_or(definition.expires);
        definition.check()
    }
}

impl Services {
    /// Rules of a site, oldest first, past the one with the public id `after`.
    ///
    /// # Errors
    /// No permission, an unknown site, or `INVALID_CURSOR`.
    pub async fn rules(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        filter: &Filter,
        (after, limit): (Option<&str>, usize),
    ) -> Result<Page> {
        caller.permit(Operation::ListRules)?;
        if after.is_some_and(|after| Uuid::parse_str(after).is_err()) {
            return Err(Error::new(Code::InvalidCursor, "This is no cursor that `rules` gave out.").at("after"));
        }
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ListRules, site)?;
        let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        let mut rules = store::rule::page(&opened.tx, site.id, filter, after, Some(most)).await?;
        let more = rules.len() > limit;
        rules.truncate(limit);
        Ok(Page {
            rules: count(&opened.tx, &site, rules).await?,
            total: store::rule::count(&opened.tx, site.id, filter).await?,
            more,
        })
    }

    /// One rule with its hits.
    ///
    /// # Errors
    /// No permission, or `NOT_FOUND`.
    pub async fn rule(&self, snapshot: &Snapshot, caller: &Caller, id: &str) -> Result<Counted> {
        caller.permit(Operation::ListRules)?;
        let opened = snapshot.hold().await?;
        let (site, rule) = own(&opened.tx, &opened.configuration, caller, Operation::ListRules, id).await?;
        let counted = count(&opened.tx, &site, vec![rule]).await?;
        let unknown = || Error::new(Code::NotFound, "There is no rule with this id.").at("id");
        counted.into_iter().next().ok_or_else(unknown)
    }

    /// Adds a rule to a site's list. It holds for the very next event on every instance.
    ///
    /// # Errors
    /// No permission, an unknown site, a bad definition, `ALREADY_EXISTS`, or `TOO_MANY_RULES`.
    pub async fn create_rule(&self, caller: &Caller, site: Option<&str>, definition: Definition) -> Result<Counted> {
        let created = self.create_rules(caller, site, vec![definition]).await;
        let created = created.map_err(|mut error| {
            let own = error.path.as_deref().and_then(|path| path.strip_prefix("rules[0]."));
            error.path = own.map(str::to_owned).or(error.path);
            error
        })?;
        let one = created.into_iter().next();
        one.ok_or_else(|| Error::internal("a rule was not made, and nobody said why"))
    }

    /// Adds rules to a site's lists, all of them or none.
    ///
    /// # Errors
    /// As of [`Self::create_rule`], naming the one at fault by its place; `TOO_MANY_ITEMS` past what one request may add.
    pub async fn create_rules(
        &self,
        caller: &Caller,
        site: Option<&str>,
        definitions: Vec<Definition>,
    ) -> Result<Vec<Counted>> {
        caller.permit(Operation::CreateRule)?;
        if definitions.len() > MOST_AT_ONCE {
            let message = format!("At most {MOST_AT_ONCE} rules can be made at once.");
            return Err(Error::new(Code::TooManyItems, message).at("rules"));
        }
        let named = |index: usize| format!("rules[{index}]");
        for (index, definition) in definitions.iter().enumerate() {
            definition.check().map_err(|error| error.below(&named(index)))?;
        }
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::CreateRule, site)?;
        // Changes of one site's rules go one after the other from here on, so that none slips past the count.
        store::rule::revise(&tx, site.id).await?;
        let there = store::rule::count(&tx, site.id, &Filter::default()).await?;
        if there + definitions.len() > MOST_RULES {
            let message = format!("The site has {there} rules and can have at most {MOST_RULES}; delete some first.");
            return Err(Error::new(Code::TooManyRules, message));
        }
        let mut created = Vec::with_capacity(definitions.len());
        for (index, definition) in definitions.into_iter().enumerate() {
            let rule = Rule {
                id: 0,
                public_id: Uuid::now_v7().to_string(),
                site: site.id,
                definition,
                created: clock::now(),
            };
            let made = store::rule::create(&tx, &rule).await;
            let made = made.map_err(|error| taken(error, &rule).below(&named(index)))?;
            let change = Change::new(Operation::CreateRule, &made.public_id).on(site.id);
            audit::record(&tx, caller, change.after(&made)).await?;
            created.push(uncounted(&site, made));
        }
        self.publish(tx).await?;
        Ok(created)
    }

    /// Changes a rule; its hits stay.
    ///
    /// # Errors
    /// No permission, `NOT_FOUND`, a bad setting, or `ALREADY_EXISTS`.
    pub async fn update_rule(&self, caller: &Caller, id: &str, changes: Changes) -> Result<Counted> {
        caller.permit(Operation::UpdateRule)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let (site, mut rule) = own(&tx, &configuration, caller, Operation::UpdateRule, id).await?;
        let before = rule.clone();
        changes.apply(&mut rule.definition)?;
        store::rule::revise(&tx, site.id).await?;
        store::rule::update(&tx, &rule)
            .await
            .map_err(|error| taken(error, &rule))?;
        let change = Change::new(Operation::UpdateRule, &rule.public_id).on(site.id);
        audit::record(&tx, caller, change.before(&before).after(&rule)).await?;
        let counted = count(&tx, &site, vec![rule]).await?.pop();
        self.publish(tx).await?;
        counted.ok_or_else(|| Error::internal("a rule went while it was counted"))
    }

    /// Deletes a rule and its hits.
    ///
    /// # Errors
    /// No permission, or `NOT_FOUND`.
    pub async fn delete_rule(&self, caller: &Caller, id: &str) -> Result<Counted> {
        caller.permit(Operation::DeleteRule)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let (site, rule) = own(&tx, &configuration, caller, Operation::DeleteRule, id).await?;
        store::rule::revise(&tx, site.id).await?;
        // Raised before the hits go: no append that still knows the rule can add to them afterwards.
        store::configuration::raise(&tx).await?;
        let change = Change::new(Operation::DeleteRule, &rule.public_id).on(site.id);
        audit::record(&tx, caller, change.before(&rule)).await?;
        let number = rule.id;
        let counted = count(&tx, &site, vec![rule]).await?.pop();
        store::rule::remove(&tx, number).await?;
        tx.commit().await?;
        self.refresh().await?;
        counted.ok_or_else(|| Error::internal("a rule went while it was counted"))
    }

    /// Lets every instance know that rules have changed.
    async fn publish(&self, tx: Transaction) -> Result<()> {
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        self.refresh().await
    }

    /// Puts hits together that are older than those told by day, so that their rows do not pile up.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn put_rule_hits_together(&self) -> Result<()> {
        let configuration = self.registry.current();
        for id in configuration.rules.keys() {
            let Some(site) = configuration.sites.get(id) else {
                continue;
            };
            let tx = self.database.write(Priority::Purge).await?;
            store::rule_hit::put_together(&tx, site.id, first_day(site)).await?;
            tx.commit().await?;
        }
        Ok(())
    }
}

/// A rule of a site on which the caller may do this, with the site.
async fn own(
    tx: &Transaction,
    configuration: &Configuration,
    caller: &Caller,
    operation: Operation,
    id: &str,
) -> Result<(Arc<Site>, Rule)> {
    let found = store::rule::find(tx, id).await?;
    // Another site's rule is unknown in the same words as one that never was.
    let found = found.and_then(|rule| {
        let site = configuration.sites.get(&rule.site)?;
        Some((configuration.admit(caller, operation, Some(&site.name)).ok()?, rule))
    });
    found.ok_or_else(|| Error::new(Code::NotFound, "There is no rule with this id.").at("id"))
}

fn taken(error: Error, rule: &Rule) -> Error {
    if !is_conflict(&error) {
        return error;
    }
    let definition = &rule.definition;
    let message = format!(
        "The site's {} list has a rule for {} with the pattern “{}” already; change that one.",
        definition.list.name(),
        definition.target.name(),
        definition.pattern
    );
    Error::new(Code::AlreadyExists, message).at("pattern")
}

/// Rules with their hits.
pub(in crate::service) async fn count(tx: &Transaction, site: &Site, rules: Vec<Rule>) -> Result<Vec<Counted>> {
    let numbers: Vec<i64> = rules.iter().map(|rule| rule.id).collect();
    let mut hits = store::rule_hit::of(tx, &numbers).await?;
    let first = first_day(site);
    let counted = |rule: Rule| {
        let hits = hits.remove(&rule.id).unwrap_or_default();
        let days = first..first + HIT_DAYS;
        Counted {
            rule,
            hits: hits.count,
            last: hits.last,
            days: days
                .map(|day| (day, hits.days.get(&day).copied().unwrap_or_default()))
                .collect(),
        }
    };
    Ok(rules.into_iter().map(counted).collect())
}

/// A rule that nothing can have hit yet.
fn uncounted(site: &Site, rule: Rule) -> Counted {
    let first = first_day(site);
    Counted {
        rule,
        hits: 0,
        last: None,
        days: (first..first + HIT_DAYS).map(|day| (day, 0)).collect(),
    }
}

/// The first of the days that are told one by one; the last is today.
fn first_day(site: &Site) -> i64 {
    Days::new(site.time_zone.clone()).day(clock::now_nanoseconds()) - (HIT_DAYS - 1)
}
