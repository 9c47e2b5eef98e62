//! Actors who are counted in sets though retention took the events that name them. Their row in `text` keeps its number
//! and its hash, so that who comes back is nobody new; the text itself goes, until it is logged again.

use std::collections::BTreeMap;

use super::{Transaction, sql::get};
use crate::domain::error::Result;

/// Rows of one statement.
const ROWS_AT_ONCE: usize = 500;

/// Keeps the numbers of these actors, each until a nanosecond.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn keep(tx: &Transaction, actors: &BTreeMap<i64, i64>) -> Result<()> {
    let actors: Vec<_> = actors.iter().collect();
    for chunk in actors.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("INSERT INTO counted_actor (id, until) VALUES ");
        for (index, (id, until)) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ",(" } else { "(" }).number(**id);
            sql.push(",").number(**until).push(")");
        }
        sql.push(
            " ON CONFLICT (id) DO UPDATE SET until = CASE WHEN excluded.until > counted_actor.until \
             THEN excluded.until ELSE counted_actor.until END",
        );
        sql.run(tx).await?;
    }
    Ok(())
}

/// Those of these rows of `text` that are to keep their number.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn among(tx: &Transaction, rows: &[i64], now: i64) -> Result<Vec<i64>> {
    let mut kept = Vec::new();
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("SELECT id FROM counted_actor WHERE until > ");
        sql.number(now).push(" AND id IN ").numbers(chunk.iter().copied());
        for row in sql.rows(tx).await? {
            kept.push(get(&row, 0)?);
        }
    }
    Ok(kept)
}

/// Takes their texts from rows of `text`; the dictionary gives them back to whoever logs them again.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn forget_texts(tx: &Transaction, rows: &[i64]) -> Result<()> {
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("UPDATE text SET value = '' WHERE value <> '' AND id IN ");
        sql.numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}

/// Keeps the numbers of these rows no longer.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn remove(tx: &Transaction, rows: &[i64]) -> Result<()> {
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("DELETE FROM counted_actor WHERE id IN ");
        sql.numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}
