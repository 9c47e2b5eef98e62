//! Raw events: read page by page, watched as they arrive, deleted and brought back.

use cynic::{MutationBuilder, Operation, QueryBuilder, StreamingOperation, SubscriptionBuilder};
use serde_json::Value;

use super::{
    condition::EventFilter,
    page::PageInfo,
    scalar::{Count, Moment, UserError},
    schema,
};

/// What a list shows of an event.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: cynic::Id,
    pub(crate) action: String,
    pub(crate) label: Option<String>,
    pub(crate) time: Moment,
    pub(crate) url: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) device_type: Option<String>,
}

/// An order of events.
#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EventOrder {
    TimeDescending,
    TimeAscending,
    ArrivalDescending,
    ArrivalAscending,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct EventsVariables {
    pub(crate) site: String,
    pub(crate) filter: EventFilter,
    pub(crate) order: EventOrder,
    pub(crate) first: i32,
    pub(crate) after: Option<String>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "EventsVariables")]
pub(crate) struct Events {
    #[arguments(site: $site, filter: $filter, orderBy: $order, first: $first, after: $after)]
    pub(crate) events: EventConnection,
}

/// A page of events.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct EventConnection {
    pub(crate) edges: Vec<EventEdge>,
    pub(crate) page_info: PageInfo,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct EventEdge {
    pub(crate) node: Event,
}

/// Asks for a page of events.
pub(crate) fn events(asked: EventsVariables) -> Operation<Events, EventsVariables> {
    Events::build(asked)
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct WatchVariables {
    pub(crate) site: String,
    pub(crate) filter: EventFilter,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Subscription", variables = "WatchVariables")]
pub(crate) struct Watch {
    #[arguments(site: $site, filter: $filter)]
    pub(crate) event_logged: Event,
}

/// Watches events as they are stored.
pub(crate) fn watch(site: String, filter: EventFilter) -> StreamingOperation<Watch, WatchVariables> {
    Watch::build(WatchVariables { site, filter })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct WholeVariables {
    pub(crate) site: String,
    pub(crate) id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "WholeVariables")]
pub(crate) struct WholeQuery {
    #[arguments(site: $site, id: $id)]
    pub(crate) event: Option<Whole>,
}

/// All that is known of an event.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Event")]
pub(crate) struct Whole {
    pub(crate) id: cynic::Id,
    pub(crate) action: String,
    pub(crate) label: Option<String>,
    pub(crate) time: Moment,
    pub(crate) received: Moment,
    pub(crate) url: Option<String>,
    pub(crate) referrer: Option<String>,
    pub(crate) traffic_source: String,
    pub(crate) tag: Value,
    pub(crate) actor: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) device_type: Option<String>,
    pub(crate) browser: Option<String>,
    pub(crate) os: Option<String>,
    pub(crate) bot: Option<bool>,
    pub(crate) door: String,
}

/// Asks for an event whole.
pub(crate) fn whole(site: String, id: cynic::Id) -> Operation<WholeQuery, WholeVariables> {
    WholeQuery::build(WholeVariables { site, id })
}

/// Which events to delete: ids, or a filter.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct DeleteEventsInput {
    pub(crate) site: Option<String>,
    pub(crate) ids: Option<Vec<cynic::Id>>,
    pub(crate) filter: Option<EventFilter>,
    pub(crate) dry_run: bool,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct DeleteVariables {
    pub(crate) input: DeleteEventsInput,
}

/// What a deletion or a restore did.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct DeletionPayload {
    pub(crate) count: Count,
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DeletionState {
    Hiding,
    Hidden,
    Restoring,
    Restored,
    Purging,
    Purged,
}

/// A request to delete events.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Deletion {
    pub(crate) id: cynic::Id,
    pub(crate) state: DeletionState,
    pub(crate) total: Count,
    pub(crate) done: Count,
    pub(crate) created_at: Moment,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "DeleteVariables")]
pub(crate) struct DeleteEvents {
    #[arguments(input: $input)]
    pub(crate) delete_events: DeletionPayload,
}

/// Deletes events, or counts what would be deleted.
pub(crate) fn delete_events(input: DeleteEventsInput) -> Operation<DeleteEvents, DeleteVariables> {
    DeleteEvents::build(DeleteVariables { input })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct RestoreVariables {
    pub(crate) id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "RestoreVariables")]
pub(crate) struct Restore {
    #[arguments(id: $id)]
    pub(crate) restore_deletion: DeletionPayload,
}

/// Brings back what a deletion hid.
pub(crate) fn restore(id: cynic::Id) -> Operation<Restore, RestoreVariables> {
    Restore::build(RestoreVariables { id })
}

/// Deletions of one page.
const DELETIONS: i32 = 20;

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct DeletionsVariables {
    pub(crate) site: String,
    pub(crate) first: i32,
    pub(crate) after: Option<String>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "DeletionsVariables")]
pub(crate) struct Deletions {
    #[arguments(site: $site, first: $first, after: $after)]
    pub(crate) deletions: DeletionConnection,
}

/// A page of deletions.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct DeletionConnection {
    pub(crate) nodes: Vec<Deletion>,
    pub(crate) page_info: PageInfo,
    pub(crate) purge_at: Moment,
}

/// Asks for a page of the deletions of a site, the latest first.
pub(crate) fn deletions(site: String, after: Option<String>) -> Operation<Deletions, DeletionsVariables> {
    Deletions::build(DeletionsVariables {
        site,
        first: DELETIONS,
        after,
    })
}
