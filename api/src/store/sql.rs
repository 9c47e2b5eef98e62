//! A statement under construction: text in one engine's dialect, every value bound.

use sea_orm::{ConnectionTrait, DbBackend, QueryResult, Statement, Value};

use super::{Transaction, error};
use serde_json::Value as Json;

use crate::domain::{error::Result, hash::Hash};

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

    /// The text so far, for a part of another statement; of one that binds nothing.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Adds text of our own.
    pub(super) fn push(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    /// Adds a number of our own, such as an internal id. SQLite gets it bound, so that the text stays the same and is
    /// prepared once; PostgreSQL's planner does better when it sees it.
    pub(super) fn number(&mut self, number: i64) -> &mut Self {
        if self.is_sqlite() {
            return self.bind(number);
        }
        self.literal(number)
    }

    /// Adds a number as text.
    pub(super) fn literal(&mut self, number: i64) -> &mut Self {
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
            self.literal(i64::try_from(count).unwrap_or(i64::MAX));
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

    /// Adds a list of hashes, bound as one value: the text is the same whatever their number, and prepared once.
    pub(super) fn bind_hashes<'a>(&mut self, hashes: impl IntoIterator<Item = &'a Hash>) -> &mut Self {
        let hashes: Vec<_> = hashes.into_iter().map(hex::encode).collect();
        let sqlite = self.is_sqlite();
        self.push(if sqlite {
            "(SELECT unhex(value) FROM json_each("
        } else {
            "(SELECT decode(value, 'hex') FROM json_array_elements_text("
        });
        self.bind(Json::from(hashes).to_string());
        self.push(if sqlite { "))" } else { "::json))" })
    }

    /// Adds `(1, 2, …)` for internal numbers; for SQLite bound as one value.
    pub(super) fn numbers(&mut self, numbers: impl IntoIterator<Item = i64>) -> &mut Self {
        if self.is_sqlite() {
            let numbers: Json = numbers.into_iter().collect();
            return self
                .push("(SELECT value FROM json_each(")
                .bind(numbers.to_string())
                .push("))");
        }
        self.push("(");
        for (index, number) in numbers.into_iter().enumerate() {
            if index > 0 {
                self.push(",");
            }
            self.literal(number);
        }
        if self.text.ends_with('(') {
            self.push("NULL");
        }
        self.push(")")
    }

    /// Adds `SELECT … FROM …` of rows of our own, each a JSON array, bound as one value: the text is the same whatever
    /// their number, and prepared once.
    pub(super) fn select_rows(&mut self, columns: &[Column], rows: impl IntoIterator<Item = Json>) -> &mut Self {
        let sqlite = self.is_sqlite();
        for (index, column) in columns.iter().enumerate() {
            let field = format!("(r.value ->> {index})");
            self.push(if index > 0 { ", " } else { "SELECT " });
            self.push(&match (column, sqlite) {
                (Column::Hash, true) => format!("unhex{field}"),
                (_, true) | (Column::Text, false) => field,
                (Column::Hash, false) => format!("decode({field}, 'hex')"),
                (Column::Number, false) => format!("{field}::bigint"),
                (Column::Flag, false) => format!("{field}::boolean"),
            });
        }
        self.push(if sqlite {
            " FROM json_each("
        } else {
            " FROM json_array_elements("
        });
        self.bind(Json::from_iter(rows).to_string());
        // SQLite would take a following `ON CONFLICT` for a join's without it.
        self.push(if sqlite {
            ") r WHERE true"
        } else {
            "::json) r WHERE true"
        })
    }

    pub(super) fn statement(self) -> Statement {
        Statement::from_sql_and_values(self.backend, self.text, self.values)
    }

    /// Runs it for its rows.
    pub(super) async fn rows(self, tx: &Transaction) -> Result<Vec<QueryResult>> {
        tx.connection()
            .query_all_raw(self.statement())
            .await
            .map_err(|error| tx.failure(error))
    }

    /// Runs it for its first row.
    pub(super) async fn row(self, tx: &Transaction) -> Result<Option<QueryResult>> {
        tx.connection()
            .query_one_raw(self.statement())
            .await
            .map_err(|error| tx.failure(error))
    }

    /// Runs it for the number of rows it changed.
    pub(super) async fn run(self, tx: &Transaction) -> Result<u64> {
        tx.connection()
            .execute_raw(self.statement())
            .await
            .map(|done| done.rows_affected())
            .map_err(|error| tx.failure(error))
    }
}

/// Rows in parts of some sizes, the largest first; what is left at last is one of its own size. So statements have few
/// texts, and the engine finds the one that it prepared before.
pub(super) fn parts<'a, T>(rows: &'a [T], sizes: &'static [usize]) -> impl Iterator<Item = &'a [T]> {
    let mut rest = rows;
    std::iter::from_fn(move || {
        let size = sizes.iter().copied().find(|size| *size <= rest.len());
        let (part, after) = rest.split_at(size.unwrap_or(rest.len()));
        rest = after;
        (!part.is_empty()).then_some(part)
    })
}

/// What a column of rows of our own holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    /// Bytes, written in hexadecimal digits.
    Hash,
    /// A text or nothing.
    Text,
    /// A whole number.
    Number,
    /// True or false.
    Flag,
}

/// A column of a row, by position.
pub(super) fn get<T: sea_orm::TryGetable>(row: &QueryResult, index: usize) -> Result<T> {
    row.try_get_by_index(index).map_err(error::from)
}

/// Removes a row by its id.
pub(super) async fn remove_row(tx: &Transaction, table: &str, id: i64) -> Result<()> {
    let mut sql = tx.sql(&format!("DELETE FROM {table} WHERE id = "));
    sql.number(id);
    sql.run(tx).await.map(drop)
}
