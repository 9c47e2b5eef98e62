//! The ledger: raised with the events that it counts, read by quarter of an hour.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde_json::{Value as Json, json};

use super::{
    Last, Transaction,
    removal::blank,
    sql::{Column, Sql, get},
};
use crate::domain::{
    error::{Code, Result},
    event::{Door, OutcomeKind},
    hash::{Hash, KeyedHash},
    ledger::{Dimension, Group, Kind},
};

/// The action of events that are not told by name.
pub const OTHERS: i64 = 0;
/// The writer of rows that were put together; those of processes are above it.
const TOGETHER: i16 = 0;
/// Rows of one statement: their text is one bound value.
const ROWS_AT_ONCE: usize = 2_000;
/// Quarters of one site put together in one transaction.
const QUARTERS_AT_ONCE: i64 = 200;

/// The columns of a row, in the order of [`line`].
const COLUMNS: &str = "site_id, quarter, outcome, code, action_id, key_id, door, writer, n";
const TYPES: [Column; 9] = [
    Column::Number,
    Column::Number,
    Column::Number,
    Column::Text,
    Column::Number,
    Column::Number,
    Column::Number,
    Column::Number,
    Column::Number,
];
/// What happens to a row that is there already.
const RAISE: &str = " ON CONFLICT (site_id, quarter, outcome, code, action_id, key_id, door, writer) \
     DO UPDATE SET n = ledger.n + excluded.n";

/// The columns of a row before `writer` as they are stored, in the order of the primary key.
type Line = (i64, i64, i16, &'static str, i64, i64, i16);

/// A row's place in the table, so that all who write go through it in one order.
fn line(kind: Kind, action: i64) -> Line {
    (
        kind.site,
        kind.quarter,
        kind.outcome.code(),
        kind.code.map_or("", Code::name),
        action,
        kind.key.unwrap_or_default(),
        kind.door.code(),
    )
}

/// Adds what was counted, by kind and number of the action; gives the last statement of it, which is to be the last of its
/// transaction: whoever holds these rows waits for nobody.
///
/// # Errors
/// Whatever the database says.
pub async fn add(tx: &Transaction, counts: &HashMap<(Kind, i64), i64>, writer: i16) -> Result<Option<Last>> {
    let rows: BTreeMap<Line, i64> = counts
        .iter()
        .map(|((kind, action), n)| (line(*kind, *action), *n))
        .collect();
    let rows: Vec<(Line, i64)> = rows.into_iter().collect();
    // Most batches raise one row; both texts stay the same, and are prepared once.
    if let [((site, quarter, outcome, code, action, key, door), n)] = rows.as_slice() {
        let mut sql = tx.sql(&format!("INSERT INTO ledger ({COLUMNS}) VALUES ("));
        sql.bind(*site).push(",").bind(*quarter).push(",").bind(*outcome);
        sql.push(",").bind(*code).push(",").bind(*action).push(",").bind(*key);
        sql.push(",").bind(*door).push(",").bind(writer).push(",").bind(*n);
        sql.push(")").push(RAISE);
        return Ok(Some(Last(sql)));
    }
    let mut last: Option<Sql> = None;
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        if let Some(before) = last.take() {
            before.run(tx).await?;
        }
        let mut sql = tx.sql(&format!("INSERT INTO ledger ({COLUMNS}) "));
        let row = |((site, quarter, outcome, code, action, key, door), n): &(Line, i64)| {
            json!([site, quarter, outcome, code, action, key, door, writer, n])
        };
        sql.select_rows(&TYPES, chunk.iter().map(row)).push(RAISE);
        last = Some(sql);
    }
    Ok(last.map(Last))
}

/// The numbers of names; those that are new are written down.
///
/// # Errors
/// Whatever the database says.
pub async fn name(tx: &Transaction, hasher: &KeyedHash, names: &[&str]) -> Result<HashMap<Box<str>, i64>> {
    // In order of the hash, so that two who write the same names wait for each other and never in a ring.
    let hashes: BTreeMap<Hash, &str> = names.iter().map(|name| (hash(hasher, name), *name)).collect();
    let mut sql = tx.sql("INSERT INTO ledger_action (hash, name) ");
    let rows = hashes.iter().map(|(hash, name)| json!([hex::encode(hash), name]));
    sql.select_rows(&[Column::Hash, Column::Text], rows);
    sql.push(" ON CONFLICT (hash) DO NOTHING");
    sql.run(tx).await?;
    let mut sql = tx.sql("SELECT hash, id FROM ledger_action WHERE hash IN ");
    sql.bind_hashes(hashes.keys());
    let mut found = HashMap::new();
    for row in sql.rows(tx).await? {
        let hash: Vec<u8> = get(&row, 0)?;
        let name = hashes.get(&Hash::try_from(hash).unwrap_or_default());
        if let Some(name) = name {
            found.insert(Box::from(*name), get(&row, 1)?);
        }
    }
    Ok(found)
}

/// As in the dictionary of texts, so that the two can be compared.
fn hash(hasher: &KeyedHash, name: &str) -> Hash {
    hasher.hash(&[name.as_bytes()])
}

/// What a quarter of a site tells by name: the outcome, the code, the action, the key and the door of each row.
///
/// # Errors
/// Whatever the database says.
pub async fn named(tx: &Transaction, site: i64, quarter: i64) -> Result<Vec<(OutcomeKind, String, String, i64, Door)>> {
    let mut sql = tx.sql(
        "SELECT DISTINCT l.outcome, l.code, a.name, l.key_id, l.door FROM ledger l \
         JOIN ledger_action a ON a.id = l.action_id WHERE l.site_id = ",
    );
    sql.bind(site).push(" AND l.quarter = ").bind(quarter);
    let rows = sql.rows(tx).await?;
    let read = |row| {
        let (outcome, door) = (get::<i16>(row, 0)?, get::<i16>(row, 4)?);
        let outcome = OutcomeKind::from_code(outcome);
        Ok((outcome, get(row, 1)?, get(row, 2)?, get(row, 3)?, Door::from_code(door)))
    };
    rows.iter().map(read).collect()
}

/// Events of one group in one point.
#[derive(Debug)]
pub struct Cell {
    /// The point.
    pub point: usize,
    /// What they have in common.
    pub group: Group,
    /// How many.
    pub n: i64,
}

/// Adds up what sites received, at most `most` cells. Points are quarters `from..to`.
///
/// # Errors
/// Whatever the database says.
pub async fn sum(
    tx: &Transaction,
    sites: &[i64],
    points: &[(i64, i64)],
    by: &[Dimension],
    most: usize,
) -> Result<Vec<Cell>> {
    let columns: Vec<&str> = by.iter().map(|dimension| column(*dimension)).collect();
    let mut sql = tx.sql("SELECT ");
    let number = |sql: &mut Sql, field: usize| {
        let cast = if tx.is_sqlite() { "" } else { "::bigint" };
        sql.push(&format!("(p.value ->> {field}){cast}"));
    };
    number(&mut sql, 0);
    for column in &columns {
        sql.push(", ").push(column);
    }
    sql.push(", CAST(sum(l.n) AS BIGINT) FROM ");
    let points: Json = points
        .iter()
        .enumerate()
        .map(|(point, (from, to))| json!([point, from, to]))
        .collect();
    let sites: Json = sites.iter().copied().collect();
    if tx.is_sqlite() {
        // In this order, so that each point of each site is one stretch of the primary key.
        sql.push("json_each(")
            .bind(points.to_string())
            .push(") p CROSS JOIN json_each(");
        sql.bind(sites.to_string())
            .push(") s CROSS JOIN ledger l ON l.site_id = s.value");
    } else {
        sql.push("json_array_elements(")
            .bind(points.to_string())
            .push("::json) p CROSS JOIN json_array_elements_text(");
        sql.bind(sites.to_string())
            .push("::json) s JOIN ledger l ON l.site_id = s.value::bigint");
    }
    sql.push(" AND l.quarter >= ");
    number(&mut sql, 1);
    sql.push(" AND l.quarter < ");
    number(&mut sql, 2);
    if by.contains(&Dimension::Action) {
        sql.push(" LEFT JOIN ledger_action a ON a.id = l.action_id");
    }
    sql.push(" GROUP BY 1");
    for column in &columns {
        sql.push(", ").push(column);
    }
    sql.push(" LIMIT ").literal(i64::try_from(most).unwrap_or(i64::MAX));
    let mut cells = Vec::new();
    for row in sql.rows(tx).await? {
        let point: i64 = get(&row, 0)?;
        let mut group = Group {
            outcome: None,
            code: None,
            action: None,
            other_actions: false,
            key: None,
            door: None,
        };
        for (index, dimension) in by.iter().enumerate() {
            let index = index + 1;
            match dimension {
                Dimension::Outcome => group.outcome = Some(OutcomeKind::from_code(get(&row, index)?)),
                Dimension::Code => group.code = Some(get(&row, index)?).filter(|code: &String| !code.is_empty()),
                Dimension::Action => {
                    group.action = Some(get(&row, index)?).filter(|name: &String| !name.is_empty());
                    group.other_actions = group.action.is_none();
                }
                Dimension::Key => group.key = Some(get(&row, index)?).filter(|key| *key != 0),
                Dimension::Dialect => group.door = Some(Door::from_code(get(&row, index)?)),
            }
        }
        cells.push(Cell {
            point: usize::try_from(point).unwrap_or_default(),
            group,
            n: get(&row, by.len() + 1)?,
        });
    }
    Ok(cells)
}

fn column(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Outcome => "l.outcome",
        Dimension::Code => "l.code",
        // A number without a name is that of an action that was forgotten since.
        Dimension::Action => "coalesce(a.name, '')",
        Dimension::Key => "l.key_id",
        Dimension::Dialect => "l.door",
    }
}

/// Which rows to put together, and how.
#[derive(Debug, Clone, Copy)]
pub struct Old {
    /// Before this quarter, what several processes wrote becomes one row.
    pub writers_before: i64,
    /// Before this quarter, no action is told by name.
    pub actions_before: i64,
}

impl Old {
    fn condition(self) -> String {
        format!(
            "(quarter < {} AND writer <> {TOGETHER} OR quarter < {} AND action_id <> {OTHERS})",
            self.writers_before, self.actions_before
        )
    }
}

/// The sites that have rows to be put together.
///
/// # Errors
/// Whatever the database says.
pub async fn with_old(tx: &Transaction, old: Old) -> Result<Vec<i64>> {
    let text = format!("SELECT DISTINCT site_id FROM ledger WHERE {}", old.condition());
    tx.sql(&text).rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Puts old rows of some quarters of a site together; gives whether there may be more.
///
/// # Errors
/// Whatever the database says.
pub async fn put_together(tx: &Transaction, site: i64, old: Old) -> Result<bool> {
    let which = format!("site_id = {site} AND {}", old.condition());
    let mut sql = tx.sql(&format!(
        "SELECT DISTINCT quarter FROM ledger WHERE {which} ORDER BY quarter LIMIT "
    ));
    let found = sql.literal(QUARTERS_AT_ONCE).to_owned().rows(tx).await?;
    let Some(last) = found.last() else {
        return Ok(false);
    };
    let which = format!("{which} AND quarter <= {}", get::<i64>(last, 0)?);
    let action = format!(
        "CASE WHEN quarter < {} THEN {OTHERS} ELSE action_id END",
        old.actions_before
    );
    rewrite(tx, &which, &action).await?;
    Ok(i64::try_from(found.len()).unwrap_or(i64::MAX) == QUARTERS_AT_ONCE)
}

/// Takes rows out and adds them where they belong: without a writer, and under another action. What it writes must not
/// be among what it takes out.
async fn rewrite(tx: &Transaction, which: &str, action: &str) -> Result<()> {
    let sum = |from: &str, which: &str| {
        format!(
            "INSERT INTO ledger ({COLUMNS}) SELECT site_id, quarter, outcome, code, {action} AS action, key_id, door, \
             {TOGETHER}, CAST(sum(n) AS BIGINT) FROM {from} WHERE {which} \
             GROUP BY 1, 2, 3, 4, 5, 6, 7{RAISE}"
        )
    };
    if tx.is_sqlite() {
        tx.sql(&sum("ledger", which)).run(tx).await?;
        tx.sql(&format!("DELETE FROM ledger WHERE {which}")).run(tx).await?;
    } else {
        // In one statement: what somebody adds to these rows meanwhile comes before it, or into rows of its own.
        let text = format!(
            "WITH gone AS (DELETE FROM ledger WHERE {which} RETURNING *) {}",
            sum("gone", "true")
        );
        tx.sql(&text).run(tx).await?;
    }
    Ok(())
}

/// Actions of events that a deletion can remove, and that no stored event names any more.
///
/// # Errors
/// Whatever the database says.
pub async fn forgettable(tx: &Transaction) -> Result<Vec<i64>> {
    let text = format!(
        "SELECT a.id FROM ledger_action a \
         WHERE a.id IN (SELECT action_id FROM ledger WHERE {}) AND a.hash NOT IN (SELECT hash FROM text)",
        removable()
    );
    tx.sql(&text).rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Tells such events of these actions as others, unless an event names the action again. The caller holds appends off.
///
/// # Errors
/// Whatever the database says.
pub async fn forget(tx: &Transaction, actions: &[i64]) -> Result<()> {
    for chunk in actions.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql("SELECT id FROM ledger_action WHERE hash NOT IN (SELECT hash FROM text) AND id IN ");
        let still = sql.numbers(chunk.iter().copied()).to_owned().rows(tx).await?;
        let still: Vec<String> = still
            .iter()
            .map(|row| get::<i64>(row, 0).map(|id| id.to_string()))
            .collect::<Result<_>>()?;
        if !still.is_empty() {
            let which = format!("{} AND action_id IN ({})", removable(), still.join(","));
            rewrite(tx, &which, &OTHERS.to_string()).await?;
        }
    }
    Ok(())
}

/// Rows of events that a deletion can remove: those that were stored, or kept in quarantine.
fn removable() -> String {
    let outcomes = [OutcomeKind::Accepted, OutcomeKind::Duplicate, OutcomeKind::TypeConflict];
    let codes = outcomes.map(|outcome| outcome.code().to_string()).join(", ");
    format!("outcome IN ({codes}) AND action_id <> {OTHERS}")
}

/// Names that no row tells any more.
///
/// # Errors
/// Whatever the database says.
pub async fn unused_names(tx: &Transaction) -> Result<HashSet<i64>> {
    let text = "SELECT id FROM ledger_action WHERE id NOT IN (SELECT action_id FROM ledger)";
    tx.sql(text).rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Removes names. The caller holds appends off, and has seen since that no row tells them.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_names(tx: &Transaction, names: &HashSet<i64>) -> Result<()> {
    let names: Vec<_> = names.iter().copied().collect();
    blank(tx, "ledger_action", &["name"], &names).await?;
    for chunk in names.chunks(1_000) {
        let mut sql = tx.sql("DELETE FROM ledger_action WHERE id IN ");
        sql.numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}
