//! How much views and scopes keep, and how often they are asked.

use std::collections::{BTreeMap, HashMap};

use super::{Transaction, sql::get};
use crate::domain::{
    error::Result,
    rollup::{Asked, Owner},
};

/// The day that holds all days which are told together.
const EARLIER: i64 = -1;

const RAISE: &str = " ON CONFLICT (kind, owner_id, site_id, day) DO UPDATE SET n = rollup_use.n + excluded.n, \
     last_at = CASE WHEN excluded.last_at > rollup_use.last_at THEN excluded.last_at ELSE rollup_use.last_at END";

/// Adds questions, by owner, site and day; those of what is gone by now are left out.
///
/// # Errors
/// Whatever the database says.
pub async fn add(tx: &Transaction, asked: &BTreeMap<(Owner, i64, i64), Asked>) -> Result<()> {
    for ((owner, site, day), asked) in asked {
        let (kind, id) = coded(*owner);
        let table = if kind == 0 { "view" } else { "scope" };
        let mut sql = tx.sql("INSERT INTO rollup_use (kind, owner_id, site_id, day, n, last_at) SELECT ");
        sql.number(kind.into())
            .push(", ")
            .number(id)
            .push(", ")
            .number(*site)
            .push(", ");
        sql.number(*day)
            .push(", ")
            .number(asked.questions)
            .push(", ")
            .number(asked.last);
        sql.push(" WHERE EXISTS (SELECT 1 FROM ")
            .push(table)
            .push(" WHERE id = ")
            .number(id);
        sql.push(") AND EXISTS (SELECT 1 FROM site WHERE id = ")
            .number(*site)
            .push(")")
            .push(RAISE);
        sql.run(tx).await?;
    }
    Ok(())
}

/// The questions to views, or to scopes on some sites, since a day, and when the last of all was answered.
///
/// # Errors
/// Whatever the database says.
pub async fn since(tx: &Transaction, owners: &[Owner], sites: &[i64], day: i64) -> Result<HashMap<Owner, Asked>> {
    let mut found: HashMap<Owner, Asked> = HashMap::new();
    let Some((kind, _)) = owners.first().map(|owner| coded(*owner)) else {
        return Ok(found);
    };
    if sites.is_empty() {
        return Ok(found);
    }
    let mut sql = tx.sql("SELECT owner_id, CAST(sum(CASE WHEN day >= ");
    sql.number(day)
        .push(" THEN n ELSE 0 END) AS BIGINT), max(last_at) FROM rollup_use WHERE kind = ");
    sql.number(kind.into()).push(" AND owner_id IN ");
    sql.numbers(owners.iter().map(|owner| coded(*owner).1))
        .push(" AND site_id IN ");
    sql.numbers(sites.iter().copied()).push(" GROUP BY owner_id");
    for row in sql.rows(tx).await? {
        let owner = if kind == 0 {
            Owner::View(get(&row, 0)?)
        } else {
            Owner::Scope(get(&row, 0)?)
        };
        let asked = Asked {
            questions: get(&row, 1)?,
            last: get(&row, 2)?,
        };
        found.insert(owner, asked);
    }
    Ok(found)
}

/// The rows that rollups keep, each counted up to `most`: cells of views, sets of scopes.
///
/// # Errors
/// Whatever the database says.
pub async fn rows(tx: &Transaction, owners: &[(Owner, i64)], most: i64) -> Result<HashMap<i64, i64>> {
    let mut found = HashMap::new();
    if owners.is_empty() {
        return Ok(found);
    }
    let mut sql = tx.sql("");
    for (index, (owner, rollup)) in owners.iter().enumerate() {
        let table = match owner {
            Owner::View(_) => "view_bucket",
            Owner::Scope(_) => "unique_bucket",
        };
        sql.push(if index > 0 { " UNION ALL SELECT " } else { "SELECT " });
        sql.push("CAST(")
            .number(*rollup)
            .push(" AS BIGINT), count(*) FROM (SELECT 1 FROM ")
            .push(table);
        sql.push(" WHERE rollup_id = ")
            .number(*rollup)
            .push(" LIMIT ")
            .number(most)
            .push(") AS kept");
    }
    for row in sql.rows(tx).await? {
        found.insert(get(&row, 0)?, get(&row, 1)?);
    }
    Ok(found)
}

/// Puts the days before `day` together.
///
/// # Errors
/// Whatever the database says.
pub async fn put_together(tx: &Transaction, day: i64) -> Result<()> {
    let which = format!("WHERE day <> {EARLIER} AND day < {day}");
    let sum = format!(
        "INSERT INTO rollup_use (kind, owner_id, site_id, day, n, last_at) \
         SELECT kind, owner_id, site_id, {EARLIER}, CAST(sum(n) AS BIGINT), max(last_at) FROM rollup_use {which} \
         GROUP BY kind, owner_id, site_id{RAISE}"
    );
    if tx.sql(&sum).run(tx).await? > 0 {
        tx.sql(&format!("DELETE FROM rollup_use {which}")).run(tx).await?;
    }
    Ok(())
}

/// Forgets the questions to something that is deleted.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Transaction, owner: Owner) -> Result<()> {
    let (kind, id) = coded(owner);
    let mut sql = tx.sql("DELETE FROM rollup_use WHERE kind = ");
    sql.number(kind.into()).push(" AND owner_id = ").number(id);
    sql.run(tx).await?;
    Ok(())
}

fn coded(owner: Owner) -> (i16, i64) {
    match owner {
        Owner::View(id) => (0, id),
        Owner::Scope(id) => (1, id),
    }
}
