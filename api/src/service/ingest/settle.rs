//! What became of an append whose connection broke while it was committed. PostgreSQL may have done it and not come to say
//! so; it is asked by the transaction's id. Events that were stored are answered and counted as stored, those that were
//! not are appended again, and what cannot be found out is said to be unknown.

use std::time::{Duration, Instant};

use crate::{
    domain::error::{Code, Error, Result},
    service::Services,
    store::{Fate, TransactionId, again, is_lost},
};

/// How long PostgreSQL is asked before callers are told that it is not known.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long one look may take.
const LOOK: Duration = Duration::from_secs(2);
const BETWEEN_LOOKS: Duration = Duration::from_millis(100);
/// A transaction that is still open so much later has a client that is gone, without PostgreSQL having noticed.
const GRACE: Duration = Duration::from_secs(1);

/// A transaction whose fate could not be found out.
#[derive(Debug)]
struct Lost(TransactionId);

impl std::fmt::Display for Lost {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "whether {:?} was committed is not known", self.0)
    }
}

impl std::error::Error for Lost {}

/// The transaction whose fate could not be found out, where that is the failure.
pub(super) fn lost_transaction(error: &Error) -> Option<TransactionId> {
    error.source()?.downcast_ref::<Lost>().map(|lost| lost.0)
}

/// Finds out whether a transaction was committed, whose commit failed with `error`.
///
/// # Errors
/// That error where nothing was committed for sure, one that another attempt mends, or `OUTCOME_UNKNOWN`.
pub(super) async fn find_out(services: &Services, id: Option<TransactionId>, error: Error) -> Result<()> {
    let Some(id) = id.filter(|_| is_lost(&error)) else {
        return Err(error);
    };
    tracing::warn!(error = ?error, ?id, "the connection broke during a commit; what became of it is being asked");
    let begin = Instant::now();
    loop {
        let looked = tokio::time::timeout(LOOK, look(services, id, begin.elapsed() > GRACE)).await;
        match looked {
            Ok(Ok(Fate::Committed)) => return Ok(()),
            Ok(Ok(Fate::Aborted)) => return Err(again("the connection broke before the commit")),
            Ok(Ok(Fate::Open)) | Err(_) => {}
            Ok(Err(error)) => tracing::debug!(error = ?error, ?id, "it cannot be asked yet"),
        }
        if begin.elapsed() >= PATIENCE {
            let message = "The connection to the database broke, and whether this request was stored could not be found \
                           out. Send it again; what has ids of yours is stored once.";
            return Err(Error::new(Code::OutcomeUnknown, message)
                .retry_after(Duration::from_secs(1))
                .because(Lost(id)));
        }
        tokio::time::sleep(BETWEEN_LOOKS).await;
    }
}

async fn look(services: &Services, id: TransactionId, is_late: bool) -> Result<Fate> {
    let tx = services.database.read(LOOK).await?;
    let fate = tx.fate_of(id).await?;
    if fate == Fate::Open && is_late {
        tx.break_off(id).await?;
    }
    Ok(fate)
}

/// What whoever brought events is told of which nothing was stored, when not even that can be written down.
pub(super) fn unwritten() -> Error {
    let message = "The database cannot be written to: nothing of this request was stored, and the ledger may not come to \
                   know of it. Send it again.";
    Error::new(Code::OutcomeUnknown, message).retry_after(Duration::from_secs(1))
}
