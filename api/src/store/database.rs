//! A database: SQLite or PostgreSQL behind one name.

mod postgres;
mod sqlite;
mod writer;

use std::{path::Path, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, TransactionTrait};

pub(super) use postgres::go_on;
pub(super) use sqlite::Reading;
pub(super) use writer::Writing;

use self::sqlite::Sqlite;
use super::{Priority, Transaction, dictionary::Dictionary, error, transaction::Session};
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
    engine: Engine,
    dictionary: Dictionary,
}

enum Engine {
    Sqlite(Box<Sqlite>),
    Postgres(DatabaseConnection),
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
        let engine = match scheme {
            "sqlite" => Engine::Sqlite(Box::new(Sqlite::open(options).await?)),
            "postgres" | "postgresql" => Engine::Postgres(postgres::open(options).await?),
            _ => {
                let message = "A database URL begins with sqlite:// or postgres://.";
                return Err(Error::new(Code::InvalidArgument, message).at("database-url"));
            }
        };
        Ok(Self(Arc::new(Inner {
            engine,
            dictionary: Dictionary::default(),
        })))
    }

    /// Begins to write, when it is this write's turn.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn write(&self, priority: Priority) -> Result<Transaction> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => {
                let turn = sqlite.enter(priority).await;
                let writing = Session::Writing(sqlite.begin().await?);
                Ok(Transaction::new(writing, self, Some(turn), None))
            }
            Engine::Postgres(pool) => {
                let begun = pool.begin().await.map_err(error::from)?;
                Ok(Transaction::new(Session::Lent(begun), self, None, None))
            }
        }
    }

    /// Begins to change the schema.
    ///
    /// # Errors
    /// Whatever the database says.
    pub(super) async fn begin_migration(&self) -> Result<Transaction> {
        let Engine::Sqlite(sqlite) = &self.0.engine else {
            return self.write(Priority::Configuration).await;
        };
        let turn = sqlite.enter(Priority::Configuration).await;
        let begun = Session::Lent(sqlite.begin_migration().await?);
        Ok(Transaction::new(begun, self, Some(turn), None))
    }

    /// Begins to read one snapshot, until [`Transaction::renew`] within `deadline`.
    ///
    /// # Errors
    /// `OVERLOADED` where no connection comes free, or whatever the database says.
    pub async fn read(&self, deadline: Duration) -> Result<Transaction> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => {
                let reading = sqlite.reader().await?;
                reading.set_deadline(deadline);
                let begun = Session::Lent(reading.begin().await?);
                Ok(Transaction::new(begun, self, None, Some(reading)))
            }
            Engine::Postgres(pool) => {
                let begun = Session::Lent(postgres::begin(pool, deadline).await?);
                Ok(Transaction::new(begun, self, None, None))
            }
        }
    }

    /// Whether it is SQLite.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        matches!(self.0.engine, Engine::Sqlite(_))
    }

    /// The bytes that are left on the disk where SQLite's file is; none for PostgreSQL, whose disk is its own, and where it
    /// cannot be told.
    pub async fn free_bytes(&self) -> Option<i64> {
        let Engine::Sqlite(sqlite) = &self.0.engine else {
            return None;
        };
        let file = sqlite.file();
        // A disk that does not answer holds up nobody else.
        let told = tokio::task::spawn_blocking(move || {
            let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
            rustix::fs::statvfs(folder.unwrap_or(Path::new(".")))
        });
        let disk = told.await.ok()?.ok()?;
        i64::try_from(disk.f_bavail.saturating_mul(disk.f_frsize)).ok()
    }

    pub(super) fn backend(&self) -> DbBackend {
        match self.0.engine {
            Engine::Sqlite(_) => DbBackend::Sqlite,
            Engine::Postgres(_) => DbBackend::Postgres,
        }
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
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.checkpoint().await,
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Moves the write-ahead log into the file and empties it (SQLite), or reclaims dead rows (PostgreSQL).
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn clean(&self) -> Result<()> {
        let pool = match &self.0.engine {
            Engine::Sqlite(sqlite) => return sqlite.clean().await,
            Engine::Postgres(pool) => pool,
        };
        for table in ["event", "text", "url", "user_agent", "quarantine"] {
            let text = format!("VACUUM {table}");
            pool.execute_unprepared(&text).await.map_err(error::from)?;
        }
        Ok(())
    }

    /// Closes every connection once its work is done; SQLite folds its write-ahead log back into the file.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn close(self) -> Result<()> {
        match &self.0.engine {
            Engine::Sqlite(sqlite) => sqlite.close().await,
            Engine::Postgres(pool) => pool.clone().close().await.map_err(error::from),
        }
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({:?})", self.backend())
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
