//! Events that were set aside: their rows cannot be read, so that no rollup can hold them. They are kept, and hidden from
//! every answer alike, so that answers from rollups and from raw events stay the same.

use sea_orm::QueryResult;

use super::{Transaction, event::public_id, sql::get};
use crate::domain::error::Result;

/// What `event.deletion_id` is of an event that was set aside; deletions have numbers from 1 on, so that neither a
/// restore nor a purge takes it.
pub const SET_ASIDE: i64 = 0;

/// Events of one look.
const MOST: i64 = 1_000;

/// What still is to be known of an event that was set aside.
#[derive(Debug)]
pub struct Aside {
    /// The id that callers know it by.
    pub id: String,
    /// The site.
    pub site: i64,
    /// When it happened.
    pub time: i64,
    /// Its place in the order of arrival.
    pub arrival: i64,
}

/// Sets an event aside; none where it is hidden or gone. What is no number in its row is read as one.
///
/// # Errors
/// Whatever the database says.
pub async fn put(tx: &Transaction, sequence: i64) -> Result<Option<Aside>> {
    let mut sql = tx.sql("UPDATE event SET deletion_id = ");
    sql.number(SET_ASIDE).push(" WHERE id = ").number(sequence);
    sql.push(" AND deletion_id IS NULL RETURNING uid, client_id, CAST(site_id AS BIGINT), CAST(time AS BIGINT), ")
        .push(tx.arrival());
    let read = |row: QueryResult| {
        Ok(Aside {
            id: public_id(&row, 0)?,
            site: get(&row, 2)?,
            time: get(&row, 3)?,
            arrival: get(&row, 4)?,
        })
    };
    sql.row(tx).await?.map(read).transpose()
}

/// Numbers of events that are set aside, at most a thousand.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<i64>> {
    let mut sql = tx.sql("SELECT id FROM event WHERE deletion_id = ");
    sql.number(SET_ASIDE).push(" ORDER BY id LIMIT ").number(MOST);
    sql.rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// How many events are set aside, counted up to a thousand.
///
/// # Errors
/// Whatever the database says.
pub async fn count(tx: &Transaction) -> Result<i64> {
    let mut sql = tx.sql("SELECT count(*) FROM (SELECT 1 FROM event WHERE deletion_id = ");
    sql.number(SET_ASIDE).push(" LIMIT ").number(MOST).push(") AS aside");
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}
