//! Writing and deleting profiles of visitors.

use super::{Kept, kept};
use crate::{
    clock,
    domain::{
        audit::{Change, Shown},
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        rate::{Budget, cost},
        visitor::{NewVisitor, Visitor, Written},
    },
    service::{Services, audit, snapshot::Snapshot},
    store::{
        Priority,
        visitor::known,
        visitor_profile::{self, Place},
    },
};
use serde_json::{Value, json};

/// What the audit log tells of a profile: no text of it, as it outlives what is deleted.
struct Gone {
    is_written: bool,
    devices: usize,
}

impl Shown for Gone {
    fn shown(&self) -> Value {
        json!({"isWritten": self.is_written, "devices": self.devices})
    }
}

impl Services {
    /// Charges the writing of a profile, before it is read: as an event.
    ///
    /// # Errors
    /// No permission, or `RATE_LIMITED`.
    pub fn charge_visitor(&self, caller: &Caller) -> Result<()> {
        caller.permit(Operation::WriteVisitor)?;
        self.rates.charge_events(caller, 1).refused.map_or(Ok(()), Err)
    }

    /// Writes a profile, in the place of what was written of it before; it takes its devices from whoever had them. Gives
    /// what is known of it now, or what is written alone to a caller who may not read, or has asked as much as it may.
    ///
    /// # Errors
    /// No permission, an unknown site, what cannot be kept, or `TOO_MANY_ITEMS`.
    pub async fn put_visitor(&self, caller: &Caller, site: Option<&str>, new: NewVisitor) -> Result<Visitor> {
        caller.permit(Operation::WriteVisitor)?;
        let new = new.complete()?;
        if caller.username().is_some_and(|user| user != new.id) {
            let message = "This token speaks for one user, and writes the profile with that id alone.";
            return Err(Error::new(Code::Forbidden, message).at("id"));
        }
        let tx = self.database.write(Priority::Append).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::WriteVisitor, site)?;
        visitor_profile::hold(&tx, site.id).await?;
        let place = Place {
            site: site.id,
            scope: &new.scope,
            id: &new.id,
        };
        let number = visitor_profile::number(&tx, place).await?;
        let most = self.question.max_profiles;
        if number.is_none() && visitor_profile::count(&tx, site.id).await? >= most {
            let message = format!("The site has {most} written profiles, which is as many as a site may have.");
            return Err(Error::new(Code::TooManyItems, message));
        }
        let updated = clock::now_nanoseconds();
        let number = visitor_profile::write(&tx, site.id, number, &new, updated).await?;
        visitor_profile::claim(&tx, site.id, number, &new).await?;
        tx.commit().await?;
        let written = Written {
            number,
            scope: new.scope,
            id: new.id,
            content: new.content,
            updated,
        };
        if caller.permit_on(Operation::ReadVisitors, site.id).is_ok() {
            match self.visitor_with_events(caller, &site.name, &written).await {
                Ok(Some(visitor)) => return Ok(visitor),
                Ok(None) => {}
                // It is written all the same.
                Err(error) => tracing::debug!(?error, "a profile was written, and is told without its events"),
            }
        }
        Ok(Visitor::written(written, &[]))
    }

    /// What is known of a profile that was just written; none where no event can tell of it.
    async fn visitor_with_events(&self, caller: &Caller, site: &str, written: &Written) -> Result<Option<Visitor>> {
        let snapshot = Snapshot::new(self.clone());
        let some = {
            let opened = snapshot.hold().await?;
            known(&opened.tx, &self.hasher, &written.content.devices).await?
        };
        if some.is_empty() {
            return Ok(None);
        }
        let place = (written.scope.as_str(), written.id.as_str());
        self.visitor(&snapshot, caller, Some(site), place).await
    }

    /// Deletes what is written of a visitor; events that its devices logged so far count for no visitor any more.
    ///
    /// # Errors
    /// No permission, an unknown site, `NOT_FOUND`, or `DEADLINE_EXCEEDED`.
    pub async fn delete_visitor(&self, caller: &Caller, site: Option<&str>, (scope, id): (&str, &str)) -> Result<()> {
        caller.permit(Operation::DeleteVisitor)?;
        self.rates.charge(caller, Budget::Delete, 1)?;
        let missing = || Error::new(Code::NotFound, "There is no such profile in this scope.");
        let by_events = {
            let snapshot = Snapshot::new(self.clone());
            let opened = snapshot.hold().await?;
            let site = opened.configuration.admit(caller, Operation::DeleteVisitor, site)?;
            if scope.contains('\0') || id.contains('\0') {
                return Err(missing());
            }
            let place = Place {
                site: site.id,
                scope,
                id,
            };
            match kept(&opened, place).await? {
                Kept::Elsewhere => return Err(missing()),
                Kept::Written(_) => false,
                Kept::Device(forgets) => {
                    // Whether there is one is known from its events alone, through which this looks.
                    self.rates.charge(caller, Budget::Delete, cost::DELETE_BY_FILTER - 1)?;
                    let devices = vec![id.to_owned()];
                    if self
                        .seen_of(&opened, &site, (scope, devices), forgets)
                        .await?
                        .is_empty()
                    {
                        return Err(missing());
                    }
                    true
                }
            }
        };
        let tx = self.database.write(Priority::Deletion).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, Operation::DeleteVisitor, site)?;
        visitor_profile::hold(&tx, site.id).await?;
        let place = Place {
            site: site.id,
            scope,
            id,
        };
        let now = clock::now_nanoseconds();
        let gone = if let Some(written) = visitor_profile::find(&tx, place).await? {
            visitor_profile::remove(&tx, &self.hasher, place, written.number, now).await?;
            Gone {
                is_written: true,
                devices: written.content.devices.len(),
            }
        } else if by_events && !visitor_profile::is_claimed(&tx, place).await? {
            visitor_profile::forget(&tx, (site.id, scope), [id], now).await?;
            Gone {
                is_written: false,
                devices: 1,
            }
        } else {
            return Err(missing());
        };
        let change = Change::new(Operation::DeleteVisitor, scope).on(site.id);
        audit::record(&tx, caller, change.before(&gone)).await?;
        tx.commit().await
    }
}
