//! The visitors of a site, as the Profile Store's format tells of them: worked out from living events, so that what is deleted
//! leaves nothing behind in them, and from what is written.

mod written;

use super::{
    Services,
    snapshot::{Opened, Snapshot},
};
use crate::{
    domain::{
        caller::Caller,
        deletion::Filter,
        error::{Code, Error, Result},
        operation::Operation,
        period::Span,
        predicate::{Predicate, Test, Text},
        site::Site,
        visitor::{self, Seen, Visitor, Written},
    },
    store::{
        self,
        visitor::Telling,
        visitor_profile::{self, Place},
    },
};

/// Bytes of what is written of all visitors of a site, as far as one answer looks through it.
const MOST_BYTES: i64 = 64 << 20;

/// What is kept of one visitor.
enum Kept {
    /// A written profile.
    Written(Box<Written>),
    /// Nothing; its events tell of it. Whether some of them may not count.
    Device(bool),
    /// Its device is another profile's.
    Elsewhere,
}

impl Services {
    /// The visitors of a site: the written profiles, and in each scope each device that is of none.
    ///
    /// # Errors
    /// No permission, an unknown site, `QUERY_TOO_COSTLY` where there are too many, or `DEADLINE_EXCEEDED`.
    pub async fn visitors(&self, snapshot: &Snapshot, caller: &Caller, site: Option<&str>) -> Result<Vec<Visitor>> {
        caller.permit(Operation::ReadVisitors)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ReadVisitors, site)?;
        self.charge_raw(snapshot, caller, (&opened, &site), WHOLE).await?;
        let most = self.question.kql_events;
        let too_many = || {
            too_costly(format!(
                "The site has more than {most} visitors, which is more than one answer looks through."
            ))
        };
        let kept = visitor_profile::any(&opened.tx, site.id).await?;
        let mut written = Vec::new();
        if kept {
            if visitor_profile::exceeds(&opened.tx, site.id, MOST_BYTES).await? {
                let message = format!(
                    "More than {} MB are written of the site's visitors, which is more than one answer looks through.",
                    MOST_BYTES >> 20
                );
                return Err(too_costly(message));
            }
            let found = visitor_profile::list(&opened.tx, site.id, most).await?;
            written = found.ok_or_else(too_many)?;
        }
        let seen = self
            .seen(&opened, &site, (Predicate::All(Vec::new()), kept), most + 1)
            .await?;
        if seen.len() > most {
            return Err(too_many());
        }
        let visitors = visitor::join(written, seen);
        if visitors.len() > most {
            return Err(too_many());
        }
        Ok(visitors)
    }

    /// One visitor of a scope: a written profile, or a device that is of none.
    ///
    /// # Errors
    /// No permission, an unknown site, or `DEADLINE_EXCEEDED`.
    pub async fn visitor(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        (scope, id): (&str, &str),
    ) -> Result<Option<Visitor>> {
        caller.permit(Operation::ReadVisitors)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ReadVisitors, site)?;
        self.charge_raw(snapshot, caller, (&opened, &site), WHOLE).await?;
        if scope.contains('\0') || id.contains('\0') {
            return Ok(None);
        }
        let place = Place {
            site: site.id,
            scope,
            id,
        };
        match kept(&opened, place).await? {
            Kept::Elsewhere => Ok(None),
            Kept::Device(forgets) => {
                let devices = vec![id.to_owned()];
                let seen = self.seen_of(&opened, &site, (scope, devices), forgets).await?;
                Ok(seen.into_iter().next().map(Visitor::derived))
            }
            Kept::Written(written) => {
                let devices = written.content.devices.clone();
                let seen = self.seen_of(&opened, &site, (scope, devices), true).await?;
                Ok(Some(Visitor::written(*written, &seen)))
            }
        }
    }

    /// What devices of a scope did.
    async fn seen_of(
        &self,
        opened: &Opened,
        site: &Site,
        (scope, devices): (&str, Vec<String>),
        forgets: bool,
    ) -> Result<Vec<Seen>> {
        if store::visitor::known(&opened.tx, &self.hasher, &devices)
            .await?
            .is_empty()
        {
            return Ok(Vec::new());
        }
        let most = devices.len();
        let one_of = |text: Text, values: Vec<String>| Predicate::Text {
            text,
            fold: None,
            test: Test::OneOf(values),
        };
        let tests = vec![
            one_of(Text::Scope, vec![scope.to_owned()]),
            one_of(Text::Device, devices),
        ];
        self.seen(opened, site, (Predicate::All(tests), forgets), most).await
    }

    async fn seen(
        &self,
        opened: &Opened,
        site: &Site,
        (predicate, forgets): (Predicate, bool),
        most: usize,
    ) -> Result<Vec<Seen>> {
        let filter = Filter::default().and(predicate).since(site.raw_floor);
        let telling = Telling {
            site: site.id,
            filter: &filter,
            tombstones: &opened.tombstones(site.id),
            forgets,
        };
        store::visitor::list(&opened.tx, &self.hasher, telling, most).await
    }
}

/// All of time.
const WHOLE: Span = Span {
    from: i64::MIN,
    to: i64::MAX,
};

fn too_costly(message: String) -> Error {
    Error::new(Code::QueryTooCostly, message)
}

/// What is kept of the visitor with an id.
async fn kept(opened: &Opened, place: Place<'_>) -> Result<Kept> {
    if !visitor_profile::any(&opened.tx, place.site).await? {
        return Ok(Kept::Device(false));
    }
    if let Some(written) = visitor_profile::find(&opened.tx, place).await? {
        return Ok(Kept::Written(Box::new(written)));
    }
    if visitor_profile::is_claimed(&opened.tx, place).await? {
        return Ok(Kept::Elsewhere);
    }
    Ok(Kept::Device(true))
}
