//! Events: as they come, as they are kept, and what became of each.

use std::{
    hash::{Hash, Hasher},
    net::IpAddr,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::domain::{
    error::{Code, Error},
    predicate::is_local,
    site::stored,
};

/// The actions that are known from the start; others are allowed.
pub const KNOWN_ACTIONS: [&str; 9] = [
    "pageview",
    "button.load",
    "button.click",
    "email.send",
    "sharelink.click",
    "conversion",
    "page.visit",
    "session.start",
    "session.end",
];

/// Characters of a label.
pub const MOST_LABEL: usize = 1_024;
/// Characters of the address of a page, or of where somebody came from.
pub const MOST_ADDRESS: usize = 8_192;
/// Characters of a user agent; of a long one the beginning is kept.
pub const MOST_AGENT: usize = 2_048;
/// Characters of a language.
pub const MOST_LANGUAGE: usize = 64;
/// What the server gets more than so long after it happened is late.
const LATE_AFTER: SignedDuration = SignedDuration::from_secs(5 * 60);
/// The scope of an event that names none.
pub const DEFAULT_SCOPE: &str = "default";
/// The country that is told of an address that is of no network but one's own.
pub const LOCAL_COUNTRY: &str = "Localhost";

/// One event as a door hands it in: nothing checked yet.
#[derive(Debug, Clone, Default)]
pub struct NewEvent {
    /// The client's id, which makes logging idempotent.
    pub id: Option<String>,
    /// The event's name.
    pub action: String,
    /// A short text beside the action.
    pub label: Option<String>,
    /// When it happened, in RFC 3339.
    pub time: Option<String>,
    /// The page.
    pub url: Option<String>,
    /// Where the actor came from.
    pub referrer: Option<String>,
    /// Free-form object, or an array that becomes one.
    pub tag: Option<Value>,
    /// The actor's address.
    pub ip: Option<String>,
    /// The actor's user agent.
    pub user_agent: Option<String>,
    /// The user's id.
    pub actor: Option<String>,
    /// Whether the user whom the caller's token speaks for is not to be named.
    pub anonymous: bool,
    /// The hash of an actor whom nobody named, as an export has it; only an import gives one.
    pub unnamed: Option<String>,
    /// The device's id.
    pub device: Option<String>,
    /// The session's id.
    pub session: Option<String>,
    /// The organisation that the actor acts for.
    pub company: Option<String>,
    /// The actor's language.
    pub language: Option<String>,
    /// The actor's country, two letters.
    pub country: Option<String>,
    /// The actor's city.
    pub city: Option<String>,
    /// The part of the site that it is of, where its format has such; none is [`DEFAULT_SCOPE`].
    pub scope: Option<String>,
    /// The client's clock when it sent the event, where it tells: by it the clock that `time` was read from is set right.
    pub sent: Option<String>,
    /// Whether the connection is that of a server that passes on what its users did: then nothing about the actor is
    /// taken from it.
    pub relayed: bool,
    /// Whether it takes the place of the event that has its id, if there is one.
    pub overwrites: bool,
    /// An id that its door has made for it, which nobody else has: what the server gives an event that comes without one.
    pub made_id: Option<Uuid>,
    /// Why the wire format that it came in refuses it, found out by its door.
    pub fault: Option<Error>,
}

impl NewEvent {
    /// The client's id, and the one that its door has made for it.
    #[must_use]
    pub fn ids(&self) -> (Option<&str>, Option<Uuid>) {
        (self.id.as_deref(), self.made_id)
    }
}

/// The way an event came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Door {
    /// GraphQL.
    Graphql,
    /// The command line's import.
    Import,
    /// Quarantine, by which it came in at the second try.
    Redrive,
    /// The HTTP tracking API of Segment.
    Segment,
    /// Moesif's collector.
    Moesif,
    /// click.st's `action` component.
    Clickst,
    /// Our own script for pages, and its pixel.
    Script,
    /// Coveo's usage analytics, and its event protocol.
    Coveo,
    /// Optimizely's Profile Store.
    Profilestore,
    /// Synerise's event tracking.
    Synerise,
}

stored!(Door { Graphql = 0, Import = 1, Redrive = 2, Segment = 3, Moesif = 4, Clickst = 5, Coveo = 6, Profilestore = 7, Synerise = 8, Script = 20 });

impl Door {
    /// Whether it is another system's wire format. Its clients are often told that all is well whatever became of an
    /// event, and they cannot mend one; so what is refused of theirs is kept whole in quarantine.
    #[must_use]
    pub fn is_dialect(self) -> bool {
        match self {
            Self::Graphql | Self::Import | Self::Redrive => false,
            Self::Segment
            | Self::Moesif
            | Self::Clickst
            | Self::Coveo
            | Self::Profilestore
            | Self::Script
            | Self::Synerise => true,
        }
    }

    /// Its public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Graphql => "graphql",
            Self::Import => "import",
            Self::Redrive => "redrive",
            Self::Segment => "segment",
            Self::Moesif => "moesif",
            Self::Clickst => "clickst",
            Self::Script => "script",
            Self::Coveo => "coveo",
            Self::Profilestore => "profilestore",
            Self::Synerise => "synerise",
        }
    }
}

/// How an actor brought up the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrafficSource {
    /// No referrer, or the page's own host.
    Direct,
    /// A search engine.
    Search,
    /// A share link.
    ShareLink,
    /// Anywhere else.
    Other,
}

stored!(TrafficSource { Direct = 0, Search = 1, ShareLink = 2, Other = 3 });

impl TrafficSource {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 4] = [Self::Direct, Self::Search, Self::ShareLink, Self::Other];

    /// Its public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Search => "search",
            Self::ShareLink => "click.st",
            Self::Other => "other",
        }
    }
}

/// Where an actor's id came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ActorKind {
    /// There is no actor.
    None,
    /// The caller named a user.
    User,
    /// The caller named a device.
    Device,
    /// A keyed hash of site, address and user agent.
    Unnamed,
}

stored!(ActorKind { None = 0, User = 1, Device = 2, Unnamed = 3 });

/// What a user agent and its device are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The user agent as it was sent.
    pub value: String,
    /// Kind of device.
    pub device: String,
    /// Family of browser.
    pub browser: Option<String>,
    /// Family of operating system.
    pub os: Option<String>,
    /// Whether it is a program.
    pub bot: bool,
}

/// An address with the parts that are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// As it was sent.
    pub value: String,
    /// Host in lower case, without a port.
    pub host: Option<String>,
    /// Path, without query and fragment.
    pub path: Option<String>,
}

// What is told from the text follows from it, so the text is hash enough.
impl Hash for Agent {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl Hash for Address {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.value.hash(state);
    }
}

impl Address {
    /// Reads an absolute URL, or a bare path that has no host. A text that is neither keeps only its value.
    #[must_use]
    pub fn parse(value: &str) -> Self {
        if value.starts_with('/') {
            let path = value.split(['?', '#']).next().unwrap_or(value);
            return Self {
                value: value.to_owned(),
                host: None,
                path: Some(path.to_owned()),
            };
        }
        match url::Url::parse(value) {
            Ok(url) if url.has_host() => Self {
                value: value.to_owned(),
                host: url.host_str().map(str::to_ascii_lowercase),
                path: Some(url.path().to_owned()),
            },
            _ => Self {
                value: value.to_owned(),
                host: None,
                path: None,
            },
        }
    }
}

/// One event as it is kept and answered.
#[derive(Debug, Clone)]
pub struct Event {
    /// Arrival order; none before it is stored.
    pub sequence: Option<i64>,
    /// The site.
    pub site: i64,
    /// The public id: the client's where it gave one, else the server's.
    pub id: String,
    /// Whether `id` is the client's.
    pub id_is_clients: bool,
    /// Unique for ever: the server's UUID, or a keyed hash of the client's id.
    pub uid: [u8; 16],
    /// The event's name.
    pub action: String,
    /// A short text beside the action.
    pub label: Option<String>,
    /// When it happened.
    pub time: Timestamp,
    /// When the server got it.
    pub received: Timestamp,
    /// The page.
    pub url: Option<Arc<Address>>,
    /// Where the actor came from.
    pub referrer: Option<Arc<Address>>,
    /// What was made of the referrer.
    pub traffic_source: TrafficSource,
    /// What the actor used.
    pub agent: Option<Arc<Agent>>,
    /// Who did it.
    pub actor: Option<String>,
    /// Where `actor` came from.
    pub actor_kind: ActorKind,
    /// The device's id.
    pub device: Option<String>,
    /// The session's id.
    pub session: Option<String>,
    /// The organisation that the actor acts for.
    pub company: Option<String>,
    /// The actor's language.
    pub language: Option<String>,
    /// The actor's country.
    pub country: Option<String>,
    /// The actor's city.
    pub city: Option<String>,
    /// The part of the site that it is of; none is [`DEFAULT_SCOPE`].
    pub scope: Option<String>,
    /// As much of the actor's address as the site keeps.
    pub ip: Option<IpAddr>,
    /// Free-form object.
    pub tag: Option<Map<String, Value>>,
    /// The way it came in.
    pub door: Door,
    /// The key that logged it.
    pub key: Option<i64>,
}

impl Event {
    /// Its scope.
    #[must_use]
    pub fn scope(&self) -> &str {
        self.scope.as_deref().unwrap_or(DEFAULT_SCOPE)
    }

    /// Whether the server got it late.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.received.duration_since(self.time) > LATE_AFTER
    }

    /// Its country; for an address that is not of the internet [`LOCAL_COUNTRY`], else nothing.
    #[must_use]
    pub fn country_or_local(&self) -> &str {
        let local = || self.ip.filter(|ip| is_local(*ip)).map(|_| LOCAL_COUNTRY);
        self.country.as_deref().or_else(local).unwrap_or_default()
    }
}

/// What became of one received event.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Stored, durably.
    Accepted(Arc<Event>),
    /// An event with this id was stored before.
    Duplicate {
        /// The id.
        id: String,
    },
    /// Not stored, and why.
    Refused(Error),
}

impl Outcome {
    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Accepted(_) => OutcomeKind::Accepted,
            Self::Duplicate { .. } => OutcomeKind::Duplicate,
            Self::Refused(error) => OutcomeKind::of(error.code),
        }
    }

    /// Why it was not stored; none where it is.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Accepted(_) | Self::Duplicate { .. } => None,
            Self::Refused(error) => Some(error.code),
        }
    }
}

/// What can become of an event. The ledger keeps the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    /// Stored, durably.
    Accepted,
    /// An event with its id was stored before.
    Duplicate,
    /// Refused by the site's allow or deny list.
    Denied,
    /// Refused for what it is, or for who sent it.
    Invalid,
    /// Refused for a tag that does not fit the tag schema, and kept in quarantine.
    TypeConflict,
    /// Refused as a rate was used up.
    RateLimited,
    /// Refused as the server was overloaded.
    Overloaded,
    /// Lost to a failure of the server.
    Failed,
}

stored!(OutcomeKind {
    Accepted = 0,
    Duplicate = 1,
    Denied = 2,
    Invalid = 3,
    RateLimited = 4,
    Overloaded = 5,
    Failed = 6,
    TypeConflict = 7,
});

impl OutcomeKind {
    /// What a refusal with this code is.
    #[must_use]
    pub fn of(code: Code) -> Self {
        match code {
            Code::Denied => Self::Denied,
            Code::TagTypeConflict | Code::TagKeyLimit | Code::TagKeyUndeclared => Self::TypeConflict,
            Code::RateLimited | Code::TooManyPendingDeletions => Self::RateLimited,
            Code::Overloaded => Self::Overloaded,
            Code::Internal => Self::Failed,
            _ => Self::Invalid,
        }
    }

    /// What the error of a request or field says that it is to each of its events, in capitals as the schema has them.
    #[must_use]
    pub fn told(code: Code) -> String {
        match code {
            // The ledger knows, or will.
            Code::OutcomeUnknown => "UNKNOWN".to_owned(),
            _ => Self::of(code).name().to_ascii_uppercase(),
        }
    }

    /// Its name in metrics and logs; in capitals, that of the schema.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Denied => "denied",
            Self::Invalid => "invalid",
            Self::TypeConflict => "type_conflict",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::Failed => "failed",
        }
    }
}
