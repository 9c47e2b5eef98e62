//! Salts of unnamed actors: made by insert-or-read, deleted soon after their last use.

use super::{Transaction, sql::get};
use crate::domain::error::{Error, Result};

/// The salt of a site's period, made from `random` where there is none; noted as used at `now`.
///
/// # Errors
/// Whatever the database says.
pub async fn ensure(tx: &Transaction, site: i64, period_start: i64, random: &[u8; 32], now: i64) -> Result<Vec<u8>> {
    let mut sql = tx.sql("INSERT INTO identity_salt (site_id, period_start, salt, used_at) VALUES (");
    sql.number(site)
        .push(", ")
        .number(period_start)
        .push(", ")
        .bind(random.to_vec())
        .push(", ")
        .number(now);
    sql.push(") ON CONFLICT (site_id, period_start) DO UPDATE SET used_at = excluded.used_at RETURNING salt");
    sql.row(tx)
        .await?
        .map_or_else(|| Err(Error::internal("no salt was made")), |row| get(&row, 0))
}

/// Deletes salts last used before `before`, and says how many.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_unused(tx: &Transaction, before: i64) -> Result<u64> {
    let mut sql = tx.sql("DELETE FROM identity_salt WHERE used_at < ");
    sql.number(before);
    sql.run(tx).await
}
