//! What resolvers find in their context, by name.

use std::sync::Arc;

use async_graphql::{Context, Data, ErrorExtensions};

use crate::{
    domain::{
        caller::Caller,
        error::{Code, Error, Kind},
        event::OutcomeKind,
        rate::Bill,
    },
    service::{Services, snapshot::Snapshot},
};

/// The id under which the log tells of a request.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// Where people reach the server.
#[derive(Debug, Clone)]
pub struct PublicUrl(pub String);

/// What every operation has of its own: its caller, and one snapshot for all its root fields.
#[must_use]
pub fn operation(services: &Services, caller: Arc<Caller>, request_id: RequestId, bill: Arc<Bill>) -> Data {
    let mut data = Data::default();
    data.insert(caller);
    data.insert(Snapshot::new(services.clone()).on(bill));
    data.insert(request_id);
    data
}

/// Named ways to what is in the context.
pub(super) trait ContextExt {
    /// The use-cases.
    fn services(&self) -> &Services;
    /// Who asks.
    fn caller(&self) -> &Caller;
    /// The operation's snapshot.
    fn snapshot(&self) -> &Snapshot;
    /// A failure for the caller; what is ours goes to the log.
    fn fail(&self, error: Error) -> async_graphql::Error;
    /// A failure for the caller that is the outcome of every event of the field.
    fn fail_event(&self, error: Error) -> async_graphql::Error;
    /// What tells the caller of failures, for what goes on after the resolver.
    fn failures(&self) -> Failures;
}

impl ContextExt for Context<'_> {
    fn services(&self) -> &Services {
        self.data_unchecked()
    }

    fn caller(&self) -> &Caller {
        self.data_unchecked::<Arc<Caller>>()
    }

    fn snapshot(&self) -> &Snapshot {
        self.data_unchecked()
    }

    fn fail(&self, error: Error) -> async_graphql::Error {
        self.failures().tell(&error)
    }

    fn fail_event(&self, error: Error) -> async_graphql::Error {
        let outcome = OutcomeKind::told(error.code);
        self.fail(error)
            .extend_with(|_, extensions| extensions.set("outcome", outcome))
    }

    fn failures(&self) -> Failures {
        Failures(self.data_opt().cloned())
    }
}

/// Tells a caller of failures, under the id of their request.
pub(super) struct Failures(Option<RequestId>);

impl Failures {
    /// A failure for the caller; what is ours goes to the log.
    pub(super) fn tell(&self, error: &Error) -> async_graphql::Error {
        let request_id = self.0.as_ref().map(|id| id.0.as_str());
        log(error, request_id);
        super::error::to_graphql(error, request_id)
    }
}

/// Writes down a failure of ours, with all its causes.
pub(super) fn log(error: &Error, request_id: Option<&str>) {
    if error.code.kind() == Kind::Internal {
        tracing::error!(request_id, error = ?error, "a request failed");
    } else if error.code == Code::DeadlineExceeded {
        tracing::warn!(request_id, %error, "a question was too slow");
    }
}
