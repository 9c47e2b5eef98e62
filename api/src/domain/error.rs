//! The one table of public error codes, and the error that carries one.
//!
//! A message is written for the caller: it says what was wrong, with which field, and what would be right.
//! What went wrong inside travels as `source`, which only the log sees.

use std::{fmt, sync::Arc, time::Duration};

/// Whose fault a failure is: decides the log level and whether the message may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The caller can mend it.
    Caller,
    /// We failed; the caller gets a fixed sentence and a request id.
    Internal,
    /// Right, but too much or too slow now; trying later, or asking for less, helps.
    Capacity,
}

macro_rules! codes {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal, $kind:ident, $status:literal;)+) => {
        /// Every code a caller can meet.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code { $($(#[doc = $doc])+ $variant,)+ }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant,)+];

            /// The public name, in `SCREAMING_SNAKE` case.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)+ }
            }

            /// Whose fault it is.
            #[must_use]
            pub fn kind(self) -> Kind {
                match self { $(Code::$variant => Kind::$kind,)+ }
            }

            /// The HTTP status of an answer that is nothing but this error.
            #[must_use]
            pub fn status(self) -> u16 {
                match self { $(Code::$variant => $status,)+ }
            }

            /// What the code means, as the documentation prints it.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Code::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    MalformedJson = "MALFORMED_JSON", Caller, 400;
    /// The body, or a part of it, has a shape the server does not take.
    MalformedRequest = "MALFORMED_REQUEST", Caller, 400;
    /// The media type of the body is not one the server reads.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", Caller, 415;
    /// None of the media types asked for can be answered with.
    NotAcceptable = "NOT_ACCEPTABLE", Caller, 406;
    /// The method is not allowed here, such as a mutation over GET.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", Caller, 405;
    /// There is nothing at this address.
    UnknownPath = "UNKNOWN_PATH", Caller, 404;
    /// The body took too long to come in.
    RequestTimeout = "REQUEST_TIMEOUT", Caller, 408;
    /// The body is larger than the server takes.
    BodyTooLarge = "BODY_TOO_LARGE", Caller, 413;
    /// The request batch holds more operations than the server takes.
    BatchTooLarge = "BATCH_TOO_LARGE", Caller, 400;
    /// The GraphQL document does not parse.
    GraphqlParseFailed = "GRAPHQL_PARSE_FAILED", Caller, 400;
    /// The GraphQL document does not fit the schema.
    GraphqlValidationFailed = "GRAPHQL_VALIDATION_FAILED", Caller, 400;
    /// The GraphQL document nests deeper than allowed.
    QueryTooDeep = "QUERY_TOO_DEEP", Caller, 400;
    /// The GraphQL document asks for more than allowed.
    QueryTooComplex = "QUERY_TOO_COMPLEX", Caller, 400;
    /// The GraphQL document holds more tokens than allowed.
    TooManyTokens = "TOO_MANY_TOKENS", Caller, 400;
    /// The GraphQL document holds more aliases than allowed.
    TooManyAliases = "TOO_MANY_ALIASES", Caller, 400;
    /// The GraphQL document holds more directives than allowed.
    TooManyDirectives = "TOO_MANY_DIRECTIVES", Caller, 400;
    /// Introspection is switched off.
    IntrospectionDisabled = "INTROSPECTION_DISABLED", Caller, 400;
    /// No key or token was sent, or one that is unknown, revoked or expired.
    Unauthenticated = "UNAUTHENTICATED", Caller, 401;
    /// The signature is not that of the key's signing secret.
    BadSignature = "BAD_SIGNATURE", Caller, 401;
    /// The number that is to be used once was used already.
    NonceReused = "NONCE_REUSED", Caller, 401;
    /// The caller is known, and may not do this.
    Forbidden = "FORBIDDEN", Caller, 403;
    /// The e-mail address, the password or the code is wrong.
    SignInFailed = "SIGN_IN_FAILED", Caller, 401;
    /// The account takes a second factor; send its code, too.
    SecondFactorRequired = "SECOND_FACTOR_REQUIRED", Caller, 401;
    /// The link is unknown, used or expired.
    InvalidLink = "INVALID_LINK", Caller, 400;
    /// The password is too short, too long or too simple.
    WeakPassword = "WEAK_PASSWORD", Caller, 400;
    /// The identity provider cannot be reached, or does not answer as it should.
    ProviderUnavailable = "PROVIDER_UNAVAILABLE", Capacity, 503;
    /// The last owner cannot be removed, disabled or made less.
    LastOwner = "LAST_OWNER", Caller, 409;
    /// The key is for browsers, and the request comes from no origin that the key allows.
    OriginNotAllowed = "ORIGIN_NOT_ALLOWED", Caller, 403;
    /// What was named does not exist, or not for this caller.
    NotFound = "NOT_FOUND", Caller, 404;
    /// No site was named and the caller's key has none of its own.
    SiteRequired = "SITE_REQUIRED", Caller, 400;
    /// There is no such site, or the caller may not see it.
    UnknownSite = "UNKNOWN_SITE", Caller, 404;
    /// The name is taken.
    AlreadyExists = "ALREADY_EXISTS", Caller, 409;
    /// The name is reserved.
    ReservedName = "RESERVED_NAME", Caller, 400;
    /// An argument is out of its bounds or contradicts another.
    InvalidArgument = "INVALID_ARGUMENT", Caller, 400;
    /// The action breaks the site's rule for actions.
    InvalidAction = "INVALID_ACTION", Caller, 400;
    /// The time is not a time, too far ahead, or out of range.
    InvalidTime = "INVALID_TIME", Caller, 400;
    /// The event is older than the site takes.
    EventTooOld = "EVENT_TOO_OLD", Caller, 400;
    /// The tag is not an object, or breaks a limit of size, depth or number of keys.
    InvalidTag = "INVALID_TAG", Caller, 400;
    /// Two keys of one object become equal once dots are replaced.
    TagKeyCollision = "TAG_KEY_COLLISION", Caller, 400;
    /// A field of the tag has another type than its name has elsewhere, or an array holds values of several types.
    TagTypeConflict = "TAG_TYPE_CONFLICT", Caller, 400;
    /// The tag has a new key, and no more are taken.
    TagKeyLimit = "TAG_KEY_LIMIT", Caller, 400;
    /// The tag has a key that is not declared, and the site takes no other.
    TagKeyUndeclared = "TAG_KEY_UNDECLARED", Caller, 400;
    /// A text field is longer than allowed.
    TooLong = "TOO_LONG", Caller, 400;
    /// A text field holds a character that cannot be stored.
    InvalidText = "INVALID_TEXT", Caller, 400;
    /// The IP address is not one.
    InvalidIp = "INVALID_IP", Caller, 400;
    /// The site's allow and deny lists do not let the event in; the message names what of it is refused.
    Denied = "DENIED", Caller, 403;
    /// The pattern of a rule fits nothing of its target, or cannot be read.
    InvalidPattern = "INVALID_PATTERN", Caller, 400;
    /// The site has as many rules as allowed.
    TooManyRules = "TOO_MANY_RULES", Caller, 409;
    /// Figures of as many pages as allowed are kept of the site.
    TooManyUrls = "TOO_MANY_URLS", Caller, 409;
    /// It is right itself, and came in a batch that was refused as a whole.
    BatchRefused = "BATCH_REFUSED", Caller, 400;
    /// The list of events or ids is longer than allowed.
    TooManyItems = "TOO_MANY_ITEMS", Caller, 400;
    /// There is no such view.
    UnknownView = "UNKNOWN_VIEW", Caller, 404;
    /// The view does not have the dimension; the message lists those it has.
    UnknownDimension = "UNKNOWN_DIMENSION", Caller, 400;
    /// The zone is not in the IANA time zone database.
    UnknownTimeZone = "UNKNOWN_TIME_ZONE", Caller, 400;
    /// `from` is not before `to`, or a bound is out of range.
    InvalidRange = "INVALID_RANGE", Caller, 400;
    /// The series would have more points than allowed.
    TooManyPoints = "TOO_MANY_POINTS", Caller, 400;
    /// The answer would have more rows than allowed.
    TooManyRows = "TOO_MANY_ROWS", Caller, 400;
    /// The condition's value does not fit its operator.
    InvalidCondition = "INVALID_CONDITION", Caller, 400;
    /// A question in another system's language of questions cannot be read, or asks for what there is not; the message says
    /// where.
    InvalidQuery = "INVALID_QUERY", Caller, 400;
    /// A question in another system's language of questions would have to read more than allowed.
    QueryTooCostly = "QUERY_TOO_COSTLY", Caller, 400;
    /// The fields asked for are no declared scope; the message lists those there are.
    UnsupportedScope = "UNSUPPORTED_SCOPE", Caller, 400;
    /// Raw events that the answer needs are past their retention.
    RawEventsGone = "RAW_EVENTS_GONE", Caller, 400;
    /// The cursor is not one that this field gave out.
    InvalidCursor = "INVALID_CURSOR", Caller, 400;
    /// More events would await purge than allowed.
    TooManyPendingDeletions = "TOO_MANY_PENDING_DELETIONS", Capacity, 429;
    /// The deletion was restored already, or cannot be restored any more.
    NotRestorable = "NOT_RESTORABLE", Caller, 409;
    /// The caller's rate is used up.
    RateLimited = "RATE_LIMITED", Capacity, 429;
    /// The connection has as many subscriptions as allowed.
    TooManySubscriptions = "TOO_MANY_SUBSCRIPTIONS", Capacity, 429;
    /// The server's queue is full; nothing of the request was stored.
    Overloaded = "OVERLOADED", Capacity, 503;
    /// The question took longer than its deadline.
    DeadlineExceeded = "DEADLINE_EXCEEDED", Capacity, 503;
    /// Whether it was done could not be found out or written down in time; what logs events can be sent again, those with
    /// ids of theirs are stored once.
    OutcomeUnknown = "OUTCOME_UNKNOWN", Capacity, 503;
    /// We failed; the log says how, under the request id.
    Internal = "INTERNAL", Internal, 500;
}

/// A failure on its way to the caller.
#[derive(Clone)]
pub struct Error {
    /// Which of the table's failures it is.
    pub code: Code,
    /// One or two sentences for the caller; never an internal text.
    pub message: String,
    /// The field the failure is about, such as `where[0].value`.
    pub path: Option<String>,
    /// When trying again may help.
    pub retry_after: Option<Duration>,
    /// Where in a text of several parts it is, as line and column, both counted from 1.
    pub position: Option<(u32, u32)>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

/// The result of anything that can fail towards a caller.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A failure with its code and its sentence.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            path: None,
            retry_after: None,
            position: None,
            source: None,
        }
    }

    /// A failure of ours: the caller gets a fixed sentence, the log gets `source`.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        let message = "Something failed inside the server. Its log tells more, under the id of this request.";
        Self {
            source: Some(Arc::from(source.into())),
            ..Self::new(Code::Internal, message)
        }
    }

    /// The same failure, naming the field.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>) -> Self {
        self.path = Some(path.into());
        self
    }

    /// The same failure, its field found below `outer`: `inputs[3]` and `tag` make `inputs[3].tag`.
    #[must_use]
    pub fn below(mut self, outer: &str) -> Self {
        self.path = Some(match self.path {
            Some(inner) => format!("{outer}.{inner}"),
            None => outer.to_owned(),
        });
        self
    }

    /// The same failure, saying when to try again.
    #[must_use]
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.retry_after = Some(wait);
        self
    }

    /// The whole seconds to wait before trying again.
    #[must_use]
    pub fn wait_seconds(&self) -> Option<u64> {
        self.retry_after.map(whole_seconds)
    }

    /// What went wrong inside and why, for the log and for the operator: each cause once, as some repeat those below them.
    #[must_use]
    pub fn causes(&self) -> String {
        let mut text = String::new();
        let mut cause = self.source().map(|source| source as &dyn std::error::Error);
        while let Some(error) = cause {
            let own = error.to_string();
            if !text.ends_with(&own) {
                text.push_str(if text.is_empty() { "" } else { ": " });
                text.push_str(&own);
            }
            cause = error.source();
        }
        text
    }

    /// The same failure, with what went wrong inside.
    #[must_use]
    pub fn because(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// What went wrong inside, for the log alone.
    #[must_use]
    pub fn source(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.source.as_deref()
    }
}

/// A wait in whole seconds, rounded up: a moment too early would be refused again.
#[must_use]
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{} ({path}): {}", self.code.name(), self.message),
            None => write!(f, "{}: {}", self.code.name(), self.message),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        match self.causes() {
            causes if causes.is_empty() => Ok(()),
            causes => write!(f, ": {causes}"),
        }
    }
}

impl std::error::Error for Error {}
