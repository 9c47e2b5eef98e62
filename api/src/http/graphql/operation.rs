//! From an operation as it was sent to its results.

use std::sync::Arc;

use async_graphql::{Executor, Response, ServerError, parser::types::OperationType};
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
use crate::domain::{
    error::{Code, Error, Result},
    rate::{Bill, Budget, Demand},
};

/// An operation whose document is within the limits and whose variables are there.
pub(super) struct Prepared {
    pub(super) kind: OperationType,
    /// What it draws on.
    pub(super) demand: Demand,
    request: async_graphql::Request,
    document: Arc<Document>,
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

/// Makes an operation ready for the schema.
///
/// # Errors
///
/// The document or the variables are not right.
pub(super) fn prepare<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    sent: Operation,
) -> Result<Prepared, ServerError> {
    let document = endpoint.documents.get(&sent.query)?;
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
pub(super) fn prepare_single<E: Executor, A: Authenticate>(
    endpoint: &Endpoint<E, A>,
    sent: Operation,
) -> Result<Prepared, ServerError> {
    let prepared = prepare(endpoint, sent)?;
    if prepared.kind == OperationType::Subscription {
        let error = Error::new(Code::NotAcceptable, "A subscription cannot be part of a batch.");
        return Err(server_error(&error));
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
    let (data, bill) = endpoint.authenticate.begin(client, caller, prepared.demand)?;
    prepared.request.data = data;
    Ok(run(&endpoint.executor, &endpoint.shape, prepared, &bill).await)
}

async fn run(executor: &impl Executor, shape: &Shape, prepared: Prepared, bill: &Bill) -> Answer {
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
    response::finish(response, |response| {
        complete(response, shape, &document, name.as_deref())
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
            let refused = response::request_error(server_error(&error));
            return stream::once(async { refused }).boxed();
        }
    };
    prepared.request.data = data;
    let (executor, shape) = (endpoint.executor.clone(), Arc::clone(&endpoint.shape));
    if prepared.kind != OperationType::Subscription {
        return stream::once(async move { run(&executor, &shape, prepared, &bill).await }).boxed();
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
