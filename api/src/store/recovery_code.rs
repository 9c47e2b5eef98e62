//! Codes that stand in for the second factor, each once.

use super::{Transaction, sql::get};
use crate::domain::{error::Result, hash::Hash};

/// Replaces an account's codes.
///
/// # Errors
/// Whatever the database says.
pub async fn replace(tx: &Transaction, account: i64, hashes: &[Hash]) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM recovery_code WHERE account_id = ");
    sql.number(account);
    sql.run(tx).await?;
    for hash in hashes {
        let mut sql = tx.sql("INSERT INTO recovery_code (hash, account_id) VALUES (");
        sql.bind(hash.to_vec()).push(", ").number(account).push(")");
        sql.run(tx).await?;
    }
    Ok(())
}

/// Uses a code up; gives whether it was there.
///
/// # Errors
/// Whatever the database says.
pub async fn take(tx: &Transaction, account: i64, hash: Hash) -> Result<bool> {
    let mut sql = tx.sql("DELETE FROM recovery_code WHERE account_id = ");
    sql.number(account).push(" AND hash = ").bind(hash.to_vec());
    Ok(sql.run(tx).await? > 0)
}

/// How many codes an account has left.
///
/// # Errors
/// Whatever the database says.
pub async fn count(tx: &Transaction, account: i64) -> Result<i64> {
    let mut sql = tx.sql("SELECT count(*) FROM recovery_code WHERE account_id = ");
    sql.number(account);
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}
