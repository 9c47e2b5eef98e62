//! Clicks without their search. Either may come first, so this is found out when it is asked for.

use std::{
    collections::{HashMap, HashSet},
    ops::RangeInclusive,
};

use super::{Services, snapshot::Snapshot};
use crate::{
    domain::{
        caller::Caller,
        condition::{Condition, Op},
        deletion::Filter,
        dimension::Dimension,
        error::Result,
        event::Event,
        operation::Operation,
        period::Span,
        zone::{DAY, nanoseconds},
    },
    store,
};

/// The key of a tag that a search and the clicks on its results have in common.
const SEARCH: &str = "searchQueryUid";
/// Only clicks have a place in a list of results.
const OF_CLICK: &str = "documentPosition";
/// Only searches have what was searched for.
const OF_SEARCH: &str = "queryText";

/// The searches of which some event tells, each with the first and the last time of each day.
#[derive(Debug, Clone, Default)]
pub struct Searched(HashMap<String, Vec<RangeInclusive<i64>>>);

impl Searched {
    /// Whether a click has no search within a day of it; nothing where it is no click on a result.
    #[must_use]
    pub fn lacks(&self, event: &Event) -> Option<bool> {
        let search = search_of(event)?;
        let near = around(nanoseconds(event.time), nanoseconds(event.time));
        // What is shorter than two days and reaches into them has its beginning or its end there: an event.
        let is_near = |times: &RangeInclusive<i64>| *times.start() < near.to && near.from <= *times.end();
        let times = self.0.get(search);
        Some(!times.is_some_and(|times| times.iter().any(is_near)))
    }
}

/// From a day before the first to a day after the last.
fn around(first: i64, last: i64) -> Span {
    Span {
        from: first.saturating_sub(DAY),
        to: last.saturating_add(DAY),
    }
}

/// The search that a click is of.
fn search_of(event: &Event) -> Option<&str> {
    let tag = event.tag.as_ref()?;
    let search = tag.get(SEARCH)?.as_str()?;
    tag.contains_key(OF_CLICK).then_some(search)
}

impl Services {
    /// Which searches of clicks were logged, and when, as far as [`Searched::lacks`] asks of these clicks. The events are of
    /// one site.
    ///
    /// # Errors
    /// No permission, `RATE_LIMITED`, or `DEADLINE_EXCEEDED`.
    pub async fn searched<'a>(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        events: impl Iterator<Item = &'a Event>,
    ) -> Result<Searched> {
        caller.permit(Operation::ReadEvents)?;
        let clicks: Vec<_> = events.filter_map(|event| Some((event, search_of(event)?))).collect();
        let times = || clicks.iter().map(|(event, _)| nanoseconds(event.time));
        let (Some((click, _)), Some(first), Some(last)) = (clicks.first(), times().min(), times().max()) else {
            return Ok(Searched::default());
        };
        let opened = snapshot.hold().await?;
        let Some(site) = opened.configuration.sites.get(&click.site).cloned() else {
            return Ok(Searched::default());
        };
        caller.permit_on(Operation::ReadEvents, site.id)?;
        let span = around(first, last);
        self.charge_raw(snapshot, caller, (&opened, &site), span).await?;
        let ids: HashSet<&str> = clicks.iter().map(|(_, search)| *search).collect();
        let key = |name: &str| Dimension::Tag(vec![name.to_owned()]);
        let filter = Filter {
            span: Some(span),
            conditions: vec![
                Condition::new(key(SEARCH), Op::In, ids.into_iter().collect())?,
                Condition::new(key(OF_SEARCH), Op::Exists, true.into())?,
            ],
            ..Filter::default()
        };
        let filter = filter.since(site.raw_floor);
        let tombstones = opened.tombstones(site.id);
        let found = store::event::tag_texts(&opened.tx, &self.hasher, (site.id, &filter, &tombstones), SEARCH).await?;
        Ok(Searched(found))
    }
}
