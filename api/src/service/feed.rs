//! The live feed: events as they arrive, read from the database so that those of other processes come too.

use std::sync::Arc;

use tokio::sync::{Mutex, broadcast};

use super::Services;
use crate::{
    domain::{caller::Caller, error::Result, event::Event, operation::Operation, site::Site},
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

impl Services {
    /// Watches events arrive from now on; of every site, to be filtered by the one returned.
    ///
    /// # Errors
    /// No permission, or an unknown site.
    pub async fn watch(
        &self,
        caller: &Caller,
        site: Option<&str>,
    ) -> Result<(Arc<Site>, broadcast::Receiver<Arc<Event>>)> {
        let site = self.registry.current().admit(caller, Operation::WatchEvents, site)?;
        let mut position = self.feed.position.lock().await;
        if position.is_none() {
            let tx = self.database.read(self.question.deadline).await?;
            *position = Some(mark::horizon(&tx).await?);
        }
        Ok((site, self.feed.sender.subscribe()))
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
