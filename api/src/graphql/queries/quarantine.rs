//! Asking for events in quarantine.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::{
        error::{self, Code},
        quarantine::{Entry, Filter},
    },
    graphql::{
        context::ContextExt,
        objects::event::Event,
        page::{PageArguments, PageInfo, Paging, cursor},
        scalar::Count,
    },
    service::{
        event::{Order, Place},
        quarantine::{Listed, PageOf},
    },
};

/// Why an event is in quarantine.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum QuarantineCode {
    /// A field has another type than its key has, or an array holds values of several types.
    TagTypeConflict,
    /// It has a new key, and no more were taken.
    TagKeyLimit,
    /// It has a key that is not declared, and its site took declared ones alone.
    TagKeyUndeclared,
    /// By another system's wire format only: the site's allow and deny lists do not let it in.
    Denied,
    /// By another system's wire format only: its action breaks the site's rule for actions, or there is none.
    InvalidAction,
    /// By another system's wire format only: it is older than the site takes. Trying it again takes it.
    EventTooOld,
    /// By another system's wire format only: its tag breaks a limit of size, depth or number of keys.
    InvalidTag,
    /// By another system's wire format only: two keys of one object of its tag become equal once dots are replaced.
    TagKeyCollision,
    /// By another system's wire format only: one of its texts is longer than allowed.
    TooLong,
    /// By another system's wire format only: one of its texts holds a character that cannot be stored.
    InvalidText,
    /// By another system's wire format only: the actor's address is none. Trying it again leaves the address out.
    InvalidIp,
    /// By another system's wire format only: it speaks for a user that its token does not name.
    Forbidden,
    /// By another system's wire format only: its request held more of them than that format allows.
    TooManyItems,
    /// By another system's wire format only: it is right itself, and came with one that is not, which refused all of them.
    BatchRefused,
    /// By another system's wire format only: it is larger than that format allows.
    BodyTooLarge,
    /// By another system's wire format only: one of its fields is out of its bounds, such as a scope that is none.
    InvalidArgument,
    /// By another system's wire format only: it lacks what that format requires.
    MalformedRequest,
}

/// Every code, with that of the one table.
const CODES: [(QuarantineCode, Code); 17] = [
    (QuarantineCode::BodyTooLarge, Code::BodyTooLarge),
    (QuarantineCode::InvalidArgument, Code::InvalidArgument),
    (QuarantineCode::MalformedRequest, Code::MalformedRequest),
    (QuarantineCode::TagTypeConflict, Code::TagTypeConflict),
    (QuarantineCode::TagKeyLimit, Code::TagKeyLimit),
    (QuarantineCode::TagKeyUndeclared, Code::TagKeyUndeclared),
    (QuarantineCode::Denied, Code::Denied),
    (QuarantineCode::InvalidAction, Code::InvalidAction),
    (QuarantineCode::EventTooOld, Code::EventTooOld),
    (QuarantineCode::InvalidTag, Code::InvalidTag),
    (QuarantineCode::TagKeyCollision, Code::TagKeyCollision),
    (QuarantineCode::TooLong, Code::TooLong),
    (QuarantineCode::InvalidText, Code::InvalidText),
    (QuarantineCode::InvalidIp, Code::InvalidIp),
    (QuarantineCode::Forbidden, Code::Forbidden),
    (QuarantineCode::TooManyItems, Code::TooManyItems),
    (QuarantineCode::BatchRefused, Code::BatchRefused),
];

impl QuarantineCode {
    fn read(self) -> Code {
        let found = CODES.iter().find(|(one, _)| *one == self);
        found.map_or(Code::MalformedRequest, |(_, code)| *code)
    }

    fn of(code: Code) -> Self {
        let found = CODES.iter().find(|(_, one)| *one == code);
        found.map_or(Self::MalformedRequest, |(own, _)| *own)
    }
}

/// Which events in quarantine; what is left out does not matter.
#[derive(InputObject, Default)]
pub(in crate::graphql) struct QuarantineFilter {
    /// Those refused for this reason.
    code: Option<QuarantineCode>,
    /// Those refused for the field at this path, such as `some_object.some_string`.
    path: Option<String>,
    /// Those refused for a field of this name, wherever in the tag it is.
    key: Option<String>,
    /// Those of this action.
    action: Option<String>,
}

impl QuarantineFilter {
    pub(in crate::graphql) fn read(self, ids: Option<Vec<ID>>) -> Filter {
        Filter {
            ids: ids.map(|ids| ids.into_iter().map(|id| id.0).collect()),
            code: self.code.map(QuarantineCode::read),
            path: self.path,
            name: self.key,
            action: self.action,
        }
    }
}

/// An event that does not fit the tag schema, kept whole; of another system's wire format any event that was refused.
#[derive(SimpleObject)]
pub(in crate::graphql) struct QuarantinedEvent {
    /// Names it, for `redriveQuarantine` and `deleteQuarantined`.
    id: ID,
    /// Why it was refused.
    code: QuarantineCode,
    /// The field at fault: in the tag, such as `some_object.some_string`, or where the code is none of the tag schema's, in
    /// the event, such as `time`.
    path: String,
    /// The name of that field.
    key: String,
    /// The type that it would have to be of; none where that is not the reason.
    expected_type: Option<String>,
    /// The type that it is of; of an actor that is too long the whole of it.
    received_type: Option<String>,
    /// The prefix of the API key that logged the event.
    api_key: Option<ID>,
    /// The event as it would have been stored, with its actor, its times, and the way it came in.
    event: Event,
}

impl QuarantinedEvent {
    fn new(entry: Entry, key: Option<String>) -> Self {
        Self {
            id: entry.public_id.into(),
            code: QuarantineCode::of(entry.refusal.code),
            path: entry.refusal.path,
            key: entry.refusal.name,
            expected_type: entry.refusal.expected,
            received_type: entry.refusal.received,
            api_key: key.map(ID::from),
            event: entry.event.into(),
        }
    }
}

/// An event with the cursor of its place.
#[derive(SimpleObject)]
struct QuarantineEdge {
    /// The event's place, for `after` and `before`.
    cursor: String,
    /// The event.
    node: QuarantinedEvent,
}

/// A page of a site's quarantine.
#[derive(SimpleObject)]
struct QuarantineConnection {
    /// The events with their cursors.
    edges: Vec<QuarantineEdge>,
    /// What lies beyond the page.
    page_info: PageInfo,
    /// How many events match on all pages.
    total_count: Count,
    /// How much room the whole of the site's quarantine takes, in bytes.
    bytes: Count,
    /// How many events have left the site's quarantine for their age, ever.
    expired: Count,
    /// How many events have left it to make room for others, ever.
    displaced: Count,
}

impl QuarantineConnection {
    fn new(listed: Listed, paging: &Paging) -> Self {
        let edges = listed.entries.into_iter().map(|(entry, key)| QuarantineEdge {
            cursor: cursor(Place {
                time: crate::domain::zone::nanoseconds(entry.event.received),
                sequence: entry.id,
            }),
            node: QuarantinedEvent::new(entry, key),
        });
        let (edges, page_info) = paging.finish(edges.collect(), |edge: &QuarantineEdge| edge.cursor.clone());
        Self {
            edges,
            page_info,
            total_count: Count(listed.matching),
            bytes: Count(listed.totals.bytes),
            expired: Count(listed.totals.expired),
            displaced: Count(listed.totals.displaced),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct QuarantineQuery;

#[Object]
impl QuarantineQuery {
    /// Events of a site that did not fit the tag schema, the oldest first; 50 at a time, at most 1,000. They count in no
    /// answer. The site's settings say how long and how many are kept.
    #[expect(
        clippy::too_many_arguments,
        reason = "the filter and the arguments of a Relay connection"
    )]
    async fn quarantine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "Only those that match.")] filter: Option<QuarantineFilter>,
        #[graphql(desc = "So many from the start, or from past `after`.")] first: Option<i32>,
        #[graphql(desc = "Only events past this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or from before `before`.")] last: Option<i32>,
        #[graphql(desc = "Only events before this cursor.")] before: Option<String>,
    ) -> Result<QuarantineConnection> {
        let ask = async {
            let arguments = PageArguments {
                first,
                after,
                last,
                before,
            };
            let paging = arguments.paging(Order::Arrival, false)?;
            let page = PageOf {
                after: paging.read.after.map(|place| place.sequence),
                before: paging.read.before.map(|place| place.sequence),
                descending: paging.read.descending,
                limit: paging.read.limit,
            };
            let filter = filter.unwrap_or_default().read(None);
            let listed = ctx
                .services()
                .quarantine(ctx.snapshot(), ctx.caller(), site.as_deref(), &filter, page)
                .await?;
            Ok(QuarantineConnection::new(listed, &paging))
        };
        let listed: error::Result<QuarantineConnection> = ask.await;
        listed.map_err(|error| ctx.fail(error))
    }
}
