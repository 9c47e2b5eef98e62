//! How the server is.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use crate::{
    graphql::{context::ContextExt, scalar::Count},
    service::status,
};

/// A kind of database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
enum DatabaseKind {
    /// A file beside the server.
    Sqlite,
    /// A server of its own.
    Postgresql,
}

/// How the server is, over all sites.
#[derive(SimpleObject)]
struct System {
    /// The version of the program that answers.
    version: &'static str,
    /// The database that it keeps everything in.
    database: DatabaseKind,
    /// The room that the database takes, in bytes.
    database_bytes: Count,
    /// The room that is left on the disk of a SQLite database, in bytes. None for PostgreSQL, whose disk this server does
    /// not see, and where it cannot be told.
    free_bytes: Option<Count>,
    /// Whether it can do its work: the database can be written to, and its schema is up to date.
    ready: bool,
    /// Why it cannot; empty where it can.
    reasons: Vec<String>,
    /// What is not as it should be, though it works.
    warnings: Vec<String>,
    /// Events past the mark: not folded yet, so read one by one until they are. None where it cannot be told.
    mark_lag_events: Option<Count>,
    /// Events that the instance that answers has received and not written yet.
    queued_events: Count,
}

impl From<status::System> for System {
    fn from(system: status::System) -> Self {
        let status = system.status;
        Self {
            version: env!("CARGO_PKG_VERSION"),
            database: if system.on_sqlite {
                DatabaseKind::Sqlite
            } else {
                DatabaseKind::Postgresql
            },
            database_bytes: Count(system.database_bytes),
            free_bytes: system.free_bytes.map(Count),
            ready: status.reasons.is_empty(),
            reasons: status.reasons,
            warnings: status.warnings,
            mark_lag_events: status.mark_lag_events.map(Count),
            queued_events: Count::of(system.queued_events),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct SystemQuery;

#[Object]
impl SystemQuery {
    /// How the server is: version, database, queues, and what is wrong. For those who manage all sites.
    async fn system(&self, ctx: &Context<'_>) -> Result<System> {
        let system = ctx.services().system(ctx.caller()).await;
        Ok(system.map_err(|error| ctx.fail(error))?.into())
    }
}
