//! The live feed: events as they arrive, read from the database so that those of other processes come too.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::sync::{
    Mutex,
    broadcast::{self, error::RecvError},
};

use super::{Services, event::fulfils};
use crate::{
    domain::{
        caller::Caller,
        deletion::Filter,
        error::{Code, Error, Result},
        event::Event,
        operation::Operation,
        zone,
    },
    store::{self, mark},
};

/// Events that a slow watcher may fall behind before it is told so.
const MOST_BEHIND: usize = 4_096;
/// Events read at once.
const READ_AT_ONCE: usize = 1_000;
/// How long the slowest watcher is waited for once it is that far behind: events may come in faster than they can be sent
/// on, as a batch of them does.
const PATIENCE: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(5);

/// Those who watch events arrive.
pub struct Feed {
    sender: broadcast::Sender<Arc<Event>>,
    sent: Mutex<Sent>,
}

/// How far watchers are.
#[derive(Default)]
struct Sent {
    /// Everything that arrived before was sent; none while nobody watches.
    position: Option<i64>,
    /// Since when there has been no room for more without leaving somebody behind.
    full_since: Option<Instant>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(MOST_BEHIND).0,
            sent: Mutex::default(),
        }
    }
}

impl Feed {
    /// Sends an event on, once the slowest watcher has room for it or was waited for long enough.
    async fn send(&self, sent: &mut Sent, event: Event) {
        loop {
            if self.sender.len() < MOST_BEHIND {
                sent.full_since = None;
                break;
            }
            if sent.full_since.get_or_insert_with(Instant::now).elapsed() >= PATIENCE {
                break;
            }
            tokio::time::sleep(BETWEEN_LOOKS).await;
        }
        // Nobody may be left to hear it.
        let _ = self.sender.send(Arc::new(event));
    }
}

/// Somebody who watches the events of one site arrive.
pub struct Watch {
    site: i64,
    filter: Filter,
    /// None once the watch is over.
    events: Option<broadcast::Receiver<Arc<Event>>>,
}

impl Watch {
    /// The next event that fits; none once the watch is over.
    ///
    /// # Errors
    /// `OVERLOADED` where events were missed, as the watcher was too slow; the watch is then over.
    pub async fn next(&mut self) -> Option<Result<Arc<Event>>> {
        loop {
            match self.events.as_mut()?.recv().await {
                Ok(event) if self.fits(&event) => return Some(Ok(event)),
                Ok(_) => {}
                Err(RecvError::Closed) => return None,
                Err(RecvError::Lagged(_)) => {
                    self.events = None;
                    let message = "You fell too far behind and events would be missing; subscribe again.";
                    return Some(Err(Error::new(Code::Overloaded, message)));
                }
            }
        }
    }

    /// Whether the watch is about an event.
    fn fits(&self, event: &Event) -> bool {
        let time = zone::nanoseconds(event.time);
        event.site == self.site
            && self.filter.span.is_none_or(|span| span.from <= time && time < span.to)
            && fulfils(event, &self.filter)
    }
}

impl Services {
    /// Watches the events of one site that fit a filter arrive, from now on.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn watch(&self, caller: &Caller, site: Option<&str>, filter: Filter) -> Result<Watch> {
        let site = self.registry.current().admit(caller, Operation::WatchEvents, site)?;
        let mut sent = self.feed.sent.lock().await;
        if sent.position.is_none() {
            let tx = self.database.read(self.question.deadline).await?;
            sent.position = Some(mark::horizon(&tx).await?);
        }
        Ok(Watch {
            site: site.id,
            filter,
            events: Some(self.feed.sender.subscribe()),
        })
    }

    /// Sends what arrived since the last time; gives whether anybody watches.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn send_arrivals(&self) -> Result<bool> {
        let mut sent = self.feed.sent.lock().await;
        if self.feed.sender.receiver_count() == 0 {
            *sent = Sent::default();
            return Ok(false);
        }
        let Some(mut from) = sent.position else { return Ok(true) };
        loop {
            let tx = self.database.read(self.question.deadline).await?;
            let horizon = mark::horizon(&tx).await?;
            if from >= horizon {
                break;
            }
            let stretch = store::tail::end_of_stretch(&tx, from, horizon, READ_AT_ONCE).await?;
            let arrived = store::event::arrived(&tx, from, stretch).await?;
            drop(tx);
            for (_, event) in arrived {
                self.feed.send(&mut sent, event).await;
            }
            from = stretch;
            sent.position = Some(from);
        }
        Ok(true)
    }
}
