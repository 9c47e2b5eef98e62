//! The types of the fields of tags, and which sites use them.

use sea_orm::QueryResult;
use serde_json::Value;

use super::{
    Transaction,
    sql::{Column, get},
};
use crate::domain::{
    error::{Error, Result},
    hash::{Hash, KeyedHash},
    tag_type::{TagKey, TagType},
    zone,
};

const COLUMNS: &str = "t.id, t.name, t.kind, t.declared_at, t.created_at, t.site_id";
/// Names PostgreSQL's advisory lock of those who give names their first type.
const LOCK: i64 = 0x7469_6474;
/// Rows of one statement, whose values are bound as one.
const ROWS_AT_ONCE: usize = 1_000;

/// A name that an event gives its type.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// The name.
    pub name: String,
    /// The type.
    pub kind: TagType,
    /// The event's site.
    pub site: i64,
    /// The public key that logged the event.
    pub public_key: Option<i64>,
}

/// How a site uses a name.
#[derive(Debug, Clone)]
pub struct Use {
    /// The name's number.
    pub tag: i64,
    /// The site.
    pub site: i64,
    /// How many events had it.
    pub count: i64,
    /// When the first of them came in, in nanoseconds since 1970.
    pub first: i64,
    /// The action of the first of them; none where no event names it any more.
    pub first_action: Option<String>,
    /// When the last of them came in, in nanoseconds since 1970.
    pub last: i64,
    /// The unique id of the last of them.
    pub last_uid: Hash,
}

/// The revision of the types: it moves with each change of them but a first sighting.
///
/// # Errors
/// Whatever the database says.
pub async fn revision(tx: &Transaction) -> Result<i64> {
    let row = tx
        .sql("SELECT tag_revision FROM configuration WHERE id = 1")
        .row(tx)
        .await?;
    row.map_or(Ok(0), |row| get(&row, 0))
}

/// Raises the revision.
///
/// # Errors
/// Whatever the database says.
pub async fn revise(tx: &Transaction) -> Result<()> {
    let sql = tx.sql("UPDATE configuration SET tag_revision = tag_revision + 1 WHERE id = 1");
    sql.run(tx).await.map(drop)
}

/// Every name with its type.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<TagKey>> {
    let rows = tx.sql(&format!("SELECT {COLUMNS} FROM tag_type t")).rows(tx).await?;
    rows.iter().map(read).collect()
}

/// Those of `names` that have a type.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, names: impl IntoIterator<Item = &str>) -> Result<Vec<TagKey>> {
    let names: Vec<_> = names.into_iter().collect();
    let mut found = Vec::new();
    for chunk in names.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql(&format!("SELECT {COLUMNS} FROM tag_type t WHERE t.name IN "));
        let list = Value::from(chunk).to_string();
        if tx.is_sqlite() {
            sql.push("(SELECT value FROM json_each(").bind(list).push("))");
        } else {
            sql.push("(SELECT value FROM json_array_elements_text(")
                .bind(list)
                .push("::json))");
        }
        for row in sql.rows(tx).await? {
            found.push(read(&row)?);
        }
    }
    Ok(found)
}

fn read(row: &QueryResult) -> Result<TagKey> {
    let kind: String = get(row, 2)?;
    Ok(TagKey {
        id: get(row, 0)?,
        name: get(row, 1)?,
        // It was written by us.
        kind: TagType::read(&kind).ok_or_else(|| Error::internal(format!("“{kind}” is no type")))?,
        declared: get::<Option<i64>>(row, 3)?.map(zone::timestamp),
        created: zone::timestamp(get(row, 4)?),
        site: get(row, 5)?,
    })
}

/// Lets nobody else give a name its first type, until the end of the transaction: what it reads of them from here on
/// stays. SQLite has one writer anyway.
///
/// # Errors
/// Whatever the database says.
pub async fn hold(tx: &Transaction) -> Result<()> {
    if tx.is_sqlite() {
        return Ok(());
    }
    let mut sql = tx.sql("SELECT pg_advisory_xact_lock(");
    sql.number(LOCK).push(")");
    sql.run(tx).await.map(drop)
}

/// How many names have a type.
///
/// # Errors
/// Whatever the database says.
pub async fn count(tx: &Transaction) -> Result<usize> {
    let row = tx.sql("SELECT count(*) FROM tag_type").row(tx).await?;
    let count: i64 = row.map_or(Ok(0), |row| get(&row, 0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// How many names a public key introduced on a site since `from`, in nanoseconds since 1970.
///
/// # Errors
/// Whatever the database says.
pub async fn introduced(tx: &Transaction, site: i64, key: i64, from: i64) -> Result<usize> {
    let mut sql = tx.sql("SELECT count(*) FROM tag_type WHERE site_id = ");
    sql.number(site).push(" AND public_key_id = ").number(key);
    sql.push(" AND created_at >= ").number(from);
    let count: i64 = sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Gives names their first type, in their order; gives those that had none, with their numbers. What another transaction
/// did first is left as it is.
///
/// # Errors
/// Whatever the database says.
pub async fn lock(tx: &Transaction, sightings: &[&Sighting], now: i64) -> Result<Vec<(String, i64)>> {
    let mut locked = Vec::with_capacity(sightings.len());
    let columns = [
        Column::Text,
        Column::Text,
        Column::Number,
        Column::Number,
        Column::Number,
    ];
    for chunk in sightings.chunks(ROWS_AT_ONCE) {
        let rows = chunk.iter().map(|one| {
            Value::from(vec![
                Value::from(one.name.as_str()),
                one.kind.to_string().into(),
                now.into(),
                one.site.into(),
                one.public_key.into(),
            ])
        });
        let mut sql = tx.sql("INSERT INTO tag_type (name, kind, created_at, site_id, public_key_id) ");
        sql.select_rows(&columns, rows);
        sql.push(" ON CONFLICT (name) DO NOTHING RETURNING name, id");
        for row in sql.rows(tx).await? {
            locked.push((get(&row, 0)?, get(&row, 1)?));
        }
    }
    Ok(locked)
}

/// Declares a name that has no type.
///
/// # Errors
/// A conflict where it has one, or whatever the database says.
pub async fn declare(tx: &Transaction, name: &str, kind: TagType, now: i64) -> Result<TagKey> {
    let mut sql = tx.sql("INSERT INTO tag_type (name, kind, declared_at, created_at) VALUES (");
    sql.bind(name).push(", ").bind(kind.to_string()).push(", ");
    sql.bind(now).push(", ").bind(now).push(") RETURNING id");
    let row = sql.row(tx).await?;
    let row = row.ok_or_else(|| Error::internal("a declared name has no row"))?;
    Ok(TagKey {
        id: get(&row, 0)?,
        name: name.to_owned(),
        kind,
        declared: Some(zone::timestamp(now)),
        created: zone::timestamp(now),
        site: None,
    })
}

/// Gives a name another type, or notes that it is declared.
///
/// # Errors
/// Whatever the database says.
pub async fn update(tx: &Transaction, key: &TagKey) -> Result<()> {
    let mut sql = tx.sql("UPDATE tag_type SET kind = ");
    sql.bind(key.kind.to_string()).push(", declared_at = ");
    sql.bind(key.declared.map(zone::nanoseconds)).push(" WHERE id = ");
    sql.number(key.id);
    sql.run(tx).await.map(drop)
}

/// Takes a name's type away, with how it is used.
///
/// # Errors
/// Whatever the database says.
pub async fn release(tx: &Transaction, id: i64) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM tag_use WHERE tag_id = ");
    sql.number(id);
    sql.run(tx).await?;
    super::sql::remove_row(tx, "tag_type", id).await
}

/// Adds to how sites use names, in order of name and site; a name that is gone meanwhile is left out.
///
/// # Errors
/// Whatever the database says.
pub async fn add_uses(tx: &Transaction, hasher: &KeyedHash, uses: &[Use]) -> Result<()> {
    let columns = [
        Column::Number,
        Column::Number,
        Column::Number,
        Column::Number,
        Column::Hash,
        Column::Number,
        Column::Hash,
    ];
    for chunk in uses.chunks(ROWS_AT_ONCE) {
        let rows = chunk.iter().map(|one| {
            let action = one.first_action.as_deref().unwrap_or_default();
            Value::from(vec![
                Value::from(one.tag),
                one.site.into(),
                one.count.into(),
                one.first.into(),
                hex::encode(hasher.hash(&[action.as_bytes()])).into(),
                one.last.into(),
                hex::encode(one.last_uid).into(),
            ])
        });
        let mut given = tx.sql("WITH given (tag_id, site_id, n, first_at, action, last_at, last_uid) AS (");
        given.select_rows(&columns, rows);
        given.push(
            ") INSERT INTO tag_use (tag_id, site_id, n, first_at, first_action_id, last_at, last_uid) \
             SELECT g.tag_id, g.site_id, g.n, g.first_at, x.id, g.last_at, g.last_uid FROM given g \
             JOIN tag_type t ON t.id = g.tag_id LEFT JOIN text x ON x.hash = g.action WHERE true \
             ORDER BY g.tag_id, g.site_id \
             ON CONFLICT (tag_id, site_id) DO UPDATE SET n = tag_use.n + excluded.n, last_at = excluded.last_at, \
             last_uid = excluded.last_uid",
        );
        given.run(tx).await?;
    }
    Ok(())
}

/// How sites use names: those of all sites, or of some.
///
/// # Errors
/// Whatever the database says.
pub async fn uses(tx: &Transaction, sites: Option<&[i64]>) -> Result<Vec<Use>> {
    let mut sql = tx.sql(
        "SELECT u.tag_id, u.site_id, u.n, u.first_at, x.value, u.last_at, u.last_uid FROM tag_use u \
         LEFT JOIN text x ON x.id = u.first_action_id",
    );
    if let Some(sites) = sites {
        sql.push(" WHERE u.site_id IN ").numbers(sites.iter().copied());
    }
    let read = |row: &QueryResult| {
        Ok(Use {
            tag: get(row, 0)?,
            site: get(row, 1)?,
            count: get(row, 2)?,
            first: get(row, 3)?,
            first_action: get::<Option<String>>(row, 4)?.filter(|action| !action.is_empty()),
            last: get(row, 5)?,
            last_uid: get::<Vec<u8>>(row, 6)?.try_into().unwrap_or_default(),
        })
    };
    sql.rows(tx).await?.iter().map(read).collect()
}
