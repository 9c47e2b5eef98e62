//! Links by which a password is set, once.

use super::{Transaction, sql::get};
use crate::domain::error::Result;

/// Makes a link to an account, or with none to the first one.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &Transaction, hash: &[u8], account: Option<i64>, expires: i64) -> Result<()> {
    let mut sql = tx.sql("INSERT INTO link (hash, account_id, expires_at) VALUES (");
    sql.bind(hash.to_vec())
        .push(", ")
        .bind(account)
        .push(", ")
        .number(expires)
        .push(")");
    sql.run(tx).await.map(drop)
}

/// Uses a link up; gives the account that it was for, or none within where it was for the first one.
///
/// # Errors
/// Whatever the database says.
pub async fn take(tx: &Transaction, hash: &[u8], now: i64) -> Result<Option<Option<i64>>> {
    let mut sql = tx.sql("DELETE FROM link WHERE expires_at > ");
    sql.number(now)
        .push(" AND hash = ")
        .bind(hash.to_vec())
        .push(" RETURNING account_id");
    sql.row(tx).await?.map(|row| get(&row, 0)).transpose()
}

/// Removes the links to an account, or with none to the first one.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, account: Option<i64>) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM link WHERE account_id ");
    match account {
        Some(id) => sql.push("= ").number(id),
        None => sql.push("IS NULL"),
    };
    sql.run(tx).await.map(drop)
}

/// Removes links that expired before `now`.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_expired(tx: &Transaction, now: i64) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM link WHERE expires_at <= ");
    sql.number(now);
    sql.run(tx).await.map(drop)
}
