//! How every received event comes into the ledger: in the transaction that appends it, or what of its request is good.
//!
//! What is refused before the append travels with its request. Where nothing of a request is to be appended, it is
//! counted [`Aside`], and the next append takes it along: however many such requests there are, they share one commit,
//! and none takes a place in the queue from an event.

use std::{
    collections::{HashMap, HashSet},
    hash::{BuildHasher, Hash},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use foldhash::fast::RandomState;
use tokio::sync::{Notify, oneshot};

use super::Waiting;
use crate::{
    clock,
    domain::{
        caller::Caller,
        error::{Code, Result},
        event::{Door, Event, Outcome, OutcomeKind},
        hash::KeyedHash,
        ledger::{Counts, Kind, NO_SITE, quarter},
        zone::nanoseconds,
    },
    service::{random, registry::Configuration},
    store::{Last, Transaction, ledger},
};

/// Kinds and actions that wait to be written: some megabytes.
const MOST_ASIDE: usize = 10_000;
/// Requests that wait for their counts to be written; what comes on top of them is counted, too, but not promised.
const MOST_WAITING: usize = 20_000;
/// How long a refused request waits for its counts to be durable. A database that takes longer will get them later.
const MOST_WAIT: Duration = Duration::from_secs(10);
/// Rows with an action's name that a process makes of one site and quarter of an hour: of stored events, and of refused
/// ones, which cannot crowd the stored ones out. Further actions are told together.
const NAMED_STORED: usize = 500;
const NAMED_REFUSED: usize = 250;
/// Characters of an action that can be told by name: as many as a valid one has.
const NAME_CHARACTERS: usize = 256;

/// The number of this process among those who write, so that two seldom wait for one another.
static WRITER: LazyLock<i16> = LazyLock::new(|| {
    let bytes = random::<2>().unwrap_or_default();
    // Above that of rows that were put together.
    i16::from_le_bytes(bytes) & 0x0fff | 1
});

/// What all events of one request have in common.
pub(super) struct Request<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) caller: &'a Caller,
    pub(super) door: Door,
}

impl Request<'_> {
    /// An event of it that names this site, refused. Where it names none there is, it counts for the caller's own.
    pub(super) fn refused(&self, site: Option<&str>, code: Code) -> Kind {
        let own = || self.caller.own_site().unwrap_or(NO_SITE);
        let site = self.configuration.site(self.caller, site).map(|site| site.id);
        let kind = Kind {
            site: site.unwrap_or_else(|_| own()),
            quarter: quarter(clock::now_nanoseconds()),
            outcome: OutcomeKind::Invalid,
            code: None,
            key: self.caller.key().map(|key| key.id),
            door: self.door,
        };
        kind.refused(code)
    }

    /// Events of it, by the site and the action that each names, refused for the same reason.
    pub(super) fn all_refused<'e>(
        &self,
        events: impl IntoIterator<Item = (Option<&'e str>, &'e str)>,
        code: Code,
    ) -> Counts<Box<str>> {
        let mut counts = Counts::default();
        for (site, action) in events {
            counts.add(self.refused(site, code), told(action).into(), 1);
        }
        counts
    }
}

/// An event that came as far as the queue, with its outcome.
pub(super) fn ended(event: &Event, outcome: &Outcome) -> Kind {
    let kind = Kind {
        site: event.site,
        quarter: quarter(nanoseconds(event.received)),
        outcome: OutcomeKind::Accepted,
        code: None,
        key: event.key,
        door: event.door,
    };
    kind.ended(outcome)
}

/// An action as the ledger may tell it; empty for one that it may not.
pub(super) fn told(action: &str) -> &str {
    let fits = action.len() <= NAME_CHARACTERS || action.chars().count() <= NAME_CHARACTERS;
    if fits && !action.contains('\0') { action } else { "" }
}

/// What became of a batch, with what was counted aside; `answers` are those to its events, in order.
pub(super) fn of_batch<'a>(batch: &'a [Waiting], answers: &[Outcome], aside: &'a Counts<Box<str>>) -> Counts<&'a str> {
    let mut counts = Counts::default();
    let refused = batch.iter().flat_map(|waiting| waiting.refused.iter());
    for ((kind, action), n) in aside.iter().chain(refused) {
        counts.add(*kind, &**action, *n);
    }
    let events = batch.iter().flat_map(|waiting| &waiting.events);
    for (one, outcome) in events.zip(answers) {
        counts.add(ended(&one.event, outcome), told(&one.event.action), 1);
    }
    counts
}

/// What is to be counted of a batch of which nothing was stored, with what was counted aside.
pub(super) fn of_failed(batch: &[Waiting], outcome: &Outcome, mut aside: Counts<Box<str>>) -> Counts<Box<str>> {
    for waiting in batch {
        for ((kind, action), n) in waiting.refused.iter() {
            aside.add(*kind, action.clone(), *n);
        }
        for one in &waiting.events {
            aside.add(ended(&one.event, outcome), told(&one.event.action).into(), 1);
        }
    }
    aside
}

/// Writes down the receipts of events that leave quarantine: accepted now, or stored meanwhile. The last thing of the
/// transaction but the commit.
///
/// # Errors
/// Whatever the database says.
pub(in crate::service) async fn receive_again<'a>(
    tx: &Transaction,
    hasher: &KeyedHash,
    generation: i64,
    events: impl IntoIterator<Item = (&'a Event, &'a Outcome)>,
) -> Result<()> {
    let mut counts = Counts::default();
    let now = quarter(clock::now_nanoseconds());
    for (event, outcome) in events {
        let kind = Kind {
            quarter: now,
            door: Door::Redrive,
            ..ended(event, outcome)
        };
        if kind.is_stored() {
            counts.add(kind, event.action.as_str(), 1);
        }
    }
    let mut book = Book::default();
    let (_, last) = book.write(tx, hasher, generation, &counts).await?;
    match last {
        Some(last) => last.run(tx).await,
        None => Ok(()),
    }
}

/// Refusals of requests of which nothing is to be appended.
#[derive(Default)]
pub(super) struct Aside {
    gathered: Mutex<Gathered>,
    arrived: Notify,
}

/// What was counted aside, and who waits for it to be durable.
#[derive(Default)]
pub(super) struct Gathered {
    pub(super) counts: Counts<Box<str>>,
    /// Told once that is so; dropped where it was given up.
    waiting: Vec<oneshot::Sender<()>>,
}

impl Gathered {
    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.counts.is_empty() && self.waiting.is_empty()
    }

    /// Tells those who wait that it is written.
    pub(super) fn tell_written(self) {
        for waiting in self.waiting {
            // One that waits no longer went away, or was answered.
            let _ = waiting.send(());
        }
    }
}

impl Aside {
    fn lock(&self) -> MutexGuard<'_, Gathered> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts at once; gives whether that is durable, as soon as it is.
    pub(super) fn add(&self, counts: Counts<Box<str>>) -> impl Future<Output = bool> + use<> {
        let (done, durable) = oneshot::channel();
        {
            let mut gathered = self.lock();
            gathered.counts.merge(counts, MOST_ASIDE);
            if gathered.waiting.len() < MOST_WAITING {
                gathered.waiting.push(done);
            }
        }
        self.arrived.notify_one();
        async move { matches!(tokio::time::timeout(MOST_WAIT, durable).await, Ok(Ok(()))) }
    }

    /// Takes everything, to be written.
    pub(super) fn take(&self) -> Gathered {
        std::mem::take(&mut *self.lock())
    }

    /// Keeps what could not be written for the next time.
    pub(super) fn keep(&self, counts: Counts<Box<str>>) {
        self.lock().counts.merge(counts, MOST_ASIDE);
    }

    /// Waits until something was added.
    pub(super) async fn arrival(&self) {
        self.arrived.notified().await;
    }
}

/// A row of one site and quarter, hashed: what it tells but the number.
type Line = u64;

/// The rows with names of one site and quarter.
#[derive(Default)]
struct Page {
    stored: HashSet<Line>,
    refused: HashSet<Line>,
}

/// What an appender remembers of the ledger: which actions it tells by name, and their numbers.
#[derive(Default)]
pub(super) struct Book {
    hasher: RandomState,
    /// By site and quarter; few are of any but the newest quarter.
    pages: HashMap<(i64, i64), Page>,
    newest: i64,
    /// Numbers of names, of one generation of the configuration: the purge raises it when it removes names.
    names: HashMap<Box<str>, i64>,
    generation: i64,
}

/// Numbers of names that were found or made in a transaction.
#[derive(Debug, Default)]
#[must_use = "they are to be remembered after the commit"]
pub(super) struct Fresh(HashMap<Box<str>, i64>);

impl Book {
    /// Writes down what was counted, but for the last statement of it, which is to go with the commit.
    pub(super) async fn write(
        &mut self,
        tx: &Transaction,
        hasher: &KeyedHash,
        generation: i64,
        counts: &Counts<&str>,
    ) -> Result<(Fresh, Option<Last>)> {
        if counts.is_empty() {
            return Ok((Fresh::default(), None));
        }
        if self.generation != generation {
            self.names.clear();
            self.generation = generation;
        }
        let mut rows: Vec<(Kind, &str, i64)> = Vec::new();
        for ((kind, action), n) in counts.iter() {
            let name = if self.tells(tx, *kind, action).await? {
                *action
            } else {
                ""
            };
            rows.push((*kind, name, *n));
        }
        let unknown = rows.iter().map(|(_, name, _)| *name);
        let unknown: HashSet<&str> = unknown
            .filter(|name| !name.is_empty() && !self.names.contains_key(*name))
            .collect();
        let mut fresh = Fresh::default();
        if !unknown.is_empty() {
            let unknown: Vec<_> = unknown.into_iter().collect();
            fresh.0 = ledger::name(tx, hasher, &unknown).await?;
        }
        let mut numbered: HashMap<(Kind, i64), i64> = HashMap::with_capacity(rows.len());
        for (kind, name, n) in rows {
            let number = self.names.get(name).or_else(|| fresh.0.get(name));
            let number = number.copied().unwrap_or(ledger::OTHERS);
            *numbered.entry((kind, number)).or_default() += n;
        }
        let last = ledger::add(tx, &numbered, *WRITER).await?;
        Ok((fresh, last))
    }

    /// Remembers names, once they are committed.
    pub(super) fn remember(&mut self, fresh: Fresh) {
        self.names.extend(fresh.0);
    }

    /// Whether a row may have the action's name.
    async fn tells(&mut self, tx: &Transaction, kind: Kind, action: &str) -> Result<bool> {
        if action.is_empty() {
            return Ok(false);
        }
        let place = (kind.site, kind.quarter);
        if !self.pages.contains_key(&place) {
            let page = self.read(tx, place).await?;
            if kind.quarter > self.newest {
                self.newest = kind.quarter;
                // An event that waited may still be of the quarter before; one that is read anew costs no more than a look.
                self.pages.retain(|(_, quarter), _| *quarter >= kind.quarter - 1);
                self.names.clear();
            }
            self.pages.insert(place, page);
        }
        let code = kind.code.map_or("", |code| code.name());
        let line = self.line((kind.outcome, code, action, kind.key.unwrap_or_default(), kind.door));
        let page = self.pages.entry(place).or_default();
        let (lines, most) = if kind.is_stored() {
            (&mut page.stored, NAMED_STORED)
        } else {
            (&mut page.refused, NAMED_REFUSED)
        };
        if lines.contains(&line) {
            return Ok(true);
        }
        let room = lines.len() < most;
        if room {
            lines.insert(line);
        }
        Ok(room)
    }

    /// What others, or this process before a restart, have told by name: so that restarts make no more room.
    async fn read(&self, tx: &Transaction, (site, quarter): (i64, i64)) -> Result<Page> {
        let mut page = Page::default();
        for (outcome, code, name, key, door) in ledger::named(tx, site, quarter).await? {
            let line = self.line((outcome, &code, &name, key, door));
            if matches!(outcome, OutcomeKind::Accepted | OutcomeKind::Duplicate) {
                page.stored.insert(line);
            } else {
                page.refused.insert(line);
            }
        }
        Ok(page)
    }

    fn line(&self, parts: (OutcomeKind, &str, &str, i64, Door)) -> Line {
        let mut state = self.hasher.build_hasher();
        parts.hash(&mut state);
        std::hash::Hasher::finish(&state)
    }
}
