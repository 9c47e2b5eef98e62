//! What the scopes of a site's events are for. An event may be of a scope that nobody described.

use super::{Services, audit, snapshot::Snapshot};
use crate::{
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        event::DEFAULT_SCOPE,
        operation::Operation,
        scope_name::EventScope,
    },
    store::{self, Priority},
};

/// Described scopes of one site.
const MOST_SCOPES: usize = 1_000;

impl Services {
    /// The scopes of a site that are described; the one that is always there is among them.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn event_scopes(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
    ) -> Result<Vec<EventScope>> {
        caller.permit(Operation::ListEventScopes)?;
        self.charge_question(snapshot, caller, 1)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ListEventScopes, site)?;
        let mut scopes = store::event_scope::list(&opened.tx, site.id).await?;
        if !scopes.iter().any(|scope| scope.name == DEFAULT_SCOPE) {
            let plain = EventScope {
                name: DEFAULT_SCOPE.to_owned(),
                description: String::new(),
            };
            scopes.insert(0, plain);
        }
        Ok(scopes)
    }

    /// Says what a scope is for; one that is not there yet is made.
    ///
    /// # Errors
    /// No permission, an unknown site, a bad name, or a description that is too long.
    pub async fn put_event_scope(&self, caller: &Caller, site: Option<&str>, scope: EventScope) -> Result<EventScope> {
        caller.permit(Operation::PutEventScope)?;
        scope.check()?;
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::PutEventScope, site)?;
        let there = store::event_scope::list(&tx, site.id).await?;
        let before = there.iter().find(|one| one.name == scope.name);
        if before.is_none() && there.len() >= MOST_SCOPES {
            let message = format!("The site has {MOST_SCOPES} scopes, which is as many as a site may describe.");
            return Err(Error::new(Code::TooManyItems, message));
        }
        store::event_scope::put(&tx, site.id, &scope).await?;
        let mut change = Change::new(Operation::PutEventScope, &scope.name).on(site.id);
        if let Some(before) = before {
            change = change.before(before);
        }
        audit::record(&tx, caller, change.after(&scope)).await?;
        tx.commit().await?;
        Ok(scope)
    }
}
