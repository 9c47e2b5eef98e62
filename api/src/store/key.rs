//! API keys.

use entity::api_key::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, NotSet, QueryOrder};

use super::{Transaction, sql::get};
use crate::domain::{
    error::Result,
    key::{ApiKey, Permissions, Secrets},
    origin::OriginPattern,
    zone,
};

/// Every key with what proves it, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<(ApiKey, Secrets)>> {
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
pub async fn create(tx: &Transaction, key: &ApiKey, secrets: &Secrets) -> Result<ApiKey> {
    let row = ActiveModel {
        id: NotSet,
        ..write(key, secrets)
    };
    let row = row.insert(tx.connection()).await.map_err(|error| tx.failure(error))?;
    Ok(read(row).0)
}

/// Writes a key as it is now, with what proves it.
///
/// # Errors
/// Whatever the database says.
pub async fn update(tx: &Transaction, key: &ApiKey, secrets: &Secrets) -> Result<()> {
    let row = ActiveModel {
        // Uses are noted beside changes, not by them.
        last_used_at: NotSet,
        ..write(key, secrets)
    };
    row.update(tx.connection())
        .await
        .map(drop)
        .map_err(|error| tx.failure(error))
}

/// Notes that a key was used, unless a later use is noted already.
///
/// # Errors
/// Whatever the database says.
pub async fn note_use(tx: &Transaction, id: i64, at: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE api_key SET last_used_at = ");
    sql.number(at).push(" WHERE id = ").number(id);
    sql.push(" AND (last_used_at IS NULL OR last_used_at < ")
        .number(at)
        .push(")");
    sql.run(tx).await.map(drop)
}

/// When each key was last used, in nanoseconds since 1970, by number; those never used are left out.
///
/// # Errors
/// Whatever the database says.
pub async fn uses(tx: &Transaction) -> Result<Vec<(i64, i64)>> {
    let sql = tx.sql("SELECT id, last_used_at FROM api_key WHERE last_used_at IS NOT NULL");
    let rows = sql.rows(tx).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

fn write(key: &ApiKey, secrets: &Secrets) -> ActiveModel {
    let origins: Vec<_> = key.origins.iter().map(ToString::to_string).collect();
    ActiveModel {
        id: Set(key.id),
        site_id: Set(key.site),
        name: Set(key.name.clone()),
        prefix: Set(key.prefix.clone()),
        secret_hash: Set(secrets.hash.clone()),
        permissions: Set(key.permissions.bits()),
        events_per_second: Set(key.events_per_second.map(i64::from)),
        created_at: Set(zone::nanoseconds(key.created)),
        expires_at: Set(key.expires.map(zone::nanoseconds)),
        revoked_at: Set(key.revoked.map(zone::nanoseconds)),
        origins: Set(key.is_public().then(|| origins.into())),
        rotated_at: Set(key.rotated.map(zone::nanoseconds)),
        previous_hash: Set(secrets.previous.clone()),
        previous_until: Set(key.previous_until.map(zone::nanoseconds)),
        signing_secret: Set(secrets.signing.clone()),
        last_used_at: Set(key.last_used.map(zone::nanoseconds)),
    }
}

fn read(row: Model) -> (ApiKey, Secrets) {
    let key = ApiKey {
        id: row.id,
        site: row.site_id,
        name: row.name,
        prefix: row.prefix,
        permissions: Permissions::from_bits(row.permissions),
        origins: row.origins.map(patterns).unwrap_or_default(),
        events_per_second: row.events_per_second.and_then(|rate| u32::try_from(rate).ok()),
        created: zone::timestamp(row.created_at),
        expires: row.expires_at.map(zone::timestamp),
        revoked: row.revoked_at.map(zone::timestamp),
        rotated: row.rotated_at.map(zone::timestamp),
        previous_until: row.previous_until.map(zone::timestamp),
        signs: row.signing_secret.is_some(),
        last_used: row.last_used_at.map(zone::timestamp),
    };
    let secrets = Secrets {
        hash: row.secret_hash,
        previous: row.previous_hash,
        signing: row.signing_secret,
    };
    (key, secrets)
}

/// The patterns of a stored list; what is stored was checked when it was given.
pub(super) fn patterns(stored: serde_json::Value) -> Vec<OriginPattern> {
    let texts: Vec<String> = serde_json::from_value(stored).unwrap_or_default();
    texts
        .iter()
        .filter_map(|text| OriginPattern::parse(text).ok())
        .collect()
}
