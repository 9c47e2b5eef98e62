//! Other systems' wire formats, a folder each: a dialect translates between its JSON and the inputs of `service`, and
//! decides nothing. `mod` has its routes, `wire` what it looks like, `translate` what it means, `error` how it says no.

pub mod clickst;
pub mod coveo;
pub mod moesif;
pub mod profilestore;
pub mod script;
pub mod segment;
pub mod synerise;

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header},
    web::{Payload, ServiceConfig, scope},
};
use jiff::Timestamp;
use serde_json::Value;

use crate::{
    domain::{
        caller::{Caller, Identity},
        error::{Code, Error, Kind, Result},
        event::{Door, MOST_ADDRESS, MOST_AGENT, MOST_LABEL, MOST_LANGUAGE, NewEvent, Outcome},
        profile::Message,
        rate::Budget,
        usage::cut,
    },
    extract::{
        body::Body,
        caller::Connection,
        deadline::{ToItsEnd, goes_on, request_deadline, within},
    },
    service::{Services, ingest::Way},
};

/// Who sent a request, for what else is to be told in its answer.
#[derive(Debug, Clone)]
pub struct Known(pub Arc<Caller>);

/// The routes of every dialect, each also below a folder of its own name.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(scope("/segment").configure(segment::routes))
        .service(scope("/moesif").configure(moesif::routes))
        .service(scope("/collector").configure(moesif::routes))
        .service(scope("/clickst").configure(clickst::routes))
        .service(scope("/coveo").configure(coveo::routes))
        .service(scope("/profilestore").configure(profilestore::routes))
        .service(scope("/synerise").configure(synerise::routes))
        .configure(segment::routes)
        .configure(moesif::routes)
        .configure(clickst::routes)
        .configure(script::routes)
        .configure(profilestore::routes)
        .configure(coveo::routes)
        .configure(synerise::routes);
}

/// Whether a path is a dialect's, to which pages of other origins may send.
#[must_use]
pub fn owns(path: &str) -> bool {
    let below = |folder: &str| path.strip_prefix(folder).unwrap_or(path);
    segment::owns(below("/segment"))
        || moesif::owns(below("/moesif"))
        || moesif::owns(below("/collector"))
        || clickst::owns(below("/clickst"))
        || profilestore::owns(below("/profilestore"))
        || coveo::owns(path)
        || synerise::owns(below("/synerise"))
}

/// The answer to what comes to an address of a dialect and to none of its routes, in the words of those dialects that have
/// some for it; none for any other address. A path that has a route came with another method.
#[must_use]
pub fn nowhere(services: &Services, request: &HttpRequest) -> Option<HttpResponse> {
    let path = request.path();
    let below = |folder: &str| path.strip_prefix(folder).unwrap_or(path);
    let error = || match request.resource_map().has_resource(path) {
        true => Error::new(Code::MethodNotAllowed, "This path takes another method."),
        false => Error::new(Code::UnknownPath, "There is nothing at this path."),
    };
    if profilestore::owns(below("/profilestore")) {
        return Some(profilestore::refuse_elsewhere(&error()));
    }
    if coveo::owns(path) {
        return Some(coveo::refuse_elsewhere(request, error()));
    }
    synerise::owns(below("/synerise")).then(|| synerise::refuse_elsewhere(services, request, error()))
}

/// The answer to what is refused, still without the words of its dialect; what failed inside goes to the log.
fn refusal(error: &Error, status: StatusCode) -> HttpResponseBuilder {
    if error.code.kind() == Kind::Internal {
        tracing::error!(?error, "a request failed");
    }
    let mut builder = HttpResponse::build(status);
    builder.insert_header((header::CACHE_CONTROL, "no-store"));
    if let Some(seconds) = error.wait_seconds() {
        builder.insert_header((header::RETRY_AFTER, seconds));
    }
    builder
}

/// A request that came in by a door.
struct Entrance<'a> {
    services: &'a Services,
    request: &'a HttpRequest,
    connection: Connection,
    door: Door,
    /// The site that the caller names, where its key has none of its own.
    site: Option<String>,
    begun: Instant,
}

impl<'a> Entrance<'a> {
    fn new(services: &'a Services, request: &'a HttpRequest, door: Door) -> Self {
        Self {
            services,
            request,
            connection: Connection::of(request),
            door,
            site: None,
            begun: Instant::now(),
        }
    }

    /// How long the request may still take.
    fn time_left(&self) -> Duration {
        request_deadline(self.request).saturating_sub(self.begun.elapsed())
    }

    /// Somebody of whom nothing but the connection is known.
    fn nobody(&self) -> Caller {
        self.connection.caller(Identity::Anonymous)
    }

    /// Charges somebody unknown for a request that comes to nothing.
    fn charge_nobody(&self) -> Result<()> {
        self.services.rates.charge(&self.nobody(), Budget::Query, 1)
    }

    fn way(&self) -> Way<'_> {
        Way {
            door: self.door,
            site: self.site.as_deref(),
        }
    }

    /// Reads the body, of so many bytes and JSON values at most.
    async fn body(&self, payload: Payload, most: (usize, usize)) -> Result<Body> {
        Body::read(self.request, payload, most).await
    }

    /// Reads the body that is a list, to be read part by part: of so many bytes, and JSON values in one item at most.
    async fn list(&self, payload: Payload, most: (usize, usize)) -> Result<Body> {
        Body::read_list(self.request, payload, most).await
    }

    /// Knows the caller by the key or token that its wire format sends.
    async fn caller(&self, credential: Option<&str>) -> Result<Arc<Caller>> {
        let origin = self.connection.origin.as_deref();
        let Some(credential) = credential.map(str::trim).filter(|text| !text.is_empty()) else {
            self.charge_nobody()?;
            return Err(Error::new(
                Code::Unauthenticated,
                "Send an API key; there is none in the request.",
            ));
        };
        let identity = self
            .services
            .authenticate(credential, origin, self.connection.address)
            .await?;
        self.check_origin()?;
        Ok(self.note(self.connection.caller(identity)))
    }

    /// Refuses pages of an origin that nothing here allows, once the key is known: one that is new to this server is met by
    /// then, and with it what it allows.
    fn check_origin(&self) -> Result<()> {
        let origin = self.connection.origin.as_deref();
        if origin.is_none_or(|origin| self.services.shares_with(origin)) {
            return Ok(());
        }
        self.charge_nobody()?;
        Err(Services::unknown_origin())
    }

    /// Knows the caller as [`Self::caller`] does. Of what a page loads as a script or an image, the page that it is on is
    /// its origin, as browsers tell no other.
    async fn caller_by_page(&self, credential: Option<&str>) -> Result<Arc<Caller>> {
        let of_page = || {
            let referrer = self.request.headers().get(header::REFERER)?.to_str().ok()?;
            let page = url::Url::parse(referrer).ok()?;
            Some(page.origin().ascii_serialization())
        };
        let connection = Connection {
            origin: self.connection.origin.clone().or_else(of_page),
            ..self.connection.clone()
        };
        let entrance = Self {
            connection,
            site: self.site.clone(),
            ..*self
        };
        entrance.caller(credential).await
    }

    /// Notes who calls, for what else is told in the answer.
    fn note(&self, caller: Caller) -> Arc<Caller> {
        let caller = Arc::new(caller);
        self.request.extensions_mut().insert(Known(caller.clone()));
        caller
    }

    /// Charges and counts what cannot be taken for events, before its sender is told.
    async fn refuse(&self, caller: &Caller, error: Error, number: usize) -> Error {
        self.services.refuse_unreadable(caller, self.way(), error, number).await
    }

    /// The name of the caller's site, where it has one.
    fn site_name(&self, caller: &Caller) -> Option<String> {
        self.services.site_name(caller)
    }

    /// Takes in what was said, as many at a time as one request may bring. It goes on to its end, whoever stops waiting.
    async fn take_in(&self, caller: Arc<Caller>, mut messages: Vec<Message>) -> Result<Vec<Outcome>> {
        let (services, door, site) = (self.services.clone(), self.door, self.site.clone());
        self.to_its_end(async move {
            let most = services.most_events_of_request();
            let mut outcomes = Vec::with_capacity(messages.len());
            while !messages.is_empty() {
                let rest = messages.split_off(messages.len().min(most));
                let way = Way {
                    door,
                    site: site.as_deref(),
                };
                outcomes.extend(services.take_in(&caller, way, messages).await?);
                messages = rest;
            }
            Ok(outcomes)
        })
        .await
    }

    /// Takes in what was said in a list too long to be there at once, part by part, each of as many as one request may
    /// bring. Gives its first [`failure`], else the first refusal that is to be told. It goes on to its end, whoever stops
    /// waiting for it.
    async fn take_in_parts(
        &self,
        caller: Arc<Caller>,
        parts: impl Iterator<Item = Vec<Message>> + Send + 'static,
        is_told: impl Fn(&Error) -> bool + Send + 'static,
    ) -> Result<Option<Error>> {
        let (services, door, site) = (self.services.clone(), self.door, self.site.clone());
        self.to_its_end(async move {
            let (mut failed, mut told) = (None, None);
            for messages in parts {
                let way = Way {
                    door,
                    site: site.as_deref(),
                };
                let outcomes = services.take_in(&caller, way, messages).await?;
                failed = failed.or_else(|| failure(&outcomes).cloned());
                told = told.or_else(|| first_told(&outcomes, &is_told).cloned());
            }
            Ok(failed.or(told))
        })
        .await
    }

    /// Does something to its end, and waits for it for as long as the request may take.
    async fn to_its_end<T: Send + 'static>(&self, done: impl Future<Output = Result<T>> + Send + 'static) -> Result<T> {
        let done = within(self.time_left(), ToItsEnd::new(done)).await;
        done.map_err(|error| {
            if error.code == Code::DeadlineExceeded {
                goes_on()
            } else {
                error
            }
        })
    }

    /// Whether the connection is that of a person's browser, and not of a server that passes on what its users did.
    fn is_browser(&self, caller: &Caller) -> bool {
        let agent = self.connection.user_agent.as_deref().unwrap_or_default();
        !caller.is_trusted() || self.connection.origin.is_some() || agent.starts_with("Mozilla/")
    }
}

/// The first failure that sending the same again may mend, or that concerns all of a request: what clients that are told
/// nothing of single events have to be told.
fn failure(outcomes: &[Outcome]) -> Option<&Error> {
    outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Refused(error) => match error.code {
            Code::RateLimited
            | Code::Overloaded
            | Code::OutcomeUnknown
            | Code::TooManyPendingDeletions
            | Code::DeadlineExceeded
            | Code::Internal
            | Code::Unauthenticated
            | Code::SiteRequired
            | Code::UnknownSite => Some(error),
            _ => None,
        },
        Outcome::Accepted(_) | Outcome::Duplicate { .. } => None,
    })
}

/// The first refusal that is to be told.
fn first_told(outcomes: &[Outcome], is_told: impl Fn(&Error) -> bool) -> Option<&Error> {
    outcomes.iter().find_map(|outcome| match outcome {
        Outcome::Refused(error) if is_told(error) => Some(error),
        _ => None,
    })
}

/// The value of a cookie.
fn cookie<'a>(headers: &'a header::HeaderMap, wanted: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, value) = pairs.find(|(name, _)| *name == wanted)?;
    Some(value.trim_matches('"'))
}

/// A text, or a number as one; none where there is nothing in it. Clients send ids as either.
fn text(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
}

/// A moment as text: an ISO time as it is, or milliseconds since 1970.
fn moment(value: Option<&Value>) -> Option<String> {
    match value {
        Some(Value::Number(milliseconds)) => {
            let milliseconds = milliseconds.as_f64()?;
            #[expect(clippy::cast_possible_truncation, reason = "what is too far off is no time of ours")]
            let time = Timestamp::from_millisecond(milliseconds as i64).ok()?;
            Some(time.to_string())
        }
        other => text(other),
    }
}

/// A user agent; some libraries send a word where they know none.
fn agent(value: Option<&Value>) -> Option<String> {
    text(value).filter(|agent| agent != "unknown")
}

/// An address, which some proxies write with a port, or before those of other proxies.
fn read_address(text: &str) -> Option<IpAddr> {
    let first = text.split(',').next().unwrap_or_default().trim();
    let with_port = || first.parse::<SocketAddr>().ok().map(|address| address.ip());
    first.parse().ok().or_else(with_port)
}

/// The address that a field tells. What is none tells of nothing, as if the field were not there: then the connection
/// counts, and the event is not lost for it.
fn address(value: Option<&Value>) -> Option<String> {
    Some(read_address(value?.as_str()?)?.to_string())
}

/// The event with page, referrer, agent and language cut to the lengths that events have room for. Libraries send them
/// along unasked, and no event is to be lost for them.
fn with_short_surroundings(mut event: NewEvent) -> NewEvent {
    let bounded = [
        (&mut event.url, MOST_ADDRESS),
        (&mut event.referrer, MOST_ADDRESS),
        (&mut event.user_agent, MOST_AGENT),
        (&mut event.language, MOST_LANGUAGE),
    ];
    for (text, most) in bounded {
        if let Some(text) = text {
            cut(text, most);
        }
    }
    event
}

/// A text as a label, and the whole of it where that is longer than a label may be.
fn label(text: Option<String>) -> (Option<String>, Option<String>) {
    let mut label = text.clone();
    let is_cut = label.as_mut().is_some_and(|label| cut(label, MOST_LABEL));
    (label, text.filter(|_| is_cut))
}
