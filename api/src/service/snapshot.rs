//! One snapshot for many questions: all root fields of one operation see the same set of events.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{Mutex, MutexGuard};

use super::{Services, registry::Configuration};
use crate::{
    domain::{
        error::{Code, Error, Result},
        question::{Provenance, Source},
        rate::Bill,
        rollup::{Mark, SCOPE_MARK, VIEW_MARK},
    },
    store::{self, Transaction, raw::Tombstone},
};

/// Rows and points of all answers of one operation, which are held until the last is told: some 200 MB at their largest.
const MOST_ROWS: usize = 500_000;

/// A snapshot that opens at the first question.
pub struct Snapshot {
    services: Services,
    opened: Mutex<Option<Opened>>,
    bill: Arc<Bill>,
    rows: AtomicUsize,
}

/// A snapshot with what every question needs of it.
pub struct Opened {
    /// The reading transaction.
    pub tx: Transaction,
    /// The configuration as it sees it.
    pub configuration: Arc<Configuration>,
    /// The mark of what counts.
    pub views: Mark,
    /// The mark of what tells actors apart.
    pub scopes: Mark,
    /// Deletions under way, with their sites.
    pub tombstones: Vec<(i64, Tombstone)>,
}

/// Holds the snapshot while one question reads it.
pub struct Held<'a>(MutexGuard<'a, Option<Opened>>);

impl std::ops::Deref for Held<'_> {
    type Target = Opened;

    fn deref(&self) -> &Opened {
        self.0.as_ref().expect("it was opened when it was held")
    }
}

impl Snapshot {
    /// A snapshot to be opened at the first question.
    #[must_use]
    pub fn new(services: Services) -> Self {
        Self {
            services,
            opened: Mutex::new(None),
            bill: Arc::default(),
            rows: AtomicUsize::new(0),
        }
    }

    /// Counts the rows of an answer to those that its operation has already.
    ///
    /// # Errors
    /// `TOO_MANY_ROWS`: the answer is to be given up.
    pub fn take_rows(&self, rows: usize) -> Result<()> {
        let before = self.rows.fetch_add(rows, Ordering::Relaxed);
        if before + rows <= MOST_ROWS {
            return Ok(());
        }
        // What is given up leaves room for smaller ones.
        self.rows.fetch_sub(rows, Ordering::Relaxed);
        let message = format!(
            "The answers of one operation have at most {MOST_ROWS} rows and points together; ask in several, group by less, \
             or ask for a longer period."
        );
        Err(Error::new(Code::TooManyRows, message).at("groupBy"))
    }

    /// The same, with the bill of its operation.
    #[must_use]
    pub fn on(mut self, bill: Arc<Bill>) -> Self {
        self.bill = bill;
        self
    }

    /// What its operation has cost.
    #[must_use]
    pub fn bill(&self) -> &Bill {
        &self.bill
    }

    /// Opens the snapshot if need be, and holds it for one question: its deadline begins here, and one before it that
    /// failed leaves no trace.
    ///
    /// # Errors
    /// `OVERLOADED`, or whatever the database says.
    pub async fn hold(&self) -> Result<Held<'_>> {
        let mut opened = self.opened.lock().await;
        match &*opened {
            Some(opened) => opened.tx.renew(self.services.question.deadline).await?,
            None => *opened = Some(self.services.open().await?),
        }
        Ok(Held(opened))
    }

    /// The use-cases it asks.
    #[must_use]
    pub fn services(&self) -> &Services {
        &self.services
    }
}

impl Opened {
    /// The deletions under way on a site.
    #[must_use]
    pub fn tombstones(&self, site: i64) -> Vec<Tombstone> {
        self.tombstones
            .iter()
            .filter(|(own, _)| *own == site)
            .map(|(_, tombstone)| tombstone.clone())
            .collect()
    }

    /// Where an answer about a site came from that is folded up to `position`.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn provenance(&self, site: i64, source: Source, position: i64) -> Result<Provenance> {
        Ok(Provenance {
            source,
            mark_lag_events: store::mark::past(&self.tx, position, site).await?.own,
            up_to_event: store::mark::newest(&self.tx, position, site).await?,
        })
    }
}

impl Services {
    /// Opens a snapshot.
    ///
    /// # Errors
    /// `OVERLOADED`, or whatever the database says.
    pub async fn open(&self) -> Result<Opened> {
        let tx = self.database.read(self.question.deadline).await?;
        let configuration = self.registry.at(&tx).await?;
        let views = store::mark::get_mark(&tx, VIEW_MARK).await?;
        let scopes = store::mark::get_mark(&tx, SCOPE_MARK).await?;
        let hiding = store::deletion::hiding(&tx, None).await?;
        let tombstones = hiding.into_iter().map(|one| (one.site, one.into())).collect();
        Ok(Opened {
            tx,
            configuration,
            views,
            scopes,
            tombstones,
        })
    }
}

impl std::fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Snapshot(…)")
    }
}
