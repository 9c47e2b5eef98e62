//! The one row that every change of configuration raises, and what exists from the first start.

use super::{Transaction, TransactionId, sql::get};
use crate::domain::{
    error::{Error, Result},
    rollup::{SCOPE_MARK, VIEW_MARK},
};

/// What an installation is.
#[derive(Clone)]
pub struct Installation {
    /// Keys its hashes.
    pub secret: Vec<u8>,
}

/// Makes the first rows where there are none, and reads the installation.
///
/// # Errors
/// Whatever the database says.
pub async fn ensure(tx: &Transaction, secret: &[u8; 32]) -> Result<Installation> {
    let mut sql = tx.sql("INSERT INTO configuration (id, generation, secret, purged_at) VALUES (1, 1, ");
    sql.bind(secret.to_vec()).push(", 0) ON CONFLICT (id) DO NOTHING");
    sql.run(tx).await?;
    for mark in [VIEW_MARK, SCOPE_MARK] {
        let mut sql = tx.sql("INSERT INTO mark (id, position, reach, revision, epoch) VALUES (");
        sql.number(mark)
            .push(", 0, 0, 0, ")
            .bind(epoch(tx).await?)
            .push(") ON CONFLICT (id) DO NOTHING");
        sql.run(tx).await?;
    }
    if !tx.is_sqlite() {
        // Rows with given ids leave the sequence behind.
        let text = "SELECT setval(pg_get_serial_sequence('mark', 'id'), greatest((SELECT max(id) FROM mark), 1))";
        tx.sql(text).rows(tx).await?;
    }
    let row = tx.sql("SELECT secret FROM configuration WHERE id = 1").row(tx).await?;
    let row = row.ok_or_else(|| Error::internal("the configuration row is missing"))?;
    Ok(Installation { secret: get(&row, 0)? })
}

/// The database that positions of marks count in: PostgreSQL's transaction ids start over in another cluster.
///
/// # Errors
/// Whatever the database says.
pub async fn epoch(tx: &Transaction) -> Result<String> {
    if tx.is_sqlite() {
        return Ok("sqlite".to_owned());
    }
    let text = "SELECT (SELECT system_identifier::text FROM pg_control_system()) || '/' || oid::text FROM pg_database WHERE datname = current_database()";
    let row = tx.sql(text).row(tx).await?;
    row.map_or_else(
        || Err(Error::internal("the database has no row of its own")),
        |row| get(&row, 0),
    )
}

/// The room that the database takes: bytes.
///
/// # Errors
/// Whatever the database says.
pub async fn size(tx: &Transaction) -> Result<i64> {
    let text = if tx.is_sqlite() {
        "SELECT p.page_count * s.page_size FROM pragma_page_count AS p, pragma_page_size AS s"
    } else {
        "SELECT pg_database_size(current_database())"
    };
    let row = tx.sql(text).row(tx).await?;
    row.map_or(Ok(0), |row| get(&row, 0))
}

/// Asks for the generation.
pub(super) const GENERATION: &str = "SELECT generation FROM configuration WHERE id = 1";

/// The generation, which moves with every change of configuration.
///
/// # Errors
/// Whatever the database says.
pub async fn generation(tx: &Transaction) -> Result<i64> {
    let row = tx.sql(GENERATION).row(tx).await?;
    row.map_or(Ok(0), |row| get(&row, 0))
}

/// The generation, held still until the end of the transaction, and the transaction's id, by which others can ask what
/// became of it; SQLite is no connection away, and has none.
///
/// # Errors
/// Whatever the database says.
pub async fn hold_generation(tx: &Transaction) -> Result<(i64, Option<TransactionId>)> {
    if tx.is_sqlite() {
        return Ok((generation(tx).await?, None));
    }
    let text = "SELECT generation, pg_current_xact_id()::text::bigint FROM configuration WHERE id = 1 FOR SHARE";
    match tx.sql(text).row(tx).await? {
        Some(row) => Ok((get(&row, 0)?, Some(TransactionId(get(&row, 1)?)))),
        None => Ok((0, None)),
    }
}

/// Raises the generation: every process rereads its configuration.
///
/// # Errors
/// Whatever the database says.
pub async fn raise(tx: &Transaction) -> Result<()> {
    tx.sql("UPDATE configuration SET generation = generation + 1 WHERE id = 1")
        .run(tx)
        .await
        .map(drop)
}

/// When the last purge began, in nanoseconds since 1970; 0 before the first.
///
/// # Errors
/// Whatever the database says.
pub async fn purged_at(tx: &Transaction) -> Result<i64> {
    let row = tx
        .sql("SELECT purged_at FROM configuration WHERE id = 1")
        .row(tx)
        .await?;
    row.map_or(Ok(0), |row| get(&row, 0))
}

/// Notes that a purge begins.
///
/// # Errors
/// Whatever the database says.
pub async fn set_purged_at(tx: &Transaction, at: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE configuration SET purged_at = ");
    sql.number(at).push(" WHERE id = 1");
    sql.run(tx).await.map(drop)
}

/// Writes what is there already, to see that the database can be written to.
///
/// # Errors
/// Whatever the database says.
pub async fn touch(tx: &Transaction) -> Result<()> {
    tx.sql("UPDATE configuration SET purged_at = purged_at WHERE id = 1")
        .run(tx)
        .await
        .map(drop)
}
