//! What runs in the background: when, not what. Each task is idempotent and bounded; its retry is its next run.
//!
//! | task | runs | does |
//! |---|---|---|
//! | append | whenever events wait | `service::ingest` |
//! | fold | after appends, at most every quarter of a second | `service::fold`, live marks and rebuilding |
//! | backfill | while a view or scope catches up | `service::fold`, other marks |
//! | deletion | while a deletion or restore is under way | `service::deletion` |
//! | clear | while a retired rollup has cells | `service::purge` |
//! | checkpoint | four times a second | moves SQLite's write-ahead log into its file |
//! | purge | checks every few seconds whether it is due | `service::purge` |
//! | retention | every retention interval | `service::retention`, also in quarantine and of `service::external`, old days of `service::rule`, old quarters of `service::ledger` |
//! | session | every minute | `service::session`, tidying up |
//! | feed | ten times a second while somebody watches | `service::feed` |
//! | refresh | twice a second | rereads a moved configuration |
//! | rates | four times a second | divides limits among servers, `service::rate` |
//! | tag | every five seconds | notes how often names of tags are used |
//! | external | once a second, and while a question to a network is due | `service::external` |
//! | uses | every five seconds | notes when keys were last used, each once a minute, and what views were asked |

mod external;
mod fold;

use std::{future::Future, time::Duration};

use tokio::{runtime::Handle, sync::watch, task::JoinHandle};

use crate::{domain::error::Result, service::Services};

/// The tasks of one process.
#[derive(Debug)]
pub struct Workers {
    append: JoinHandle<()>,
    others: Vec<JoinHandle<()>>,
}

/// How long a task rests after a failure.
const AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Workers {
    /// Begins every task; they end once `stop` holds `true`. The append ends last, with nothing left that waits.
    #[must_use]
    pub fn start(services: &Services, stop: &watch::Receiver<bool>) -> Self {
        // A thread of its own: callers wait for it, and among the other tasks it would wait wherever one of them reckons.
        let (runtime, appending) = (Handle::current(), append(services.clone(), stop.clone()));
        let append = tokio::task::spawn_blocking(move || runtime.block_on(appending));
        let worker = &services.worker;
        let purge_check = (worker.purge_interval / 10).clamp(Duration::from_millis(100), Duration::from_secs(60));
        let others = vec![
            tokio::spawn(fold::run(services.clone(), stop.clone())),
            repeat(services, stop, "backfill", Duration::from_millis(250), fold::backfill),
            repeat(services, stop, "deletion", Duration::from_millis(200), work_off),
            repeat(services, stop, "clear", Duration::from_secs(1), clear),
            repeat(services, stop, "checkpoint", Duration::from_millis(250), checkpoint),
            repeat(services, stop, "purge", purge_check, purge),
            repeat(services, stop, "retention", worker.retention_interval, retain),
            repeat(services, stop, "session", Duration::from_secs(60), tidy_sessions),
            repeat(services, stop, "feed", Duration::from_millis(100), feed),
            repeat(services, stop, "refresh", Duration::from_millis(500), refresh),
            repeat(services, stop, "rates", Duration::from_millis(250), share_rates),
            repeat(services, stop, "tag", Duration::from_secs(5), note_tag_uses),
            tokio::spawn(external::run(services.clone(), stop.clone())),
            repeat(services, stop, "uses", Duration::from_secs(5), note_uses),
        ];
        Self { append, others }
    }

    /// Waits for every task to end.
    pub async fn join(self) {
        for task in self.others {
            let _ = task.await;
        }
        let _ = self.append.await;
    }
}

/// Runs `task` again and again; while it says that there is more, without rest.
fn repeat<F>(
    services: &Services,
    stop: &watch::Receiver<bool>,
    name: &'static str,
    rest: Duration,
    task: fn(Services) -> F,
) -> JoinHandle<()>
where
    F: Future<Output = Result<bool>> + Send + 'static,
{
    let (services, mut stop) = (services.clone(), stop.clone());
    tokio::spawn(async move {
        while !*stop.borrow() {
            let rest = match task(services.clone()).await {
                Ok(true) => {
                    tokio::task::yield_now().await;
                    continue;
                }
                Ok(false) => rest,
                Err(error) => {
                    failed(&services, name, &error);
                    rest.max(AFTER_FAILURE)
                }
            };
            tokio::select! {
                () = tokio::time::sleep(rest) => {}
                _ = stop.changed() => {}
            }
        }
    })
}

/// Tells of a task's failure; its next run is its retry.
fn failed(services: &Services, name: &'static str, error: &crate::domain::error::Error) {
    tracing::error!(task = name, error = ?error, "a background task failed and will run again");
    services.metrics.count_fault(name);
}

async fn append(services: Services, mut stop: watch::Receiver<bool>) {
    let Some(mut appender) = services.appender() else {
        return;
    };
    loop {
        tokio::select! {
            biased;
            more = appender.wait() => if !more { return },
            _ = stop.changed() => break,
        }
        appender.append_next().await;
    }
    appender.drain().await;
    if let Err(error) = services.write_tag_uses().await {
        failed(&services, "tag", &error);
    }
}

async fn work_off(services: Services) -> Result<bool> {
    services.work_off_deletion().await
}

async fn clear(services: Services) -> Result<bool> {
    services.clear_retired().await
}

async fn checkpoint(services: Services) -> Result<bool> {
    services.checkpoint().await?;
    Ok(false)
}

async fn purge(services: Services) -> Result<bool> {
    services.purge_when_due().await?;
    services.forget_salts().await?;
    Ok(false)
}

async fn retain(services: Services) -> Result<bool> {
    services.retain().await?;
    services.retain_quarantine().await?;
    services.put_rule_hits_together().await?;
    services.tidy_ledger().await?;
    services.retain_external().await?;
    services.put_questions_together().await?;
    Ok(false)
}

async fn tidy_sessions(services: Services) -> Result<bool> {
    services.forget_nonces().await?;
    services.tidy_sessions().await?;
    Ok(false)
}

async fn feed(services: Services) -> Result<bool> {
    services.send_arrivals().await?;
    Ok(false)
}

async fn refresh(services: Services) -> Result<bool> {
    services.refresh().await?;
    Ok(false)
}

async fn share_rates(services: Services) -> Result<bool> {
    services.share_rates().await?;
    Ok(false)
}

async fn note_tag_uses(services: Services) -> Result<bool> {
    services.write_tag_uses().await?;
    Ok(false)
}

async fn note_uses(services: Services) -> Result<bool> {
    services.write_uses().await?;
    services.write_questions().await?;
    Ok(false)
}
