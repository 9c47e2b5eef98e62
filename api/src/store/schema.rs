//! Bringing the schema up to date.

use migration::{Migrator, MigratorTrait};

use super::{Database, Priority, error};
use crate::domain::error::Result;

/// Names PostgreSQL's advisory lock of those who migrate.
const LOCK: i64 = 0x7469_6465;

impl Database {
    /// Brings the schema up to date; gives the names of the migrations that it ran.
    ///
    /// # Errors
    /// Whatever the database says; then nothing was changed.
    pub async fn migrate(&self) -> Result<Vec<String>> {
        // One transaction: of several that start on a new database at once, one does it and the others find it done.
        let tx = self.write(Priority::Configuration).await?;
        if !tx.is_sqlite() {
            let mut lock = tx.sql("SELECT pg_advisory_xact_lock(");
            lock.number(LOCK).push(")");
            lock.run(&tx).await?;
        }
        let pending = Migrator::get_pending_migrations(tx.connection())
            .await
            .map_err(error::from)?;
        Migrator::up(tx.connection(), None).await.map_err(error::from)?;
        tx.commit().await?;
        Ok(pending.iter().map(|one| one.name().to_owned()).collect())
    }
}
