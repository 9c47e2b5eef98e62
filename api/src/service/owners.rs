//! Whose other names ids are, asked for many requests at once: whoever asks while others are being answered is answered
//! together with all who do, so that a busy door costs one look-up at a time, and not one for each event.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::{Semaphore, oneshot};

use super::Services;
use crate::{
    domain::error::{Error, Result},
    store::profile,
};

/// Ids, with the actors that they are other names of.
type Found = Arc<HashMap<String, String>>;

/// Who waits to be answered.
struct Waiting {
    site: i64,
    names: Vec<String>,
    answer: oneshot::Sender<Result<Found>>,
}

/// Those who wait, and the turn of whoever asks for all of them.
pub(super) struct LookUps {
    waiting: Mutex<Vec<Waiting>>,
    turn: Semaphore,
}

impl Default for LookUps {
    fn default() -> Self {
        Self {
            waiting: Mutex::default(),
            turn: Semaphore::new(1),
        }
    }
}

impl LookUps {
    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Services {
    /// The actors that ids of a site are other names of, others of the site perhaps among them; those that are nobody's other
    /// name are left out.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) async fn owners_of(&self, site: i64, names: Vec<String>) -> Result<Found> {
        loop {
            let (answer, mut answered) = oneshot::channel();
            let names = names.clone();
            self.look_ups.lock().push(Waiting { site, names, answer });
            let turn = tokio::select! {
                biased;
                told = &mut answered => match told {
                    Ok(told) => return told,
                    // Whoever asked for us went away.
                    Err(_) => continue,
                },
                turn = self.look_ups.turn.acquire() => turn.map_err(Error::internal)?,
            };
            let all = std::mem::take(&mut *self.look_ups.lock());
            self.look_up(all).await;
            drop(turn);
            // We were among them, or were answered meanwhile.
            if let Ok(told) = answered.await {
                return told;
            }
        }
    }

    /// Answers all of them.
    async fn look_up(&self, all: Vec<Waiting>) {
        let mut sites: BTreeMap<i64, Vec<Waiting>> = BTreeMap::new();
        for one in all {
            sites.entry(one.site).or_default().push(one);
        }
        for (site, waiting) in sites {
            let names: BTreeSet<&str> = waiting.iter().flat_map(|one| &one.names).map(String::as_str).collect();
            let names: Vec<_> = names.into_iter().collect();
            let found = self.read_owners(site, &names).await.map(Arc::new);
            for one in waiting {
                // One that is gone needs no answer.
                let _ = one.answer.send(found.clone());
            }
        }
    }

    async fn read_owners(&self, site: i64, names: &[&str]) -> Result<HashMap<String, String>> {
        let tx = self.database.read(self.question.deadline).await?;
        profile::actors_of(&tx, site, names).await
    }
}
