//! Sets of actors by day and key; what is in the bytes is the service's affair.

use super::{Transaction, sql::get};
use crate::domain::error::Result;

/// Where a set is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The rollup.
    pub rollup: i64,
    /// The number of the day in the rollup's zone.
    pub day: i64,
    /// The key.
    pub key: i64,
}

/// One set.
#[derive(Debug, Clone)]
pub struct Bucket {
    /// Where it is.
    pub place: Place,
    /// Whether it must be rebuilt before use.
    pub stale: bool,
    /// The set.
    pub sketch: Vec<u8>,
}

/// Sets of one statement: some hundred KiB at their largest.
const ROWS_AT_ONCE: usize = 200;

/// The sets at some places of one rollup.
///
/// # Errors
/// Whatever the database says.
pub async fn at(tx: &Transaction, rollup: i64, places: &[(i64, i64)]) -> Result<Vec<Bucket>> {
    let mut found = Vec::new();
    for chunk in places.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("SELECT day, key_id, stale, sketch FROM unique_bucket WHERE rollup_id = ");
        sql.number(rollup).push(" AND (day, key_id) IN (VALUES ");
        for (index, (day, key)) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ",(" } else { "(" })
                .number(*day)
                .push(",")
                .number(*key)
                .push(")");
        }
        sql.push(")");
        for row in sql.rows(tx).await? {
            let place = Place {
                rollup,
                day: get(&row, 0)?,
                key: get(&row, 1)?,
            };
            found.push(Bucket {
                place,
                stale: get(&row, 2)?,
                sketch: get(&row, 3)?,
            });
        }
    }
    Ok(found)
}

/// Writes sets; they are in order of place.
///
/// # Errors
/// Whatever the database says.
pub async fn write(tx: &Transaction, buckets: &[Bucket]) -> Result<()> {
    for chunk in buckets.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("INSERT INTO unique_bucket (rollup_id, day, key_id, stale, sketch) VALUES ");
        for (index, bucket) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ",(" } else { "(" })
                .number(bucket.place.rollup)
                .push(",")
                .number(bucket.place.day)
                .push(",");
            sql.number(bucket.place.key)
                .push(if bucket.stale { ",TRUE," } else { ",FALSE," })
                .bind(bucket.sketch.clone())
                .push(")");
        }
        sql.push(
            " ON CONFLICT (rollup_id, day, key_id) DO UPDATE SET stale = excluded.stale, sketch = excluded.sketch",
        );
        sql.run(tx).await?;
    }
    Ok(())
}

/// Marks sets stale, those that exist.
///
/// # Errors
/// Whatever the database says.
pub async fn mark_stale(tx: &Transaction, places: &[Place]) -> Result<()> {
    for chunk in places.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("UPDATE unique_bucket SET stale = TRUE WHERE (rollup_id, day, key_id) IN (VALUES ");
        for (index, place) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ",(" } else { "(" })
                .number(place.rollup)
                .push(",")
                .number(place.day)
                .push(",");
            sql.number(place.key).push(")");
        }
        sql.push(")").to_owned().run(tx).await?;
    }
    Ok(())
}

/// Marks every set of a day stale.
///
/// # Errors
/// Whatever the database says.
pub async fn mark_day_stale(tx: &Transaction, rollup: i64, day: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE unique_bucket SET stale = TRUE WHERE rollup_id = ");
    sql.number(rollup).push(" AND day = ").number(day);
    sql.run(tx).await.map(drop)
}

/// The first day of which a rollup has a set.
///
/// # Errors
/// Whatever the database says.
pub async fn first_day(tx: &Transaction, rollup: i64) -> Result<Option<i64>> {
    let mut sql = tx.sql("SELECT min(day) FROM unique_bucket WHERE rollup_id = ");
    sql.number(rollup);
    sql.row(tx).await?.map_or(Ok(None), |row| get(&row, 0))
}

/// A day with stale sets: rollup and day.
///
/// # Errors
/// Whatever the database says.
pub async fn stale_day(tx: &Transaction) -> Result<Option<(i64, i64)>> {
    let row = tx
        .sql("SELECT rollup_id, day FROM unique_bucket WHERE stale LIMIT 1")
        .row(tx)
        .await?;
    row.map(|row| Ok((get(&row, 0)?, get(&row, 1)?))).transpose()
}

/// The keys of a day's stale sets.
///
/// # Errors
/// Whatever the database says.
pub async fn stale_keys(tx: &Transaction, rollup: i64, day: i64) -> Result<Vec<i64>> {
    let mut sql = tx.sql("SELECT key_id FROM unique_bucket WHERE stale AND rollup_id = ");
    sql.number(rollup).push(" AND day = ").number(day);
    sql.rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Removes sets that turned out empty.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, rollup: i64, day: i64, keys: &[i64]) -> Result<()> {
    for chunk in keys.chunks(1_000) {
        let mut sql = tx.sql("DELETE FROM unique_bucket WHERE rollup_id = ");
        sql.number(rollup)
            .push(" AND day = ")
            .number(day)
            .push(" AND key_id IN ")
            .numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}
