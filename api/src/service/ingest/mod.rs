//! The way in, one for every door: a door translates into [`NewEvent`], the steps say *continue* or *drop, because …*,
//! and the append answers after the commit.

mod append;
mod count;
pub mod enrichment;
pub mod explain;
mod identity;
mod overwrite;
mod pipeline;
mod settle;
mod step;
mod verdict;

use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::{
    Services,
    tag::{Subject, Typed},
};
use crate::{
    config,
    domain::{
        caller::{Caller, Identity},
        error::{Code, Error, Result},
        event::{Door, Event, NewEvent, Outcome, OutcomeKind},
        hash::KeyedHash,
        ledger::Counts,
        operation::Operation,
        tag,
        tag_type::Refusal,
    },
};
use enrichment::{Addresses, Countries, UserAgents};
use step::judge_event::Judged;

/// What the way in remembers between requests.
pub struct Ingest {
    config: config::Ingest,
    agents: UserAgents,
    addresses: Addresses,
    countries: Option<Countries>,
    identity: identity::Identities,
    /// One permit for each event that may wait.
    room: Arc<Semaphore>,
    /// Nanoseconds spent on batches that followed upon the one before at once.
    pressed: AtomicU64,
    /// When the last append failed, if it did.
    failed: Mutex<Option<Instant>>,
    queue: mpsc::UnboundedSender<Waiting>,
    arrivals: Mutex<Option<mpsc::UnboundedReceiver<Waiting>>>,
    /// Refusals that are to be counted, of requests of which nothing is to be appended.
    aside: count::Aside,
}

/// An event that passed every step before the append.
#[derive(Debug)]
struct Prepared {
    event: Arc<Event>,
    /// The tag as JSON text.
    tag: Option<String>,
    /// Unique ids under which it may be stored already.
    candidates: Vec<[u8; 16]>,
    /// The whole address, which rules judge; the event keeps what its site keeps.
    ip: Option<IpAddr>,
    /// What the site's rules said when it came in.
    judged: Judged,
    /// What the tag schema said when it came in.
    typed: Typed,
    /// Whether it takes the place of the event that has its id.
    overwrites: bool,
    /// Whether it came from somebody whose claims do not count, such as a browser.
    public: bool,
    /// Why it is refused already, where it is only to be kept in quarantine.
    refused: Option<Box<Dropped>>,
}

/// Why an event is only to be kept in quarantine.
#[derive(Debug, Clone)]
struct Dropped {
    /// As the caller is told it.
    error: Error,
    /// As quarantine tells it.
    refusal: Refusal,
    /// Whether trying it again cannot help.
    is_final: bool,
}

impl Prepared {
    /// What the tag schema needs to know of it.
    fn subject(&self) -> Subject<'_> {
        Subject {
            event: &self.event,
            public: self.public,
            typed: &self.typed,
        }
    }
}

/// The events of one request, waiting to be appended; the queue is bounded by its permits.
struct Waiting {
    events: Vec<Prepared>,
    /// What was refused of the same request already: it is counted with what becomes of the others.
    refused: Counts<Box<str>>,
    answer: oneshot::Sender<Result<Vec<Outcome>>>,
    room: OwnedSemaphorePermit,
}

impl Ingest {
    /// Builds the way in.
    ///
    /// # Errors
    /// A country file that cannot be read, or an operating system that has no thread to give.
    pub fn new(config: config::Ingest, hasher: KeyedHash) -> Result<Self> {
        let countries = config
            .country_file
            .as_ref()
            .map(Countries::open)
            .transpose()
            .map_err(|error| Error::new(Code::InvalidArgument, error.to_string()).at("country-file"))?;
        // The queue itself is unbounded because its room is: nobody sends without permits for every event.
        let (queue, arrivals) = mpsc::unbounded_channel();
        Ok(Self {
            agents: UserAgents::start().map_err(Error::internal)?,
            addresses: Addresses::default(),
            countries,
            identity: identity::Identities::new(hasher),
            room: Arc::new(Semaphore::new(config.queue_events)),
            pressed: AtomicU64::new(0),
            failed: Mutex::default(),
            queue,
            arrivals: Mutex::new(Some(arrivals)),
            aside: count::Aside::default(),
            config,
        })
    }

    /// How large a tag may be.
    pub(in crate::service) fn tag_limits(&self) -> tag::Limits {
        tag::Limits {
            bytes: self.config.tag_bytes,
            levels: self.config.tag_levels,
            keys: self.config.tag_keys,
        }
    }

    /// Events that wait to be appended.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.config.queue_events - self.room.available_permits()
    }

    /// How long events have been appended since the start by batches that followed one upon the other: as fast as time
    /// passes where callers bring as many as can be written, and hardly at all where each batch finds room, however long
    /// it then waits for its turn to write.
    #[must_use]
    pub fn pressed(&self) -> Duration {
        Duration::from_nanos(self.pressed.load(Ordering::Relaxed))
    }

    /// Notes whether the last append failed, and when.
    fn note_append(&self, failed: Option<Instant>) {
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }

    /// How long ago events could not be stored, if none have been stored since.
    #[must_use]
    pub fn failed_ago(&self) -> Option<Duration> {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.map(|failed| failed.elapsed())
    }

    /// Has events appended, and counted together with what was refused of their request; gives what became of each, which
    /// is written down by then.
    async fn enqueue(&self, events: Vec<Prepared>, mut refused: Counts<Box<str>>) -> Result<Vec<Outcome>> {
        let number = events.len();
        let room = match self.find_room(number).await {
            Ok(room) => room,
            Err(error) => {
                let outcome = Outcome::Refused(error);
                for one in &events {
                    let action = count::told(&one.event.action);
                    refused.add(count::ended(&one.event, &outcome), action.into(), 1);
                }
                self.set_aside(refused).await?;
                return Ok(vec![outcome; number]);
            }
        };
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            events,
            refused,
            answer,
            room,
        };
        if self.queue.send(waiting).is_err() {
            // Nobody appends any more, nor counts.
            return Err(settle::unwritten());
        }
        answered
            .await
            .unwrap_or_else(|_| Err(Error::internal("the append ended without an answer")))
    }

    /// Has refusals counted of which nothing is to be appended.
    ///
    /// # Errors
    /// `OUTCOME_UNKNOWN` where they could not be written down in time.
    async fn set_aside(&self, refused: Counts<Box<str>>) -> Result<()> {
        let durable = self.aside.add(refused).await;
        durable.then_some(()).ok_or_else(settle::unwritten)
    }

    async fn find_room(&self, events: usize) -> Result<OwnedSemaphorePermit> {
        let permits = u32::try_from(events).map_err(|_| overloaded())?;
        let room = tokio::time::timeout(self.config.queue_timeout, self.room.clone().acquire_many_owned(permits)).await;
        room.map_err(|_| overloaded())?.map_err(Error::internal)
    }
}

fn overloaded() -> Error {
    let message = "The server is overloaded and nothing of this event was stored; try again.";
    Error::new(Code::Overloaded, message).retry_after(Duration::from_secs(1))
}

/// How a door logs.
#[derive(Debug, Clone, Copy)]
pub struct Way<'a> {
    /// Which door it is.
    pub door: Door,
    /// The site that the caller names.
    pub site: Option<&'a str>,
}

impl Services {
    /// Takes events in; answers for each in order, after the commit.
    ///
    /// # Errors
    /// What concerns the whole request: no permission, or too many events; `OUTCOME_UNKNOWN` where what became of the
    /// events could not be found out, or not written down.
    pub async fn log(&self, caller: &Caller, way: Way<'_>, events: Vec<NewEvent>) -> Result<Vec<Outcome>> {
        let sites = vec![way.site.map(str::to_owned); events.len()];
        self.log_each(caller, way.door, sites, events).await
    }

    /// Takes in events that each name their own site.
    ///
    /// # Errors
    /// As of [`Services::log`].
    pub async fn log_each(
        &self,
        caller: &Caller,
        door: Door,
        sites: Vec<Option<String>>,
        events: Vec<NewEvent>,
    ) -> Result<Vec<Outcome>> {
        let configuration = self.registry.current();
        let request = count::Request {
            configuration: &configuration,
            caller,
            door,
        };
        if let Err(error) = self.check_request(caller, events.len()) {
            let named = sites.iter().zip(&events);
            let named = named.map(|(site, event)| (site.as_deref(), event.action.as_str()));
            self.count_refused(&request, request.all_refused(named, error.code), error.code)
                .await?;
            return Err(error);
        }
        let charged = self.limit(caller, events.len());
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(events.len());
        let mut prepared = Vec::with_capacity(events.len());
        let mut refused = Counts::default();
        let mut failure: Option<Error> = None;
        for ((event, site), charged) in events.into_iter().zip(sites).zip(charged) {
            let action = event.action.clone();
            let admit = |()| configuration.admit(caller, Operation::LogEvents, site.as_deref());
            let passed = match (&failure, charged.and_then(admit)) {
                // What failed once is not tried again for each event.
                (Some(failure), _) => Err(failure.clone()),
                (None, Ok(site)) => pipeline::prepare(self, caller, door, (&configuration, &site), event).await,
                (None, Err(error)) => Err(error),
            };
            outcomes.push(match passed {
                Ok(event) => {
                    prepared.push(event);
                    None
                }
                Err(error) => {
                    let kind = request.refused(site.as_deref(), error.code);
                    refused.add(kind, count::told(&action).into(), 1);
                    failure = failure.or_else(|| (error.code == Code::Internal).then(|| error.clone()));
                    Some(Outcome::Refused(error))
                }
            });
        }
        if !prepared.is_empty() {
            let mut answers = self.ingest.enqueue(prepared, refused).await?.into_iter();
            outcomes
                .iter_mut()
                .filter(|outcome| outcome.is_none())
                .for_each(|outcome| *outcome = answers.next());
        } else if !refused.is_empty() {
            self.ingest.set_aside(refused).await?;
        }
        let outcomes: Vec<Outcome> = outcomes.into_iter().flatten().collect();
        self.count(&outcomes);
        Ok(outcomes)
    }

    /// How many events are taken of one request.
    #[must_use]
    pub fn most_events_of_request(&self) -> usize {
        self.ingest.config.max_events_per_request
    }

    /// The one place where logging is limited: for each event of a request, whether it may pass.
    fn limit(&self, caller: &Caller, events: usize) -> Vec<Result<()>> {
        let passed = self.rates.charge_events(caller, events);
        let mut each = vec![Ok(()); passed.events];
        if let Some(error) = passed.refused {
            each.resize(events, Err(error));
        }
        each
    }

    /// What can be said of a request before any of its events is looked at.
    fn check_request(&self, caller: &Caller, events: usize) -> Result<()> {
        caller.permit(Operation::LogEvents)?;
        let most = self.ingest.config.max_events_per_request;
        if events > most {
            let message = format!("The request holds {events} events; at most {most} are taken at once.");
            return Err(Error::new(Code::TooManyItems, message).at("inputs"));
        }
        Ok(())
    }

    /// Counts what could not be read as an event each, which is invalid; to be waited for before the caller is answered.
    /// Where no site is named, it counts for the caller's own. Of somebody unknown, only metrics count.
    ///
    /// # Errors
    /// `OUTCOME_UNKNOWN` where it could not be written down in time, which the caller is then told instead.
    pub fn count_unreadable(
        &self,
        caller: &Caller,
        way: Way<'_>,
        code: Code,
        number: i64,
    ) -> impl Future<Output = Result<()>> + use<> {
        let configuration = self.registry.current();
        let request = count::Request {
            configuration: &configuration,
            caller,
            door: way.door,
        };
        let mut counts = Counts::default();
        counts.add(request.refused(way.site, code), Box::default(), number);
        self.count_refused(&request, counts, code)
    }

    /// Refuses what could not be read as so many events: they are charged like any others, so that nobody fills the ledger
    /// with nonsense, and counted. Gives what the caller is told.
    pub async fn refuse_unreadable(&self, caller: &Caller, way: Way<'_>, error: Error, number: usize) -> Error {
        let passed = self.rates.charge_events(caller, number);
        let over = number - passed.events;
        let told = passed.refused.unwrap_or_else(|| error.clone());
        for (code, number) in [(error.code, passed.events), (told.code, over)] {
            let number = i64::try_from(number).unwrap_or(i64::MAX);
            if let Err(unknown) = self.count_unreadable(caller, way, code, number).await {
                return unknown;
            }
        }
        told
    }

    /// Counts events of one request that were refused for the same reason.
    fn count_refused(
        &self,
        request: &count::Request<'_>,
        counts: Counts<Box<str>>,
        code: Code,
    ) -> impl Future<Output = Result<()>> + use<> {
        let number: i64 = counts.iter().map(|(_, n)| n).sum();
        let kind = OutcomeKind::of(code);
        self.metrics.count_outcome(kind.name(), number.unsigned_abs());
        let known = !matches!(request.caller.identity, Identity::Anonymous);
        let written = (known && number > 0).then(|| self.ingest.aside.add(counts));
        async move {
            let durable = match written {
                Some(written) => written.await,
                None => true,
            };
            durable.then_some(()).ok_or_else(settle::unwritten)
        }
    }

    fn count(&self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            self.metrics.count_outcome(outcome.kind().name(), 1);
        }
    }

    /// The receiving end of the queue; there is one, for the one append worker.
    #[must_use]
    pub fn appender(&self) -> Option<Appender> {
        let arrivals = self
            .ingest
            .arrivals
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        Some(Appender::new(self.clone(), arrivals))
    }
}

pub use append::Appender;
pub(in crate::service) use count::receive_again;
pub(in crate::service) use identity::SALT_LIFE;
pub(in crate::service) use step::{
    identify_event::{candidates, hash_id},
    name_actor::kept_address,
    validate_shape::{check_again, forgive_time},
};
