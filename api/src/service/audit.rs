//! The audit log. [`record`] is the one line that every managing use-case has before its commit, so that a change and
//! its entry are there together or not at all.

use super::{Services, registry::Configuration, snapshot::Snapshot};
use crate::{
    clock,
    domain::{
        audit::{Actor, Change, Entry, Question},
        caller::Caller,
        error::Result,
        operation::Operation,
    },
    store::{self, Transaction},
};

/// Characters kept of a user agent, which the caller writes.
const MOST_AGENT: usize = 1_024;

/// Writes down who makes a change, in the change's own transaction.
///
/// # Errors
/// Whatever the database says; the change must then not be committed.
pub async fn record(tx: &Transaction, caller: &Caller, change: Change) -> Result<()> {
    record_of(tx, caller, caller.actor(), change).await
}

/// Writes down what somebody does whose request does not say who they are, but who has proven it.
///
/// # Errors
/// Whatever the database says; the change must then not be committed.
pub(super) async fn record_of(tx: &Transaction, caller: &Caller, actor: Actor, change: Change) -> Result<()> {
    let agent = caller.user_agent.as_deref();
    let entry = Entry {
        id: 0,
        time: clock::now(),
        site: change.site,
        actor,
        operation: change.operation.name().to_owned(),
        target: change.target,
        before: change.before,
        after: change.after,
        address: caller.address,
        user_agent: agent.map(|agent| agent.chars().take(MOST_AGENT).collect()),
        request_id: caller.request_id.clone(),
    };
    store::audit::create(tx, &entry).await
}

impl Services {
    /// Entries of the audit log, each with the name of its site. Where no site is named, a caller of all sites gets
    /// every entry, and any other those of the sites that it may manage.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn audit(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        mut question: Question,
    ) -> Result<Vec<(Entry, Option<String>)>> {
        let opened = snapshot.hold().await?;
        question.sites = readable(&opened.configuration, caller, site)?;
        let entries = store::audit::page(&opened.tx, &question).await?;
        let named = entries.into_iter().map(|entry| {
            let site = entry.site.and_then(|site| opened.configuration.sites.get(&site));
            (entry, site.map(|site| site.name.clone()))
        });
        Ok(named.collect())
    }
}

/// The sites whose entries the caller may read; none stands for the whole log.
fn readable(configuration: &Configuration, caller: &Caller, site: Option<&str>) -> Result<Option<Vec<i64>>> {
    if let Some(name) = site {
        let site = configuration.admit(caller, Operation::ReadAudit, Some(name))?;
        return Ok(Some(vec![site.id]));
    }
    caller.permit(Operation::ReadAudit)?;
    if caller.permit_on_all(Operation::ReadAudit).is_ok() {
        return Ok(None);
    }
    Ok(Some(configuration.sites_of(caller, Operation::ReadAudit)))
}
