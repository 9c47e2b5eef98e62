//! Generations of views and scopes, and the keys that occur in them.

use std::collections::{HashMap, HashSet};

use sea_orm::QueryResult;
use serde_json::Value;

use super::{
    Transaction,
    condition::{Field, push_json},
    sql::{Sql, get, remove_row},
};
use crate::domain::{
    condition::Condition,
    error::{Error, Result},
    hash::Hash,
    rollup::{Content, Gap, Rollup, State, Tier},
    view::MOST_DIMENSIONS,
    zone,
};

/// Keys of one insert.
const ROWS_AT_ONCE: usize = 500;

/// The values of one key: JSON texts, none where the field is missing.
pub type KeyValues = Vec<Option<String>>;

/// Every rollup that is not retired.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<Rollup>> {
    let text = "SELECT r.id, r.site_id, r.view_id, r.scope_id, r.time_zone, r.state, r.mark_id, r.backfill_total, r.backfill_done, r.floor \
                FROM rollup r WHERE r.state <> 2 ORDER BY r.id";
    let rows = tx.sql(text).rows(tx).await?;
    let views: HashMap<_, _> = super::view::list(tx)
        .await?
        .into_iter()
        .map(|view| (view.id, view.definition))
        .collect();
    let scopes: HashMap<_, _> = super::scope::list(tx)
        .await?
        .into_iter()
        .map(|scope| (scope.id, scope.fields))
        .collect();
    let mut rollups = Vec::new();
    for row in rows {
        let (view, scope): (Option<i64>, Option<i64>) = (get(&row, 2)?, get(&row, 3)?);
        let content = match (view, scope) {
            (Some(view), _) => views
                .get(&view)
                .cloned()
                .map(|definition| (view, Content::View(definition))),
            (None, Some(scope)) => scopes
                .get(&scope)
                .cloned()
                .map(|fields| (scope, Content::Scope(fields))),
            (None, None) => None,
        };
        let Some((owner, content)) = content else { continue };
        rollups.push(Rollup {
            id: get(&row, 0)?,
            site: get(&row, 1)?,
            owner,
            content,
            time_zone: zone::find(&get::<String>(&row, 4)?).unwrap_or(jiff::tz::TimeZone::UTC),
            state: State::from_code(get(&row, 5)?),
            mark: get(&row, 6)?,
            backfill_total: get(&row, 7)?,
            backfill_done: get(&row, 8)?,
            floor: get(&row, 9)?,
        });
    }
    Ok(rollups)
}

/// Makes a rollup; its `id` is ignored.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &Transaction, rollup: &Rollup, now: i64) -> Result<i64> {
    let (view, scope) = match rollup.content {
        Content::View(_) => (Some(rollup.owner), None),
        Content::Scope(_) => (None, Some(rollup.owner)),
    };
    let mut sql = tx.sql("INSERT INTO rollup (site_id, view_id, scope_id, time_zone, state, mark_id, backfill_total, backfill_done, floor, created_at) VALUES (");
    sql.number(rollup.site)
        .push(", ")
        .bind(view)
        .push(", ")
        .bind(scope)
        .push(", ")
        .bind(zone::name(&rollup.time_zone))
        .push(", ");
    sql.number(i64::from(rollup.state.code()))
        .push(", ")
        .number(rollup.mark)
        .push(", ")
        .number(rollup.backfill_total)
        .push(", 0, ")
        .number(rollup.floor)
        .push(", ");
    sql.number(now).push(") RETURNING id");
    sql.row(tx)
        .await?
        .map_or_else(|| Err(Error::internal("no rollup was made")), |row| get(&row, 0))
}

/// Notes how far a backfill is.
///
/// # Errors
/// Whatever the database says.
pub async fn add_backfilled(tx: &Transaction, mark: i64, events: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE rollup SET backfill_done = backfill_done + ");
    sql.number(events).push(" WHERE mark_id = ").number(mark);
    sql.run(tx).await.map(drop)
}

/// Lets the rollups of one mark go live under another; the generations that they replace retire.
///
/// # Errors
/// Whatever the database says.
pub async fn join(tx: &Transaction, from: i64, to: i64) -> Result<()> {
    let mut sql = tx
        .sql("UPDATE rollup SET state = 2 WHERE state = 1 AND EXISTS (SELECT 1 FROM rollup next WHERE next.mark_id = ");
    sql.number(from)
        .push(" AND next.state = 0 AND next.site_id = rollup.site_id");
    sql.push(" AND (next.view_id = rollup.view_id OR next.scope_id = rollup.scope_id))");
    sql.run(tx).await?;
    let mut sql = tx.sql("UPDATE rollup SET state = 1, backfill_done = backfill_total, mark_id = ");
    sql.number(to)
        .push(" WHERE mark_id = ")
        .number(from)
        .push(" AND state = 0");
    sql.run(tx).await.map(drop)
}

/// Retires rollups: they answer and fold no more, and a worker clears their cells away. The caller has raised the
/// revision of every mark, so that no fold that knows them writes after.
///
/// # Errors
/// Whatever the database says.
pub async fn retire(tx: &Transaction, ids: &[i64]) -> Result<()> {
    let mut sql = tx.sql("UPDATE rollup SET state = 2 WHERE id IN ");
    sql.numbers(ids.iter().copied());
    sql.run(tx).await?;
    super::mark::remove_unused(tx).await
}

/// Removes some cells of retired rollups, and says whether there may be more.
///
/// # Errors
/// Whatever the database says.
pub async fn clear_retired(tx: &Transaction, limit: i64) -> Result<bool> {
    let Some(row) = tx
        .sql("SELECT id FROM rollup WHERE state = 2 ORDER BY id LIMIT 1")
        .row(tx)
        .await?
    else {
        return Ok(false);
    };
    let id: i64 = get(&row, 0)?;
    for (table, columns) in [
        ("view_bucket", "rollup_id, tier, bucket, key_id"),
        ("measure_bucket", "rollup_id, tier, bucket, key_id, measure"),
        ("unique_bucket", "rollup_id, day, key_id"),
        ("rollup_gap", "rollup_id, tier, bucket"),
        ("rollup_key", "id"),
    ] {
        let text = format!(
            "DELETE FROM {table} WHERE ({columns}) IN (SELECT {columns} FROM {table} WHERE rollup_id = {id} LIMIT {limit})"
        );
        if tx.sql(&text).run(tx).await? > 0 {
            return Ok(true);
        }
    }
    remove_row(tx, "rollup", id).await?;
    Ok(true)
}

/// The numbers of keys, found or made.
///
/// # Errors
/// Whatever the database says.
pub async fn key_ids(tx: &Transaction, rollup: i64, wanted: &HashMap<Hash, KeyValues>) -> Result<HashMap<Hash, i64>> {
    let mut found = find_key_ids(tx, rollup, wanted.keys().copied().collect()).await?;
    let missing: Vec<_> = wanted.iter().filter(|(hash, _)| !found.contains_key(*hash)).collect();
    for chunk in missing.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("INSERT INTO rollup_key (rollup_id, hash, v0, v1, v2, v3, v4, v5, v6, v7) VALUES ");
        for (index, (hash, values)) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ", (" } else { "(" })
                .number(rollup)
                .push(", ")
                .bind(hash.to_vec());
            for column in 0..MOST_DIMENSIONS {
                match values.get(column).cloned().flatten() {
                    Some(value) => sql.push(", ").bind(value),
                    None => sql.push(", NULL"),
                };
            }
            sql.push(")");
        }
        sql.push(" RETURNING id, hash");
        for row in sql.rows(tx).await? {
            found.insert(hash(&row, 1)?, get(&row, 0)?);
        }
    }
    Ok(found)
}

/// The numbers of those keys that exist.
///
/// # Errors
/// Whatever the database says.
pub async fn find_key_ids(tx: &Transaction, rollup: i64, hashes: Vec<Hash>) -> Result<HashMap<Hash, i64>> {
    let mut found = HashMap::new();
    for chunk in hashes.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("SELECT id, hash FROM rollup_key WHERE rollup_id = ");
        sql.number(rollup)
            .push(" AND hash IN ")
            .bind_list(chunk.iter().map(|hash| hash.to_vec()));
        for row in sql.rows(tx).await? {
            found.insert(hash(&row, 1)?, get(&row, 0)?);
        }
    }
    Ok(found)
}

fn hash(row: &QueryResult, index: usize) -> Result<Hash> {
    Ok(get::<Vec<u8>>(row, index)?.try_into().unwrap_or_default())
}

/// Adds conditions on columns of key `k`; each comes with the position of its dimension.
pub(super) fn push_key_conditions(sql: &mut Sql, conditions: &[(usize, &Condition)]) {
    for (column, condition) in conditions {
        sql.push(" AND ");
        push_json(sql, Field::Key(*column), condition);
    }
}

/// The keys of a rollup that fulfil the conditions, at most `most`, with the values of some columns.
///
/// # Errors
/// Whatever the database says.
pub async fn keys(
    tx: &Transaction,
    rollup: i64,
    conditions: &[(usize, &Condition)],
    columns: &[usize],
    most: usize,
) -> Result<Vec<(i64, Vec<Option<Value>>)>> {
    let mut sql = tx.sql("SELECT k.id");
    columns.iter().for_each(|column| {
        sql.push(&format!(", k.v{column}"));
    });
    sql.push(" FROM rollup_key k WHERE k.rollup_id = ").number(rollup);
    push_key_conditions(&mut sql, conditions);
    sql.push(" LIMIT ").number(i64::try_from(most).unwrap_or(i64::MAX));
    sql.rows(tx)
        .await?
        .iter()
        .map(|row| Ok((get(row, 0)?, values(row, 1, columns.len())?)))
        .collect()
}

/// JSON texts in columns, read as values.
pub(super) fn values(row: &QueryResult, first: usize, count: usize) -> Result<Vec<Option<Value>>> {
    let value = |index| Ok(get::<Option<String>>(row, index)?.and_then(|text| serde_json::from_str(&text).ok()));
    (first..first + count).map(value).collect()
}

/// The hours and days in `from..to` that a rollup does not hold.
///
/// # Errors
/// Whatever the database says.
pub async fn gaps(tx: &Transaction, rollup: i64, tier: Tier, from: i64, to: i64) -> Result<Vec<(i64, Gap)>> {
    let mut sql = tx.sql("SELECT bucket, reason FROM rollup_gap WHERE rollup_id = ");
    sql.number(rollup).push(" AND tier = ").number(i64::from(tier.code()));
    sql.push(" AND bucket >= ")
        .number(from)
        .push(" AND bucket < ")
        .number(to)
        .push(" ORDER BY bucket");
    sql.rows(tx)
        .await?
        .iter()
        .map(|row| Ok((get(row, 0)?, Gap::from_code(get(row, 1)?))))
        .collect()
}

/// Gaps that a deletion left, at most `limit`, of any rollup: rollup, tier, bucket.
///
/// # Errors
/// Whatever the database says.
pub async fn stale_gaps(tx: &Transaction, limit: i64) -> Result<Vec<(i64, Tier, i64)>> {
    let mut sql = tx.sql("SELECT rollup_id, tier, bucket FROM rollup_gap WHERE reason = 1 LIMIT ");
    sql.number(limit);
    sql.rows(tx)
        .await?
        .iter()
        .map(|row| Ok((get(row, 0)?, Tier::from_code(get(row, 1)?), get(row, 2)?)))
        .collect()
}

/// Whether a deletion left anything of a site's rollups stale that was not rebuilt yet.
///
/// # Errors
/// Whatever the database says.
pub async fn is_stale(tx: &Transaction, site: i64) -> Result<bool> {
    let mut sql = tx.sql("SELECT 1 FROM rollup r WHERE r.state <> 2 AND r.site_id = ");
    sql.number(site).push(
        " AND (EXISTS (SELECT 1 FROM rollup_gap g WHERE g.rollup_id = r.id AND g.reason = 1) \
         OR EXISTS (SELECT 1 FROM unique_bucket u WHERE u.rollup_id = r.id AND u.stale)) LIMIT 1",
    );
    Ok(sql.row(tx).await?.is_some())
}

/// Opens a gap: raw events answer for that hour or day from here on.
///
/// # Errors
/// Whatever the database says.
pub async fn open_gap(tx: &Transaction, rollup: i64, tier: Tier, bucket: i64, reason: Gap) -> Result<()> {
    let mut sql = tx.sql("INSERT INTO rollup_gap (rollup_id, tier, bucket, reason) VALUES (");
    sql.number(rollup)
        .push(", ")
        .number(i64::from(tier.code()))
        .push(", ")
        .number(bucket)
        .push(", ")
        .number(i64::from(reason.code()));
    // An overflow stays one: rebuilding would only overflow again.
    sql.push(") ON CONFLICT (rollup_id, tier, bucket) DO NOTHING");
    sql.run(tx).await.map(drop)
}

/// Closes a gap.
///
/// # Errors
/// Whatever the database says.
pub async fn close_gap(tx: &Transaction, rollup: i64, tier: Tier, bucket: i64) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM rollup_gap WHERE rollup_id = ");
    sql.number(rollup)
        .push(" AND tier = ")
        .number(i64::from(tier.code()))
        .push(" AND bucket = ")
        .number(bucket);
    sql.run(tx).await.map(drop)
}

/// How many events a new rollup of a site has to catch up with.
///
/// # Errors
/// Whatever the database says.
pub async fn events_of(tx: &Transaction, site: i64) -> Result<i64> {
    let mut sql = tx.sql("SELECT count(*) FROM event WHERE site_id = ");
    sql.number(site);
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// Every gap of some rollups: rollup, tier, bucket.
///
/// # Errors
/// Whatever the database says.
pub async fn gaps_of(tx: &Transaction, rollups: &[i64]) -> Result<HashSet<(i64, Tier, i64)>> {
    let mut sql = tx.sql("SELECT rollup_id, tier, bucket FROM rollup_gap WHERE rollup_id IN ");
    sql.numbers(rollups.iter().copied());
    sql.rows(tx)
        .await?
        .iter()
        .map(|row| Ok((get(row, 0)?, Tier::from_code(get(row, 1)?), get(row, 2)?)))
        .collect()
}
