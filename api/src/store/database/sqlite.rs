//! SQLite's connections: one that writes (see [`super::writer`]), behind a queue by priority; a few that read, each with a deadline of its own
//! that its progress handler watches; and one that moves the write-ahead log into the file.

use std::{
    path::PathBuf,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, SqliteTransactionMode, SqlxSqliteConnector,
    Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        self,
        sqlite::{SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
    },
};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use super::{
    ACQUIRE_TIMEOUT, Options,
    writer::{Writer, Writing},
};
use crate::{
    domain::error::{Code, Error, Result},
    store::{
        Priority, error,
        gate::{Gate, Turn},
    },
};

/// Prepared statements that a connection remembers: one for each size of an append, and what else runs often.
const STATEMENTS: usize = 200;
/// How often SQLite asks whether it is past the deadline, in virtual machine instructions: some 50 µs.
const INSTRUCTIONS_BETWEEN_CHECKS: i32 = 20_000;
/// How long one process waits for another's SQLite write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a file is tried again that others make.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// Pages of 4 KiB in the write-ahead log past which the writer is held to begin it anew: 64 MiB.
const MOST_LOG_PAGES: i64 = 16_384;
/// KiB of page cache: the writer's, where inserts and folds work, and each reader's.
const WRITER_CACHE_KIB: &str = "-24576";
const READER_CACHE_KIB: &str = "-4096";

/// What SQLite needs beside its writing connection.
pub(super) struct Sqlite {
    gate: Arc<Gate>,
    readers: Vec<Arc<Mutex<Reader>>>,
    free: Arc<Semaphore>,
    /// The connection for checkpoints.
    maintenance: DatabaseConnection,
    writer: Writer,
    /// The file that it keeps everything in.
    file: PathBuf,
}

/// Opens the writing connection. While another process makes the same file, SQLite says at once that it is locked: for the
/// change to a write-ahead log it keeps nobody waiting.
async fn open_writer(options: SqliteConnectOptions) -> std::result::Result<Writer, sqlx::Error> {
    let begin = Instant::now();
    loop {
        match Writer::open(options.clone()).await {
            Err(sqlx::Error::Database(error))
                if error.code().is_some_and(|code| is_busy(&code)) && begin.elapsed() < BUSY_TIMEOUT =>
            {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            opened => return opened,
        }
    }
}

/// `SQLITE_BUSY`, also in its finer kinds, whose lower byte it is.
fn is_busy(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| code & 0xff == 5)
}

/// One reading connection and the moment at which its statements are interrupted.
struct Reader {
    connection: DatabaseConnection,
    deadline: Arc<Deadline>,
}

/// A reading connection that is taken. Its guard goes before its permit, so that a permit always finds a free reader.
pub(in crate::store) struct Reading {
    reader: OwnedMutexGuard<Reader>,
    _permit: OwnedSemaphorePermit,
}

/// A moment that another thread watches, in milliseconds since `start`; 0 is never.
struct Deadline {
    start: Instant,
    milliseconds: AtomicU64,
}

impl Sqlite {
    /// The file that it keeps everything in.
    pub(super) fn file(&self) -> PathBuf {
        self.file.clone()
    }

    /// Opens the writing connection, and prepares the others.
    pub(super) async fn open(options: &Options) -> Result<Self> {
        let unopened = |error: sqlx::Error| {
            let hint = match &error {
                // SQLITE_READONLY and SQLITE_CANTOPEN, of which the log beside the file is the less obvious cause.
                sqlx::Error::Database(error) if error.code().is_some_and(|code| is_unwritable(&code)) => {
                    " The file and its folder must be writable."
                }
                _ => "",
            };
            let message = format!("The database {} cannot be opened: {error}.{hint}", options.url);
            Error::new(Code::InvalidArgument, message).at("database-url")
        };
        let connect = SqliteConnectOptions::from_str(&options.url)
            .map_err(unopened)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .auto_vacuum(SqliteAutoVacuum::Incremental)
            .busy_timeout(BUSY_TIMEOUT)
            .foreign_keys(false)
            .statement_cache_capacity(STATEMENTS);
        let file = connect.get_filename().to_path_buf();
        let writing = connect
            .clone()
            .pragma("cache_size", WRITER_CACHE_KIB)
            // Always, not only for a purge: a page that is split leaves copies behind that no purge finds.
            .pragma("secure_delete", "on")
            // What a statement could be undone by would be written to a file of its own in each transaction.
            .pragma("temp_store", "memory");
        let writer = open_writer(writing).await.map_err(unopened)?;
        let readers: Vec<_> = (0..options.connections.max(1))
            .map(|_| Arc::new(Mutex::new(Reader::new(&connect))))
            .collect();
        Ok(Self {
            gate: Arc::default(),
            free: Arc::new(Semaphore::new(readers.len())),
            readers,
            maintenance: SqlxSqliteConnector::from_sqlx_sqlite_pool(single().connect_lazy_with(connect)),
            writer,
            file,
        })
    }

    /// Begins a transaction that writes; its caller has the turn.
    pub(super) async fn begin(&self) -> Result<Writing> {
        self.writer.begin().await.map_err(error::from)
    }

    /// Begins one on SeaORM's own connection, which migrations ask for.
    pub(super) async fn begin_migration(&self) -> Result<DatabaseTransaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.maintenance.begin_with_options(options).await.map_err(error::from)
    }

    /// Waits for a turn to write.
    pub(super) async fn enter(&self, priority: Priority) -> Turn {
        self.gate.enter(priority).await
    }

    /// Takes a reading connection.
    pub(super) async fn reader(&self) -> Result<Reading> {
        let permit = tokio::time::timeout(ACQUIRE_TIMEOUT, self.free.clone().acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(
                Error::new(Code::Overloaded, "Every reading connection is taken; try again.")
                    .retry_after(Duration::from_secs(1)),
            );
        };
        let free = self
            .readers
            .iter()
            .find_map(|reader| reader.clone().try_lock_owned().ok());
        free.map(|reader| Reading {
            reader,
            _permit: permit,
        })
        .ok_or_else(|| Error::internal("a permit without a free reader"))
    }

    /// Moves what the write-ahead log holds into the file; see [`super::Database::checkpoint`].
    pub(super) async fn checkpoint(&self) -> Result<()> {
        if !self.writer.take_over_checkpoints() {
            let _turn = self.enter(Priority::Configuration).await;
            self.writer.leave_log().await.map_err(error::from)?;
        }
        let passive = Statement::from_string(DbBackend::Sqlite, "PRAGMA wal_checkpoint(PASSIVE)");
        let row = self
            .maintenance
            .query_one_raw(passive.clone())
            .await
            .map_err(error::from)?;
        let pages: i64 = row.map_or(Ok(0), |row| row.try_get_by_index(1)).map_err(error::from)?;
        if pages > MOST_LOG_PAGES {
            let _turn = self.enter(Priority::Append).await;
            self.maintenance.query_one_raw(passive).await.map_err(error::from)?;
        }
        Ok(())
    }

    /// Gives free pages back, and empties the write-ahead log.
    pub(super) async fn clean(&self) -> Result<()> {
        let _turn = self.enter(Priority::Purge).await;
        let text = "PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)";
        self.writer.run(text).await.map_err(error::from)
    }

    /// Closes every connection once its work is done, the writing one last: it folds the log back into the file.
    pub(super) async fn close(&self) -> Result<()> {
        for reader in &self.readers {
            let reader = reader.lock().await;
            reader.connection.clone().close().await.map_err(error::from)?;
        }
        self.maintenance.clone().close().await.map_err(error::from)?;
        self.writer.close().await.map_err(error::from)
    }
}

/// Whether a code of SQLite's is SQLITE_READONLY or SQLITE_CANTOPEN; extended codes keep it in their low byte.
fn is_unwritable(code: &str) -> bool {
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 8 | 14))
}

/// A pool of one connection, which stays.
fn single() -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .min_connections(0)
        .max_connections(1)
        // It is no network connection that could be gone.
        .test_before_acquire(false)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(None)
        .max_lifetime(None)
}

impl Reader {
    fn new(connect: &SqliteConnectOptions) -> Self {
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
        Self {
            connection: SqlxSqliteConnector::from_sqlx_sqlite_pool(pool),
            deadline,
        }
    }
}

impl Reading {
    /// Begins a transaction, which takes its snapshot at once.
    pub(super) async fn begin(&self) -> Result<DatabaseTransaction> {
        let begun = self.reader.connection.begin().await.map_err(error::from)?;
        // A deferred transaction takes its snapshot at the first read.
        let text = "SELECT 1 FROM configuration";
        begun.execute_unprepared(text).await.map_err(error::from)?;
        Ok(begun)
    }

    /// Lets statements be interrupted from `deadline` past now on.
    pub(in crate::store) fn set_deadline(&self, deadline: Duration) {
        self.reader.deadline.set(deadline);
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
