//! The keys that sign tokens.

use entity::signing_key::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, NotSet, QueryOrder};

use super::Transaction;
use crate::domain::{error::Result, signing::SigningKey, zone};

/// Every key, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<SigningKey>> {
    let rows = Entity::find()
        .order_by_asc(Column::Id)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(rows.into_iter().map(read).collect())
}

/// Makes a key; its `id` is ignored.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &Transaction, key: &SigningKey) -> Result<SigningKey> {
    let row = ActiveModel {
        id: NotSet,
        name: Set(key.name.clone()),
        secret: Set(key.sealed.clone()),
        created_at: Set(zone::nanoseconds(key.created)),
        verifies_until: Set(key.verifies_until.map(zone::nanoseconds)),
    };
    row.insert(tx.connection())
        .await
        .map(read)
        .map_err(|error| tx.failure(error))
}

/// Lets every key that signs verify until `until` and sign no more.
///
/// # Errors
/// Whatever the database says.
pub async fn retire(tx: &Transaction, until: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE signing_key SET verifies_until = ");
    sql.number(until).push(" WHERE verifies_until IS NULL");
    sql.run(tx).await.map(drop)
}

/// Removes the keys that verify nothing any more.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_expired(tx: &Transaction, now: i64) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM signing_key WHERE verifies_until <= ");
    sql.number(now);
    sql.run(tx).await.map(drop)
}

fn read(row: Model) -> SigningKey {
    SigningKey {
        id: row.id,
        name: row.name,
        sealed: row.secret,
        created: zone::timestamp(row.created_at),
        verifies_until: row.verifies_until.map(zone::timestamp),
    }
}
