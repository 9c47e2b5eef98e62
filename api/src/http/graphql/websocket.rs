//! The `graphql-transport-ws` protocol: one task per socket, which owns all that runs on it.
//!
//! Dropping the task drops every operation of the socket, so an abrupt end needs no tidying up.

use std::{collections::HashMap, sync::Arc, time::Duration};

use actix_web::{FromRequest, HttpRequest, HttpResponse, body::BoxBody, dev, http::header, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, ProtocolError, Session};
use async_graphql::{Executor, Value, parser::types::OperationType};
use futures_util::{
    StreamExt,
    future::{AbortHandle, Abortable},
    stream::{self, BoxStream, SelectAll},
};
use serde::Serialize;
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;

use super::{
    Authenticate, Credential, Endpoint,
    connection::{Guarded, Lingering, broken},
    document::may_log,
    event::{Event, events},
    message::{ClientMessage, Closing, PROTOCOL, ServerMessage},
    operation,
    request::Operation,
    response::server_error,
    sse::{RECHECK, quiet_interval, until_shutdown},
};
use crate::{
    domain::error::{Code, Error, Result},
    extract::room::{FEW_VALUES, Measure},
};

/// How long a client may leave what we send unread before it counts as gone.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a client may take to close its side once it was told why.
const LINGER: Duration = Duration::from_secs(1);

/// Whether a request wants to become a WebSocket.
pub(super) fn is_asked_for(request: &HttpRequest) -> bool {
    let upgrade = request.headers().get(header::UPGRADE);
    upgrade.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

/// Shakes hands, and leaves the socket to a task of its own.
///
/// # Errors
///
/// The handshake is not one.
pub(super) fn open<E: Executor, A: Authenticate>(
    endpoint: web::Data<Endpoint<E, A>>,
    request: &HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse> {
    let malformed = |_| {
        Error::new(
            Code::MalformedRequest,
            "This is not a WebSocket handshake of version 13.",
        )
    };
    let limit_bytes = endpoint.limits.websocket_message_bytes;
    let mut guarded = dev::Payload::Stream {
        payload: Guarded::new(payload.into_inner(), limit_bytes).boxed_local(),
    };
    let payload = web::Payload::from_request(request, &mut guarded)
        .into_inner()
        .map_err(malformed)?;
    let (response, session, messages) =
        actix_ws::handle_with_protocols(request, payload, &[PROTOCOL]).map_err(malformed)?;
    let messages = messages
        .max_frame_size(limit_bytes)
        .aggregate_continuations()
        .max_continuation_size(limit_bytes);
    let speaks_protocol = response.headers().contains_key(header::SEC_WEBSOCKET_PROTOCOL);
    let client = endpoint.authenticate.client(request);
    let socket = Socket {
        endpoint,
        client,
        upgrade: request.headers().clone(),
        caller: None,
        session,
        running: HashMap::new(),
        events: SelectAll::new(),
    };
    let mut release = None;
    let response = response.map_body(|_, body| {
        let (body, sender) = Lingering::new(body);
        release = Some(sender);
        BoxBody::new(body)
    });
    let serving = async move {
        socket.run(messages, speaks_protocol).await;
        drop(release);
    };
    // What is logged later still names the request by which it came.
    rt::spawn(serving.in_current_span());
    Ok(response)
}

struct Socket<E, A: Authenticate> {
    endpoint: web::Data<Endpoint<E, A>>,
    client: A::Client,
    upgrade: header::HeaderMap,
    /// Somebody, once `connection_init` was acknowledged.
    caller: Option<A::Caller>,
    session: Session,
    running: HashMap<Arc<str>, AbortHandle>,
    events: SelectAll<BoxStream<'static, (Arc<str>, Event)>>,
}

impl<E: Executor, A: Authenticate> Socket<E, A> {
    async fn run(mut self, mut messages: AggregatedMessageStream, speaks_protocol: bool) {
        let closing = if speaks_protocol {
            self.serve(&mut messages).await
        } else {
            Closing::Subprotocol
        };
        let Some(reason) = closing.reason() else { return };
        self.events.clear();
        // Whether the client still hears it makes no difference.
        let _ = timeout(SEND_TIMEOUT, self.session.close(Some(reason))).await;
        if !matches!(closing, Closing::Answered(_)) {
            let _ = timeout(LINGER, until_closed(messages)).await;
        }
    }

    /// Serves the socket until there is a reason to close it.
    async fn serve(&mut self, messages: &mut AggregatedMessageStream) -> Closing {
        let limits = &self.endpoint.limits;
        let init_deadline = Instant::now() + Duration::from_secs(limits.websocket_init_seconds);
        let mut keep_alive = quiet_interval(Duration::from_secs(limits.keep_alive_seconds.max(1)));
        let mut recheck = quiet_interval(RECHECK);
        let mut shutdown = self.endpoint.shutdown.clone();
        let mut heard = true;
        loop {
            let step = tokio::select! {
                message = messages.recv() => {
                    heard = true;
                    self.receive(message).await
                }
                Some((id, event)) = self.events.next(), if !self.events.is_empty() => self.tell(&id, event).await,
                _ = keep_alive.tick() => {
                    if !std::mem::take(&mut heard) {
                        return Closing::Gone;
                    }
                    sent(timeout(SEND_TIMEOUT, self.session.ping(b"")).await)
                }
                _ = recheck.tick() => self.recheck().await,
                () = sleep_until(init_deadline), if self.caller.is_none() => Err(Closing::InitTimeout),
                () = until_shutdown(&mut shutdown) => Err(Closing::GoingAway),
            };
            if let Err(closing) = step {
                return closing;
            }
        }
    }

    async fn receive(&mut self, message: Option<Result<AggregatedMessage, ProtocolError>>) -> Result<(), Closing> {
        let text = match message {
            None => return Err(Closing::Gone),
            Some(Ok(AggregatedMessage::Text(text))) => text,
            Some(Ok(AggregatedMessage::Ping(bytes))) => {
                return sent(timeout(SEND_TIMEOUT, self.session.pong(&bytes)).await);
            }
            Some(Ok(AggregatedMessage::Pong(_))) => return Ok(()),
            Some(Ok(AggregatedMessage::Close(reason))) => {
                return Err(Closing::Answered(reason.map(|reason| reason.code.into())));
            }
            Some(Ok(AggregatedMessage::Binary(_))) => return Err(Closing::InvalidMessage),
            Some(Err(error)) => {
                let closing = broken(&error);
                match closing {
                    Closing::TooBig => self.count_unreadable(Code::BodyTooLarge).await,
                    Closing::NotText => self.count_unreadable(Code::MalformedRequest).await,
                    _ => {}
                }
                return Err(closing);
            }
        };
        // Before they have said who they are nobody has much to say.
        let most = self.caller.as_ref().map_or(FEW_VALUES, |caller| {
            self.endpoint.authenticate.most_of_body(caller).values
        });
        if Measure::of(text.as_bytes()).check(most).is_err() {
            self.count_unreadable(Code::BodyTooLarge).await;
            return Err(Closing::TooBig);
        }
        let Some(message) = ClientMessage::parse(&text) else {
            self.count_unreadable(Code::MalformedRequest).await;
            return Err(Closing::InvalidMessage);
        };
        match message {
            ClientMessage::Init(payload) => self.initialise(&payload).await,
            ClientMessage::Ping(payload) => self.send(&ServerMessage::of_connection("pong", payload)).await,
            ClientMessage::Pong => Ok(()),
            ClientMessage::Subscribe { id, operation } => self.subscribe(id.into(), operation).await,
            ClientMessage::Complete { id } => {
                if let Some(operation) = self.running.remove(id.as_str()) {
                    operation.abort();
                }
                Ok(())
            }
        }
    }

    /// Counts a message in which events may have been.
    async fn count_unreadable(&self, code: Code) {
        if let Some(caller) = &self.caller {
            let counted = self.endpoint.authenticate.count_unreadable(caller, code).await;
            if let Err(error) = counted {
                // The connection is closed for it, which names no outcome.
                tracing::error!(?error, "a message that cannot be read may not come into the ledger");
            }
        }
    }

    async fn initialise(&mut self, payload: &Value) -> Result<(), Closing> {
        if self.caller.is_some() {
            return Err(Closing::TooManyInits);
        }
        let credential = match Credential::of_payload(payload) {
            Ok(None) => Credential::of_headers(&self.upgrade),
            found => found,
        };
        let authenticated = match credential {
            Ok(credential) => self.endpoint.authenticate.authenticate(&self.client, credential).await,
            Err(error) => Err(error),
        };
        match authenticated {
            Ok(caller) => self.caller = Some(caller),
            Err(error)
                if matches!(
                    error.code,
                    Code::Unauthenticated | Code::Forbidden | Code::OriginNotAllowed
                ) =>
            {
                return Err(Closing::Forbidden);
            }
            Err(error) => return Err(Closing::Internal(server_error(&error).message)),
        }
        self.send(&ServerMessage::<()>::of_connection("connection_ack", None))
            .await
    }

    async fn subscribe(&mut self, id: Arc<str>, sent: Operation) -> Result<(), Closing> {
        let Some(caller) = &self.caller else {
            return Err(Closing::Unauthorized);
        };
        if self.running.contains_key(&id) {
            return Err(Closing::SubscriberExists(id.to_string()));
        }
        let most = self.endpoint.limits.websocket_operations;
        let prepared = if self.running.len() < most {
            let known = (&self.client, caller);
            let prepared = operation::prepare(&self.endpoint, known, sent).await;
            prepared.map_err(|unprepared| unprepared.shown)
        } else {
            let message = format!("A connection may run {most} operations at once.");
            let mut error = server_error(&Error::new(Code::TooManySubscriptions, message));
            if may_log(&sent.query) {
                error = operation::count(&self.endpoint.authenticate, caller, error).await;
            }
            Err(error)
        };
        let events = match prepared {
            Ok(prepared) => {
                let subscribes = prepared.kind == OperationType::Subscription;
                let results = operation::results(&self.endpoint, prepared, &self.client, caller);
                events(results, subscribes)
            }
            Err(error) => stream::once(async { Event::Failed(vec![error]) }).boxed(),
        };
        let (handle, registration) = AbortHandle::new_pair();
        self.running.insert(Arc::clone(&id), handle);
        let named = events.map(move |event| (Arc::clone(&id), event));
        self.events.push(Abortable::new(named, registration).boxed());
        Ok(())
    }

    async fn tell(&mut self, id: &str, event: Event) -> Result<(), Closing> {
        if !matches!(event, Event::Next(_)) {
            self.running.remove(id);
        }
        match event {
            Event::Next(answer) => self.send(&ServerMessage::of_operation(id, "next", Some(answer))).await,
            Event::Failed(errors) => self.send(&ServerMessage::of_operation(id, "error", Some(errors))).await,
            Event::Complete => {
                self.send(&ServerMessage::<()>::of_operation(id, "complete", None))
                    .await
            }
        }
    }

    async fn recheck(&self) -> Result<(), Closing> {
        match &self.caller {
            Some(caller) if !self.endpoint.authenticate.is_current(caller).await => Err(Closing::Forbidden),
            _ => Ok(()),
        }
    }

    async fn send<P: Serialize>(&mut self, message: &ServerMessage<'_, P>) -> Result<(), Closing> {
        sent(timeout(SEND_TIMEOUT, self.session.text(message.to_text())).await)
    }
}

/// Reads, and forgets, until the client closes its side.
async fn until_closed(mut messages: AggregatedMessageStream) {
    while let Some(Ok(message)) = messages.recv().await {
        if matches!(message, AggregatedMessage::Close(_)) {
            return;
        }
    }
    // Without a reader, what still comes in is thrown away unread.
    drop(messages);
    std::future::pending().await
}

fn sent<T>(outcome: Result<Result<(), actix_ws::Closed>, T>) -> Result<(), Closing> {
    match outcome {
        Ok(Ok(())) => Ok(()),
        _ => Err(Closing::Gone),
    }
}
