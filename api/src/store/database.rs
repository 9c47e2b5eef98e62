//! A database: SQLite or PostgreSQL behind one name.

mod postgres;
mod sqlite;

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

pub(super) use postgres::go_on;
pub(super) use sqlite::Reading;

use self::sqlite::Sqlite;
use super::{Priority, Transaction, dictionary::Dictionary, error};
use crate::domain::error::{Code, Error, Result};

/// How to open a database.
#[derive(Debug, Clone)]
pub struct Options {
    /// `sqlite://…` or `postgres://…`.
    pub url: String,
    /// Reading connections of SQLite, or all connections of PostgreSQL.
    pub connections: u32,
}

/// An open database.
#[derive(Clone)]
pub struct Database(Arc<Inner>);

struct Inner {
    backend: DbBackend,
    /// SQLite's writing connection, or PostgreSQL's pool.
    write: DatabaseConnection,
    sqlite: Option<Sqlite>,
    dictionary: Dictionary,
}

/// How long a caller waits for a connection before the server says that it is overloaded.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

impl Database {
    /// Opens the database, with its schema as it is.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a URL of no known kind; otherwise whatever the database says.
    pub async fn open(options: &Options) -> Result<Self> {
        let scheme = options.url.split(':').next().unwrap_or_default();
        let (backend, write, sqlite) = match scheme {
            "sqlite" => {
                let (write, sqlite) = Sqlite::open(options).await?;
                (DbBackend::Sqlite, write, Some(sqlite))
            }
            "postgres" | "postgresql" => (DbBackend::Postgres, postgres::open(options).await?, None),
            _ => {
                let message = "A database URL begins with sqlite:// or postgres://.";
                return Err(Error::new(Code::InvalidArgument, message).at("database-url"));
            }
        };
        Ok(Self(Arc::new(Inner {
            backend,
            write,
            sqlite,
            dictionary: Dictionary::default(),
        })))
    }

    /// Begins to write, when it is this write's turn.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn write(&self, priority: Priority) -> Result<Transaction> {
        let turn = match &self.0.sqlite {
            Some(sqlite) => Some(sqlite.enter(priority).await),
            None => None,
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: self.is_sqlite().then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self.0.write.begin_with_options(options).await.map_err(error::from)?;
        Ok(Transaction::new(inner, self, turn, None))
    }

    /// Begins to read one snapshot, until [`Transaction::renew`] within `deadline`.
    ///
    /// # Errors
    /// `OVERLOADED` where no connection comes free, or whatever the database says.
    pub async fn read(&self, deadline: Duration) -> Result<Transaction> {
        let Some(sqlite) = &self.0.sqlite else {
            let inner = postgres::begin(&self.0.write, deadline).await?;
            return Ok(Transaction::new(inner, self, None, None));
        };
        let reading = sqlite.reader().await?;
        reading.set_deadline(deadline);
        let inner = reading.begin().await?;
        Ok(Transaction::new(inner, self, None, Some(reading)))
    }

    /// Whether it is SQLite.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.0.backend == DbBackend::Sqlite
    }

    /// The bytes that are left on the disk where SQLite's file is; none for PostgreSQL, whose disk is its own, and where it
    /// cannot be told.
    pub async fn free_bytes(&self) -> Option<i64> {
        let file = self.0.sqlite.as_ref()?.file();
        // A disk that does not answer holds up nobody else.
        let told = tokio::task::spawn_blocking(move || {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            rustix::fs::statvfs(folder.unwrap_or(Path::new(".")))
        });
        let disk = told.await.ok()?.ok()?;
        i64::try_from(disk.f_bavail.saturating_mul(disk.f_frsize)).ok()
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.0.backend
    }

    /// What repeats in events, remembered.
    pub(super) fn dictionary(&self) -> &Dictionary {
        &self.0.dictionary
    }

    /// Forgets remembered dictionary rows, as some of them may be gone.
    pub fn forget(&self) {
        self.0.dictionary.clear();
    }

    /// Moves what the write-ahead log holds into the file, on a connection of its own, so that no commit has to (SQLite
    /// only). The first call takes the work over from the writer. The log is only begun anew when it was moved whole:
    /// past a size the writer is held for the small rest, so that the log cannot grow for ever under load.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn checkpoint(&self) -> Result<()> {
        match &self.0.sqlite {
            Some(sqlite) => sqlite.checkpoint(&self.0.write).await,
            None => Ok(()),
        }
    }

    /// Moves the write-ahead log into the file and empties it (SQLite), or reclaims dead rows (PostgreSQL).
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn clean(&self) -> Result<()> {
        if let Some(sqlite) = &self.0.sqlite {
            return sqlite.clean(&self.0.write).await;
        }
        for table in ["event", "text", "url", "user_agent", "quarantine"] {
            self.0
                .write
                .execute_unprepared(&format!("VACUUM {table}"))
                .await
                .map_err(error::from)?;
        }
        Ok(())
    }

    /// Closes every connection once its work is done; SQLite folds its write-ahead log back into the file.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn close(self) -> Result<()> {
        if let Some(sqlite) = &self.0.sqlite {
            sqlite.close().await?;
        }
        self.0.write.clone().close().await.map_err(error::from)
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({:?})", self.0.backend)
    }
}

/// Makes the folder of a data file.
///
/// # Errors
/// `INVALID_ARGUMENT` saying what the operating system said: the operator named the folder.
pub fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|error| {
        let message = format!("The data folder {} cannot be made: {error}.", folder.display());
        Error::new(Code::InvalidArgument, message).at("data")
    })
}
