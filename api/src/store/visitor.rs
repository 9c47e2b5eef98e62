//! What the devices of a site did, worked out from its living events.

use std::collections::HashMap;

use serde_json::Value;

use super::{
    Transaction,
    condition::{Field, push_value},
    dictionary,
    predicate::push_text,
    raw::{Tombstone, push_matching},
    sql::get,
};
use crate::domain::{deletion::Filter, error::Result, hash::KeyedHash, predicate::Text};

/// What a device did in one scope.
#[derive(Debug, Clone)]
pub struct Visitor {
    /// The scope.
    pub scope: String,
    /// The device.
    pub device: String,
    /// When it did something first, in nanoseconds since 1970.
    pub first: i64,
    /// When it did something last.
    pub last: i64,
    /// When the last of it was received.
    pub received: i64,
    /// In how many sessions.
    pub sessions: i64,
    /// What was said last of its user.
    pub user: Option<Value>,
}

/// The devices of the events that a filter matches, `most` at most.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn list(
    tx: &Transaction,
    hasher: &KeyedHash,
    (site, filter, tombstones): (i64, &Filter, &[Tombstone]),
    most: usize,
) -> Result<Vec<Visitor>> {
    let mut sql = tx.sql("SELECT ");
    push_text(&mut sql, &Text::Scope);
    sql.push(
        " AS s, e.device_id, min(e.time), max(e.time), max(e.received), count(DISTINCT e.session_id) FROM event e",
    );
    push_matching(tx, &mut sql, hasher, site, filter, tombstones);
    sql.push(" AND e.device_id IS NOT NULL GROUP BY 1, 2 LIMIT ")
        .number(i64::try_from(most).unwrap_or(i64::MAX));
    let rows = sql.rows(tx).await?;
    let users = users(tx, hasher, (site, filter, tombstones)).await?;
    let devices: Vec<i64> = rows.iter().map(|row| get(row, 1)).collect::<Result<_>>()?;
    let names = dictionary::texts(tx, devices).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let (scope, device): (String, i64) = (get(row, 0)?, get(row, 1)?);
        let Some(name) = names.get(&device) else { continue };
        found.push(Visitor {
            user: users.get(&(scope.clone(), device)).cloned(),
            scope,
            device: name.to_string(),
            first: get(row, 2)?,
            last: get(row, 3)?,
            received: get(row, 4)?,
            sessions: get(row, 5)?,
        });
    }
    Ok(found)
}

/// What was said last of the user of each device in each scope.
async fn users(
    tx: &Transaction,
    hasher: &KeyedHash,
    (site, filter, tombstones): (i64, &Filter, &[Tombstone]),
) -> Result<HashMap<(String, i64), Value>> {
    let keys = ["User".to_owned()];
    let mut sql = tx.sql("SELECT s, d, u FROM (SELECT ");
    push_text(&mut sql, &Text::Scope);
    sql.push(" AS s, e.device_id AS d, ");
    push_value(&mut sql, Field::Tag(&keys));
    sql.push(" AS u, row_number() OVER (PARTITION BY e.scope, e.device_id ORDER BY e.time DESC, e.id DESC) AS n FROM event e");
    push_matching(tx, &mut sql, hasher, site, filter, tombstones);
    sql.push(" AND e.device_id IS NOT NULL AND ");
    push_value(&mut sql, Field::Tag(&keys));
    sql.push(" IS NOT NULL) AS said WHERE n = 1");
    let mut found = HashMap::new();
    for row in sql.rows(tx).await? {
        if let Some(user) = get::<Option<Value>>(&row, 2)? {
            found.insert((get(&row, 0)?, get(&row, 1)?), user);
        }
    }
    Ok(found)
}
