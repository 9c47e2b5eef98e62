//! What is written of visitors, and whose which device is.

use std::collections::{HashMap, HashSet};

use sea_orm::QueryResult;
use serde_json::{Value, json};

use super::{
    Transaction,
    removal::blank,
    sql::{Column, Sql, get, remove_row},
    visitor::known,
};
use crate::domain::{
    error::{Error, Result},
    hash::KeyedHash,
    visitor::{Content, NewVisitor, Written},
};

/// A profile of a scope of a site.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// The site.
    pub site: i64,
    /// The scope.
    pub scope: &'a str,
    /// Its id, or that of a device.
    pub id: &'a str,
}

/// Whether something is written of visitors of a site, or was.
///
/// # Errors
/// Whatever the database says.
pub async fn any(tx: &Transaction, site: i64) -> Result<bool> {
    let mut sql = tx.sql("SELECT EXISTS (SELECT 1 FROM visitor_profile WHERE site_id = ");
    sql.number(site)
        .push(") OR EXISTS (SELECT 1 FROM visitor_device WHERE site_id = ")
        .number(site)
        .push(")");
    sql.row(tx).await?.map_or(Ok(false), |row| get(&row, 0))
}

/// Lets nobody else write of visitors of a site until the end of the transaction; SQLite has one writer anyway.
///
/// # Errors
/// Whatever the database says.
pub async fn hold(tx: &Transaction, site: i64) -> Result<()> {
    if tx.is_sqlite() {
        return Ok(());
    }
    let mut sql = tx.sql("SELECT pg_advisory_xact_lock(hashtextextended('visitor profiles', ");
    sql.number(site).push("))");
    sql.run(tx).await.map(drop)
}

/// How many profiles of a site are written.
///
/// # Errors
/// Whatever the database says.
pub async fn count(tx: &Transaction, site: i64) -> Result<i64> {
    let mut sql = tx.sql("SELECT count(*) FROM visitor_profile WHERE site_id = ");
    sql.number(site);
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// Whether more than so many bytes are written of the visitors of a site, about.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn exceeds(tx: &Transaction, site: i64, most: i64) -> Result<bool> {
    let sizes: &[&str] = if tx.is_sqlite() {
        &["octet_length(content)"]
    } else {
        // The size on disk is known without reading what is large; packed as it is there, it is the least that it can be.
        &["pg_column_size(content)", "octet_length(CAST(content AS TEXT))"]
    };
    for size in sizes {
        let mut sql = tx.sql(&format!(
            "SELECT coalesce(sum({size}), 0) FROM visitor_profile WHERE site_id = "
        ));
        sql.number(site);
        let bytes: i64 = sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))?;
        if bytes > most {
            return Ok(true);
        }
    }
    Ok(false)
}

const COLUMNS: &str = "SELECT id, scope, name, content, updated_at FROM visitor_profile WHERE site_id = ";

/// A written profile, with the devices that it has.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, place: Place<'_>) -> Result<Option<Written>> {
    let mut sql = tx.sql(COLUMNS);
    push_place(&mut sql, place, "name");
    let Some(row) = sql.row(tx).await? else { return Ok(None) };
    let mut written = read(&row)?;
    let mut sql = tx.sql("SELECT device FROM visitor_device WHERE profile_id = ");
    sql.number(written.number);
    let rows = sql.rows(tx).await?;
    let own: HashSet<String> = rows.iter().map(|row| get(row, 0)).collect::<Result<_>>()?;
    written.content.devices.retain(|device| own.contains(device));
    Ok(Some(written))
}

/// The written profiles of a site with the devices that they have; none where they or their devices are more than `most`.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn list(tx: &Transaction, site: i64, most: usize) -> Result<Option<Vec<Written>>> {
    let limit = i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1);
    let mut sql = tx.sql("SELECT profile_id, device FROM visitor_device WHERE profile_id IS NOT NULL AND site_id = ");
    sql.number(site).push(" LIMIT ").number(limit);
    let claims = sql.rows(tx).await?;
    let mut sql = tx.sql(COLUMNS);
    sql.number(site).push(" LIMIT ").number(limit);
    let rows = sql.rows(tx).await?;
    if claims.len() > most || rows.len() > most {
        return Ok(None);
    }
    let mut own: HashMap<i64, HashSet<String>> = HashMap::new();
    for row in &claims {
        own.entry(get(row, 0)?).or_default().insert(get(row, 1)?);
    }
    let mut found = Vec::with_capacity(rows.len());
    for row in &rows {
        let mut written = read(row)?;
        let own = own.remove(&written.number).unwrap_or_default();
        written.content.devices.retain(|device| own.contains(device));
        found.push(written);
    }
    Ok(Some(found))
}

fn read(row: &QueryResult) -> Result<Written> {
    let content: Value = get(row, 3)?;
    Ok(Written {
        number: get(row, 0)?,
        scope: get(row, 1)?,
        id: get(row, 2)?,
        content: serde_json::from_value::<Content>(content).map_err(Error::internal)?,
        updated: get(row, 4)?,
    })
}

fn push_place(sql: &mut Sql, place: Place<'_>, column: &str) {
    sql.number(place.site)
        .push(" AND scope = ")
        .bind(place.scope)
        .push(&format!(" AND {column} = "))
        .bind(place.id);
}

/// Whether a device is of a written profile.
///
/// # Errors
/// Whatever the database says.
pub async fn is_claimed(tx: &Transaction, place: Place<'_>) -> Result<bool> {
    let mut sql = tx.sql("SELECT 1 FROM visitor_device WHERE profile_id IS NOT NULL AND site_id = ");
    push_place(&mut sql, place, "device");
    Ok(sql.row(tx).await?.is_some())
}

/// The number of a written profile.
///
/// # Errors
/// Whatever the database says.
pub async fn number(tx: &Transaction, place: Place<'_>) -> Result<Option<i64>> {
    let mut sql = tx.sql("SELECT id FROM visitor_profile WHERE site_id = ");
    push_place(&mut sql, place, "name");
    sql.row(tx).await?.map(|row| get(&row, 0)).transpose()
}

/// Writes a profile in the place of the one with this number, or a new one; gives its number.
///
/// # Errors
/// Whatever the database says.
pub async fn write(tx: &Transaction, site: i64, number: Option<i64>, new: &NewVisitor, now: i64) -> Result<i64> {
    let content = serde_json::to_string(&new.content).map_err(Error::internal)?;
    let cast = if tx.is_sqlite() { "" } else { "::jsonb" };
    if let Some(number) = number {
        blank(tx, "visitor_profile", &["content"], &[number]).await?;
        let mut sql = tx.sql("UPDATE visitor_profile SET content = ");
        sql.bind(content).push(cast).push(", updated_at = ").bind(now);
        sql.push(" WHERE id = ").number(number);
        sql.run(tx).await?;
        return Ok(number);
    }
    let mut sql = tx.sql("INSERT INTO visitor_profile (site_id, scope, name, content, updated_at) VALUES (");
    sql.number(site)
        .push(", ")
        .bind(new.scope.as_str())
        .push(", ")
        .bind(new.id.as_str())
        .push(", ")
        .bind(content)
        .push(cast)
        .push(", ")
        .bind(now)
        .push(") RETURNING id");
    let row = sql.row(tx).await?;
    let row = row.ok_or_else(|| Error::internal("a profile that was written has no number"))?;
    get(&row, 0)
}

/// Gives a profile these devices, whosever they were, and no others.
///
/// # Errors
/// Whatever the database says.
pub async fn claim(tx: &Transaction, site: i64, number: i64, new: &NewVisitor) -> Result<()> {
    let wanted: HashSet<&String> = new.content.devices.iter().collect();
    let mut released = devices_of(tx, number).await?;
    released.retain(|own| !wanted.contains(&own.device));
    release(tx, &released).await?;
    let devices = new.content.devices.iter();
    let rows = devices.map(|device| json!([site, new.scope, device, number]));
    let columns = [Column::Number, Column::Text, Column::Text, Column::Number];
    let mut sql = tx.sql("INSERT INTO visitor_device (site_id, scope, device, profile_id) ");
    sql.select_rows(&columns, rows);
    sql.push(" ON CONFLICT (site_id, scope, device) DO UPDATE SET profile_id = excluded.profile_id");
    sql.run(tx).await.map(drop)
}

/// A device that a profile has.
struct Own {
    number: i64,
    device: String,
    /// Whether not all of its events count.
    forgets: bool,
}

async fn devices_of(tx: &Transaction, number: i64) -> Result<Vec<Own>> {
    let mut sql = tx.sql("SELECT id, device, since IS NOT NULL FROM visitor_device WHERE profile_id = ");
    sql.number(number);
    let read = |row: &QueryResult| {
        Ok(Own {
            number: get(row, 0)?,
            device: get(row, 1)?,
            forgets: get(row, 2)?,
        })
    };
    sql.rows(tx).await?.iter().map(read).collect()
}

/// Lets devices be nobody's; nothing is kept of those whose events all count.
async fn release(tx: &Transaction, devices: &[Own]) -> Result<()> {
    let mut sql = tx.sql("UPDATE visitor_device SET profile_id = NULL WHERE id IN ");
    sql.numbers(devices.iter().map(|own| own.number));
    sql.run(tx).await?;
    let plain = devices.iter().filter(|own| !own.forgets);
    let plain: Vec<_> = plain.map(|own| own.number).collect();
    remove_devices(tx, &plain).await
}

/// Removes a profile. Of its devices, and of that of its own id where it is nobody else's, only events count that are
/// received after `now`.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, hasher: &KeyedHash, place: Place<'_>, number: i64, now: i64) -> Result<()> {
    let own = devices_of(tx, number).await?;
    release(tx, &own).await?;
    let mut devices: Vec<String> = own.into_iter().map(|own| own.device).collect();
    if !devices.iter().any(|device| device == place.id) && !is_claimed(tx, place).await? {
        devices.push(place.id.to_owned());
    }
    blank(tx, "visitor_profile", &["content"], &[number]).await?;
    scramble(tx, "visitor_profile", "name", &[number]).await?;
    remove_row(tx, "visitor_profile", number).await?;
    // What no event names needs no remembering.
    let known = known(tx, hasher, &devices).await?;
    forget(tx, (place.site, place.scope), known.iter().map(String::as_str), now).await
}

/// Lets only events of devices count that are received after `now`.
///
/// # Errors
/// Whatever the database says.
pub async fn forget<'a>(
    tx: &Transaction,
    (site, scope): (i64, &str),
    devices: impl IntoIterator<Item = &'a str>,
    now: i64,
) -> Result<()> {
    let rows = devices.into_iter().map(|device| json!([site, scope, device, now]));
    let columns = [Column::Number, Column::Text, Column::Text, Column::Number];
    let mut sql = tx.sql("INSERT INTO visitor_device (site_id, scope, device, since) ");
    sql.select_rows(&columns, rows);
    sql.push(" ON CONFLICT (site_id, scope, device) DO UPDATE SET since = excluded.since");
    sql.run(tx).await.map(drop)
}

/// Removes devices that are nobody's and that no event names any more, among those with numbers past `past`, at most
/// `limit`; gives the number to go on from, or none at the end.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_unknown(tx: &Transaction, hasher: &KeyedHash, past: i64, limit: i64) -> Result<Option<i64>> {
    let mut sql = tx.sql("SELECT id, device FROM visitor_device WHERE profile_id IS NULL AND id > ");
    sql.number(past).push(" ORDER BY id LIMIT ").number(limit);
    let rows = sql.rows(tx).await?;
    let rows: Vec<(i64, String)> = rows
        .iter()
        .map(|row| Ok((get(row, 0)?, get(row, 1)?)))
        .collect::<Result<_>>()?;
    let devices: Vec<_> = rows.iter().map(|(_, device)| device.clone()).collect();
    let known = known(tx, hasher, &devices).await?;
    let gone = rows.iter().filter(|(_, device)| !known.contains(device));
    let gone: Vec<_> = gone.map(|(id, _)| *id).collect();
    remove_devices(tx, &gone).await?;
    Ok(rows.last().map(|(id, _)| *id))
}

/// Removes devices, but for those that somebody claimed meanwhile.
async fn remove_devices(tx: &Transaction, ids: &[i64]) -> Result<()> {
    for part in ids.chunks(1_000) {
        scramble(tx, "visitor_device", "device", part).await?;
        let mut sql = tx.sql("DELETE FROM visitor_device WHERE profile_id IS NULL AND id IN ");
        sql.numbers(part.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}

/// Overwrites what is about to go (SQLite only), as [`blank`] does, where texts have to stay different from one another; one
/// that cannot be is left to the removal.
async fn scramble(tx: &Transaction, table: &str, column: &str, ids: &[i64]) -> Result<()> {
    if !tx.is_sqlite() {
        return Ok(());
    }
    let mut sql = tx.sql(&format!(
        "UPDATE OR IGNORE {table} SET {column} = substr(hex(randomblob(octet_length({column}))), 1, octet_length({column})) \
         WHERE id IN "
    ));
    sql.numbers(ids.iter().copied());
    sql.run(tx).await.map(drop)
}
