//! Server-Sent Events, after graphql-sse's “distinct connections mode”: one operation, one stream.

use std::{convert::Infallible, time::Duration};

use actix_web::{HttpResponse, http::header, web};
use async_graphql::{Executor, ServerError};
use bytes::Bytes;
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use tokio::{
    sync::watch,
    time::{Interval, interval},
};

use super::{
    Authenticate, Endpoint,
    operation::{self, Prepared},
    response::{self, Answer, server_error},
};
use crate::domain::error::{Code, Error, Result};

/// A comment: it opens the stream through proxies that wait for a first byte, and keeps it open.
const COMMENT: Bytes = Bytes::from_static(b":\n\n");

/// Tells an `EventSource`, which would else ask again, that this was all.
const COMPLETE: Bytes = Bytes::from_static(b"event: complete\ndata:\n\n");

/// How often the caller's key is looked at: what was revoked must not stream on for longer.
pub(super) const RECHECK: Duration = Duration::from_secs(1);

/// What happens next on a stream.
enum Step {
    Result(Box<Answer>),
    End,
    Recheck,
    KeepAlive,
    Shutdown,
}

/// Answers an operation, or the errors that stand for it, as a stream.
pub(super) fn stream<E: Executor, A: Authenticate>(
    endpoint: web::Data<Endpoint<E, A>>,
    prepared: Result<Prepared, ServerError>,
    client: &A::Client,
    caller: A::Caller,
) -> HttpResponse {
    let mut results: BoxStream<'static, Answer> = match prepared {
        Ok(prepared) => operation::results(&endpoint, prepared, client, &caller),
        Err(error) => stream::once(async { response::request_error(error) }).boxed(),
    };
    let body = async_stream::stream! {
        let mut keep_alive = quiet_interval(Duration::from_secs(endpoint.limits.keep_alive_seconds.max(1)));
        let mut recheck = quiet_interval(RECHECK);
        let mut shutdown = endpoint.shutdown.clone();
        yield COMMENT;
        loop {
            match next_step(&mut results, &mut keep_alive, &mut recheck, &mut shutdown).await {
                Step::Result(answer) => yield event(&answer),
                Step::End => {
                    yield COMPLETE;
                    break;
                }
                Step::KeepAlive => yield COMMENT,
                // Not completed: the client is to come back.
                Step::Shutdown => break,
                Step::Recheck => if !endpoint.authenticate.is_current(&caller).await {
                    let error = Error::new(Code::Unauthenticated, "The key was revoked or has expired, or what it may do has changed; subscribe again with a valid one.");
                    yield event(&response::request_error(server_error(&error)));
                    yield COMPLETE;
                    break;
                },
            }
        }
    };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Compression would hold events back until it has a block full of them; so would nginx's buffer.
        .insert_header((header::CONTENT_ENCODING, "identity"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(body.map(Ok::<Bytes, Infallible>))
}

async fn next_step(
    results: &mut BoxStream<'static, Answer>,
    keep_alive: &mut Interval,
    recheck: &mut Interval,
    shutdown: &mut watch::Receiver<bool>,
) -> Step {
    tokio::select! {
        answer = results.next() => answer.map_or(Step::End, |answer| Step::Result(Box::new(answer))),
        _ = recheck.tick() => Step::Recheck,
        _ = keep_alive.tick() => Step::KeepAlive,
        () = until_shutdown(shutdown) => Step::Shutdown,
    }
}

/// Waits until the server stops; for ever where nobody is left to say so.
pub(super) async fn until_shutdown(shutdown: &mut watch::Receiver<bool>) {
    if shutdown.wait_for(|stops| *stops).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// An interval whose first tick is one period from now.
pub(super) fn quiet_interval(period: Duration) -> Interval {
    let mut interval = interval(period);
    interval.reset();
    interval
}

fn event(answer: &Answer) -> Bytes {
    // JSON text has no line breaks of its own, so one `data` line holds it.
    let json = serde_json::to_string(answer).unwrap_or_else(|_| String::from("{}"));
    Bytes::from(format!("event: next\ndata: {json}\n\n"))
}
