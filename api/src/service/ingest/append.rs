//! Group commit: requests that wait at the same time share one transaction, and each is answered after the commit.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use tokio::sync::{Mutex, mpsc};

use super::{
    Prepared, Waiting,
    count::{self, Book, Gathered},
    step::admit_event,
};
use crate::{
    clock,
    domain::{
        error::{Code, Error, Result},
        event::Outcome,
        ledger::Counts,
        tag_type::Refusal,
    },
    service::{
        Services, quarantine,
        rule::Tally,
        tag::{Purpose, Schema},
    },
    store::{self, NewRow, Priority, is_transient, quarantine::Refused},
};

/// The one task of a process that appends events.
pub struct Appender {
    services: Services,
    arrivals: mpsc::UnboundedReceiver<Waiting>,
    /// Taken from the queue, too much for the last batch.
    held: Option<Waiting>,
    /// Requests of the last batch, and how long its commit took.
    last: (usize, Duration),
    /// What it remembers of the ledger.
    book: Mutex<Book>,
}

/// The most that a batch waits for company.
const MOST_LINGER: Duration = Duration::from_millis(2);

/// How long refusals wait for an event to be written with: they share its commit, or those of some milliseconds do.
const LINGER_ASIDE: Duration = Duration::from_millis(4);

/// Attempts of one transaction that others stand in the way of.
const ATTEMPTS: u32 = 5;

impl Appender {
    pub(super) fn new(services: Services, arrivals: mpsc::UnboundedReceiver<Waiting>) -> Self {
        Self {
            services,
            arrivals,
            held: None,
            last: (0, Duration::ZERO),
            book: Mutex::default(),
        }
    }

    /// Waits until there is something to append or to count; `false` once nobody can send any more. May be given up at any
    /// time.
    pub async fn wait(&mut self) -> bool {
        if self.held.is_some() {
            return true;
        }
        tokio::select! {
            biased;
            next = self.arrivals.recv() => {
                self.held = next;
                self.held.is_some()
            }
            () = self.services.ingest.aside.arrival() => true,
        }
    }

    /// Appends one batch of what waits. To be run to its end: callers wait for their answers.
    pub async fn append_next(&mut self) {
        let mut batch = Vec::new();
        self.gather(&mut batch);
        if batch.is_empty() {
            self.held = tokio::time::timeout(LINGER_ASIDE, self.arrivals.recv())
                .await
                .unwrap_or_default();
            self.gather(&mut batch);
        }
        if !batch.is_empty() {
            self.linger(&mut batch).await;
        }
        let aside = self.services.ingest.aside.take();
        self.append(batch, aside).await;
    }

    /// Appends everything that waits now, without waiting for more.
    pub async fn drain(&mut self) {
        loop {
            let mut batch = Vec::new();
            self.gather(&mut batch);
            let aside = self.services.ingest.aside.take();
            let last = batch.is_empty();
            if last && aside.is_empty() {
                return;
            }
            self.append(batch, aside).await;
            if last {
                return;
            }
        }
    }

    /// Waits a part of what a commit costs for those who were answered last, as they are likely to come again. Without
    /// it the callers fall into two halves that take turns, and each commit carries one of them: good where commits are
    /// quick, as one half is read while the other is written, and bad where the disk is slow.
    async fn linger(&mut self, batch: &mut Vec<Waiting>) {
        let (requests, commit) = self.last;
        let expected = batch.len() + requests;
        let until = tokio::time::Instant::now() + (commit / 3).min(MOST_LINGER);
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
        let most = self.services.ingest.config.batch_events;
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

    async fn append(&mut self, batch: Vec<Waiting>, aside: Gathered) {
        if batch.is_empty() {
            self.count_aside(aside.counts.clone()).await;
            return;
        }
        let events: usize = batch.iter().map(|waiting| waiting.events.len()).sum();
        let start = Instant::now();
        let appended = self.append_with_retries(&batch, &aside.counts).await;
        let services = &self.services;
        services.metrics.count_append(events, start.elapsed());
        let mut answers = match appended {
            Ok((outcomes, commit)) => {
                self.last = (batch.len(), commit);
                outcomes.into_iter()
            }
            Err(error) => {
                tracing::error!(error = ?error, events, "an append failed");
                services.metrics.count_fault("append");
                let refusal = if is_transient(&error) { overloaded() } else { error };
                let outcome = Outcome::Refused(refusal);
                self.count_aside(count::of_failed(&batch, &outcome, aside.counts.clone()))
                    .await;
                vec![outcome; events].into_iter()
            }
        };
        for waiting in batch {
            let own = answers.by_ref().take(waiting.events.len()).collect();
            // A caller that went away had its events stored all the same.
            let _ = waiting.answer.send(own);
            drop(waiting.room);
        }
        services.metrics.set_queue(services.ingest.waiting());
        services.fold_nudge.notify_one();
    }

    /// Writes down what was refused and nothing else. What cannot be written is kept, and goes with the next append.
    async fn count_aside(&self, counts: Counts<Box<str>>) {
        if counts.is_empty() {
            return;
        }
        if let Err(error) = self.append_with_retries(&[], &counts).await {
            tracing::error!(error = ?error, "counting what was refused failed, and will be tried again");
            self.services.metrics.count_fault("ledger");
            self.services.ingest.aside.keep(counts);
        }
    }

    async fn append_with_retries(
        &self,
        batch: &[Waiting],
        aside: &Counts<Box<str>>,
    ) -> Result<(Vec<Outcome>, Duration)> {
        let mut attempt = 1;
        loop {
            match self.append_once(batch, aside).await {
                Err(error) if is_transient(&error) && attempt < ATTEMPTS => {
                    tokio::time::sleep(Duration::from_millis(5) * attempt).await;
                    attempt += 1;
                }
                other => return other,
            }
        }
    }

    /// Appends a batch in one transaction; also gives how long its commit took.
    async fn append_once(&self, batch: &[Waiting], aside: &Counts<Box<str>>) -> Result<(Vec<Outcome>, Duration)> {
        let services = &self.services;
        let prepared: Vec<_> = batch.iter().flat_map(|waiting| &waiting.events).collect();
        let tx = services.database.write(Priority::Append).await?;
        let generation = store::configuration::hold_generation(&tx).await?;
        let configuration = services.registry.at_generation(&tx, generation).await?;
        let candidates: Vec<_> = prepared.iter().flat_map(|one| one.candidates.iter().copied()).collect();
        let known = if candidates.is_empty() {
            HashMap::new()
        } else {
            store::known(&tx, &candidates).await?
        };
        let now = clock::now();
        let mut claimed = HashSet::new();
        let mut hits = Tally::default();
        let subjects = prepared.iter().map(|one| one.subject());
        let mut schema = Schema::open(&tx, &configuration, subjects, Purpose::Append, now).await?;
        let mut misfits = Vec::new();
        let mut outcomes: Vec<Option<Outcome>> = Vec::with_capacity(prepared.len());
        let mut admitted = Vec::with_capacity(prepared.len());
        for one in &prepared {
            let event = &one.event;
            let stored = one.candidates.iter().any(|uid| known.get(uid) == Some(&event.site));
            outcomes.push(if stored || claimed.contains(&event.uid) {
                Some(Outcome::Duplicate { id: event.id.clone() })
            } else {
                let verdict = admit_event::run(&configuration, one, now);
                hits.note(event, verdict.as_deref().ok());
                match verdict.map(|verdict| verdict.refusal) {
                    Err(error) => Some(Outcome::Refused(error)),
                    Ok(Some(refusal)) => Some(Outcome::Refused(refusal.into())),
                    Ok(None) => match schema.judge(one.subject()) {
                        Err(refusal) => {
                            let outcome = Outcome::Refused(refusal.error());
                            misfits.push((*one, refusal));
                            Some(outcome)
                        }
                        Ok(()) => {
                            claimed.insert(event.uid);
                            admitted.push(NewRow {
                                event,
                                tag: one.tag.as_deref(),
                            });
                            None
                        }
                    },
                }
            });
        }
        let appended = store::append(&tx, &services.hasher, &admitted).await?;
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
        let named = book.write(&tx, &services.hasher, generation, &counts).await?;
        let start = Instant::now();
        tx.commit().await?;
        let commit = start.elapsed();
        book.remember(named);
        schema.remember(services, &appended.lost);
        appended.remember(&services.database);
        Ok((answers, commit))
    }
}

impl Prepared {
    /// What quarantine keeps of it.
    fn refused<'a>(&'a self, refusal: &'a Refusal) -> Refused<'a> {
        Refused {
            event: &self.event,
            public: self.public,
            refusal,
        }
    }
}

fn overloaded() -> Error {
    let message = "The database is busy and nothing of this request was stored; try again.";
    Error::new(Code::Overloaded, message).retry_after(Duration::from_secs(1))
}
