//! PostgreSQL's connections: one pool, whose transactions have a `statement_timeout` for a deadline.

use std::{str::FromStr, time::Duration};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, IsolationLevel, SqlxPostgresConnector,
    TransactionTrait,
    sqlx::{
        ConnectOptions, Connection,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};

use super::{ACQUIRE_TIMEOUT, Options};
use crate::{
    domain::error::{Code, Error, Result},
    store::error,
};

/// How long PostgreSQL may take to answer at start.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What a statement that fails leaves of a snapshot: where nothing was read yet.
const BEGINNING: &str = "question";

/// Opens the pool, and sees that PostgreSQL answers.
pub(super) async fn open(options: &Options) -> Result<DatabaseConnection> {
    let connect = PgConnectOptions::from_str(&options.url)
        // It holds a password, so it is not repeated.
        .map_err(|error| {
            let message =
                format!("The URL cannot be read: {error}. Write such as postgres://user:password@host:5432/database.");
            Error::new(Code::InvalidArgument, message).at("database-url")
        })?
        .application_name("tidemark")
        // A transaction that somebody forgot would hold the mark back.
        .options([("idle_in_transaction_session_timeout", "60s"), ("jit", "off")]);
    // A pool would go on trying what is refused at once.
    let first = tokio::time::timeout(CONNECT_TIMEOUT, connect.connect()).await;
    let unreachable = |why: String| {
        let message = format!("PostgreSQL cannot be reached: {why}.");
        Error::new(Code::InvalidArgument, message).at("database-url")
    };
    let first = first.map_err(|_| unreachable("it does not answer".to_owned()))?;
    let closed = first.map_err(|error| unreachable(error.to_string()))?.close().await;
    closed.map_err(|error| unreachable(error.to_string()))?;
    let pool = PgPoolOptions::new()
        .max_connections(options.connections.max(4))
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(connect)
        .await
        .map_err(Error::internal)?;
    Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(pool))
}

/// Begins to read one snapshot, each statement within `deadline`.
pub(super) async fn begin(pool: &DatabaseConnection, deadline: Duration) -> Result<DatabaseTransaction> {
    let begun = pool
        .begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
        .await
        .map_err(error::from)?;
    let milliseconds = deadline.as_millis().max(1);
    let text = format!("SET LOCAL statement_timeout = {milliseconds}; SAVEPOINT {BEGINNING}");
    begun.execute_unprepared(&text).await.map_err(error::from)?;
    Ok(begun)
}

/// Goes on in a snapshot in which a statement failed: PostgreSQL would refuse every other.
pub(in crate::store) async fn go_on(begun: &DatabaseTransaction) -> Result<()> {
    let text = format!("ROLLBACK TO SAVEPOINT {BEGINNING}");
    begun.execute_unprepared(&text).await.map(drop).map_err(error::from)
}
