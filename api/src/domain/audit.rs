//! The audit log: who changed what, when and from where. An entry is written in the transaction of the change, and
//! never changed after. It holds no secret, and no text of an event: it outlives what a purge removes.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use crate::domain::{account::Account, operation::Operation, site::stored};

/// What somebody who changes something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActorKind {
    /// Nobody known, such as the holder of a link that is good once.
    Anonymous,
    /// Somebody at the server's own command line.
    Operator,
    /// The holder of an API key.
    Key,
    /// A person with an account.
    Account,
}

stored!(ActorKind { Anonymous = 0, Operator = 1, Key = 2, Account = 3 });

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// What they are.
    pub kind: ActorKind,
    /// The number of the key or account.
    pub id: Option<i64>,
    /// What names them: a key's prefix, an account's e-mail address; empty where the kind says it all.
    pub name: String,
}

impl Actor {
    /// Somebody with an account.
    #[must_use]
    pub fn account(account: &Account) -> Self {
        Self::new(ActorKind::Account, Some(account.id), &account.email)
    }

    /// Somebody by kind, number and name.
    #[must_use]
    pub fn new(kind: ActorKind, id: Option<i64>, name: &str) -> Self {
        Self {
            kind,
            id,
            name: name.to_owned(),
        }
    }
}

/// What the audit log shows of a thing, or of what was tried: everything but its secrets.
pub trait Shown {
    /// The thing as a JSON object in the words of the public API.
    fn shown(&self) -> Value;
}

/// A change as the service that made it tells of it.
#[derive(Debug, Clone)]
pub struct Change {
    /// What was done.
    pub operation: Operation,
    /// The site that it was done on; none where it concerns all.
    pub site: Option<i64>,
    /// What it was done to, by the name or id that callers use.
    pub target: String,
    /// The thing before; none where it is new.
    pub before: Option<Value>,
    /// The thing after; none where it is gone.
    pub after: Option<Value>,
}

impl Change {
    /// A change of `target`.
    #[must_use]
    pub fn new(operation: Operation, target: impl Into<String>) -> Self {
        Self {
            operation,
            site: None,
            target: target.into(),
            before: None,
            after: None,
        }
    }

    /// The same change, on one site.
    #[must_use]
    pub fn on(mut self, site: impl Into<Option<i64>>) -> Self {
        self.site = site.into();
        self
    }

    /// The same change, with the thing as it was.
    #[must_use]
    pub fn before(mut self, thing: &impl Shown) -> Self {
        self.before = Some(thing.shown());
        self
    }

    /// The same change, with the thing as it is.
    #[must_use]
    pub fn after(mut self, thing: &impl Shown) -> Self {
        self.after = Some(thing.shown());
        self
    }
}

/// An entry of the log.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its number, in the order of writing.
    pub id: i64,
    /// When it was written.
    pub time: Timestamp,
    /// The site; none where the change concerns all.
    pub site: Option<i64>,
    /// Who did it.
    pub actor: Actor,
    /// What was done: the name of an [`Operation`] of this version or an older one.
    pub operation: String,
    /// What it was done to.
    pub target: String,
    /// The thing before.
    pub before: Option<Value>,
    /// The thing after.
    pub after: Option<Value>,
    /// The address that the request came from.
    pub address: Option<IpAddr>,
    /// The user agent of the request.
    pub user_agent: Option<String>,
    /// The id of the request.
    pub request_id: Option<String>,
}

/// Which entries; all of them where nothing is named.
#[derive(Debug, Clone, Default)]
pub struct Question {
    /// Those of these sites alone, without what concerns all.
    pub sites: Option<Vec<i64>>,
    /// Those written at this nanosecond or later.
    pub from: Option<i64>,
    /// Those written before this nanosecond.
    pub to: Option<i64>,
    /// Those by whom this names.
    pub actor: Option<String>,
    /// Those of this operation.
    pub operation: Option<String>,
    /// Only entries past this number.
    pub after: Option<i64>,
    /// Only entries before this number.
    pub before: Option<i64>,
    /// The newest first.
    pub descending: bool,
    /// At most so many.
    pub limit: usize,
}
