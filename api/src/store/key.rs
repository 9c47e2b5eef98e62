//! API keys.

use entity::api_key::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, NotSet, QueryOrder};

use super::Transaction;
use crate::domain::{
    error::Result,
    key::{ApiKey, Permissions},
    zone,
};

/// Every key with the hash of its secret, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<(ApiKey, Vec<u8>)>> {
    let rows = Entity::find()
        .order_by_asc(Column::Id)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(rows.into_iter().map(|row| (read(&row), row.secret_hash)).collect())
}

/// Makes a key; its `id` is ignored.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &Transaction, key: &ApiKey, secret_hash: Vec<u8>) -> Result<ApiKey> {
    let row = ActiveModel {
        id: NotSet,
        site_id: Set(key.site),
        name: Set(key.name.clone()),
        prefix: Set(key.prefix.clone()),
        secret_hash: Set(secret_hash),
        permissions: Set(key.permissions.bits()),
        public: Set(key.public),
        events_per_second: Set(key.events_per_second.map(i64::from)),
        created_at: Set(zone::nanoseconds(key.created)),
        expires_at: Set(key.expires.map(zone::nanoseconds)),
        revoked_at: Set(None),
    };
    row.insert(tx.connection())
        .await
        .map(|row| read(&row))
        .map_err(|error| tx.failure(error))
}

/// Takes a key back.
///
/// # Errors
/// Whatever the database says.
pub async fn revoke(tx: &Transaction, id: i64, at: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE api_key SET revoked_at = ");
    sql.number(at).push(" WHERE id = ").number(id);
    sql.run(tx).await.map(drop)
}

fn read(row: &Model) -> ApiKey {
    ApiKey {
        id: row.id,
        site: row.site_id,
        name: row.name.clone(),
        prefix: row.prefix.clone(),
        permissions: Permissions::from_bits(row.permissions),
        public: row.public,
        events_per_second: row.events_per_second.and_then(|rate| u32::try_from(rate).ok()),
        created: zone::timestamp(row.created_at),
        expires: row.expires_at.map(zone::timestamp),
        revoked: row.revoked_at.map(zone::timestamp),
    }
}
