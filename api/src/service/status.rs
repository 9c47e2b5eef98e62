//! Whether the server can do its work.

use std::time::{Duration, Instant};

use tokio::time::timeout;

use super::{Services, fold::lag};
use crate::{
    domain::{
        caller::Caller,
        error::{Code, Result},
        operation::Operation,
        rollup::VIEW_MARK,
    },
    store::{Priority, aside, configuration},
};

/// How long a probe may take; whoever asks does not wait for ever either.
const DEADLINE: Duration = Duration::from_secs(3);
/// How long a failed append counts, while none succeeds: whoever was sent no events for so long is to be tried again.
const FAILURE_COUNTS: Duration = Duration::from_secs(30);
/// What was found holds so long; that something is wrong holds no longer than it takes to look again.
const SHARED: Duration = Duration::from_millis(100);
/// A mark that lags longer is worth a warning.
const MOST_LAG: Duration = Duration::from_secs(60);

/// What a probe found.
#[derive(Debug, Clone, Default, serde::Serialize)]
pub struct Status {
    /// Why the server is not ready; empty where it is.
    pub reasons: Vec<String>,
    /// What is not as it should be, though the server works.
    pub warnings: Vec<String>,
    /// Events past the mark.
    pub mark_lag_events: Option<i64>,
}

/// How the server is, for those who look after all of it.
#[derive(Debug, Clone)]
pub struct System {
    /// What a probe found.
    pub status: Status,
    /// Whether the database is SQLite; else it is PostgreSQL.
    pub on_sqlite: bool,
    /// The room that the database takes: bytes.
    pub database_bytes: i64,
    /// The room that is left on SQLite's disk: bytes.
    pub free_bytes: Option<i64>,
    /// Events that wait to be written.
    pub queued_events: usize,
}

impl Services {
    /// Tells how the server is.
    ///
    /// # Errors
    /// `FORBIDDEN` unless the caller manages all sites; whatever the database says.
    pub async fn system(&self, caller: &Caller) -> Result<System> {
        caller.permit(Operation::ReadSystem)?;
        let tx = self.database.read(DEADLINE).await?;
        let database_bytes = configuration::size(&tx).await?;
        drop(tx);
        let free_bytes = timeout(DEADLINE, self.database.free_bytes()).await;
        Ok(System {
            free_bytes: free_bytes.ok().flatten(),
            status: self.probe().await,
            on_sqlite: self.database.is_sqlite(),
            database_bytes,
            queued_events: self.ingest.waiting(),
        })
    }

    /// Probes the database: reachable, writable, migrated; the mark's lag and events set aside are only warnings. Anybody
    /// may ask, and it writes: those who ask at the same time share an answer.
    pub async fn probe(&self) -> Status {
        let mut probed = self.probed.lock().await;
        if let Some((at, status)) = &*probed
            && at.elapsed() < SHARED
            && status.reasons.is_empty()
        {
            return status.clone();
        }
        let status = self.probe_anew().await;
        *probed = Some((Instant::now(), status.clone()));
        status
    }

    async fn probe_anew(&self) -> Status {
        let mut status = Status::default();
        // At the same time: a database that is gone takes them all as long as they may.
        let (written, pending, folded) = tokio::join!(
            timeout(DEADLINE, self.probe_write()),
            timeout(DEADLINE, self.database.pending_migrations()),
            timeout(DEADLINE, self.probe_fold()),
        );
        match written {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(error = ?error, "the database cannot be written to");
                status.reasons.push("the database cannot be written to".to_owned());
            }
            Err(_) => status.reasons.push(format!(
                "the database did not take a write within {} seconds",
                DEADLINE.as_secs()
            )),
        }
        // A full disk may still have room for what the probe writes.
        if let Some(ago) = self.ingest.failed_ago().filter(|ago| *ago < FAILURE_COUNTS) {
            let ago = ago.as_secs();
            status.reasons.push(format!(
                "events could not be stored {ago} s ago, and none were stored since"
            ));
        }
        match pending {
            Ok(Ok(pending)) if pending.is_empty() => {}
            Ok(Ok(pending)) => status
                .reasons
                .push(format!("migrations are pending: {}", pending.join(", "))),
            // Written for the operator.
            Ok(Err(error)) if error.code == Code::InvalidArgument => status.reasons.push(error.message),
            _ => status
                .reasons
                .push("the state of the migrations cannot be read".to_owned()),
        }
        match folded {
            Ok(Ok((events, age, aside))) => {
                status.mark_lag_events = Some(events);
                if age > MOST_LAG {
                    status.warnings.push(format!(
                        "the mark lags {} s behind; answers stay exact and get slower",
                        age.as_secs()
                    ));
                }
                if aside > 0 {
                    status.warnings.push(format!(
                        "{aside} stored events cannot be read: they are kept and in no answer, and the log names them"
                    ));
                }
            }
            _ => status.warnings.push("the mark's lag cannot be read".to_owned()),
        }
        status
    }

    async fn probe_write(&self) -> Result<()> {
        let tx = self.database.write(Priority::Configuration).await?;
        configuration::touch(&tx).await?;
        tx.commit().await
    }

    /// Events past the mark, the age of the oldest of them, and how many events are set aside.
    async fn probe_fold(&self) -> Result<(i64, Duration, i64)> {
        let tx = self.database.read(DEADLINE).await?;
        let (events, age) = lag(&tx, VIEW_MARK).await?;
        Ok((events, age, aside::count(&tx).await?))
    }
}
