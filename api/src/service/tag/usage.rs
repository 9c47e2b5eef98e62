//! How often names are used, counted in memory and written down every few seconds, so that no append has to: a crash may
//! lose the last of it.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use foldhash::fast::RandomState;

use crate::{
    domain::{error::Result, event::Event, zone::nanoseconds},
    service::Services,
    store::{Priority, tag_type, tag_type::Use},
};

type Counts = HashMap<(i64, i64), Use, RandomState>;

/// Uses that are not written down yet, by name and site.
#[derive(Debug, Default)]
pub struct Uses(Mutex<Counts>);

impl Uses {
    fn lock(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts the names of events.
    pub(in crate::service) fn count<'a, N>(&self, events: impl Iterator<Item = (&'a Event, N)>)
    where
        N: Iterator<Item = i64>,
    {
        let mut counts = self.lock();
        for (event, numbers) in events {
            let received = nanoseconds(event.received);
            for tag in numbers {
                let one = counts.entry((tag, event.site)).or_insert_with(|| Use {
                    tag,
                    site: event.site,
                    count: 0,
                    first: received,
                    first_action: Some(event.action.clone()),
                    last: received,
                    last_uid: event.uid,
                });
                one.count += 1;
                one.last = received;
                one.last_uid = event.uid;
            }
        }
    }

    /// What is not written down yet.
    pub(super) fn pending(&self) -> Vec<Use> {
        self.lock().values().cloned().collect()
    }

    fn take(&self) -> Vec<Use> {
        let mut uses: Vec<_> = std::mem::take(&mut *self.lock()).into_values().collect();
        uses.sort_unstable_by_key(|one| (one.tag, one.site));
        uses
    }

    /// Puts back what could not be written.
    fn put_back(&self, uses: Vec<Use>) {
        let mut counts = self.lock();
        for one in uses {
            let key = (one.tag, one.site);
            match counts.get_mut(&key) {
                Some(later) => {
                    later.count += one.count;
                    later.first = one.first;
                    later.first_action = one.first_action;
                }
                None => drop(counts.insert(key, one)),
            }
        }
    }
}

impl Services {
    /// Writes down how names of tags are used.
    ///
    /// # Errors
    /// Whatever the database says; the next run takes it up again.
    pub async fn write_tag_uses(&self) -> Result<()> {
        let uses = self.tag_uses.take();
        if uses.is_empty() {
            return Ok(());
        }
        let write = async {
            let tx = self.database.write(Priority::Fold).await?;
            tag_type::add_uses(&tx, &self.hasher, &uses).await?;
            tx.commit().await
        };
        let written = write.await;
        if written.is_err() {
            self.tag_uses.put_back(uses);
        }
        written
    }
}
