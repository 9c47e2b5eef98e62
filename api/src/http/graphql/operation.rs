//! From an operation as it was sent to its results.

use std::sync::Arc;

use async_graphql::{Executor, PathSegment, Response, ServerError, parser::types::OperationType};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};

use super::{
    Authenticate, Endpoint,
    completion::Shape,
    document::{self, Document, Documents},
    request::Operation,
    response::{self, Answer, server_error},
};
use crate::{
    domain::{
        error::{Code, Error, Result},
        rate::{Bill, Budget, Demand},
    },
    extract::deadline::ToItsEnd,
};

/// An operation whose document is within the limits and whose variables are there.
pub(super) struct Prepared {
    pub(super) kind: OperationType,
    /// What it draws on.
    pub(super) demand: Demand,
    request: async_graphql::Request,
    document: Arc<Document>,
}

impl Prepared {
    /// Whether it is to log events.
    pub(super) fn logs(&self) -> bool {
        self.kind == OperationType::Mutation && self.document.logs
    }
}

/// Whether an operation would change something, be it right otherwise or not.
pub(super) fn is_mutation(documents: &Documents, sent: &Operation) -> bool {
    let name = sent.operation_name.as_deref().filter(|name| !name.is_empty());
    let document = documents.get(&sent.query);
    document.is_ok_and(|document| {
        document
            .operation(name)
            .is_ok_and(|found| found.node.ty == OperationType::Mutation)
    })
}

/// An operation that cannot be executed, counted where it was to log events.
pub(super) struct Unprepared {
    /// What its caller is told.
    pub(super) shown: ServerError,
    /// What that is, where it is not about the operation: its caller has used up what may be asked.
    pub(super) refusal: Option<Error>,
    /// Whether it was to log events.
    pub(super) logs: bool,
}

impl Unprepared {
    /// Charges what cannot be executed, as to find that out took time, and counts it as an event where it was to log some.
    async fn settle<E: Executor, A: Authenticate>(
        endpoint: &Endpoint<E, A>,
        (client, caller): (&A::Client, &A::Caller),
        mut shown: ServerError,
        logs: bool,
    ) -> Box<Self> {
        let refusal = charge_failure(endpoint, client, caller).err();
        if let Some(refusal) = &refusal {
            shown = server_error(refusal);
        }
        if logs {
            shown = count(&endpoint.authenticate, caller, shown).await;
        }
        Box::new(Self { shown, refusal, logs })
    }
}

/// Makes an operation ready for the schema.
///
/// # Errors
///
/// The document or the variables are not right.
pub(super) async fn prepare<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    known: (&A::Client, &A::Caller),
    sent: Operation,
) -> Result<Prepared, Box<Unprepared>> {
    let mut logs = false;
    match read(endpoint, sent, &mut logs) {
        Ok(prepared) => Ok(prepared),
        Err(error) => Err(Unprepared::settle(endpoint, known, error, logs).await),
    }
}

/// Reads an operation; also finds out whether it was to log events, be it right or not.
fn read<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    sent: Operation,
    logs: &mut bool,
) -> Result<Prepared, ServerError> {
    let document = match endpoint.documents.get(&sent.query) {
        Ok(document) => document,
        Err(error) => {
            *logs = document::may_log(&sent.query);
            return Err(error);
        }
    };
    *logs = document.logs;
    // Some clients send an empty name where they mean none.
    let name = sent.operation_name.filter(|name| !name.is_empty());
    let operation = document.operation(name.as_deref())?;
    document::check_variables(&operation.node, &sent.variables)?;
    let arguments = &endpoint.arguments;
    arguments.check(&document.parsed, &operation.node, &sent.variables)?;
    let (kind, demand) = (operation.node.ty, document.demand(&operation.node));
    let mut request = async_graphql::Request::new(sent.query).variables(sent.variables);
    request.operation_name = name;
    request.extensions = sent.extensions;
    request.set_parsed_query(document.parsed.clone());
    Ok(Prepared {
        kind,
        demand,
        request,
        document,
    })
}

/// Makes an operation ready whose answer must be a single one.
///
/// # Errors
///
/// As of `prepare`, or it is a subscription.
pub(super) async fn prepare_single<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    known: (&A::Client, &A::Caller),
    sent: Operation,
) -> Result<Prepared, Box<Unprepared>> {
    let prepared = prepare(endpoint, known, sent).await?;
    if prepared.kind == OperationType::Subscription {
        let error = Error::new(Code::NotAcceptable, "A subscription cannot be part of a batch.");
        return Err(Unprepared::settle(endpoint, known, server_error(&error), false).await);
    }
    Ok(prepared)
}

/// Charges what cannot be executed: to find that out took time.
///
/// # Errors
///
/// The caller has used up what it may ask.
pub(super) fn charge_failure<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    client: &A::Client,
    caller: &A::Caller,
) -> Result<()> {
    let mut demand = Demand::default();
    demand.add(Budget::Query, 1);
    endpoint.authenticate.begin(client, caller, demand).map(drop)
}

/// Executes a query or mutation.
///
/// # Errors
///
/// Its caller has used up what it draws on; then nothing of it was executed.
pub(super) async fn execute<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    mut prepared: Prepared,
    client: &A::Client,
    caller: &A::Caller,
) -> Result<Answer> {
    let (data, bill) = match endpoint.authenticate.begin(client, caller, prepared.demand) {
        Ok(begun) => begun,
        Err(error) => {
            if prepared.logs() {
                endpoint.authenticate.count_unreadable(caller, error.code).await?;
            }
            return Err(error);
        }
    };
    prepared.request.data = data;
    if prepared.kind == OperationType::Mutation {
        return Ok(change(endpoint, caller, prepared, bill).await);
    }
    let known = (&endpoint.authenticate, caller);
    Ok(run(&endpoint.executor, &endpoint.shape, known, (prepared, &bill)).await)
}

/// Executes a mutation, whoever stops waiting for it.
fn change<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    caller: &A::Caller,
    prepared: Prepared,
    bill: Arc<Bill>,
) -> impl Future<Output = Answer> + Send + 'static {
    let (executor, shape) = (endpoint.executor.clone(), Arc::clone(&endpoint.shape));
    let (authenticate, caller) = (endpoint.authenticate.clone(), caller.clone());
    ToItsEnd::new(async move { run(&executor, &shape, (&authenticate, &caller), (prepared, &bill)).await })
}

/// Counts what was to log events and failed as it says; gives what is to be told of it.
pub(super) async fn count<A: Authenticate>(
    authenticate: &A,
    caller: &A::Caller,
    mut shown: ServerError,
) -> ServerError {
    let code = response::mark(&mut shown);
    if let Err(unknown) = authenticate.count_unreadable(caller, code).await {
        shown = server_error(&unknown);
        response::mark(&mut shown);
    }
    shown
}

async fn run<A: Authenticate>(
    executor: &impl Executor,
    shape: &Shape,
    (authenticate, caller): (&A, &A::Caller),
    (prepared, bill): (Prepared, &Bill),
) -> Answer {
    let logs = prepared.logs();
    let Prepared {
        request,
        document,
        demand,
        ..
    } = prepared;
    let name = request.operation_name.clone();
    let mut response = executor.execute(request).await;
    if demand.draws_on(Budget::Query) {
        tell_cost(&mut response, bill);
    }
    let mut answer = response::finish(response, |response| {
        complete(response, shape, &document, name.as_deref())
    });
    if logs {
        for code in mark_events(&mut answer, &document, name.as_deref()) {
            if let Err(unknown) = authenticate.count_unreadable(caller, code).await {
                let mut shown = server_error(&unknown);
                response::mark(&mut shown);
                return response::request_error(shown);
            }
        }
    }
    answer
}

/// Marks the errors of events that never came to a resolver, and gives their codes: one for the whole operation where it
/// was not executed, else one for each field whose arguments turned out wrong.
fn mark_events(answer: &mut Answer, document: &Document, name: Option<&str>) -> Vec<Code> {
    if !answer.executed {
        let mut codes = answer.mark(|_| true);
        codes.truncate(1);
        return codes;
    }
    let Ok(operation) = document.operation(name) else {
        return Vec::new();
    };
    answer.mark(|error| match error.path.as_slice() {
        [PathSegment::Field(key)] => document::logs_at(&operation.node, key),
        _ => false,
    })
}

/// What the operation has cost so far, among the answer's extensions.
fn tell_cost(response: &mut Response, bill: &Bill) {
    response.extensions.insert("cost".to_owned(), bill.total().into());
}

fn complete(response: &mut Response, shape: &Shape, document: &Document, name: Option<&str>) {
    if let Ok(operation) = document.operation(name) {
        shape.complete(response, &document.parsed, &operation.node);
    }
}

/// Executes an operation of any kind; a query or mutation has one result.
pub(super) fn results<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    mut prepared: Prepared,
    client: &A::Client,
    caller: &A::Caller,
) -> BoxStream<'static, Answer> {
    let (data, bill) = match endpoint.authenticate.begin(client, caller, prepared.demand) {
        Ok(begun) => begun,
        Err(error) => {
            let (shown, logs) = (server_error(&error), prepared.logs());
            let (authenticate, caller) = (endpoint.authenticate.clone(), caller.clone());
            let refused = async move {
                let shown = if logs {
                    count(&authenticate, &caller, shown).await
                } else {
                    shown
                };
                response::request_error(shown)
            };
            return stream::once(refused).boxed();
        }
    };
    prepared.request.data = data;
    if prepared.kind == OperationType::Mutation {
        return stream::once(change(endpoint, caller, prepared, bill)).boxed();
    }
    let (executor, shape) = (endpoint.executor.clone(), Arc::clone(&endpoint.shape));
    if prepared.kind == OperationType::Query {
        let (authenticate, caller) = (endpoint.authenticate.clone(), caller.clone());
        let answer = async move { run(&executor, &shape, (&authenticate, &caller), (prepared, &bill)).await };
        return stream::once(answer).boxed();
    }
    let Prepared { request, document, .. } = prepared;
    let name = request.operation_name.clone();
    let events = executor.execute_stream(request, None);
    let finish = move |mut event: Response| {
        tell_cost(&mut event, &bill);
        response::finish(event, |response| complete(response, &shape, &document, name.as_deref()))
    };
    events.map(finish).boxed()
}
