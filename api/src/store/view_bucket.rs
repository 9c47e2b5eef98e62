//! Cells of views: counts and measures by hour or day and key.

use sea_orm::QueryResult;
use serde_json::Value;

use super::{
    Transaction,
    rollup::{push_key_conditions, values},
    sql::{Sql, get, parts},
};
use crate::domain::{condition::Condition, error::Result, question::Measure, rollup::Tier};

/// Cells of one statement.
const ROWS_AT_ONCE: usize = 1_000;
/// Cells of one statement that adds, where there are so many.
static SIZES: [usize; 4] = [1_000, 250, 50, 10];

/// Where a cell is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The rollup.
    pub rollup: i64,
    /// The size of its bucket.
    pub tier: Tier,
    /// The number of its hour or day.
    pub bucket: i64,
    /// Its key.
    pub key: i64,
}

/// Adds to counts; `cells` are in order of place, so that two writers never wait in a ring.
///
/// # Errors
/// Whatever the database says.
pub async fn add(tx: &Transaction, cells: &[(Place, i64)]) -> Result<()> {
    for part in parts(cells, &SIZES) {
        let mut sql = tx.insert();
        sql.push(" INTO view_bucket (rollup_id, tier, bucket, key_id, n) VALUES ");
        for (index, (place, n)) in part.iter().enumerate() {
            sql.push(if index > 0 { ",(" } else { "(" });
            let values = [place.rollup, place.tier.code().into(), place.bucket, place.key, *n];
            for (column, value) in values.into_iter().enumerate() {
                sql.push(if column > 0 { "," } else { "" }).bind(value);
            }
            sql.push(")");
        }
        sql.push(" ON CONFLICT (rollup_id, tier, bucket, key_id) DO UPDATE SET n = view_bucket.n + excluded.n");
        sql.run(tx).await?;
    }
    Ok(())
}

/// Takes from counts. A cell that reaches 0 goes; one below 0 is a bug, and its places are returned.
///
/// # Errors
/// Whatever the database says.
pub async fn subtract(tx: &Transaction, cells: &[(Place, i64)]) -> Result<Vec<Place>> {
    let taken: Vec<_> = cells.iter().map(|(place, n)| (*place, -n)).collect();
    add(tx, &taken).await?;
    let mut wrong = Vec::new();
    for chunk in cells.chunks(ROWS_AT_ONCE) {
        let within = |sql: &mut Sql| {
            sql.push(" WHERE (rollup_id, tier, bucket, key_id) IN (VALUES ");
            for (index, (place, _)) in chunk.iter().enumerate() {
                sql.push(if index > 0 { ",(" } else { "(" });
                push_place(sql, place);
                sql.push(")");
            }
            sql.push(")");
        };
        let mut sql = tx.sql("SELECT rollup_id, tier, bucket, key_id FROM view_bucket");
        within(&mut sql);
        for row in sql.push(" AND n < 0").to_owned().rows(tx).await? {
            wrong.push(Place {
                rollup: get(&row, 0)?,
                tier: Tier::from_code(get(&row, 1)?),
                bucket: get(&row, 2)?,
                key: get(&row, 3)?,
            });
        }
        let mut sql = tx.sql("DELETE FROM view_bucket");
        within(&mut sql);
        sql.push(" AND n <= 0").to_owned().run(tx).await?;
    }
    Ok(wrong)
}

fn push_place(sql: &mut Sql, place: &Place) {
    sql.number(place.rollup)
        .push(",")
        .number(i64::from(place.tier.code()))
        .push(",")
        .number(place.bucket)
        .push(",")
        .number(place.key);
}

/// Adds to measures; `cells` are in order of place.
///
/// # Errors
/// Whatever the database says.
pub async fn add_measures(tx: &Transaction, cells: &[(Place, usize, Measure)]) -> Result<()> {
    let (least, most) = if tx.is_sqlite() {
        ("min", "max")
    } else {
        ("least", "greatest")
    };
    for chunk in cells.chunks(ROWS_AT_ONCE) {
        let mut sql =
            tx.sql("INSERT INTO measure_bucket (rollup_id, tier, bucket, key_id, measure, n, sum, min, max) VALUES ");
        for (index, (place, measure, value)) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ",(" } else { "(" });
            push_place(&mut sql, place);
            sql.push(",")
                .number(i64::try_from(*measure).unwrap_or_default())
                .push(",")
                .number(value.n);
            sql.push(",")
                .bind(value.sum)
                .push(",")
                .bind(value.min)
                .push(",")
                .bind(value.max)
                .push(")");
        }
        sql.push(&format!(
            " ON CONFLICT (rollup_id, tier, bucket, key_id, measure) DO UPDATE SET n = measure_bucket.n + excluded.n, \
             sum = measure_bucket.sum + excluded.sum, min = {least}(measure_bucket.min, excluded.min), \
             max = {most}(measure_bucket.max, excluded.max)"
        ));
        sql.run(tx).await?;
    }
    Ok(())
}

/// Removes every cell of one hour or day of a rollup.
///
/// # Errors
/// Whatever the database says.
pub async fn clear(tx: &Transaction, rollup: i64, tier: Tier, bucket: i64) -> Result<()> {
    for table in ["view_bucket", "measure_bucket"] {
        let mut sql = tx.sql(&format!("DELETE FROM {table} WHERE rollup_id = "));
        sql.number(rollup)
            .push(" AND tier = ")
            .number(i64::from(tier.code()))
            .push(" AND bucket = ")
            .number(bucket);
        sql.run(tx).await?;
    }
    Ok(())
}

/// The first day of which a rollup counts something.
///
/// # Errors
/// Whatever the database says.
pub async fn first_day(tx: &Transaction, rollup: i64) -> Result<Option<i64>> {
    let mut sql = tx.sql("SELECT min(bucket) FROM view_bucket WHERE tier = ");
    sql.number(i64::from(Tier::Day.code()))
        .push(" AND rollup_id = ")
        .number(rollup);
    sql.row(tx).await?.map_or(Ok(None), |row| get(&row, 0))
}

/// The number of cells of one hour or day of a rollup.
///
/// # Errors
/// Whatever the database says.
pub async fn width(tx: &Transaction, rollup: i64, tier: Tier, bucket: i64) -> Result<i64> {
    let mut sql = tx.sql("SELECT count(*) FROM view_bucket WHERE rollup_id = ");
    sql.number(rollup)
        .push(" AND tier = ")
        .number(i64::from(tier.code()))
        .push(" AND bucket = ")
        .number(bucket);
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// How the cells of one question are grouped.
#[derive(Debug)]
pub enum Keys<'a> {
    /// By key, of these keys alone where some are given.
    Each(Option<&'a [i64]>),
    /// By the values of these columns, of keys that fulfil the conditions: for views with more keys than a caller
    /// would want to hold.
    Columns {
        /// Positions of the dimensions grouped by.
        columns: &'a [usize],
        /// Conditions with the positions of their dimensions.
        conditions: &'a [(usize, &'a Condition)],
    },
}

/// One group of one point.
#[derive(Debug)]
pub struct Cell {
    /// The point's number.
    pub point: i64,
    /// The key, where grouped by key.
    pub key: i64,
    /// The values, where grouped by columns.
    pub values: Vec<Option<Value>>,
    /// How many events.
    pub n: i64,
    /// The measured fields.
    pub measures: Vec<Measure>,
}

/// A stretch of hours or days that belongs to one point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The point's number.
    pub point: usize,
    /// The first hour or day.
    pub from: i64,
    /// The first past it.
    pub to: i64,
}

/// Adds cells up by point and group, giving at most `most` of them.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn sum(
    tx: &Transaction,
    rollup: i64,
    tier: Tier,
    stretches: &[Stretch],
    keys: &Keys<'_>,
    measures: usize,
    most: usize,
) -> Result<Vec<Cell>> {
    let mut cells = Vec::new();
    if stretches.is_empty() {
        return Ok(cells);
    }
    for row in statement(tx, "view_bucket", rollup, tier, stretches, keys, most)
        .rows(tx)
        .await?
    {
        cells.push(read(&row, keys, measures)?);
    }
    if measures > 0 {
        let mut measured = std::collections::HashMap::new();
        // A row for each measure of a cell.
        let most = most.saturating_mul(measures);
        for row in statement(tx, "measure_bucket", rollup, tier, stretches, keys, most)
            .rows(tx)
            .await?
        {
            let cell = read(&row, keys, 0)?;
            let at = width_of(keys) + 2;
            let value = Measure {
                n: cell.n,
                sum: get(&row, at + 1)?,
                min: get(&row, at + 2)?,
                max: get(&row, at + 3)?,
            };
            let group = cell
                .values
                .iter()
                .map(|value| value.as_ref().map(ToString::to_string))
                .collect::<Vec<_>>();
            measured.insert((cell.point, cell.key, group, get::<i16>(&row, at)?), value);
        }
        for cell in &mut cells {
            let group: Vec<_> = cell
                .values
                .iter()
                .map(|value| value.as_ref().map(ToString::to_string))
                .collect();
            for (index, measure) in cell.measures.iter_mut().enumerate() {
                let place = (
                    cell.point,
                    cell.key,
                    group.clone(),
                    i16::try_from(index).unwrap_or_default(),
                );
                *measure = measured.remove(&place).unwrap_or_default();
            }
        }
    }
    Ok(cells)
}

/// Group columns of a statement.
fn width_of(keys: &Keys) -> usize {
    match keys {
        Keys::Each(_) => 1,
        Keys::Columns { columns, .. } => columns.len(),
    }
}

fn read(row: &QueryResult, keys: &Keys, measures: usize) -> Result<Cell> {
    let width = width_of(keys);
    Ok(Cell {
        point: get(row, 0)?,
        key: if matches!(keys, Keys::Each(_)) { get(row, 1)? } else { 0 },
        values: if matches!(keys, Keys::Each(_)) {
            Vec::new()
        } else {
            values(row, 1, width)?
        },
        n: get(row, width + 1)?,
        measures: vec![Measure::default(); measures],
    })
}

fn statement(
    tx: &Transaction,
    table: &str,
    rollup: i64,
    tier: Tier,
    stretches: &[Stretch],
    keys: &Keys,
    most: usize,
) -> Sql {
    let measured = table == "measure_bucket";
    let whole = |type_: &str| {
        if tx.is_sqlite() {
            String::new()
        } else {
            format!("::{type_}")
        }
    };
    let mut sql = tx.sql("WITH p(i, lo, hi) AS (VALUES ");
    for (index, stretch) in stretches.iter().enumerate() {
        sql.push(if index > 0 { ",(" } else { "(" });
        sql.number(i64::try_from(stretch.point).unwrap_or(i64::MAX))
            .push(&whole("bigint"));
        sql.push(",")
            .number(stretch.from)
            .push(",")
            .number(stretch.to)
            .push(")");
    }
    sql.push(") SELECT p.i");
    match keys {
        Keys::Each(_) => {
            sql.push(", b.key_id");
        }
        Keys::Columns { columns, .. } => columns.iter().for_each(|column| {
            sql.push(&format!(", k.v{column}"));
        }),
    }
    // A sum of bigint is numeric on PostgreSQL.
    sql.push(", sum(b.n)").push(&whole("bigint"));
    if measured {
        sql.push(", b.measure, sum(b.sum), min(b.min), max(b.max)");
    }
    // The points come first, each a range of the table's key; SQLite keeps to the order of a cross join.
    sql.push(" FROM p CROSS JOIN ").push(table).push(" b");
    if let Keys::Columns { .. } = keys {
        sql.push(" JOIN rollup_key k ON k.id = b.key_id");
    }
    sql.push(" WHERE b.rollup_id = ")
        .number(rollup)
        .push(" AND b.tier = ")
        .number(i64::from(tier.code()));
    sql.push(" AND b.bucket >= p.lo AND b.bucket < p.hi");
    match keys {
        Keys::Each(Some(ids)) => {
            sql.push(" AND b.key_id IN ").numbers(ids.iter().copied());
        }
        Keys::Each(None) => {}
        Keys::Columns { conditions, .. } => push_key_conditions(&mut sql, conditions),
    }
    sql.push(" GROUP BY p.i");
    match keys {
        Keys::Each(_) => {
            sql.push(", b.key_id");
        }
        Keys::Columns { columns, .. } => columns.iter().for_each(|column| {
            sql.push(&format!(", k.v{column}"));
        }),
    }
    if measured {
        sql.push(", b.measure");
    }
    sql.push(" LIMIT ").number(i64::try_from(most).unwrap_or(i64::MAX));
    sql
}

/// The keys that have a cell in one hour or day of a rollup.
///
/// # Errors
/// Whatever the database says.
pub async fn keys(tx: &Transaction, rollup: i64, tier: Tier, bucket: i64) -> Result<Vec<i64>> {
    let mut sql = tx.sql("SELECT key_id FROM view_bucket WHERE rollup_id = ");
    sql.number(rollup)
        .push(" AND tier = ")
        .number(i64::from(tier.code()))
        .push(" AND bucket = ")
        .number(bucket);
    sql.rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Removes at most `limit` cells and sets of each kind before an hour and a day, and says how many went.
///
/// # Errors
/// Whatever the database says.
pub async fn drop_before(tx: &Transaction, rollup: i64, hour: i64, day: i64, limit: i64) -> Result<u64> {
    let mut gone = 0;
    for (table, columns) in [
        ("view_bucket", "key_id"),
        ("measure_bucket", "key_id, measure"),
        ("rollup_gap", "reason"),
    ] {
        for (tier, before) in [(Tier::Hour, hour), (Tier::Day, day)] {
            let tier = tier.code();
            let place = format!("rollup_id, tier, bucket, {columns}");
            let text = format!(
                "DELETE FROM {table} WHERE ({place}) IN (SELECT {place} FROM {table} \
                 WHERE rollup_id = {rollup} AND tier = {tier} AND bucket < {before} LIMIT {limit})"
            );
            gone += tx.sql(&text).run(tx).await?;
        }
    }
    let text = format!(
        "DELETE FROM unique_bucket WHERE (rollup_id, day, key_id) IN (SELECT rollup_id, day, key_id FROM unique_bucket \
         WHERE rollup_id = {rollup} AND day < {day} LIMIT {limit})"
    );
    Ok(gone + tx.sql(&text).run(tx).await?)
}
