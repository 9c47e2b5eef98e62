//! The live feed: events as they arrive, read from the database so that those of other processes come too.

use std::sync::Arc;

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

/// Those who watch events arrive.
pub struct Feed {
    sender: broadcast::Sender<Arc<Event>>,
    /// Everything that arrived before was sent; none while nobody watches.
    position: Mutex<Option<i64>>,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            sender: broadcast::channel(MOST_BEHIND).0,
            position: Mutex::new(None),
        }
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
            && fulfils(event, &self.filter.conditions)
    }
}

impl Services {
    /// Watches the events of one site that fit a filter arrive, from now on.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn watch(&self, caller: &Caller, site: Option<&str>, filter: Filter) -> Result<Watch> {
        let site = self.registry.current().admit(caller, Operation::WatchEvents, site)?;
        let mut position = self.feed.position.lock().await;
        if position.is_none() {
            let tx = self.database.read(self.question.deadline).await?;
            *position = Some(mark::horizon(&tx).await?);
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
        let mut position = self.feed.position.lock().await;
        if self.feed.sender.receiver_count() == 0 {
            *position = None;
            return Ok(false);
        }
        let Some(mut from) = *position else { return Ok(true) };
        loop {
            let tx = self.database.read(self.question.deadline).await?;
            let horizon = mark::horizon(&tx).await?;
            if from >= horizon {
                break;
            }
            let stretch = store::tail::end_of_stretch(&tx, from, horizon, READ_AT_ONCE).await?;
            for (_, event) in store::event::arrived(&tx, from, stretch).await? {
                // Nobody may be left to hear it.
                let _ = self.feed.sender.send(Arc::new(event));
            }
            from = stretch;
            *position = Some(from);
        }
        Ok(true)
    }
}
