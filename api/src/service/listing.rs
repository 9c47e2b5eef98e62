//! Events listed in any order, so many past so many, with how many there are: what the Profile Store's format asks.

use super::{
    Services,
    snapshot::{Opened, Snapshot},
    timing,
};
use crate::{
    domain::{
        caller::Caller,
        deletion::Filter,
        error::{Code, Error, Result},
        event::Event,
        odata::Key,
        operation::Operation,
        period::Span,
        predicate::Predicate,
        rate::cost,
        site::Site,
    },
    store,
};

/// `skip` and `limit` together stay below it: what lies further back is found by a filter.
const MOST_DEEP: usize = 10_000;

/// Which events, in what order.
#[derive(Debug)]
pub struct ListOf {
    /// What must hold of them.
    pub predicate: Predicate,
    /// Ordered by what.
    pub order: Vec<Key>,
    /// Past so many.
    pub skip: usize,
    /// At most so many.
    pub limit: usize,
}

/// Events of a list.
#[derive(Debug)]
pub struct Listed {
    /// The events.
    pub events: Vec<Event>,
    /// How many there are in all.
    pub total: i64,
}

impl Services {
    /// Lists living events.
    ///
    /// # Errors
    /// No permission, an unknown site, `INVALID_ARGUMENT` for what lies too deep, or `DEADLINE_EXCEEDED`.
    pub async fn list_events(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        asked: ListOf,
    ) -> Result<Listed> {
        let listed = self.read_list(snapshot, caller, site, asked);
        self.time_question("events", |_| timing::RAW, listed).await
    }

    async fn read_list(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        site: Option<&str>,
        asked: ListOf,
    ) -> Result<Listed> {
        caller.permit(Operation::ReadEvents)?;
        check_depth(asked.skip, asked.limit)?;
        let opened = snapshot.hold().await?;
        let site = opened.configuration.admit(caller, Operation::ReadEvents, site)?;
        let span = asked.predicate.span();
        self.charge_raw(snapshot, caller, (&opened, &site), span).await?;
        let tombstones = opened.tombstones(site.id);
        let filter = Filter {
            span: Some(span),
            ..Filter::default()
        };
        let filter = filter.and(asked.predicate).since(site.raw_floor);
        let listing = store::listing::Listing {
            hasher: &self.hasher,
            site: site.id,
            filter: &filter,
            tombstones: &tombstones,
            order: &asked.order,
            skip: asked.skip,
            limit: asked.limit,
        };
        let events = store::listing::list(&opened.tx, &listing).await?;
        let most = i64::MAX;
        let total = store::raw::matching(&opened.tx, &self.hasher, site.id, &filter, &tombstones, most).await?;
        Ok(Listed { events, total })
    }

    /// Charges a question that reads raw events of a span, as far as its site has any.
    pub(super) async fn charge_raw(
        &self,
        snapshot: &Snapshot,
        caller: &Caller,
        (opened, site): (&Opened, &Site),
        span: Span,
    ) -> Result<()> {
        // Looking costs, too.
        self.charge_question(snapshot, caller, 1)?;
        let within = store::event::bounds(&opened.tx, site.id)
            .await?
            .map(|(first, last)| Span {
                from: span.from.max(first).max(site.raw_floor),
                to: span.to.min(last.saturating_add(1)),
            });
        let within = within.filter(|within| within.from < within.to);
        within.map_or(Ok(()), |within| {
            self.charge_question(snapshot, caller, cost::of_raw(within))
        })
    }
}

/// Refuses what lies too far back in a list.
///
/// # Errors
/// `INVALID_ARGUMENT`.
pub fn check_depth(skip: usize, limit: usize) -> Result<()> {
    if skip.saturating_add(limit) < MOST_DEEP {
        return Ok(());
    }
    let message = format!("$skip and $top together are to be less than {MOST_DEEP}; narrow the $filter instead.");
    Err(Error::new(Code::InvalidArgument, message).at("$top"))
}
