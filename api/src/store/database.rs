//! Connections and transactions, for SQLite and PostgreSQL alike.
//!
//! SQLite: one writing connection behind a queue by priority, and a few reading ones, each with a deadline of its own
//! that its progress handler watches. PostgreSQL: one pool; deadlines are its `statement_timeout`.

use std::{
    path::Path,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use migration::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, IsolationLevel,
    SqliteTransactionMode, SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        ConnectOptions, Connection,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::{
    Priority,
    dictionary::Dictionary,
    error,
    gate::{Gate, Turn},
};
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
    write: DatabaseConnection,
    gate: Arc<Gate>,
    readers: Vec<Arc<Mutex<Reader>>>,
    free: Arc<Semaphore>,
    dictionary: Dictionary,
    /// SQLite's connection for checkpoints.
    maintenance: Option<DatabaseConnection>,
    checkpoints_taken_over: AtomicBool,
}

/// One reading connection and the moment at which its statements are interrupted.
struct Reader {
    connection: DatabaseConnection,
    deadline: Arc<Deadline>,
}

/// A moment that another thread watches, in milliseconds since `start`; 0 is never.
struct Deadline {
    start: Instant,
    milliseconds: AtomicU64,
}

/// A transaction: everything read in it is of one moment, everything written in it happens together or not at all.
pub struct Transaction {
    inner: DatabaseTransaction,
    backend: DbBackend,
    database: Database,
    /// Held until the end, then handed on; never read.
    _turn: Option<Turn>,
    _reader: Option<(OwnedMutexGuard<Reader>, OwnedSemaphorePermit)>,
}

/// Prepared statements that a connection remembers: one for each size of an append, and what else runs often.
const STATEMENTS: usize = 200;
/// How often SQLite asks whether it is past the deadline, in virtual machine instructions: some 50 µs.
const INSTRUCTIONS_BETWEEN_CHECKS: i32 = 20_000;
/// How long one process waits for another's SQLite write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How long PostgreSQL may take to answer at start.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a caller waits for a connection before the server says that it is overloaded.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// Pages of 4 KiB in the write-ahead log past which the writer is held to begin it anew: 64 MiB.
const MOST_LOG_PAGES: i64 = 16_384;
/// KiB of page cache: the writer's, where inserts and folds work, and each reader's.
const WRITER_CACHE_KIB: &str = "-32768";
const READER_CACHE_KIB: &str = "-4096";

impl Database {
    /// Opens the database and, unless `migrate` is off, brings its schema up to date.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a URL of no known kind; otherwise whatever the database says.
    pub async fn open(options: &Options) -> Result<Self> {
        let scheme = options.url.split(':').next().unwrap_or_default();
        match scheme {
            "sqlite" => Self::open_sqlite(options).await,
            "postgres" | "postgresql" => Self::open_postgres(options).await,
            _ => {
                let message = "A database URL begins with sqlite:// or postgres://.";
                Err(Error::new(Code::InvalidArgument, message).at("database-url"))
            }
        }
    }

    async fn open_sqlite(options: &Options) -> Result<Self> {
        let connect = SqliteConnectOptions::from_str(&options.url)
            .map_err(Error::internal)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(false)
            .statement_cache_capacity(STATEMENTS);
        let single = || {
            SqlitePoolOptions::new()
                .min_connections(0)
                .max_connections(1)
                // It is no network connection that could be gone.
                .test_before_acquire(false)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .idle_timeout(None)
                .max_lifetime(None)
        };
        let write = single()
            .connect_with(
                connect
                    .clone()
                    .pragma("cache_size", WRITER_CACHE_KIB)
                    // Always, not only for a purge: a page that is split leaves copies behind that no purge finds.
                    .pragma("secure_delete", "on"),
            )
            .await
            .map_err(|error| {
                let message = format!("The database {} cannot be opened: {error}.", options.url);
                Error::new(Code::InvalidArgument, message).at("database-url")
            })?;
        let mut readers = Vec::new();
        for _ in 0..options.connections.max(1) {
            let deadline = Arc::new(Deadline {
                start: Instant::now(),
                milliseconds: AtomicU64::new(0),
            });
            let watched = deadline.clone();
            let pool = single()
                .after_connect(move |connection, _| {
                    let watched = watched.clone();
                    Box::pin(async move {
                        connection
                            .lock_handle()
                            .await?
                            .set_progress_handler(INSTRUCTIONS_BETWEEN_CHECKS, move || !watched.is_past());
                        Ok(())
                    })
                })
                .connect_lazy_with(
                    connect
                        .clone()
                        .pragma("cache_size", READER_CACHE_KIB)
                        .pragma("query_only", "on"),
                );
            readers.push(Arc::new(Mutex::new(Reader {
                connection: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool),
                deadline,
            })));
        }
        Ok(Self::new(
            DbBackend::Sqlite,
            SqlxSqliteConnector::from_sqlx_sqlite_pool(write),
            readers,
            Some(SqlxSqliteConnector::from_sqlx_sqlite_pool(
                single().connect_lazy_with(connect),
            )),
        ))
    }

    async fn open_postgres(options: &Options) -> Result<Self> {
        let connect = PgConnectOptions::from_str(&options.url)
            .map_err(Error::internal)?
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
        Ok(Self::new(
            DbBackend::Postgres,
            SqlxPostgresConnector::from_sqlx_postgres_pool(pool),
            Vec::new(),
            None,
        ))
    }

    fn new(
        backend: DbBackend,
        write: DatabaseConnection,
        readers: Vec<Arc<Mutex<Reader>>>,
        maintenance: Option<DatabaseConnection>,
    ) -> Self {
        let free = Arc::new(Semaphore::new(readers.len()));
        Self(Arc::new(Inner {
            backend,
            write,
            gate: Arc::default(),
            readers,
            free,
            dictionary: Dictionary::default(),
            maintenance,
            checkpoints_taken_over: AtomicBool::new(false),
        }))
    }

    /// The names of the migrations that are still to be run.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn pending_migrations(&self) -> Result<Vec<String>> {
        let pending = Migrator::get_pending_migrations(&self.0.write)
            .await
            .map_err(error::from)?;
        Ok(pending.iter().map(|one| one.name().to_owned()).collect())
    }

    /// Begins to write, when it is this write's turn.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn write(&self, priority: Priority) -> Result<Transaction> {
        let turn = if self.is_sqlite() {
            Some(self.0.gate.enter(priority).await)
        } else {
            None
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: self.is_sqlite().then_some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self.0.write.begin_with_options(options).await.map_err(error::from)?;
        Ok(Transaction {
            inner,
            backend: self.0.backend,
            database: self.clone(),
            _turn: turn,
            _reader: None,
        })
    }

    /// Begins to read one snapshot, all of it within `deadline`.
    ///
    /// # Errors
    /// `OVERLOADED` where no connection comes free, or whatever the database says.
    pub async fn read(&self, deadline: Duration) -> Result<Transaction> {
        let database = self.clone();
        if self.is_sqlite() {
            let (reader, permit) = self.reader().await?;
            reader.deadline.set(deadline);
            let inner = reader.connection.begin().await.map_err(error::from)?;
            let tx = Transaction {
                inner,
                backend: self.0.backend,
                database,
                _turn: None,
                _reader: Some((reader, permit)),
            };
            // A deferred transaction takes its snapshot at the first read.
            tx.connection()
                .execute_unprepared("SELECT 1 FROM configuration")
                .await
                .map_err(error::from)?;
            return Ok(tx);
        }
        let inner = self
            .0
            .write
            .begin_with_config(Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly))
            .await
            .map_err(error::from)?;
        let timeout = format!("SET LOCAL statement_timeout = {}", deadline.as_millis().max(1));
        inner.execute_unprepared(&timeout).await.map_err(error::from)?;
        Ok(Transaction {
            inner,
            backend: self.0.backend,
            database,
            _turn: None,
            _reader: None,
        })
    }

    async fn reader(&self) -> Result<(OwnedMutexGuard<Reader>, OwnedSemaphorePermit)> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.0.free.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(
                Error::new(Code::Overloaded, "Every reading connection is taken; try again.")
                    .retry_after(Duration::from_secs(1)),
            );
        };
        let free = self
            .0
            .readers
            .iter()
            .find_map(|reader| reader.clone().try_lock_owned().ok());
        // The semaphore has as many permits as there are readers, and a guard goes before its permit.
        free.map(|reader| (reader, permit))
            .ok_or_else(|| Error::internal("a permit without a free reader"))
    }

    /// Whether it is SQLite.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.0.backend == DbBackend::Sqlite
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
        let Some(maintenance) = &self.0.maintenance else {
            return Ok(());
        };
        let taken_over = self.0.checkpoints_taken_over.swap(true, Ordering::Relaxed);
        if !taken_over {
            let _turn = self.0.gate.enter(Priority::Configuration).await;
            self.0
                .write
                .execute_unprepared("PRAGMA wal_autocheckpoint = 0")
                .await
                .map_err(error::from)?;
        }
        let text = "PRAGMA wal_checkpoint(PASSIVE)";
        let passive = Statement::from_string(DbBackend::Sqlite, text);
        let row = maintenance.query_one_raw(passive.clone()).await.map_err(error::from)?;
        let pages: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(1)).map_err(error::from)?;
        if pages > MOST_LOG_PAGES {
            let _turn = self.0.gate.enter(Priority::Append).await;
            maintenance.query_one_raw(passive).await.map_err(error::from)?;
        }
        Ok(())
    }

    /// Moves the write-ahead log into the file and empties it (SQLite), or reclaims dead rows (PostgreSQL).
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn clean(&self) -> Result<()> {
        if self.is_sqlite() {
            let _turn = self.0.gate.enter(Priority::Purge).await;
            let text = "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)";
            return self
                .0
                .write
                .execute_unprepared(text)
                .await
                .map(drop)
                .map_err(error::from);
        }
        for table in ["event", "text", "url", "user_agent"] {
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
        for reader in &self.0.readers {
            let reader = reader.lock().await;
            reader.connection.clone().close().await.map_err(error::from)?;
        }
        if let Some(maintenance) = &self.0.maintenance {
            maintenance.clone().close().await.map_err(error::from)?;
        }
        self.0.write.clone().close().await.map_err(error::from)
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Database({:?})", self.0.backend)
    }
}

impl Deadline {
    fn set(&self, deadline: Duration) {
        let past = (self.start.elapsed() + deadline).as_millis();
        self.milliseconds
            .store(u64::try_from(past).unwrap_or(u64::MAX), Ordering::Relaxed);
    }

    fn is_past(&self) -> bool {
        let at = self.milliseconds.load(Ordering::Relaxed);
        at != 0 && self.start.elapsed().as_millis() > u128::from(at)
    }
}

impl Transaction {
    /// Makes everything written in it durable.
    ///
    /// # Errors
    /// Whatever the database says; then nothing of it was written.
    pub async fn commit(self) -> Result<()> {
        self.inner.commit().await.map_err(error::from)
    }

    /// Undoes everything written in it.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn rollback(self) -> Result<()> {
        self.inner.rollback().await.map_err(error::from)
    }

    /// The database it is of.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn connection(&self) -> &DatabaseTransaction {
        &self.inner
    }

    pub(super) fn is_sqlite(&self) -> bool {
        self.backend == DbBackend::Sqlite
    }

    /// Begins an insert. What fails has its transaction rolled back, so SQLite is spared the copies of pages by which it
    /// could undo the one statement.
    pub(super) fn insert(&self) -> super::sql::Sql {
        self.sql(if self.is_sqlite() { "INSERT OR FAIL" } else { "INSERT" })
    }

    pub(super) fn sql(&self, text: &str) -> super::sql::Sql {
        super::sql::Sql::new(self.backend, text)
    }

    /// The column that orders events by arrival: SQLite's one writer gives ids in the order of commits, PostgreSQL's
    /// events carry the id of their transaction.
    pub(super) fn arrival(&self) -> &'static str {
        if self.is_sqlite() { "id" } else { "arrival" }
    }
}

impl std::fmt::Debug for Transaction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Transaction({:?})", self.backend)
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
