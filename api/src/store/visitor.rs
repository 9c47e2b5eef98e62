//! What the devices of a site did, worked out from its living events.

use std::collections::{HashMap, HashSet};

use super::{
    Transaction,
    condition::{Field, push_value},
    dictionary,
    predicate::push_text,
    raw::{Tombstone, push_matching},
    sql::{Sql, get},
};
use crate::domain::{
    deletion::Filter,
    error::Result,
    hash::KeyedHash,
    predicate::Text,
    visitor::{Seen, User},
};

/// Which events tell of devices.
#[derive(Debug, Clone, Copy)]
pub struct Telling<'a> {
    /// The site.
    pub site: i64,
    /// Those that a filter matches.
    pub filter: &'a Filter,
    /// Less those of deletions under way.
    pub tombstones: &'a [Tombstone],
    /// Whether those are left out of devices whose profile was deleted since; otherwise there is no such device.
    pub forgets: bool,
}

/// The devices of events, `most` at most.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn list(tx: &Transaction, hasher: &KeyedHash, telling: Telling<'_>, most: usize) -> Result<Vec<Seen>> {
    let mut sql = tx.sql("SELECT ");
    push_text(&mut sql, &Text::Scope);
    sql.push(
        " AS s, e.device_id, min(e.time), max(e.time), max(e.received), count(DISTINCT e.session_id) FROM event e",
    );
    push_telling(tx, &mut sql, hasher, telling);
    sql.push(" GROUP BY 1, 2 LIMIT ")
        .number(i64::try_from(most).unwrap_or(i64::MAX));
    let rows = sql.rows(tx).await?;
    let mut users = users(tx, hasher, telling).await?;
    let devices: Vec<i64> = rows.iter().map(|row| get(row, 1)).collect::<Result<_>>()?;
    let names = dictionary::texts(tx, devices).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let (scope, device): (String, i64) = (get(row, 0)?, get(row, 1)?);
        let Some(name) = names.get(&device) else { continue };
        found.push(Seen {
            user: users.remove(&(scope.clone(), device)),
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
async fn users(tx: &Transaction, hasher: &KeyedHash, telling: Telling<'_>) -> Result<HashMap<(String, i64), User>> {
    let keys = ["User".to_owned()];
    let mut sql = tx.sql("SELECT s, d, u, t, r FROM (SELECT ");
    push_text(&mut sql, &Text::Scope);
    sql.push(" AS s, e.device_id AS d, e.time AS t, e.received AS r, ");
    push_value(&mut sql, Field::Tag(&keys));
    sql.push(" AS u, row_number() OVER (PARTITION BY e.scope, e.device_id ORDER BY e.time DESC, e.id DESC) AS n FROM event e");
    push_telling(tx, &mut sql, hasher, telling);
    sql.push(" AND ");
    push_value(&mut sql, Field::Tag(&keys));
    sql.push(" IS NOT NULL) AS said WHERE n = 1");
    let mut found = HashMap::new();
    for row in sql.rows(tx).await? {
        if let Some(said) = get(&row, 2)? {
            let (time, received) = (get(&row, 3)?, get(&row, 4)?);
            found.insert((get(&row, 0)?, get(&row, 1)?), User { said, time, received });
        }
    }
    Ok(found)
}

/// Adds joins and conditions for the events.
fn push_telling(tx: &Transaction, sql: &mut Sql, hasher: &KeyedHash, telling: Telling<'_>) {
    push_matching(tx, sql, hasher, telling.site, telling.filter, telling.tombstones);
    sql.push(" AND e.device_id IS NOT NULL");
    if telling.forgets {
        sql.push(" AND NOT EXISTS (SELECT 1 FROM visitor_device vd WHERE vd.site_id = e.site_id AND vd.scope = ");
        push_text(sql, &Text::Scope);
        sql.push(
            " AND vd.device = (SELECT vt.value FROM text vt WHERE vt.id = e.device_id) AND vd.since >= e.received)",
        );
    }
}

/// Those of `devices` that some event may name: the others surely did nothing.
///
/// # Errors
/// Whatever the database says.
pub async fn known(tx: &Transaction, hasher: &KeyedHash, devices: &[String]) -> Result<HashSet<String>> {
    let hashes: Vec<_> = devices.iter().map(|device| hasher.hash(&[device.as_bytes()])).collect();
    let mut sql = tx.sql("SELECT value FROM text WHERE hash IN ");
    sql.bind_hashes(&hashes);
    sql.rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}
