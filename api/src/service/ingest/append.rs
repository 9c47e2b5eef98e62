//! Group commit: requests that wait at the same time share one transaction, and each is answered after the commit.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, mpsc};

use super::{
    Prepared, Waiting,
    count::{self, Book, Gathered},
    overloaded,
    overwrite::Replaced,
    settle::{self, lost_transaction, unwritten},
    verdict::{Verdicts, judge},
};
use crate::{
    clock,
    domain::{
        error::{Error, Result},
        event::Outcome,
        ledger::Counts,
        tag_type::Refusal,
    },
    service::{
        Services, quarantine,
        registry::Configuration,
        tag::{Purpose, Schema},
    },
    store::{self, Fate, Priority, Transaction, TransactionId, is_lost, is_transient, quarantine::Refused},
};

/// The one task of a process that appends events.
pub struct Appender {
    services: Services,
    arrivals: mpsc::UnboundedReceiver<Waiting>,
    /// Taken from the queue, too much for the last batch.
    held: Option<Waiting>,
    /// Whether the batch at hand follows upon the last one at once.
    pressed: bool,
    last: Last,
    /// What it remembers of the ledger.
    book: Mutex<Book>,
    /// What is to be counted of transactions whose fate is not known yet, if they turn out not to have been committed.
    unsettled: Mutex<Vec<(TransactionId, Counts<Box<str>>)>>,
}

/// What is known of the last batch.
#[derive(Default)]
struct Last {
    requests: usize,
    events: usize,
    commit: Duration,
}

/// A transaction that events can be appended in.
struct Begun {
    tx: Transaction,
    id: Option<TransactionId>,
    configuration: Arc<Configuration>,
    /// Whether the configuration is the one that the transaction sees; otherwise that is asked with the first write.
    held: bool,
}

/// The most that a batch waits for company.
const MOST_LINGER: Duration = Duration::from_millis(2);

/// How long refusals wait for an event to be written with: they share its commit, or those of some milliseconds do.
const LINGER_ASIDE: Duration = Duration::from_millis(4);

/// What a caller takes to read its answer and to send the next event, roughly.
const COMING_BACK: Duration = Duration::from_micros(20);

/// Whoever comes within this after a batch was waiting for its end, or is a caller of it that comes back.
const AT_ONCE: Duration = Duration::from_millis(1);

/// Attempts of one transaction that others stand in the way of.
const ATTEMPTS: u32 = 5;

impl Appender {
    pub(super) fn new(services: Services, arrivals: mpsc::UnboundedReceiver<Waiting>) -> Self {
        Self {
            services,
            arrivals,
            held: None,
            pressed: false,
            last: Last::default(),
            book: Mutex::default(),
            unsettled: Mutex::default(),
        }
    }

    /// Waits until there is something to append or to count; `false` once nobody can send any more. May be given up at any
    /// time.
    pub async fn wait(&mut self) -> bool {
        if self.held.is_some() {
            self.pressed = true;
            return true;
        }
        let start = Instant::now();
        let more = tokio::select! {
            biased;
            next = self.arrivals.recv() => {
                self.held = next;
                self.held.is_some()
            }
            () = self.services.ingest.aside.arrival() => true,
        };
        self.pressed = start.elapsed() < AT_ONCE;
        more
    }

    /// Appends one batch of what waits. To be run to its end: callers wait for their answers.
    pub async fn append_next(&mut self) {
        if self.held.is_none() {
            self.held = self.arrivals.try_recv().ok();
        }
        if self.held.is_none() {
            // There are refusals alone.
            let next = tokio::time::timeout(LINGER_ASIDE, self.arrivals.recv()).await;
            self.held = next.unwrap_or_default();
        }
        let start = Instant::now();
        // Whoever comes while the transaction begins is in it.
        let begun = self.begin().await;
        let mut batch = Vec::new();
        self.gather(&mut batch);
        if !batch.is_empty() {
            self.linger(&mut batch).await;
        }
        let aside = self.services.ingest.aside.take();
        self.append(batch, aside, begun).await;
        if self.pressed {
            let took = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.services.ingest.pressed.fetch_add(took, Ordering::Relaxed);
        }
    }

    /// Appends everything that waits now, without waiting for more.
    pub async fn drain(&mut self) {
        if !self.unsettled.lock().await.is_empty() {
            // To begin is to find out.
            drop(self.begin().await);
        }
        loop {
            let mut batch = Vec::new();
            self.gather(&mut batch);
            let aside = self.services.ingest.aside.take();
            let last = batch.is_empty();
            if last && aside.is_empty() {
                return;
            }
            let begun = self.begin().await;
            self.append(batch, aside, begun).await;
            if last {
                return;
            }
        }
    }

    /// Begins a transaction. On SQLite with the newest configuration that this process knows: another process changes it
    /// seldom, and to ask takes as long as to write some events.
    async fn begin(&self) -> Result<Begun> {
        let services = &self.services;
        if !services.database.is_sqlite() {
            return self.begin_held().await;
        }
        Ok(Begun {
            tx: services.database.write(Priority::Append).await?,
            // SQLite is no connection away, and needs none.
            id: None,
            configuration: services.registry.current(),
            held: false,
        })
    }

    /// Begins a transaction, and holds the configuration that its events are judged by.
    async fn begin_held(&self) -> Result<Begun> {
        let services = &self.services;
        let tx = services.database.write(Priority::Append).await?;
        let (generation, id) = store::configuration::hold_generation(&tx).await?;
        self.settle_all(&tx).await?;
        let configuration = services.registry.at_generation(&tx, generation).await?;
        Ok(Begun {
            tx,
            id,
            configuration,
            held: true,
        })
    }

    /// Finds out what became of transactions whose fate was not known: what was not committed is to be counted.
    async fn settle_all(&self, tx: &Transaction) -> Result<()> {
        let mut unsettled = self.unsettled.lock().await;
        let mut fates = Vec::with_capacity(unsettled.len());
        for (id, _) in unsettled.iter() {
            fates.push(tx.fate_of(*id).await?);
        }
        for ((id, counts), fate) in std::mem::take(&mut *unsettled).into_iter().zip(fates) {
            match fate {
                Fate::Committed => {}
                Fate::Aborted => self.services.ingest.aside.keep(counts),
                Fate::Open => unsettled.push((id, counts)),
            }
        }
        Ok(())
    }

    /// Whether callers take longer to come back than a commit takes. Then two halves of them take turns, and one is read
    /// while the other is written; otherwise each commit had better carry all of them.
    fn takes_turns(&self) -> bool {
        let events = u32::try_from(self.in_sight()).unwrap_or(u32::MAX);
        self.last.commit < COMING_BACK.saturating_mul(events)
    }

    /// Events that wait, and those answered last, whose callers are likely to come again.
    fn in_sight(&self) -> usize {
        self.services.ingest.waiting() + self.last.events
    }

    /// Where commits are slow, waits a part of one for those who were answered last.
    async fn linger(&mut self, batch: &mut Vec<Waiting>) {
        if self.takes_turns() {
            return;
        }
        let expected = batch.len() + self.last.requests;
        let until = tokio::time::Instant::now() + (self.last.commit / 3).min(MOST_LINGER);
        while batch.len() < expected && self.held.is_none() {
            let Ok(Some(next)) = tokio::time::timeout_at(until, self.arrivals.recv()).await else {
                return;
            };
            self.held = Some(next);
            self.gather(batch);
        }
    }

    /// Adds what waits already to a batch, up to its bound.
    fn gather(&mut self, batch: &mut Vec<Waiting>) {
        let mut most = self.services.ingest.config.batch_events;
        if self.takes_turns() {
            most = most.min(self.in_sight().div_ceil(2)).max(1);
        }
        let mut events: usize = batch.iter().map(|waiting| waiting.events.len()).sum();
        while events < most {
            let Some(next) = self.held.take().or_else(|| self.arrivals.try_recv().ok()) else {
                break;
            };
            // A request larger than a batch is one of its own.
            if !batch.is_empty() && events + next.events.len() > most {
                self.held = Some(next);
                break;
            }
            events += next.events.len();
            batch.push(next);
        }
    }

    async fn append(&mut self, batch: Vec<Waiting>, aside: Gathered, begun: Result<Begun>) {
        if batch.is_empty() {
            if self.count_aside(&aside.counts, begun).await {
                aside.tell_written();
            }
            return;
        }
        let events: usize = batch.iter().map(|waiting| waiting.events.len()).sum();
        let start = Instant::now();
        let appended = self.append_with_retries(&batch, &aside.counts, begun).await;
        let services = &self.services;
        let took = start.elapsed();
        services.metrics.count_append(events, took);
        let mut answers = match appended {
            Ok((outcomes, commit)) => {
                self.last = Last {
                    requests: batch.len(),
                    events,
                    commit,
                };
                services.ingest.note_append(None);
                aside.tell_written();
                Ok(outcomes.into_iter())
            }
            Err(error) => self.fail(&batch, aside, error).await.map(Vec::into_iter),
        };
        for waiting in batch {
            let own = match &mut answers {
                Ok(outcomes) => Ok(outcomes.by_ref().take(waiting.events.len()).collect()),
                Err(error) => Err(error.clone()),
            };
            // First, so that who is answered finds room for the next.
            drop(waiting.room);
            // A caller that went away had its events stored all the same.
            let _ = waiting.answer.send(own);
        }
        services.metrics.set_queue(services.ingest.waiting());
        services.fold_nudge.notify_one();
    }

    /// What becomes of a batch that could not be appended: an outcome each, once that is written down.
    async fn fail(&self, batch: &[Waiting], aside: Gathered, error: Error) -> Result<Vec<Outcome>> {
        let events = batch.iter().map(|waiting| waiting.events.len()).sum();
        tracing::error!(error = ?error, events, "an append failed");
        self.services.metrics.count_fault("append");
        self.services.ingest.note_append(Some(Instant::now()));
        let passing = is_transient(&error) || is_lost(&error);
        if let Some(id) = lost_transaction(&error) {
            // Should it not have been committed, it counts as failed.
            let counts = count::of_failed(batch, &Outcome::Refused(overloaded()), aside.counts.clone());
            self.unsettled.lock().await.push((id, counts));
            return Err(error);
        }
        let outcome = Outcome::Refused(if passing { overloaded() } else { error });
        let counts = count::of_failed(batch, &outcome, aside.counts.clone());
        if self.count_aside(&counts, self.begin().await).await {
            aside.tell_written();
            return Ok(vec![outcome; events]);
        }
        Err(unwritten())
    }

    /// Writes down what was refused and nothing else; gives whether it is durable. What cannot be written is kept, and goes
    /// with the next append.
    async fn count_aside(&self, counts: &Counts<Box<str>>, begun: Result<Begun>) -> bool {
        if counts.is_empty() {
            return true;
        }
        let Err(error) = self.append_with_retries(&[], counts, begun).await else {
            return true;
        };
        tracing::error!(error = ?error, "counting what was refused failed, and will be tried again");
        self.services.metrics.count_fault("ledger");
        match lost_transaction(&error) {
            Some(id) => self.unsettled.lock().await.push((id, counts.clone())),
            None => self.services.ingest.aside.keep(counts.clone()),
        }
        false
    }

    async fn append_with_retries(
        &self,
        batch: &[Waiting],
        aside: &Counts<Box<str>>,
        mut begun: Result<Begun>,
    ) -> Result<(Vec<Outcome>, Duration)> {
        let mut attempt = 1;
        loop {
            let appended = match begun {
                Ok(begun) => self.append_once(batch, aside, begun).await,
                Err(error) => Err(error),
            };
            match appended {
                Ok(Some(done)) => return Ok(done),
                Ok(None) => begun = self.begin_held().await,
                Err(error) if (is_transient(&error) || is_lost(&error)) && attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(5) * attempt).await;
                    attempt += 1;
                    begun = self.begin().await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Appends a batch in one transaction; also gives how long its commit took. Nothing where the configuration turned
    /// out to be another: then nothing of it stays written.
    async fn append_once(
        &self,
        batch: &[Waiting],
        aside: &Counts<Box<str>>,
        begun: Begun,
    ) -> Result<Option<(Vec<Outcome>, Duration)>> {
        let services = &self.services;
        let Begun {
            tx,
            id,
            configuration,
            held,
        } = begun;
        let prepared: Vec<_> = batch.iter().flat_map(|waiting| &waiting.events).collect();
        let known = known(&tx, &prepared).await?;
        let now = clock::now();
        let subjects = prepared
            .iter()
            .filter(|one| one.refused.is_none())
            .map(|one| one.subject());
        let mut schema = Schema::open(&tx, &configuration, subjects, Purpose::Append, now).await?;
        let overwriting = prepared
            .iter()
            .filter(|one| one.overwrites && known.contains_key(&one.event.uid));
        let sites: Vec<_> = overwriting.map(|one| one.event.site).collect();
        let replaced = Replaced::open(services, &tx, &sites).await?;
        let Verdicts {
            outcomes,
            admitted,
            misfits,
            hits,
            replaced,
        } = judge((&prepared, &known), &configuration, &mut schema, replaced, now);
        services.make_way(&tx, &configuration, &replaced).await?;
        let appended = store::append(&tx, &services.hasher, &admitted).await?;
        let generation = match appended.generation {
            Some(generation) => generation,
            None if held => configuration.generation,
            None => store::configuration::generation(&tx).await?,
        };
        if generation != configuration.generation {
            tx.rollback().await?;
            return Ok(None);
        }
        schema.lock(&tx, &services.hasher, &appended.lost, now).await?;
        hits.write(&tx, &configuration, &appended.lost, now).await?;
        let refused: Vec<_> = misfits.iter().map(|(one, refusal)| one.refused(refusal)).collect();
        quarantine::keep(&tx, &configuration, &refused).await?;
        let answers = prepared.iter().zip(outcomes).map(|(one, outcome)| {
            outcome.unwrap_or_else(|| {
                if appended.lost.contains(&one.event.uid) {
                    Outcome::Duplicate {
                        id: one.event.id.clone(),
                    }
                } else {
                    Outcome::Accepted(one.event.clone())
                }
            })
        });
        let answers: Vec<_> = answers.collect();
        let counts = count::of_batch(batch, &answers, aside);
        let mut book = self.book.lock().await;
        let (named, last) = book
            .write(&tx, &services.hasher, configuration.generation, &counts)
            .await?;
        let start = Instant::now();
        if let Err(error) = tx.commit_after(last).await {
            settle::find_out(services, id, error).await?;
        }
        let commit = start.elapsed();
        book.remember(named);
        schema.remember(services, &appended.lost);
        appended.remember(&services.database);
        Ok(Some((answers, commit)))
    }
}

/// Which ids that these may have are those of stored events, and on which site.
async fn known(tx: &Transaction, prepared: &[&Prepared]) -> Result<HashMap<[u8; 16], i64>> {
    let candidates: Vec<_> = prepared.iter().flat_map(|one| one.candidates.iter().copied()).collect();
    if candidates.is_empty() {
        return Ok(HashMap::new());
    }
    store::known(tx, &candidates).await
}

impl Prepared {
    /// What quarantine keeps of it.
    fn refused<'a>(&'a self, refusal: &'a Refusal) -> Refused<'a> {
        Refused {
            event: &self.event,
            public: self.public,
            refusal,
            is_final: self.refused.as_ref().is_some_and(|dropped| dropped.is_final),
        }
    }
}
