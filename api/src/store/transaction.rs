//! Transactions: everything read in one is of one moment, everything written in one happens together or not at all.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement, prelude::async_trait,
};

use super::{
    Database,
    database::{Reading, Writing, go_on},
    error,
    gate::Turn,
    sql::{Sql, get},
};
use crate::domain::error::{Error, Result};

/// A transaction, of either kind and on either engine.
pub struct Transaction {
    session: Session,
    backend: DbBackend,
    database: Database,
    /// Held until the end, then handed on; never read.
    _turn: Option<Turn>,
    reading: Option<Reading>,
    /// Whether a statement failed. PostgreSQL then takes no other and a commit undoes everything; SQLite may have undone
    /// everything before it.
    failed: AtomicBool,
}

/// The last statement of a transaction, to be run with its commit.
#[derive(Debug)]
#[must_use = "it is to be run"]
pub struct Last(pub(super) Sql);

impl Last {
    /// Runs it without a commit.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn run(self, tx: &Transaction) -> Result<()> {
        self.0.run(tx).await.map(drop)
    }
}

/// What a transaction's statements go to.
pub(super) enum Session {
    /// A connection that SeaORM lends.
    Lent(DatabaseTransaction),
    /// SQLite's one that writes.
    Writing(Writing),
}

/// A transaction of PostgreSQL, by which others can be asked what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransactionId(pub(super) i64);

/// What became of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Everything written in it is durable.
    Committed,
    /// Nothing of it was written.
    Aborted,
    /// It goes on.
    Open,
}

impl Transaction {
    pub(super) fn new(session: Session, database: &Database, turn: Option<Turn>, reading: Option<Reading>) -> Self {
        Self {
            session,
            backend: database.backend(),
            database: database.clone(),
            _turn: turn,
            reading,
            failed: AtomicBool::new(false),
        }
    }

    /// Begins another question to a snapshot, with a deadline of its own, whatever became of those before.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn renew(&self, deadline: Duration) -> Result<()> {
        if let Some(reading) = &self.reading {
            reading.set_deadline(deadline);
        } else if self.failed.swap(false, Ordering::Relaxed) {
            go_on(self.lent()?).await?;
        }
        Ok(())
    }

    /// What became of another transaction.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn fate_of(&self, other: TransactionId) -> Result<Fate> {
        let mut sql = self.sql("SELECT pg_xact_status('");
        sql.literal(other.0).push("'::xid8)");
        let row = sql.row(self).await?;
        let status: Option<String> = row.map_or(Ok(None), |row| get(&row, 0))?;
        Ok(match status.as_deref() {
            Some("committed") => Fate::Committed,
            Some("in progress") => Fate::Open,
            // One that is too old to be known is not asked for.
            _ => Fate::Aborted,
        })
    }

    /// Ends another transaction whose client is gone, which PostgreSQL may not have noticed.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn break_off(&self, other: TransactionId) -> Result<()> {
        let mut sql = self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_xid = '");
        sql.literal(other.0).push("'::xid8::xid");
        sql.rows(self).await.map(drop)
    }

    /// Makes everything written in it durable.
    ///
    /// # Errors
    /// Whatever the database says, or that a statement failed; then nothing of it was written.
    pub async fn commit(self) -> Result<()> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(Error::internal(
                "a transaction in which a statement failed was to be committed",
            ));
        }
        let done = match self.session {
            Session::Lent(begun) => begun.commit().await,
            Session::Writing(writing) => writing.commit().await,
        };
        done.map_err(error::from)
    }

    /// Runs a last statement, if there is one, and makes everything written in it durable. SQLite gets both at once.
    ///
    /// # Errors
    /// As of [`Self::commit`].
    pub async fn commit_after(self, last: Option<Last>) -> Result<()> {
        let Some(Last(sql)) = last else {
            return self.commit().await;
        };
        let is_sound = !self.failed.load(Ordering::Relaxed);
        match self.session {
            Session::Writing(writing) if is_sound => writing.commit_after(sql.statement()).await.map_err(error::from),
            _ => {
                sql.run(&self).await?;
                self.commit().await
            }
        }
    }

    /// Undoes everything written in it.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn rollback(self) -> Result<()> {
        let done = match self.session {
            Session::Lent(begun) => begun.rollback().await,
            Session::Writing(writing) => writing.rollback().await,
        };
        done.map_err(error::from)
    }

    /// The database it is of.
    #[must_use]
    pub fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn connection(&self) -> &Session {
        &self.session
    }

    /// The connection where SeaORM lends it.
    ///
    /// # Errors
    /// None but a mistake of ours.
    pub(super) fn lent(&self) -> Result<&DatabaseTransaction> {
        match &self.session {
            Session::Lent(begun) => Ok(begun),
            Session::Writing(_) => Err(Error::internal("the writing connection is not SeaORM's")),
        }
    }

    /// A statement's failure as ours; it is remembered for [`Self::renew`].
    pub(super) fn failure(&self, error: DbErr) -> Error {
        self.failed.store(true, Ordering::Relaxed);
        error::from(error)
    }

    pub(super) fn is_sqlite(&self) -> bool {
        self.backend == DbBackend::Sqlite
    }

    /// Begins an insert. What fails has its transaction rolled back, so SQLite is spared the copies of pages by which it
    /// could undo the one statement.
    pub(super) fn insert(&self) -> Sql {
        self.sql(self.insert_word())
    }

    /// The words that [`Self::insert`] begins with.
    pub(super) fn insert_word(&self) -> &'static str {
        if self.is_sqlite() { "INSERT OR FAIL" } else { "INSERT" }
    }

    pub(super) fn sql(&self, text: &str) -> Sql {
        Sql::new(self.backend, text)
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

#[async_trait::async_trait]
impl ConnectionTrait for Session {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Lent(begun) => begun.get_database_backend(),
            Self::Writing(writing) => writing.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> std::result::Result<ExecResult, DbErr> {
        match self {
            Self::Lent(begun) => begun.execute_raw(statement).await,
            Self::Writing(writing) => writing.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, text: &str) -> std::result::Result<ExecResult, DbErr> {
        match self {
            Self::Lent(begun) => begun.execute_unprepared(text).await,
            Self::Writing(writing) => writing.execute_unprepared(text).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> std::result::Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Lent(begun) => begun.query_one_raw(statement).await,
            Self::Writing(writing) => writing.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> std::result::Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Lent(begun) => begun.query_all_raw(statement).await,
            Self::Writing(writing) => writing.query_all_raw(statement).await,
        }
    }
}
