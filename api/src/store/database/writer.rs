//! SQLite's one writing connection. It is kept, and not lent by a pool for each transaction: a pool asks a connection that
//! comes back whether it still lives, on a task of its own, which takes longer than to write some events.
//!
//! Each statement goes to a thread of SQLite's own and its rows come back, which on a busy machine takes longer than the
//! statement. So a transaction begins with its first statement, and ends with its last where that is known to be.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    prelude::async_trait,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection, Executor, Sqlite, SqliteConnection,
        sqlite::SqliteConnectOptions,
    },
};
use sea_query_sqlx::SqlxValues;
use tokio::sync::{Mutex, OwnedMutexGuard};

const BEGIN: &str = "BEGIN IMMEDIATE";
/// Leaves the write-ahead log alone at a commit.
const NO_CHECKPOINTS: &str = "PRAGMA wal_autocheckpoint = 0";

/// The connection that writes.
pub(super) struct Writer {
    options: SqliteConnectOptions,
    slot: Arc<Mutex<Slot>>,
    /// Whether commits leave the write-ahead log alone.
    checkpoints_taken_over: AtomicBool,
}

/// The connection, as whoever had it last left it.
struct Slot {
    connection: Option<SqliteConnection>,
    /// Whether a transaction was begun and not ended.
    open: bool,
}

/// A transaction that writes. Undone where it is dropped before [`Writing::commit`].
pub(in crate::store) struct Writing(Option<Mutex<OwnedMutexGuard<Slot>>>);

type Query = sqlx::query::Query<'static, Sqlite, SqlxValues>;

impl Writer {
    /// Connects.
    pub(super) async fn open(options: SqliteConnectOptions) -> sqlx::Result<Self> {
        let connection = options.connect().await?;
        Ok(Self {
            options,
            slot: Arc::new(Mutex::new(Slot {
                connection: Some(connection),
                open: false,
            })),
            checkpoints_taken_over: AtomicBool::new(false),
        })
    }

    /// Begins a transaction, which holds SQLite's write lock from its first statement on.
    pub(super) async fn begin(&self) -> Result<Writing, DbErr> {
        let slot = self.take().await.map_err(failed)?;
        Ok(Writing(Some(Mutex::new(slot))))
    }

    /// Runs statements outside a transaction.
    pub(super) async fn run(&self, text: &'static str) -> Result<(), DbErr> {
        self.take().await.map_err(failed)?.execute(text).await.map_err(failed)
    }

    /// From now on commits leave the write-ahead log alone; gives whether they did before.
    pub(super) fn take_over_checkpoints(&self) -> bool {
        self.checkpoints_taken_over.swap(true, Ordering::Relaxed)
    }

    /// Has the connection, as it is now, leave the write-ahead log alone.
    pub(super) async fn leave_log(&self) -> Result<(), DbErr> {
        self.run(NO_CHECKPOINTS).await
    }

    /// Closes the connection once its work is done.
    pub(super) async fn close(&self) -> Result<(), DbErr> {
        let mut slot = self.slot.lock().await;
        slot.settle().await;
        match slot.connection.take() {
            Some(connection) => connection.close().await.map_err(failed),
            None => Ok(()),
        }
    }

    /// The connection between two transactions.
    async fn take(&self) -> sqlx::Result<OwnedMutexGuard<Slot>> {
        let mut slot = self.slot.clone().lock_owned().await;
        slot.settle().await;
        if slot.connection.is_none() {
            let mut connection = self.options.connect().await?;
            if self.checkpoints_taken_over.load(Ordering::Relaxed) {
                connection.execute(NO_CHECKPOINTS).await?;
            }
            slot.connection = Some(connection);
        }
        Ok(slot)
    }
}

impl Slot {
    fn connection(&mut self) -> sqlx::Result<&mut SqliteConnection> {
        self.connection.as_mut().ok_or(sqlx::Error::WorkerCrashed)
    }

    async fn execute(&mut self, text: &'static str) -> sqlx::Result<()> {
        self.connection()?.execute(text).await.map(drop)
    }

    /// Begins the transaction, where that was not done yet.
    async fn begin(&mut self) -> sqlx::Result<()> {
        if !self.open {
            self.execute(BEGIN).await?;
            self.open = true;
        }
        Ok(())
    }

    /// Has a statement that is asked for rows begin the transaction, where that was not done yet.
    fn begin_with(&mut self, statement: &mut Statement) {
        if !self.open {
            statement.sql = format!("{BEGIN}; {}", statement.sql);
            // It is undone, or found to be none, whatever becomes of the statement.
            self.open = true;
        }
    }

    /// Undoes a transaction that was begun and not ended. Where the disk is full or fails, SQLite may have undone it by
    /// itself, or not be able to: such a connection is closed, which undoes everything.
    async fn settle(&mut self) {
        if !self.open {
            return;
        }
        if let Err(error) = self.execute("ROLLBACK").await {
            tracing::warn!(%error, "SQLite undid a transaction by itself; its connection is closed and opened anew");
            if let Some(connection) = self.connection.take()
                && let Err(error) = connection.close().await
            {
                tracing::warn!(%error, "SQLite's connection did not close well");
            }
        }
        self.open = false;
    }
}

impl Writing {
    /// Makes everything written in it durable.
    pub(in crate::store) async fn commit(self) -> Result<(), DbErr> {
        let mut slot = self.slot()?.lock().await;
        if slot.open {
            slot.execute("COMMIT").await.map_err(failed)?;
            slot.open = false;
        }
        Ok(())
    }

    /// Runs a last statement and makes everything written in it durable.
    pub(in crate::store) async fn commit_after(self, mut statement: Statement) -> Result<(), DbErr> {
        let mut slot = self.slot()?.lock().await;
        slot.begin_with(&mut statement);
        statement.sql.push_str("; COMMIT");
        let done = query(statement).execute(slot.connection().map_err(failed)?).await;
        done.map_err(failed)?;
        slot.open = false;
        Ok(())
    }

    /// Undoes everything written in it.
    pub(in crate::store) async fn rollback(self) -> Result<(), DbErr> {
        self.slot()?.lock().await.settle().await;
        Ok(())
    }

    fn slot(&self) -> Result<&Mutex<OwnedMutexGuard<Slot>>, DbErr> {
        // It is there until it is dropped.
        self.0.as_ref().ok_or_else(|| failed(sqlx::Error::WorkerCrashed))
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        let Some(slot) = self.0.take() else { return };
        let mut slot = slot.into_inner();
        if !slot.open {
            return;
        }
        // Soon, as another process may wait for SQLite's lock. Without a runtime the program ends, which undoes it, too.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            drop(runtime.spawn(async move { slot.settle().await }));
        }
    }
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

fn query(statement: Statement) -> Query {
    let values = statement.values.unwrap_or_else(|| sea_orm::Values(Vec::new()));
    // Values are bound by whoever made the statement.
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

#[async_trait::async_trait]
impl ConnectionTrait for Writing {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut slot = self.slot()?.lock().await;
        // By itself: SQLite counts what the statement before has changed as changed by the one that begins.
        slot.begin().await.map_err(failed)?;
        let done = query(statement).execute(slot.connection().map_err(failed)?).await;
        done.map(Into::into).map_err(failed)
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        let mut slot = self.slot()?.lock().await;
        slot.begin().await.map_err(failed)?;
        let done = slot
            .connection()
            .map_err(failed)?
            .execute(AssertSqlSafe(text.to_owned()))
            .await;
        done.map(Into::into).map_err(failed)
    }

    async fn query_one_raw(&self, mut statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut slot = self.slot()?.lock().await;
        slot.begin_with(&mut statement);
        let row = query(statement)
            .fetch_optional(slot.connection().map_err(failed)?)
            .await;
        row.map(|row| row.map(Into::into)).map_err(failed)
    }

    async fn query_all_raw(&self, mut statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut slot = self.slot()?.lock().await;
        slot.begin_with(&mut statement);
        let rows = query(statement).fetch_all(slot.connection().map_err(failed)?).await;
        rows.map(|rows| rows.into_iter().map(Into::into).collect())
            .map_err(failed)
    }
}
