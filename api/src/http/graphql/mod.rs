//! GraphQL over HTTP, Server-Sent Events and WebSocket, as their specifications want it.
//!
//! `serve` answers every method of one path. The schema is built elsewhere, and who calls is decided by `Authenticate`;
//! here are only statuses, media types, streams and close codes.

mod accept;
mod argument;
mod authenticate;
mod body;
mod completion;
mod connection;
mod document;
mod event;
mod message;
mod operation;
mod request;
mod response;
mod sse;
mod websocket;

use std::{sync::Arc, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::{Method, header},
    web,
};
use async_graphql::{Executor, parser::types::OperationType};
use tokio::sync::watch;

pub use self::authenticate::{Authenticate, Credential, Most};
pub(super) use self::body::encoding as check_encoding;
use self::{
    accept::Accept,
    argument::Arguments,
    completion::Shape,
    document::Documents,
    operation::{Prepared, Unprepared},
    request::{Operation, Request},
};
use crate::{
    domain::{
        error::{Code, Error, Result},
        rate::Demand,
    },
    extract::{
        body::{Bounds, Encoding, read as read_body, too_slow},
        deadline::{goes_on, within},
        room::Place,
    },
    graphql::limit,
};

/// What the transport takes, whatever the document says.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Bytes of a body, and of what it inflates to.
    pub body_bytes: usize,
    /// How long a body may take to come in.
    pub body_timeout: Duration,
    /// How long a request may take until it is answered.
    pub request_deadline: Duration,
    /// Operations in one array; 0 and 1 switch batches off.
    pub batch_operations: usize,
    /// Memory that parsed documents may be kept in, for when they come again.
    pub document_cache_bytes: u64,
    /// Bytes of one WebSocket message.
    pub websocket_message_bytes: usize,
    /// Operations that may run at once on one WebSocket.
    pub websocket_operations: usize,
    /// Seconds a WebSocket may take until `connection_init`.
    pub websocket_init_seconds: u64,
    /// Seconds between signs of life on a stream; a WebSocket that is silent for two of them is closed.
    pub keep_alive_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 8 << 20,
            body_timeout: Duration::from_secs(30),
            request_deadline: Duration::from_secs(120),
            batch_operations: 10,
            document_cache_bytes: 16 << 20,
            // An event's tag may be 1 MiB, and JSON in JSON grows by its escapes.
            websocket_message_bytes: 2 << 20,
            websocket_operations: 100,
            websocket_init_seconds: 10,
            keep_alive_seconds: 12,
        }
    }
}

/// Everything that one GraphQL path needs; shared by all workers.
pub struct Endpoint<E, A> {
    executor: E,
    authenticate: A,
    limits: Limits,
    documents: Documents,
    shape: Arc<Shape>,
    arguments: Arguments,
    shutdown: watch::Receiver<bool>,
}

impl<E: Executor, A: Authenticate> Endpoint<E, A> {
    /// Joins a schema with its callers; once `shutdown` holds `true`, streams and sockets end.
    ///
    /// # Errors
    ///
    /// `sdl` is not the schema's text.
    pub fn new(
        executor: E,
        sdl: &str,
        authenticate: A,
        limits: Limits,
        of_documents: limit::Limits,
        shutdown: watch::Receiver<bool>,
    ) -> Result<Self> {
        let shape = Arc::new(Shape::of(sdl).map_err(Error::internal)?);
        let arguments = Arguments::of(sdl).map_err(Error::internal)?;
        let documents = Documents::new(of_documents, limits.document_cache_bytes);
        Ok(Self {
            executor,
            authenticate,
            limits,
            documents,
            shape,
            arguments,
            shutdown,
        })
    }
}

/// Answers any method of the GraphQL path.
pub async fn serve<E: Executor, A: Authenticate>(
    endpoint: web::Data<Endpoint<E, A>>,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    if websocket::is_asked_for(&request) {
        return websocket::open(endpoint, &request, payload)
            .unwrap_or_else(|error| response::refuse(&error, accept::Media::Json));
    }
    let client = endpoint.authenticate.client(&request);
    let mut known = Known::<A>::default();
    let mut response = match Accept::of(request.headers()) {
        Ok(accept) => {
            let answered = answer(&endpoint, &request, payload, (&client, accept), &mut known);
            let answered = within(endpoint.limits.request_deadline, answered).await;
            let answered = match (answered, &known.caller) {
                (Err(error), _) if error.code == Code::DeadlineExceeded && known.changes => {
                    let refuse = if known.logs {
                        response::refuse_event
                    } else {
                        response::refuse
                    };
                    Ok(refuse(&goes_on(), accept.media()))
                }
                (Err(error), Some(caller)) if error.code == Code::DeadlineExceeded && known.reads => {
                    let error = too_slow(endpoint.limits.request_deadline);
                    Ok(refuse_unread(&endpoint, (&client, caller), error, accept).await)
                }
                // What is no request takes time, too.
                (Err(error), Some(caller)) if error.code != Code::RateLimited => {
                    operation::charge_failure(&endpoint, &client, caller).and(Err(error))
                }
                (answered, _) => answered,
            };
            answered.unwrap_or_else(|error| response::refuse(&error, accept.media()))
        }
        Err(error) => response::refuse(&error, accept::Media::Json),
    };
    let headers = response.headers_mut();
    endpoint
        .authenticate
        .tell(&client, known.caller.as_ref(), known.demand, headers);
    response
}

/// What has come out about a request when it is answered.
struct Known<A: Authenticate> {
    caller: Option<A::Caller>,
    /// Whether the body is still on its way.
    reads: bool,
    demand: Demand,
    /// Whether it has come so far as to change something.
    changes: bool,
    /// Whether events are logged by that.
    logs: bool,
}

impl<A: Authenticate> Known<A> {
    fn note(&mut self, prepared: &Prepared) {
        self.demand = self.demand.and(prepared.demand);
        self.changes |= prepared.kind == OperationType::Mutation;
        self.logs |= prepared.logs();
    }
}

impl<A: Authenticate> Default for Known<A> {
    fn default() -> Self {
        Self {
            caller: None,
            reads: false,
            demand: Demand::default(),
            changes: false,
            logs: false,
        }
    }
}

/// Reads the request, finds out who sends it, and executes it; errors are about HTTP, not about the operation.
async fn answer<E: Executor, A: Authenticate>(
    endpoint: &web::Data<Endpoint<E, A>>,
    request: &HttpRequest,
    payload: web::Payload,
    (client, accept): (&A::Client, Accept),
    known: &mut Known<A>,
) -> Result<HttpResponse> {
    let over_get = request.method() == Method::GET;
    if !over_get && request.method() != Method::POST {
        return Ok(not_allowed(
            "GraphQL is asked over GET and POST.",
            "GET, POST",
            false,
            accept,
        ));
    }
    let encoding = body::encoding(request.headers());
    let credential = Credential::of_headers(request.headers())?;
    let caller = endpoint.authenticate.authenticate(client, credential).await?;
    known.caller = Some(caller.clone());

    // The place of the body is free again once it is answered.
    let (sent, _place) = if over_get {
        let operation = Operation::from_query_string(request.query_string())?;
        (Request::Single(operation), Place::default())
    } else {
        known.reads = true;
        let read = read_sent(endpoint, (request, &caller), payload, encoding).await;
        known.reads = false;
        match read {
            Ok(sent) => sent,
            Err(error) => return Ok(refuse_unread(endpoint, (client, &caller), error, accept).await),
        }
    };
    match sent {
        Request::Batch(operations) => {
            let mut answers = Vec::with_capacity(operations.len());
            for operation in operations {
                answers.push(
                    match operation::prepare_single(endpoint, (client, &caller), operation).await {
                        Ok(prepared) => {
                            known.note(&prepared);
                            let logs = prepared.logs();
                            let executed = operation::execute(endpoint, prepared, client, &caller).await;
                            executed.unwrap_or_else(|error| {
                                let mut shown = response::server_error(&error);
                                if logs {
                                    response::mark(&mut shown);
                                }
                                response::request_error(shown)
                            })
                        }
                        Err(unprepared) => response::request_error(unprepared.shown),
                    },
                );
            }
            Ok(response::batch(&answers, accept.media()))
        }
        Request::Single(operation) if over_get && operation::is_mutation(&endpoint.documents, &operation) => {
            let logs = document::may_log(&operation.query);
            if logs {
                let code = Code::MethodNotAllowed;
                endpoint.authenticate.count_unreadable(&caller, code).await?;
            }
            Ok(not_allowed("A mutation is sent by POST.", "POST", logs, accept))
        }
        Request::Single(operation) => {
            let prepared = operation::prepare(endpoint, (client, &caller), operation).await;
            if let Ok(prepared) = &prepared {
                known.note(prepared);
            }
            single(endpoint, prepared, (client, caller), accept).await
        }
    }
}

/// Refuses a body of which no request came to be: to find that out took time, and events may have been in it.
async fn refuse_unread<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    (client, caller): (&A::Client, &A::Caller),
    error: Error,
    accept: Accept,
) -> HttpResponse {
    let refused = operation::charge_failure(endpoint, client, caller).err();
    let mut error = refused.unwrap_or(error);
    if let Err(unknown) = endpoint.authenticate.count_unreadable(caller, error.code).await {
        error = unknown;
    }
    response::refuse_event(&error, accept.media())
}

/// Reads the body of a POST.
async fn read_sent<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    (request, caller): (&HttpRequest, &A::Caller),
    payload: web::Payload,
    encoding: Result<Encoding>,
) -> Result<(Request, Place)> {
    let limits = &endpoint.limits;
    let most = endpoint.authenticate.most_of_body(caller);
    let bounds = Bounds {
        bytes: most.bytes.min(limits.body_bytes),
        values: most.values,
        in_parts: false,
        timeout: limits.body_timeout,
    };
    let (bytes, place) = read_body(payload, request, encoding?, bounds).await?;
    Ok((Request::from_json(&bytes, limits.batch_operations)?, place))
}

async fn single<E: Executor, A: Authenticate>(
    endpoint: &web::Data<Endpoint<E, A>>,
    prepared: Result<Prepared, Box<Unprepared>>,
    (client, caller): (&A::Client, A::Caller),
    accept: Accept,
) -> Result<HttpResponse> {
    let kind = prepared.as_ref().map_or(OperationType::Query, |prepared| prepared.kind);
    if accept.prefers_stream(kind == OperationType::Subscription) {
        let prepared = prepared.map_err(|unprepared| unprepared.shown);
        return Ok(sse::stream(endpoint.clone(), prepared, client, caller));
    }
    if kind == OperationType::Subscription {
        let message = "A subscription is answered as text/event-stream, or over a WebSocket that speaks \
                       graphql-transport-ws.";
        return Err(Error::new(Code::NotAcceptable, message));
    }
    let answer = match prepared {
        Ok(prepared) => {
            let logs = prepared.logs();
            match operation::execute(endpoint, prepared, client, &caller).await {
                Ok(answer) => answer,
                Err(error) if logs => return Ok(response::refuse_event(&error, accept.media())),
                Err(error) => return Err(error),
            }
        }
        Err(unprepared) => match &unprepared.refusal {
            Some(error) if unprepared.logs => return Ok(response::refuse_event(error, accept.media())),
            Some(error) => return Err(error.clone()),
            None => response::request_error(unprepared.shown),
        },
    };
    Ok(response::single(&answer, accept.media()))
}

fn not_allowed(message: &str, allow: &'static str, logs: bool, accept: Accept) -> HttpResponse {
    let error = Error::new(Code::MethodNotAllowed, message);
    let refuse = if logs { response::refuse_event } else { response::refuse };
    let mut response = refuse(&error, accept.media());
    response
        .headers_mut()
        .insert(header::ALLOW, header::HeaderValue::from_static(allow));
    response
}
