//! A statement under construction: text in one engine's dialect, every value bound.

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

use super::{Transaction, error};
use crate::domain::error::Result;

/// A statement whose values are always bound, never spliced.
#[derive(Debug, Clone)]
pub(super) struct Sql {
    backend: DbBackend,
    text: String,
    values: Vec<Value>,
}

impl Sql {
    /// Begins with `text`.
    pub(super) fn new(backend: DbBackend, text: &str) -> Self {
        Self {
            backend,
            text: text.to_owned(),
            values: Vec::new(),
        }
    }

    /// Whether it is for SQLite.
    pub(super) fn is_sqlite(&self) -> bool {
        self.backend == DbBackend::Sqlite
    }

    /// Adds text of our own.
    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a number of our own, such as an internal id; it needs no binding.
    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        use std::fmt::Write as _;
        // Writing to a string does not fail.
        let _ = write!(self.text, "{number}");
        self
    }

    /// Adds a placeholder for `value`.
    pub(super) fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        if self.is_sqlite() {
            self.text.push('?');
        } else {
            self.text.push('$');
            let count = self.values.len();
            self.number(i64::try_from(count).unwrap_or(i64::MAX));
        }
        self
    }

    /// Adds `(?, ?, …)` for `values`, or a list that matches nothing.
    pub(super) fn bind_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        self.push("(");
        let mut first = true;
        for value in values {
            if !first {
                self.push(", ");
            }
            first = false;
            self.bind(value);
        }
        if first {
            self.push("NULL");
        }
        self.push(")")
    }

    /// Adds `(1, 2, …)` for internal numbers.
    pub(super) fn numbers(&mut self, numbers: impl IntoIterator<Item = i64>) -> &mut Self {
        self.push("(");
        for (index, number) in numbers.into_iter().enumerate() {
            if index > 0 {
                self.push(",");
            }
            self.number(number);
        }
        if self.text.ends_with('(') {
            self.push("NULL");
        }
        self.push(")")
    }

    /// Adds another statement's text and values. Only for SQLite's `?`, or while `self` has no values yet.
    pub(super) fn statement(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }

    /// Runs it for its rows.
    pub(super) async fn rows(self, tx: &Transaction) -> Result<Vec<QueryResult>> {
        tx.connection()
            .query_all_raw(self.statement())
            .await
            .map_err(error::from)
    }

    /// Runs it for its first row.
    pub(super) async fn row(self, tx: &Transaction) -> Result<Option<QueryResult>> {
        tx.connection()
            .query_one_raw(self.statement())
            .await
            .map_err(error::from)
    }

    /// Runs it for the number of rows it changed.
    pub(super) async fn run(self, tx: &Transaction) -> Result<u64> {
        tx.connection()
            .execute_raw(self.statement())
            .await
            .map(|done| done.rows_affected())
            .map_err(error::from)
    }
}

/// A column of a row, by position.
pub(super) fn get<T: sea_orm::TryGetable>(row: &QueryResult, index: usize) -> Result<T> {
    row.try_get_by_index(index).map_err(error::from)
}
