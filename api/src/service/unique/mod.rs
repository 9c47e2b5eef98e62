//! Unique actors: sets of whole days united, partial days and what lies past the mark from raw events.

mod actor_set;

use std::sync::Arc;

pub(super) use actor_set::{ActorSet, ActorUnion};

use super::{
    Services, audit,
    fold::hash_key,
    registry::Configuration,
    rollup_usage,
    snapshot::{Opened, Snapshot},
    timing,
    view::{
        find::{check_floor, check_span, gone, tombstone_spans},
        new_rollup,
        plan::{self, Gaps},
    },
};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        condition::{Condition, Op, canonical},
        dimension::Dimension,
        error::{Code, Error, Result},
        operation::Operation,
        period::{self, Span},
        question::{Source, Unique, UniqueFound},
        rate::cost,
        rollup::{Content, Owner, Rollup, State, Usage},
        scope::{self, Scope},
        site::Site,
        zone::Days,
    },
    store::{
        self, Priority, is_conflict,
        raw::{self, Arrival, Cut, Scan},
        unique_bucket,
    },
};

/// A scope, and how far its rollups are over all sites.
#[derive(Debug, Clone)]
pub struct Status {
    /// The scope.
    pub scope: Scope,
    /// Whether it answers from sets on every site.
    pub live: bool,
    /// Events that its backfill has taken in.
    pub backfill_done: i64,
    /// Events that its backfill has to take in.
    pub backfill_total: i64,
    /// What it keeps on the caller's sites and how often it is asked there, where that was wanted.
    pub usage: Option<Usage>,
}

impl Services {
    /// Counts distinct actors.
    ///
    /// # Errors
    /// No permission, unknown names, `UNSUPPORTED_SCOPE`, bad bounds, limits passed; each names its field.
    pub async fn unique(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        question: &Unique,
    ) -> Result<UniqueFound> {
        let asked = self.ask_scope(snapshot, caller, site, question);
        let source = |found: &UniqueFound| timing::name(found.provenance.source);
        self.time_question("unique", source, asked).await
    }

    async fn ask_scope(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        question: &Unique,
    ) -> Result<UniqueFound> {
        caller.permit(Operation::Unique)?;
        self.charge_question(snapshot, caller, cost::DECLARED)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::Unique, site)?;
        check_span(question.span)?;
        let fields: Vec<_> = question.fields.iter().map(|(field, _)| field.clone()).collect();
        let scope = opened
            .configuration
            .scope(&fields)
            .ok_or_else(|| unsupported(&opened.configuration))?;
        let rollups = opened.configuration.rollup_of_scope(scope.id, site.id);
        let rollup = rollups.into_iter().find(|rollup| rollup.state == State::Live);
        let found = self.count_actors(&opened, &site, scope, rollup, question).await?;
        self.questions.note(Owner::Scope(scope.id), site.id);
        Ok(found)
    }

    async fn count_actors(
        &self,
        opened: &Opened,
        site: &Site,
        scope: &Scope,
        rollup: Option<&Arc<Rollup>>,
        question: &Unique,
    ) -> Result<UniqueFound> {
        let time_zone = question.time_zone.as_ref().unwrap_or(&site.time_zone);
        let points = match question.series {
            Some(period) => period::points(question.span, period, time_zone, self.question.max_points)?,
            None => vec![question.span],
        };
        let tombstones = opened.tombstones(site.id);
        let conditions = conditions(question)?;
        let scan = |cut, arrival| Scan {
            hasher: &self.hasher,
            site: site.id,
            cut,
            arrival,
            actions: None,
            conditions: &conditions,
            tombstones: &tombstones,
        };
        let mut unions: Vec<ActorUnion> = points.iter().map(|_| ActorUnion::new()).collect();
        let mut source = Source::Raw;
        let mut raw_spans: Vec<(usize, Span)> = points.iter().copied().enumerate().collect();
        let position = opened.scopes.position;
        if let Some(rollup) = rollup {
            let mut days = Days::new(rollup.time_zone.clone());
            let gaps = Gaps {
                spans: tombstone_spans(&tombstones),
                ..Gaps::default()
            };
            let mut plan = plan::cut(&points, &mut days, &gaps, false);
            let floor = site.rollup_floor.max(rollup.floor);
            if question.span.from < floor {
                return Err(gone(floor, "Sets of actors"));
            }
            let stale = self
                .add_sets(opened, rollup, scope, question, &plan.days, &mut unions)
                .await?;
            // A stale day is answered from raw events until it is rebuilt. An actor counted twice is one all the same.
            let back: Vec<_> = stale.iter().map(|(point, day)| (*point, days.bounds(*day))).collect();
            plan.raw.extend(
                back.iter()
                    .map(|(point, (from, to))| (*point, Span { from: *from, to: *to })),
            );
            let covered = plan.days.iter().map(|(point, from, to)| {
                (
                    *point,
                    Span {
                        from: days.bounds(*from).0,
                        to: days.bounds(*to).0,
                    },
                )
            });
            let covered: Vec<_> = covered.collect();
            source = match (covered.is_empty(), plan.raw.is_empty()) {
                (true, _) => Source::Raw,
                (false, true) => Source::Rollup,
                (false, false) => Source::Both,
            };
            if !covered.is_empty() && store::mark::past(&opened.tx, position, site.id).await?.may_have_any() {
                source = Source::Both;
                for (point, actor) in
                    raw::actors(&opened.tx, &scan(Cut::Spans(covered), Arrival::From(position))).await?
                {
                    unions[usize::try_from(point).unwrap_or_default()].add_actors([actor])?;
                }
            }
            raw_spans = plan.raw;
        }
        if !raw_spans.is_empty() {
            check_floor(site, raw_spans.iter().map(|(_, span)| span.from).min())?;
            for (point, actor) in raw::actors(&opened.tx, &scan(Cut::Spans(raw_spans), Arrival::Any)).await? {
                unions[usize::try_from(point).unwrap_or_default()].add_actors([actor])?;
            }
        }
        let provenance = opened.provenance(site.id, source, position).await?;
        let series = question.series.map(|_| {
            points
                .iter()
                .zip(&unions)
                .map(|(span, union)| (*span, union.distinct()))
                .collect()
        });
        let mut whole = ActorUnion::new();
        for union in unions {
            whole.unite(union)?;
        }
        Ok(UniqueFound {
            whole: whole.distinct(),
            series,
            identity_period: site.identity_period,
            provenance,
        })
    }

    /// Unites the sets of whole days; gives the days whose sets are stale, by point.
    async fn add_sets(
        &self,
        opened: &Opened,
        rollup: &Rollup,
        scope: &Scope,
        question: &Unique,
        days: &[plan::Stretch],
        unions: &mut [ActorUnion],
    ) -> Result<Vec<(usize, i64)>> {
        let value = |field: &Dimension| {
            question
                .fields
                .iter()
                .find(|(own, _)| own == field)
                .map(|(_, value)| canonical(value))
        };
        let action = question
            .action
            .as_ref()
            .map(|action| canonical(&action.as_str().into()));
        let key: Vec<_> = std::iter::once(action).chain(scope.fields.iter().map(value)).collect();
        let hash = hash_key(self, rollup.id, &key);
        let numbers = store::rollup::find_key_ids(&opened.tx, rollup.id, vec![hash]).await?;
        let Some(number) = numbers.get(&hash) else {
            return Ok(Vec::new());
        };
        let each = days
            .iter()
            .flat_map(|(point, from, to)| (*from..*to).map(move |day| (day, *point)));
        let points: std::collections::HashMap<i64, usize> = each.collect();
        let mut places: Vec<_> = points.keys().map(|day| (*day, *number)).collect();
        places.sort_unstable();
        let mut stale = Vec::new();
        for bucket in unique_bucket::at(&opened.tx, rollup.id, &places).await? {
            let point = points.get(&bucket.place.day).copied().unwrap_or_default();
            match ActorSet::read(&bucket.sketch) {
                Ok(set) if !bucket.stale => unions[point].add(&set)?,
                _ => stale.push((point, bucket.place.day)),
            }
        }
        Ok(stale)
    }

    /// The scopes there are.
    ///
    /// # Errors
    /// No permission.
    pub async fn list_scopes(&self, snapshot: &Snapshot, caller: &Caller, with_usage: bool) -> Result<Vec<Status>> {
        caller.permit(Operation::ListScopes)?;
        let opened = snapshot.hold().await?;
        let configuration = self.registry.fresh(&opened.tx).await?;
        // How far a backfill is tells how many events there are, which is for callers of those sites alone.
        let sites = configuration.sites_of(caller, Operation::ListScopes);
        let scopes = configuration.scopes.iter();
        let mut listed: Vec<_> = scopes.map(|scope| status(&configuration, scope, &sites)).collect();
        if with_usage {
            let of_scopes =
                |rollup: &&Arc<Rollup>| matches!(rollup.content, Content::Scope(_)) && sites.contains(&rollup.site);
            let rollups: Vec<_> = configuration.rollups.iter().filter(of_scopes).collect();
            let usage = rollup_usage::of(&opened.tx, &rollups, &sites).await?;
            for status in &mut listed {
                let found = usage.get(&Owner::Scope(status.scope.id));
                status.usage = Some(found.copied().unwrap_or_default());
            }
        }
        Ok(listed)
    }

    /// One scope, named by its fields in any order, as it is now and not as an operation's snapshot has it.
    ///
    /// # Errors
    /// No permission, bad fields, or `UNSUPPORTED_SCOPE` where there is none.
    pub async fn scope(&self, caller: &Caller, names: &[String]) -> Result<Status> {
        caller.permit(Operation::ListScopes)?;
        let fields = scope::parse(names, "fields")?;
        // What a backfill has done raises no generation; it is read anew each time.
        self.reread().await?;
        let configuration = self.registry.current();
        let scope = configuration
            .scope(&fields)
            .ok_or_else(|| undeclared(&configuration, &fields))?;
        let sites = configuration.sites_of(caller, Operation::ListScopes);
        Ok(status(&configuration, scope, &sites))
    }

    /// Declares a scope; its backfill on every site begins at once.
    ///
    /// # Errors
    /// No permission, bad fields, or `ALREADY_EXISTS`.
    pub async fn create_scope(&self, caller: &Caller, names: &[String]) -> Result<Status> {
        caller.permit(Operation::CreateScope)?;
        let fields = scope::parse(names, "fields")?;
        let tx = self.database.write(Priority::Configuration).await?;
        // Retention must not raise a site's floor between the look and the commit.
        store::mark::hold(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        let exists = || {
            let message = format!("There is a scope {} already.", scope::name(&fields));
            Error::new(Code::AlreadyExists, message).at("fields")
        };
        if configuration.scope(&fields).is_some() {
            return Err(exists());
        }
        let now = clock::now_nanoseconds();
        let created = store::scope::create(&tx, &fields, false, now)
            .await
            .map_err(|error| if is_conflict(&error) { exists() } else { error })?;
        let mark = store::mark::create(&tx).await?;
        let mut total = 0;
        for site in configuration.sites.values() {
            let mut rollup = new_rollup(
                site,
                created.id,
                Content::Scope(fields.clone()),
                State::Backfilling,
                mark,
            );
            rollup.backfill_total = store::rollup::events_of(&tx, site.id).await?;
            total += rollup.backfill_total;
            store::rollup::create(&tx, &rollup, now).await?;
        }
        if configuration.sites.is_empty() {
            store::mark::remove(&tx, mark).await?;
        }
        let change = Change::new(Operation::CreateScope, scope::name(&fields));
        audit::record(&tx, caller, change.after(&created)).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        self.fold_nudge.notify_one();
        Ok(Status {
            scope: created,
            live: configuration.sites.is_empty(),
            backfill_done: 0,
            backfill_total: total,
            usage: None,
        })
    }

    /// Deletes a scope's declaration; a worker clears its sets away.
    ///
    /// # Errors
    /// No permission, `UNSUPPORTED_SCOPE` where there is none, or `RESERVED_NAME` for a built-in scope.
    pub async fn delete_scope(&self, caller: &Caller, names: &[String]) -> Result<Scope> {
        caller.permit(Operation::DeleteScope)?;
        let fields = scope::parse(names, "fields")?;
        let tx = self.database.write(Priority::Configuration).await?;
        store::mark::revise(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        let scope = configuration
            .scope(&fields)
            .ok_or_else(|| undeclared(&configuration, &fields))?;
        if scope.built_in {
            let message = format!("{} is a built-in scope and stays.", scope::name(&fields));
            return Err(Error::new(Code::ReservedName, message).at("fields"));
        }
        let of_scope = |rollup: &&Arc<Rollup>| rollup.owner == scope.id && matches!(rollup.content, Content::Scope(_));
        let ids: Vec<_> = configuration
            .rollups
            .iter()
            .filter(of_scope)
            .map(|rollup| rollup.id)
            .collect();
        store::rollup::retire(&tx, &ids).await?;
        store::scope::remove(&tx, scope.id).await?;
        store::rollup_use::forget(&tx, Owner::Scope(scope.id)).await?;
        let change = Change::new(Operation::DeleteScope, scope::name(&fields));
        audit::record(&tx, caller, change.before(&**scope)).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        Ok((**scope).clone())
    }
}

/// How far a scope is on these sites.
fn status(configuration: &Configuration, scope: &Scope, sites: &[i64]) -> Status {
    let of_scope = |rollup: &&Arc<Rollup>| {
        rollup.owner == scope.id && matches!(rollup.content, Content::Scope(_)) && sites.contains(&rollup.site)
    };
    let rollups: Vec<_> = configuration.rollups.iter().filter(of_scope).collect();
    Status {
        scope: scope.clone(),
        live: rollups.iter().all(|rollup| rollup.state == State::Live),
        backfill_done: rollups.iter().map(|rollup| rollup.backfill_done).sum(),
        backfill_total: rollups.iter().map(|rollup| rollup.backfill_total).sum(),
        usage: None,
    }
}

/// The names of the scopes there are, in a row.
fn names(configuration: &Configuration) -> String {
    let names = configuration.scopes.iter().map(|scope| scope::name(&scope.fields));
    names.collect::<Vec<_>>().join(", ")
}

/// A question that no scope answers.
fn unsupported(configuration: &Configuration) -> Error {
    let message = format!(
        "Unique actors are counted by exactly one EQ condition on every field of a declared scope; there are: {}. Declare another with `createUniqueScope`.",
        names(configuration)
    );
    Error::new(Code::UnsupportedScope, message).at("where")
}

/// A scope that was named and is not there.
fn undeclared(configuration: &Configuration, fields: &[Dimension]) -> Error {
    let message = format!(
        "There is no scope {}; there are: {}.",
        scope::name(fields),
        names(configuration)
    );
    Error::new(Code::UnsupportedScope, message).at("fields")
}

/// The question's filters on raw events.
fn conditions(question: &Unique) -> Result<Vec<Condition>> {
    let action = question
        .action
        .iter()
        .map(|action| Condition::new(Dimension::Action, Op::Eq, action.as_str().into()));
    let fields = question
        .fields
        .iter()
        .map(|(field, value)| Condition::new(field.clone(), Op::Eq, value.clone()));
    action.chain(fields).collect()
}
