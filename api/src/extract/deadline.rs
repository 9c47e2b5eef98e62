//! How long a request may take, all in all; what streams has begun to be answered by then.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{HttpRequest, web::Data};
use tokio::runtime::Handle;

use crate::{
    config,
    domain::error::{Code, Error, Result},
};

/// Where no settings say how long a request may take.
const DEADLINE: Duration = Duration::from_secs(120);

/// How long a request may take.
#[must_use]
pub fn request_deadline(request: &HttpRequest) -> Duration {
    let config = request.app_data::<Data<config::Http>>();
    config.map_or(DEADLINE, |config| config.request_deadline)
}

/// Gives up what takes longer than `limit`.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or those of what was to be done.
pub async fn within<T>(limit: Duration, done: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::time::timeout(limit, done).await.unwrap_or_else(|_| {
        let message = "The request took too long and was given up.";
        Err(Error::new(Code::DeadlineExceeded, message))
    })
}

/// What whoever asked for a change is told that takes longer than a request may.
#[must_use]
pub fn goes_on() -> Error {
    let message = "The request takes longer than it may, and goes on without being waited for: what it changes may come to \
                   be all the same. Events with ids of yours can be sent again, and are stored once.";
    Error::new(Code::OutcomeUnknown, message).retry_after(Duration::from_secs(1))
}

/// What has begun to change something: it goes on to its end whoever stops waiting for it, a client that goes away or a
/// deadline, so that what was received is stored or refused, and counted as that, and nothing is left half done.
pub struct ToItsEnd<F: Future<Output: Send> + Send + 'static>(Option<Pin<Box<F>>>);

impl<F: Future<Output: Send> + Send + 'static> ToItsEnd<F> {
    /// Of what is to be done.
    pub fn new(done: F) -> Self {
        Self(Some(Box::pin(done)))
    }
}

impl<F: Future<Output: Send> + Send + 'static> Future for ToItsEnd<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        let Some(done) = &mut self.0 else {
            // It has ended; nobody asks again.
            return Poll::Pending;
        };
        let polled = done.as_mut().poll(context);
        if polled.is_ready() {
            self.0 = None;
        }
        polled
    }
}

impl<F: Future<Output: Send> + Send + 'static> Drop for ToItsEnd<F> {
    fn drop(&mut self) {
        // Without a runtime the process ends, and what it has queued is still appended.
        if let Some(rest) = self.0.take()
            && let Ok(runtime) = Handle::try_current()
        {
            runtime.spawn(rest);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    };

    use super::*;

    #[tokio::test]
    async fn what_nobody_waits_for_is_done_all_the_same() {
        let done = Arc::new(AtomicBool::new(false));
        let change = ToItsEnd::new({
            let done = done.clone();
            async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                done.store(true, Ordering::SeqCst);
            }
        });
        let cut = within(Duration::from_millis(5), async {
            change.await;
            Ok(())
        });
        assert_eq!(cut.await.expect_err("too slow").code, Code::DeadlineExceeded);
        assert!(!done.load(Ordering::SeqCst));
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert!(done.load(Ordering::SeqCst));
    }
}
