//! Bringing the schema up to date.

use std::time::Duration;

use migration::{Migrator, MigratorTrait};

use super::{Database, Transaction, error, sql::get};
use crate::domain::error::{Code, Error, Result};

/// Names PostgreSQL's advisory lock of those who migrate.
const LOCK: i64 = 0x7469_6465;
/// How long looking at the schema may take.
const PROBE: Duration = Duration::from_secs(5);

impl Database {
    /// Brings the schema up to date; gives the names of the migrations that it ran.
    ///
    /// # Errors
    /// Whatever the database says; then nothing was changed.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        // One transaction: of several that start on a new database at once, one does it and the others find it done.
        let tx = self.begin_migration().await?;
        if !tx.is_sqlite() {
            let mut lock = tx.sql("SELECT pg_advisory_xact_lock(");
            lock.number(LOCK).push(")");
            lock.run(&tx).await?;
        }
        Migrator::install(tx.lent()?).await.map_err(error::from)?;
        let pending = pending(&tx).await?;
        Migrator::up(tx.lent()?, None).await.map_err(error::from)?;
        tx.commit().await?;
        Ok(pending)
    }

    /// The names of the migrations that are still to be run.
    ///
    /// # Errors
    /// A database that a newer version migrated, or whatever the database says.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        pending(&self.read(PROBE).await?).await
    }
}

/// The names of the migrations that are still to be run. A database whose schema knows of more than this program does is
/// refused.
async fn pending(tx: &Transaction) -> Result<Vec<String>> {
    let mut known: Vec<_> = Migrator::migrations().iter().map(|one| one.name().to_owned()).collect();
    let applied = tx.sql("SELECT version FROM seaql_migrations ORDER BY version");
    for row in applied.rows(tx).await? {
        let version: String = get(&row, 0)?;
        let Some(position) = known.iter().position(|name| *name == version) else {
            let message = format!(
                "The database was made by a newer Tidemark than this one, {}: it has the migration {version}. Nothing was \
                 changed; start that version again.",
                env!("CARGO_PKG_VERSION")
            );
            return Err(Error::new(Code::InvalidArgument, message).at("database-url"));
        };
        known.remove(position);
    }
    Ok(known)
}
