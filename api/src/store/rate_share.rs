//! What each server holds of the limits that several share (PostgreSQL only; one server alone serves a SQLite file).

use sea_orm::QueryResult;

use super::{Transaction, sql::get};
use crate::domain::error::Result;

/// Names PostgreSQL's advisory lock of those who divide limits.
const LOCK: i64 = 0x7469_6472;
/// The name under which a server says that it is there.
const PRESENCE: &str = "";
/// Rows of one statement.
const ROWS_AT_ONCE: usize = 500;

/// A server's share of one limit.
#[derive(Debug, Clone, PartialEq)]
pub struct Lease {
    /// The limit.
    pub bucket: String,
    /// The server.
    pub instance: String,
    /// Its share, of 1 in all.
    pub share: f64,
    /// What is asked of it, where 1 is all that comes back.
    pub demand: f64,
    /// What it has let through and that has not come back, where 1 is all there is.
    pub debt: f64,
    /// Since when it holds a share, in the database's milliseconds.
    pub since: i64,
    /// Until when it is remembered unless it is renewed, in the database's milliseconds.
    pub until: i64,
}

const COLUMNS: &str = "SELECT bucket, instance, share, demand, debt, since, until FROM rate_share WHERE until > ";

fn read(row: &QueryResult) -> Result<Lease> {
    Ok(Lease {
        bucket: get(row, 0)?,
        instance: get(row, 1)?,
        share: get(row, 2)?,
        demand: get(row, 3)?,
        debt: get(row, 4)?,
        since: get(row, 5)?,
        until: get(row, 6)?,
    })
}

/// Begins to divide: waits for its turn among the servers, and gives the database's time in milliseconds.
///
/// # Errors
/// Whatever the database says.
pub async fn begin(tx: &Transaction) -> Result<i64> {
    let mut lock = tx.sql("SELECT pg_advisory_xact_lock(");
    lock.number(LOCK).push(")");
    lock.run(tx).await?;
    let sql = tx.sql("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)");
    let row = sql.row(tx).await?;
    row.map_or(Ok(0), |row| get(&row, 0))
}

/// The other servers that are there, with when each last said so.
///
/// # Errors
/// Whatever the database says.
pub async fn servers(tx: &Transaction, instance: &str, time: i64) -> Result<Vec<(String, i64)>> {
    let mut sql = tx.sql("SELECT instance, since FROM rate_share WHERE bucket = ");
    sql.bind(PRESENCE)
        .push(" AND until > ")
        .bind(time)
        .push(" AND instance <> ")
        .bind(instance);
    let rows = sql.rows(tx).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// The leases of some limits that are remembered.
///
/// # Errors
/// Whatever the database says.
pub async fn leases(tx: &Transaction, buckets: &[String], time: i64) -> Result<Vec<Lease>> {
    let mut found = Vec::new();
    for chunk in buckets.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql(COLUMNS);
        sql.bind(time)
            .push(" AND bucket IN ")
            .bind_list(chunk.iter().map(String::as_str));
        for row in sql.rows(tx).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

/// The leases of other servers that have used at least such a part of a limit.
///
/// # Errors
/// Whatever the database says.
pub async fn spent(tx: &Transaction, instance: &str, least: f64, time: i64) -> Result<Vec<Lease>> {
    let mut sql = tx.sql(COLUMNS);
    sql.bind(time)
        .push(" AND bucket <> ")
        .bind(PRESENCE)
        .push(" AND instance <> ")
        .bind(instance)
        .push(" AND debt >= ")
        .bind(least);
    sql.rows(tx).await?.iter().map(read).collect()
}

/// Writes down that a server is there, until when that holds, and what it holds, in place of what it held; removes what is
/// over.
///
/// # Errors
/// Whatever the database says.
pub async fn write(tx: &Transaction, instance: &str, leases: &[Lease], (time, until): (i64, i64)) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM rate_share WHERE until <= ");
    sql.bind(time).push(" OR instance = ").bind(instance);
    sql.run(tx).await?;
    let presence = Lease {
        bucket: PRESENCE.to_owned(),
        instance: instance.to_owned(),
        share: 0.0,
        demand: 0.0,
        debt: 0.0,
        since: time,
        until,
    };
    let rows: Vec<_> = std::iter::once(&presence).chain(leases).collect();
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("INSERT INTO rate_share (bucket, instance, share, demand, debt, since, until) VALUES ");
        for (index, lease) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ",(" } else { "(" });
            sql.bind(lease.bucket.as_str())
                .push(",")
                .bind(lease.instance.as_str())
                .push(",");
            sql.bind(lease.share)
                .push(",")
                .bind(lease.demand)
                .push(",")
                .bind(lease.debt)
                .push(",");
            sql.bind(lease.since).push(",").bind(lease.until).push(")");
        }
        sql.run(tx).await?;
    }
    Ok(())
}

/// Removes that a server is there, and what would be forgotten until then: what it has used for longer than that is
/// remembered without it.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, instance: &str, until: i64) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM rate_share WHERE instance = ");
    sql.bind(instance).push(" AND until <= ").bind(until);
    sql.run(tx).await.map(drop)
}
