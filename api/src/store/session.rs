//! Sessions and the tokens that renew them.

use entity::{
    refresh_token,
    session::{ActiveModel, Column, Entity, Model},
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, NotSet, QueryFilter, QueryOrder};

use super::Transaction;
use crate::domain::{
    error::{Error, Result},
    session::{Session, Spent},
    token::Seed,
    zone,
};

/// Makes a session; its `id` is ignored.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &Transaction, session: &Session) -> Result<Session> {
    let row = ActiveModel {
        id: NotSet,
        public_id: Set(session.public_id.clone()),
        account_id: Set(session.account),
        address: Set(session.address.clone()),
        user_agent: Set(session.user_agent.clone()),
        created_at: Set(zone::nanoseconds(session.created)),
        used_at: Set(zone::nanoseconds(session.used)),
        expires_at: Set(zone::nanoseconds(session.expires)),
        ended_at: Set(None),
    };
    row.insert(tx.connection())
        .await
        .map(read)
        .map_err(|error| tx.failure(error))
}

/// Notes that a session was renewed: when, until when, from where and with what.
///
/// # Errors
/// Whatever the database says.
pub async fn renew(tx: &Transaction, session: &Session) -> Result<()> {
    let mut sql = tx.sql("UPDATE session SET used_at = ");
    sql.number(zone::nanoseconds(session.used))
        .push(", expires_at = ")
        .number(zone::nanoseconds(session.expires))
        .push(", address = ")
        .bind(session.address.clone())
        .push(", user_agent = ")
        .bind(session.user_agent.clone())
        .push(" WHERE id = ")
        .number(session.id);
    sql.run(tx).await.map(drop)
}

/// A session by the name that others know it by.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, public_id: &str) -> Result<Option<Session>> {
    let query = Entity::find().filter(Column::PublicId.eq(public_id));
    let row = query.one(tx.connection()).await.map_err(|error| tx.failure(error))?;
    Ok(row.map(read))
}

/// The sessions of an account that are under way, the one last used first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction, account: i64, now: i64) -> Result<Vec<Session>> {
    let rows = Entity::find()
        .filter(Column::AccountId.eq(account))
        .filter(Column::EndedAt.is_null())
        .filter(Column::ExpiresAt.gt(now))
        .order_by_desc(Column::UsedAt)
        .order_by_desc(Column::Id)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(rows.into_iter().map(read).collect())
}

/// Ends a session.
///
/// # Errors
/// Whatever the database says.
pub async fn end(tx: &Transaction, id: i64, at: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE session SET ended_at = ");
    sql.number(at).push(" WHERE ended_at IS NULL AND id = ").number(id);
    sql.run(tx).await.map(drop)
}

/// Ends every session of an account but one.
///
/// # Errors
/// Whatever the database says.
pub async fn end_others(tx: &Transaction, account: i64, but: Option<i64>, at: i64) -> Result<u64> {
    let mut sql = tx.sql("UPDATE session SET ended_at = ");
    sql.number(at)
        .push(" WHERE ended_at IS NULL AND account_id = ")
        .number(account)
        .push(" AND id <> ")
        // No session has the number 0.
        .number(but.unwrap_or_default());
    sql.run(tx).await
}

/// Adds a token that renews a session.
///
/// # Errors
/// Whatever the database says.
pub async fn add_token(tx: &Transaction, session: i64, hash: &[u8]) -> Result<()> {
    let mut sql = tx.sql("INSERT INTO refresh_token (hash, session_id) VALUES (");
    sql.bind(hash.to_vec()).push(", ").number(session).push(")");
    sql.run(tx).await.map(drop)
}

/// Spends a token, and notes with what its successor is made; gives whether it was unspent.
///
/// # Errors
/// Whatever the database says.
pub async fn spend_token(tx: &Transaction, hash: &[u8], at: i64, seed: Option<&Seed>) -> Result<bool> {
    let mut sql = tx.sql("UPDATE refresh_token SET spent_at = ");
    sql.number(at)
        .push(", seed = ")
        .bind(seed.map(|seed| seed.to_vec()))
        .push(" WHERE spent_at IS NULL AND hash = ")
        .bind(hash.to_vec());
    Ok(sql.run(tx).await? > 0)
}

/// How a token was spent, if it was; nothing where there is no such token.
///
/// # Errors
/// Whatever the database says.
pub async fn spent(tx: &Transaction, hash: &[u8]) -> Result<Option<Option<Spent>>> {
    let Some(row) = token(tx, hash).await? else {
        return Ok(None);
    };
    let Some(at) = row.spent_at else { return Ok(Some(None)) };
    let seed = row.seed.map(Seed::try_from).transpose();
    let seed = seed.map_err(|seed| Error::internal(format!("a seed of {} bytes", seed.len())))?;
    let at = zone::timestamp(at);
    Ok(Some(Some(Spent { at, seed })))
}

async fn token(tx: &Transaction, hash: &[u8]) -> Result<Option<refresh_token::Model>> {
    let query = refresh_token::Entity::find_by_id(hash.to_vec());
    query.one(tx.connection()).await.map_err(|error| tx.failure(error))
}

/// The session that a token renews or renewed.
///
/// # Errors
/// Whatever the database says.
pub async fn of_token(tx: &Transaction, hash: &[u8]) -> Result<Option<Session>> {
    let Some(token) = token(tx, hash).await? else {
        return Ok(None);
    };
    let session = Entity::find_by_id(token.session_id)
        .one(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(session.map(read))
}

/// Removes sessions that ended or expired before `before`, with their tokens; gives how many.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_ended(tx: &Transaction, before: i64) -> Result<u64> {
    let over = format!("expires_at < {before} OR ended_at < {before}");
    let mut sql = tx.sql("DELETE FROM refresh_token WHERE session_id IN (SELECT id FROM session WHERE ");
    sql.push(&over).push(")");
    sql.run(tx).await?;
    let mut sql = tx.sql("DELETE FROM session WHERE ");
    sql.push(&over);
    sql.run(tx).await
}

fn read(row: Model) -> Session {
    Session {
        id: row.id,
        public_id: row.public_id,
        account: row.account_id,
        address: row.address,
        user_agent: row.user_agent,
        created: zone::timestamp(row.created_at),
        used: zone::timestamp(row.used_at),
        expires: zone::timestamp(row.expires_at),
        ended: row.ended_at.map(zone::timestamp),
    }
}
