//! Views: asking them, declaring them, deleting them.

mod answer;
pub(in crate::service) mod find;
pub(in crate::service) mod plan;

use std::sync::Arc;

use super::{Services, audit, registry::Configuration, rollup_usage, snapshot::Snapshot};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        rollup::{Content, Owner, Rollup, SCOPE_MARK, State, Usage, VIEW_MARK},
        scope,
        site::Site,
        view::{Definition, RAW, View, built_in},
    },
    store::{self, Priority, Transaction, is_conflict},
};

/// A view and how far its rollup is.
#[derive(Debug, Clone)]
pub struct Status {
    /// The view.
    pub view: View,
    /// The rollup that is being built or answers; none for [`RAW`].
    pub rollup: Option<Rollup>,
    /// What it keeps and how often it is asked, where that was wanted.
    pub usage: Option<Usage>,
}

/// Makes what every installation has from the start, where it is missing: the built-in scopes.
///
/// # Errors
/// Whatever the database says.
pub async fn ensure_built_in(tx: &Transaction) -> Result<()> {
    let there = store::scope::list(tx).await?;
    for fields in scope::built_in() {
        if !there.iter().any(|one| one.fields == fields) {
            store::scope::create(tx, &fields, true, clock::now_nanoseconds()).await?;
        }
    }
    Ok(())
}

/// Makes a new site's built-in views and its rollups, live from the first event.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn furnish(tx: &Transaction, site: &Site) -> Result<()> {
    let now = clock::now_nanoseconds();
    for definition in built_in() {
        let view = store::view::create(tx, site.id, &definition, true, now).await?;
        let rollup = new_rollup(site, view.id, Content::View(definition), State::Live, VIEW_MARK);
        store::rollup::create(tx, &rollup, now).await?;
    }
    for scope in store::scope::list(tx).await? {
        let rollup = new_rollup(site, scope.id, Content::Scope(scope.fields), State::Live, SCOPE_MARK);
        store::rollup::create(tx, &rollup, now).await?;
    }
    Ok(())
}

/// A rollup that is not stored yet.
pub(super) fn new_rollup(site: &Site, owner: i64, content: Content, state: State, mark: i64) -> Rollup {
    Rollup {
        id: 0,
        site: site.id,
        owner,
        content,
        time_zone: site.time_zone.clone(),
        state,
        mark,
        backfill_total: 0,
        backfill_done: 0,
        floor: site.raw_floor,
    }
}

impl Services {
    /// The views of a site, with how far each is; and where it is wanted, with what each keeps and how often it is asked.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn list_views(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        with_usage: bool,
    ) -> Result<Vec<Status>> {
        caller.permit(Operation::ListViews)?;
        let opened = snapshot.hold().await?;
        let configuration = self.registry.fresh(&opened.tx).await?;
        let site = configuration.admit(caller, Operation::ListViews, site)?;
        let of_site = configuration.views.iter().filter(|view| view.site == site.id);
        let mut listed: Vec<_> = of_site.map(|view| status(&configuration, view)).collect();
        if with_usage {
            let of_views = |rollup: &&Arc<Rollup>| matches!(rollup.content, Content::View(_)) && rollup.site == site.id;
            let rollups: Vec<_> = configuration.rollups.iter().filter(of_views).collect();
            let usage = rollup_usage::of(&opened.tx, &rollups, &[site.id]).await?;
            for status in &mut listed {
                let found = usage.get(&Owner::View(status.view.id));
                status.usage = Some(found.copied().unwrap_or_default());
            }
        }
        Ok(listed)
    }

    /// One view of a site, as it is now and not as an operation's snapshot has it.
    ///
    /// # Errors
    /// No permission, an unknown site, or `UNKNOWN_VIEW`.
    pub async fn view(&self, caller: &Caller, site: Option<&str>, name: &str) -> Result<Status> {
        caller.permit(Operation::ListViews)?;
        if name == RAW {
            let message =
                format!("“{RAW}” is always answered from raw events; it is not declared and has no backfill.");
            return Err(Error::new(Code::UnknownView, message).at("name"));
        }
        // What a backfill has done raises no generation; it is read anew each time.
        self.reread().await?;
        let configuration = self.registry.current();
        let site = configuration.admit(caller, Operation::ListViews, site)?;
        let view = configuration.view(site.id, name).map_err(|error| error.at("name"))?;
        Ok(status(&configuration, view))
    }

    /// Declares a view; its backfill begins at once.
    ///
    /// # Errors
    /// No permission, an unknown site, a bad definition, or `ALREADY_EXISTS`.
    pub async fn create_view(&self, caller: &Caller, site: Option<&str>, definition: Definition) -> Result<Status> {
        caller.permit(Operation::CreateView)?;
        definition.check()?;
        let tx = self.database.write(Priority::Configuration).await?;
        // Retention must not raise the site's floor between the look and the commit.
        store::mark::hold(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::CreateView, site)?;
        let now = clock::now_nanoseconds();
        let view = store::view::create(&tx, site.id, &definition, false, now)
            .await
            .map_err(|error| {
                if !is_conflict(&error) {
                    return error;
                }
                let message = format!(
                    "There is a view “{}” already; delete it first, or choose another name.",
                    definition.name
                );
                Error::new(Code::AlreadyExists, message).at("name")
            })?;
        let mark = store::mark::create(&tx).await?;
        let mut rollup = new_rollup(&site, view.id, Content::View(definition), State::Backfilling, mark);
        rollup.backfill_total = store::rollup::events_of(&tx, site.id).await?;
        rollup.id = store::rollup::create(&tx, &rollup, now).await?;
        let change = Change::new(Operation::CreateView, &view.definition.name).on(site.id);
        audit::record(&tx, caller, change.after(&view)).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        self.fold_nudge.notify_one();
        Ok(Status {
            view,
            rollup: Some(rollup),
            usage: None,
        })
    }

    /// Deletes a view's declaration; a worker clears its cells away.
    ///
    /// # Errors
    /// No permission, an unknown site, `UNKNOWN_VIEW`, or `RESERVED_NAME` for a built-in view.
    pub async fn delete_view(&self, caller: &Caller, site: Option<&str>, name: &str) -> Result<View> {
        caller.permit(Operation::DeleteView)?;
        let tx = self.database.write(Priority::Configuration).await?;
        store::mark::revise(&tx).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::DeleteView, site)?;
        if name == RAW || built_in().iter().any(|one| one.name == name) {
            let message = format!("“{name}” is a built-in view and stays.");
            return Err(Error::new(Code::ReservedName, message).at("name"));
        }
        let view = configuration.view(site.id, name).map_err(|error| error.at("name"))?;
        let ids: Vec<_> = configuration
            .rollup_of_view(view.id)
            .iter()
            .map(|rollup| rollup.id)
            .collect();
        store::rollup::retire(&tx, &ids).await?;
        store::view::remove(&tx, view.id).await?;
        store::rollup_use::forget(&tx, Owner::View(view.id)).await?;
        let change = Change::new(Operation::DeleteView, name).on(site.id);
        audit::record(&tx, caller, change.before(&**view)).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        Ok((**view).clone())
    }
}

fn status(configuration: &Configuration, view: &View) -> Status {
    let rollup = configuration
        .rollup_of_view(view.id)
        .first()
        .map(|rollup| (***rollup).clone());
    Status {
        view: view.clone(),
        rollup,
        usage: None,
    }
}
