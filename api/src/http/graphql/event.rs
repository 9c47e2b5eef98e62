//! What an operation comes up with, as `graphql-transport-ws` tells it.

use async_graphql::ServerError;
use futures_util::{FutureExt, StreamExt, stream::BoxStream};

use super::response::Answer;

/// What an operation comes up with.
pub(super) enum Event {
    Next(Box<Answer>),
    /// It never began, so there is no data.
    Failed(Vec<ServerError>),
    Complete,
}

/// What an operation's results are to the protocol: those of one that never began are its failure.
pub(super) fn events(results: BoxStream<'static, Answer>, subscribes: bool) -> BoxStream<'static, Event> {
    Box::pin(async_stream::stream! {
        let mut results = results;
        let Some(first) = results.next().await else {
            yield Event::Complete;
            return;
        };
        // A subscription that fails to begin looks like an event that fails, but for its end right after.
        let mut second = None;
        if let Some(errors) = first.failure() {
            let has_failed = if subscribes {
                second = results.next().now_or_never();
                matches!(second, Some(None))
            } else {
                !first.executed
            };
            if has_failed {
                yield Event::Failed(errors.to_vec());
                return;
            }
        }
        yield Event::Next(Box::new(first));
        if let Some(Some(answer)) = second {
            yield Event::Next(Box::new(answer));
        }
        while let Some(answer) = results.next().await {
            yield Event::Next(Box::new(answer));
        }
        yield Event::Complete;
    })
}
