//! Entries of the audit log.

use async_graphql::{Enum, ID, SimpleObject};
use serde_json::Value;

use crate::{
    domain::audit::{self, ActorKind},
    graphql::scalar::DateTime,
};

/// What somebody is who changed something.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "ActorKind")]
pub(in crate::graphql) enum AuditActorKind {
    /// Nobody known, such as the holder of a link that is good once.
    Anonymous,
    /// Somebody at the server's own command line.
    Operator,
    /// The holder of an API key.
    Key,
    /// A person with an account.
    Account,
}

/// Who changed something.
#[derive(SimpleObject)]
pub(in crate::graphql) struct AuditActor {
    /// What they are.
    kind: AuditActorKind,
    /// What names them: a key's `id`, an account's e-mail address; none where the kind says it all.
    name: Option<String>,
}

/// A change, or an attempt to sign in, as it was written down with it. Entries never change, and hold no secrets.
#[derive(SimpleObject)]
pub(in crate::graphql) struct AuditEntry {
    /// Its number, in the order of writing.
    id: ID,
    /// When it was written.
    time: DateTime,
    /// Who did it.
    actor: AuditActor,
    /// What was done: the name of the mutation, or the route of another request, such as `POST /session/sign-in`.
    operation: String,
    /// The site; none where the change concerns all.
    site: Option<String>,
    /// What it was done to, by the name or id that callers use.
    target: String,
    /// The thing before; none where it is new, or where nothing but the doing is told.
    before: Option<Value>,
    /// The thing after; none where it is gone, or where nothing but the doing is told. Of an attempt to sign in, what came
    /// of it.
    after: Option<Value>,
    /// The address that the request came from; none at the command line.
    ip: Option<String>,
    /// The user agent of the request.
    user_agent: Option<String>,
    /// The id under which the server's log tells of the request.
    request_id: Option<String>,
}

impl AuditEntry {
    /// Of an entry and the name of its site.
    pub(in crate::graphql) fn new(entry: audit::Entry, site: Option<String>) -> Self {
        let name = Some(entry.actor.name).filter(|name| !name.is_empty());
        Self {
            id: entry.id.into(),
            time: entry.time.into(),
            actor: AuditActor {
                kind: entry.actor.kind.into(),
                name,
            },
            operation: entry.operation,
            site,
            target: entry.target,
            before: entry.before,
            after: entry.after,
            ip: entry.address.map(|address| address.to_string()),
            user_agent: entry.user_agent,
            request_id: entry.request_id,
        }
    }
}
