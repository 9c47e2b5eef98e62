//! Second factors of accounts.

use super::Transaction;
use crate::domain::error::Result;

/// Sets an account's secret, which counts once it is confirmed; none takes the second factor away.
///
/// # Errors
/// Whatever the database says.
pub async fn set(tx: &Transaction, account: i64, sealed: Option<Vec<u8>>) -> Result<()> {
    let mut sql = tx.sql("UPDATE account SET totp_confirmed_at = NULL, totp_used_step = 0, totp_secret = ");
    sql.bind(sealed).push(" WHERE id = ").number(account);
    sql.run(tx).await.map(drop)
}

/// Lets the secret count.
///
/// # Errors
/// Whatever the database says.
pub async fn confirm(tx: &Transaction, account: i64, at: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE account SET totp_confirmed_at = ");
    sql.number(at).push(" WHERE id = ").number(account);
    sql.run(tx).await.map(drop)
}

/// Uses up the code of a step and of all steps before; gives whether it was unused.
///
/// # Errors
/// Whatever the database says.
pub async fn use_step(tx: &Transaction, account: i64, step: i64) -> Result<bool> {
    let mut sql = tx.sql("UPDATE account SET totp_used_step = ");
    sql.number(step)
        .push(" WHERE id = ")
        .number(account)
        .push(" AND totp_used_step < ")
        .number(step);
    Ok(sql.run(tx).await? > 0)
}
