//! The audit log: who changed what.

use cynic::{Operation, QueryBuilder};
use serde_json::Value;

use super::{page::PageInfo, scalar::Moment, schema};

/// Entries of one page.
const PAGE: i32 = 100;

/// A change.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct AuditEntry {
    pub(crate) id: cynic::Id,
    pub(crate) time: Moment,
    pub(crate) actor: AuditActor,
    pub(crate) operation: String,
    pub(crate) site: Option<String>,
    pub(crate) target: String,
    pub(crate) before: Option<Value>,
    pub(crate) after: Option<Value>,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) request_id: Option<String>,
}

/// Who made it.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct AuditActor {
    pub(crate) kind: AuditActorKind,
    pub(crate) name: Option<String>,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuditActorKind {
    Anonymous,
    Operator,
    Key,
    Account,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct AuditVariables {
    pub(crate) actor: Option<String>,
    pub(crate) operation: Option<String>,
    pub(crate) first: i32,
    pub(crate) after: Option<String>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "AuditVariables")]
pub(crate) struct Audit {
    #[arguments(actor: $actor, operation: $operation, first: $first, after: $after)]
    pub(crate) audit: AuditConnection,
}

/// A page of changes.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct AuditConnection {
    pub(crate) edges: Vec<AuditEdge>,
    pub(crate) page_info: PageInfo,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct AuditEdge {
    pub(crate) node: AuditEntry,
}

/// Asks for a page of the changes that the viewer may see: those by somebody, and of a kind, where these are given.
pub(crate) fn audit(
    actor: Option<String>,
    operation: Option<String>,
    after: Option<String>,
) -> Operation<Audit, AuditVariables> {
    Audit::build(AuditVariables {
        actor,
        operation,
        first: PAGE,
        after,
    })
}
