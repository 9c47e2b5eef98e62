//! Raw events, and the actions that occur.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object, Result, SimpleObject};

use crate::{
    domain::{condition::Condition, error, event},
    graphql::{
        context::ContextExt,
        objects::{condition::EventFilter, event::Event},
        page::{PageArguments, PageInfo, cursor},
        scalar::{Count, DateTime},
    },
    service::event::{ActionSeen, Order},
};

/// The order of raw events.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum EventOrder {
    /// The latest by their own time first.
    TimeDescending,
    /// The earliest by their own time first.
    TimeAscending,
    /// The last to arrive first.
    ArrivalDescending,
    /// The first to arrive first. Of events that are written at the same moment, one may come into its place a moment after
    /// one behind it: who follows along by cursors may miss it, and had better use `eventLogged`, which misses none.
    ArrivalAscending,
}

impl EventOrder {
    fn parts(self) -> (Order, bool) {
        match self {
            Self::TimeDescending => (Order::Time, true),
            Self::TimeAscending => (Order::Time, false),
            Self::ArrivalDescending => (Order::Arrival, true),
            Self::ArrivalAscending => (Order::Arrival, false),
        }
    }
}

/// An event with the cursor of its place.
#[derive(SimpleObject)]
struct EventEdge {
    /// The event's place, for `after` and `before`. It stays good whatever is logged or deleted meanwhile.
    cursor: String,
    /// The event.
    node: Event,
}

/// A page of events.
#[derive(SimpleObject)]
pub(in crate::graphql) struct EventConnection {
    /// The events with their cursors.
    edges: Vec<EventEdge>,
    /// What lies beyond the page.
    page_info: PageInfo,
}

/// An action, how often and when.
#[derive(SimpleObject)]
struct Action {
    /// The action.
    name: String,
    /// How many events.
    count: Count,
    /// The time of the first that is kept.
    first_seen: Option<DateTime>,
    /// The time of the last.
    last_seen: Option<DateTime>,
    /// Whether it is known from the start.
    built_in: bool,
}

impl From<ActionSeen> for Action {
    fn from(seen: ActionSeen) -> Self {
        Self {
            name: seen.name,
            count: Count(seen.count),
            first_seen: seen.seen.map(|(first, _)| DateTime::of(first)),
            last_seen: seen.seen.map(|(_, last)| DateTime::of(last)),
            built_in: seen.built_in,
        }
    }
}

/// Which events, and which page of them.
pub(in crate::graphql) struct Asked {
    pub(in crate::graphql) site: Option<String>,
    pub(in crate::graphql) filter: Option<EventFilter>,
    /// What must hold besides.
    pub(in crate::graphql) also: Vec<Condition>,
    pub(in crate::graphql) order: Option<EventOrder>,
    pub(in crate::graphql) page: PageArguments,
}

pub(in crate::graphql) async fn read_page(ctx: &Context<'_>, asked: Asked) -> error::Result<EventConnection> {
    let (order, descending) = asked.order.unwrap_or(EventOrder::TimeDescending).parts();
    let paging = asked.page.paging(order, descending)?;
    let mut filter = asked.filter.unwrap_or_default().read("filter")?;
    filter.conditions.extend(asked.also);
    let read = ctx
        .services()
        .events(
            ctx.snapshot(),
            ctx.caller(),
            asked.site.as_deref(),
            &filter,
            paging.read,
        )
        .await?;
    let asks = ctx.look_ahead().field("edges").field("node").field("orphan").exists();
    let searched = if asks {
        let searched = ctx
            .services()
            .searched(ctx.snapshot(), ctx.caller(), read.iter())
            .await?;
        Some(Arc::new(searched))
    } else {
        None
    };
    let of_page = |event: event::Event| match &searched {
        Some(searched) => Event::from(event).with(searched),
        None => event.into(),
    };
    let (events, page_info) = paging.finish(read.into_iter().map(of_page).collect(), |event: &Event| {
        cursor(event.place())
    });
    let edges = events
        .into_iter()
        .map(|event| EventEdge {
            cursor: cursor(event.place()),
            node: event,
        })
        .collect();
    Ok(EventConnection { edges, page_info })
}

#[derive(Default)]
pub(in crate::graphql) struct EventQuery;

#[Object]
impl EventQuery {
    /// Raw events, page by page: `first` with `after` forward, `last` with `before` backward; 50 at a time where neither
    /// is given, at most 1,000.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "Which events.")] filter: Option<EventFilter>,
        #[graphql(desc = "Their order; the latest first where left out.")] order_by: Option<EventOrder>,
        #[graphql(desc = "So many from the start, or from past `after`.")] first: Option<i32>,
        #[graphql(desc = "Only events past this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or from before `before`.")] last: Option<i32>,
        #[graphql(desc = "Only events before this cursor.")] before: Option<String>,
    ) -> Result<EventConnection> {
        let page = PageArguments {
            first,
            after,
            last,
            before,
        };
        read_page(
            ctx,
            Asked {
                site,
                filter,
                also: Vec::new(),
                order: order_by,
                page,
            },
        )
        .await
        .map_err(|error| ctx.fail(error))
    }

    /// One event; null where there is none, or it is deleted.
    async fn event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The event's id.")] id: ID,
    ) -> Result<Option<Event>> {
        let found = ctx
            .services()
            .event(ctx.snapshot(), ctx.caller(), site.as_deref(), &id)
            .await;
        found
            .map(|event| event.map(Event::from))
            .map_err(|error| ctx.fail(error))
    }

    /// The actions that occur on a site, the most frequent first, and those that are known from the start.
    async fn actions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
    ) -> Result<Vec<Action>> {
        let actions = ctx
            .services()
            .actions(ctx.snapshot(), ctx.caller(), site.as_deref())
            .await;
        actions
            .map(|list| list.into_iter().map(Action::from).collect())
            .map_err(|error| ctx.fail(error))
    }
}
