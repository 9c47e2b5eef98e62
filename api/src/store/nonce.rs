//! Numbers used once: which were used lately, over all servers.

use super::Transaction;
use crate::domain::{error::Result, hash::Hash};

/// Uses a number, unless it was used since `before`, in nanoseconds since 1970; gives whether it could be.
///
/// # Errors
/// Whatever the database says.
pub async fn take(tx: &Transaction, name: &Hash, now: i64, before: i64) -> Result<bool> {
    let mut sql = tx.sql("INSERT INTO nonce (name, used_at) VALUES (");
    sql.bind(name.to_vec()).push(", ").bind(now);
    sql.push(") ON CONFLICT (name) DO UPDATE SET used_at = excluded.used_at WHERE nonce.used_at < ");
    sql.bind(before).push(" RETURNING used_at");
    Ok(sql.row(tx).await?.is_some())
}

/// Forgets those used before `before`, in nanoseconds since 1970.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Transaction, before: i64) -> Result<u64> {
    let mut sql = tx.sql("DELETE FROM nonce WHERE used_at < ");
    sql.bind(before);
    sql.run(tx).await
}
