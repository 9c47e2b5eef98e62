//! How long a request may take, all in all; what streams has begun to be answered by then.

use std::{future::Future, time::Duration};

use crate::domain::error::{Code, Error, Result};

/// Gives up what takes longer than `limit`.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or those of what was to be done.
pub(super) async fn within<T>(limit: Duration, done: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(limit, done).await.unwrap_or_else(|_| {
        let message = "The request took too long and was given up. Events that it logs may be stored all the same; \
                       with ids of yours they can be sent again.";
        Err(Error::new(Code::DeadlineExceeded, message))
    })
}
