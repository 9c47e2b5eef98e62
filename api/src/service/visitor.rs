//! The visitors of a site, as the Profile Store's format tells of them: worked out from living events, so that what is deleted
//! leaves nothing behind in them.

use super::{Services, snapshot::Snapshot};
use crate::{
    domain::{
        caller::Caller,
        deletion::Filter,
        error::{Code, Error, Result},
        operation::Operation,
        period::Span,
        predicate::{Predicate, Test, Text},
    },
    store,
};

pub use crate::store::visitor::Visitor;

/// Which visitors; all of the site where nothing is named.
#[derive(Debug, Clone, Copy, Default)]
pub struct WhichVisitors<'a> {
    /// Those of a scope.
    pub scope: Option<&'a str>,
    /// The one with this device.
    pub device: Option<&'a str>,
}

impl Services {
    /// The visitors of a site, each device in each scope one.
    ///
    /// # Errors
    /// No permission, an unknown site, `QUERY_TOO_COSTLY` where there are too many, or `DEADLINE_EXCEEDED`.
    pub async fn visitors(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        which: WhichVisitors<'_>,
    ) -> Result<Vec<Visitor>> {
        caller.permit(Operation::ReadVisitors)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ReadVisitors, site)?;
        let whole = Span {
            from: i64::MIN,
            to: i64::MAX,
        };
        self.charge_raw(snapshot, caller, (&opened, &site), whole).await?;
        let tombstones = opened.tombstones(site.id);
        let is = |text: Text, value: &str| Predicate::Text {
            text,
            fold: None,
            test: Test::OneOf(vec![value.to_owned()]),
        };
        let named = [(Text::Scope, which.scope), (Text::Device, which.device)];
        let tests: Vec<_> = named
            .into_iter()
            .filter_map(|(text, value)| Some(is(text, value?)))
            .collect();
        let nul = [which.scope, which.device]
            .into_iter()
            .flatten()
            .any(|text| text.contains('\0'));
        if nul {
            return Ok(Vec::new());
        }
        let filter = Filter::default().and(Predicate::All(tests)).since(site.raw_floor);
        let most = self.question.kql_events;
        let which = (site.id, &filter, tombstones.as_slice());
        let found = store::visitor::list(&opened.tx, &self.hasher, which, most + 1).await?;
        if found.len() > most {
            let message =
                format!("The site has more than {most} visitors, which is more than one answer looks through.");
            return Err(Error::new(Code::QueryTooCostly, message));
        }
        Ok(found)
    }
}
