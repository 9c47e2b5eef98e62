//! From when on something is counted: for questions that do not say when they begin.

use super::{Services, snapshot::Snapshot};
use crate::{
    domain::{
        caller::Caller, dimension::Dimension, error::Result, operation::Operation, rollup::State, view::RAW, zone::Days,
    },
    store,
};

/// What counts.
#[derive(Debug, Clone)]
pub enum Counting {
    /// The view of this name.
    View(String),
    /// The scope of these fields.
    Scope(Vec<Dimension>),
}

impl Services {
    /// When the earliest of what is counted of a site happened, in nanoseconds since 1970: the time of its first raw event, or
    /// the beginning of the first day of the counts, which may be kept for longer. None where nothing happened.
    ///
    /// # Errors
    /// No permission, an unknown site, or `UNKNOWN_VIEW`.
    pub async fn first_counted(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        counting: &Counting,
    ) -> Result<Option<i64>> {
        let first = self.first_event(snapshot, caller, site).await?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ReadEvents, site)?;
        if site.raw_floor == i64::MIN {
            return Ok(first);
        }
        let rollups = match counting {
            Counting::View(name) if name == RAW => return Ok(first),
            Counting::View(name) => {
                let view = opened.configuration.view(site.id, name)?;
                opened.configuration.rollup_of_view(view.id)
            }
            Counting::Scope(fields) => match opened.configuration.scope(fields) {
                Some(scope) => opened.configuration.rollup_of_scope(scope.id, site.id),
                None => return Ok(first),
            },
        };
        let Some(rollup) = rollups.into_iter().find(|rollup| rollup.state == State::Live) else {
            return Ok(first);
        };
        let day = match counting {
            Counting::View(_) => store::view_bucket::first_day(&opened.tx, rollup.id).await?,
            Counting::Scope(_) => store::unique_bucket::first_day(&opened.tx, rollup.id).await?,
        };
        let floor = site.rollup_floor.max(rollup.floor);
        let counted = day.map(|day| Days::new(rollup.time_zone.clone()).bounds(day).0.max(floor));
        Ok(counted.into_iter().chain(first).min())
    }
}
