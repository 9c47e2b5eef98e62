//! The documents that the typed helpers send: every field that a test may want to look at.

macro_rules! error {
    () => {
        "error { code message path retryAfter }"
    };
}

macro_rules! event {
    () => {
        concat!(
            "id action label time received url referrer trafficSource tag actor actorSource company device session ",
            "language country city ip userAgent deviceType browser os bot door"
        )
    };
}

macro_rules! provenance {
    () => {
        "provenance { source markLagEvents upToEvent }"
    };
}

macro_rules! view_result {
    () => {
        concat!(
            "view from to timeZone total rows { dimensions count } ",
            "series { start end count rows { dimensions count } } ",
            provenance!()
        )
    };
}

macro_rules! outcome {
    () => {
        concat!("outcome event { ", event!(), " } ", error!())
    };
}

macro_rules! deletion {
    () => {
        concat!("deletion { id } count notFound ", error!())
    };
}

/// Logs one event.
pub const LOG_EVENT: &str = concat!(
    "mutation ($input: EventInput!) { logEvent(input: $input) { ",
    outcome!(),
    " } }"
);

/// Logs several.
pub const LOG_EVENTS: &str = concat!(
    "mutation ($inputs: [EventInput!]!) { logEvents(inputs: $inputs) { accepted outcomes { ",
    outcome!(),
    " } } }"
);

/// Asks one view.
pub const FIND: &str = concat!(
    "query ($input: FindInput!) { find(input: $input) { ",
    view_result!(),
    " } }"
);

/// Asks several views; each answers or fails for itself.
pub const FIND_BATCH: &str = concat!(
    "query ($inputs: [FindInput!]!) { findBatch(inputs: $inputs) { result { ",
    view_result!(),
    " } ",
    error!(),
    " } }"
);

/// Asks how far the mark is behind.
pub const PROVENANCE: &str = concat!(
    "query ($input: FindInput!) { find(input: $input) { ",
    provenance!(),
    " } }"
);

/// Counts distinct actors.
pub const UNIQUE: &str = "query ($input: UniqueInput!) { unique(input: $input) { \
     count lower upper exact identityPeriod series { start end count lower upper exact } } }";

macro_rules! ledger_rows {
    () => {
        "received rows { outcome code action otherActions key dialect count }"
    };
}

/// Asks what became of every event received.
pub const LEDGER: &str = concat!(
    "query ($site: String, $from: DateTime!, $to: DateTime!, $period: Period, $timeZone: String, ",
    "$groupBy: [LedgerDimension!]!) { ledger(site: $site, from: $from, to: $to, period: $period, timeZone: $timeZone, ",
    "groupBy: $groupBy) { from to timeZone series { start end ",
    ledger_rows!(),
    " } ",
    ledger_rows!(),
    " } }"
);

/// Reads raw events.
pub const EVENTS: &str = concat!(
    "query ($site: String, $filter: EventFilter, $orderBy: EventOrder, ",
    "$first: Int, $after: String, $last: Int, $before: String) { ",
    "events(site: $site, filter: $filter, orderBy: $orderBy, ",
    "first: $first, after: $after, last: $last, before: $before) { edges { cursor node { ",
    event!(),
    " } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"
);

/// Reads one raw event.
pub const EVENT: &str = concat!(
    "query ($site: String, $id: ID!) { event(site: $site, id: $id) { ",
    event!(),
    " } }"
);

/// Deletes one event.
pub const DELETE_EVENT: &str = concat!(
    "mutation ($site: String, $id: ID!) { deleteEvent(site: $site, id: $id) { ",
    deletion!(),
    " } }"
);

/// Deletes by a list of ids, by filter or by actor.
pub const DELETE_EVENTS: &str = concat!(
    "mutation ($input: DeleteEventsInput!) { deleteEvents(input: $input) { ",
    deletion!(),
    " } }"
);

/// Takes a deletion back.
pub const RESTORE_DELETION: &str = concat!("mutation ($id: ID!) { restoreDeletion(id: $id) { ", deletion!(), " } }");
