//! Questions answered from raw events.

use sea_orm::QueryResult;
use serde_json::Value;

use super::{
    Transaction,
    condition::{Place, joins, place, push_number, push_raw, push_value},
    dictionary,
    predicate::push_predicate,
    sql::{Sql, get},
};
use crate::domain::{
    condition::{Condition, Op},
    deletion::{Deletion, Filter},
    dimension::Dimension,
    error::Result,
    event::TrafficSource,
    hash::KeyedHash,
    period::Span,
    question::Measure,
};

/// A deletion that hides events before they are worked off.
#[derive(Debug, Clone)]
pub struct Tombstone {
    /// Only events that arrived before it.
    pub upper: i64,
    /// Which of them.
    pub filter: Filter,
}

impl From<Deletion> for Tombstone {
    fn from(deletion: Deletion) -> Self {
        Self {
            upper: deletion.upper,
            filter: deletion.filter,
        }
    }
}

/// Which events by arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// All.
    Any,
    /// Those that arrived before the position.
    Before(i64),
    /// Those that arrived at the position or past it.
    From(i64),
}

/// How time is cut into points.
#[derive(Debug, Clone)]
pub enum Cut {
    /// Into the given stretches, each with the number of its point.
    Spans(Vec<(usize, Span)>),
    /// Into quarters of an hour, the number since 1970 being the point, within the given stretches. Every zone's
    /// offset of today is a whole number of them.
    Quarters(Vec<Span>),
}

/// Nanoseconds in a quarter of an hour.
pub const QUARTER: i64 = 900_000_000_000;

/// Which raw events to read.
#[derive(Debug, Clone)]
pub struct Scan<'a> {
    /// Hashes texts to find them by.
    pub hasher: &'a KeyedHash,
    /// The site.
    pub site: i64,
    /// Which by time, and how they are cut.
    pub cut: Cut,
    /// Which by arrival.
    pub arrival: Arrival,
    /// The actions a view lists.
    pub actions: Option<&'a [String]>,
    /// What must hold.
    pub conditions: &'a [Condition],
    /// Deletions under way.
    pub tombstones: &'a [Tombstone],
}

/// One group of one point.
#[derive(Debug, Clone)]
pub struct Cell {
    /// The point's number.
    pub point: i64,
    /// The values grouped by; none where the field is missing.
    pub values: Vec<Option<Value>>,
    /// How many events.
    pub n: i64,
    /// The measured fields.
    pub measures: Vec<Measure>,
}

impl Scan<'_> {
    fn dimensions(&self) -> impl Iterator<Item = &Dimension> {
        let hidden = self
            .tombstones
            .iter()
            .flat_map(|tombstone| tombstone.filter.dimensions());
        self.conditions
            .iter()
            .map(|condition| &condition.dimension)
            .chain(hidden)
    }

    /// Begins a statement with the table of points, where there is more than one.
    fn begin(&self, tx: &Transaction) -> Sql {
        let mut sql = tx.sql("");
        if let Cut::Spans(spans) = &self.cut
            && spans.len() > 1
        {
            sql.push("WITH p(i, lo, hi) AS (VALUES ");
            for (index, (point, span)) in spans.iter().enumerate() {
                sql.push(if index > 0 { ",(" } else { "(" });
                sql.number(i64::try_from(*point).unwrap_or(i64::MAX));
                sql.push(if tx.is_sqlite() { "," } else { "::bigint," })
                    .number(span.from)
                    .push(",")
                    .number(span.to)
                    .push(")");
            }
            sql.push(") ");
        }
        sql
    }

    /// Adds the point's number.
    fn push_point(&self, sql: &mut Sql) {
        match &self.cut {
            Cut::Spans(spans) if spans.len() > 1 => {
                sql.push("p.i");
            }
            Cut::Spans(spans) => {
                let point = spans.first().map_or(0, |(point, _)| *point);
                sql.push("CAST(")
                    .number(i64::try_from(point).unwrap_or(i64::MAX))
                    .push(" AS BIGINT)");
            }
            Cut::Quarters(_) => {
                // Division cuts towards zero; times before 1970 need the floor.
                sql.push("e.time / ")
                    .number(QUARTER)
                    .push(" - CASE WHEN e.time % ")
                    .number(QUARTER)
                    .push(" < 0 THEN 1 ELSE 0 END");
            }
        }
    }

    /// Adds the tables and what must hold.
    fn push_rest(&self, tx: &Transaction, sql: &mut Sql, grouped: &[Dimension]) {
        let joined = joins(self.dimensions().chain(grouped));
        match &self.cut {
            Cut::Spans(spans) if spans.len() > 1 => {
                sql.push(" FROM p CROSS JOIN event e").push(&joined);
            }
            _ => {
                sql.push(" FROM event e").push(&joined);
            }
        }
        // SQLite without statistics would take the index on (site, time) and read everything in it; past a mark there
        // is little, so the unary plus turns that index away.
        let plus = if tx.is_sqlite() && matches!(self.arrival, Arrival::From(_)) {
            "+"
        } else {
            ""
        };
        sql.push(" WHERE ")
            .push(plus)
            .push("e.site_id = ")
            .number(self.site)
            .push(" AND ");
        self.push_time(sql, plus);
        match self.arrival {
            Arrival::Any => {}
            Arrival::Before(position) => {
                sql.push(" AND e.").push(tx.arrival()).push(" < ").number(position);
            }
            Arrival::From(position) => {
                sql.push(" AND e.").push(tx.arrival()).push(" >= ").number(position);
            }
        }
        sql.push(" AND e.deletion_id IS NULL");
        if let Some(actions) = self.actions {
            let listed = Condition {
                dimension: Dimension::Action,
                op: Op::In,
                value: actions.to_vec().into(),
            };
            sql.push(" AND ");
            push_raw(sql, self.hasher, &listed);
        }
        for condition in self.conditions {
            sql.push(" AND ");
            push_raw(sql, self.hasher, condition);
        }
        for tombstone in self.tombstones {
            sql.push(" AND (e.")
                .push(tx.arrival())
                .push(" < ")
                .number(tombstone.upper);
            push_filter(sql, self.hasher, &tombstone.filter);
            sql.push(") IS NOT TRUE");
        }
    }

    fn push_time(&self, sql: &mut Sql, plus: &str) {
        let within = |sql: &mut Sql, span: &Span| {
            sql.push(plus)
                .push("e.time >= ")
                .number(span.from)
                .push(" AND ")
                .push(plus)
                .push("e.time < ")
                .number(span.to);
        };
        match &self.cut {
            Cut::Spans(spans) => match spans.as_slice() {
                [] => {
                    sql.push("FALSE");
                }
                [(_, span)] => within(sql, span),
                _ => {
                    sql.push("e.time >= p.lo AND e.time < p.hi");
                }
            },
            Cut::Quarters(spans) => {
                sql.push("(FALSE");
                for span in spans {
                    sql.push(" OR (");
                    within(sql, span);
                    sql.push(")");
                }
                sql.push(")");
            }
        }
    }
}

/// Adds ` AND …` for each part of a filter.
pub(super) fn push_filter(sql: &mut Sql, hasher: &KeyedHash, filter: &Filter) {
    if let Some(sequences) = &filter.sequences {
        sql.push(" AND e.id IN ").numbers(sequences.iter().copied());
    }
    if let Some(span) = filter.span {
        if span.from > i64::MIN {
            sql.push(" AND e.time >= ").number(span.from);
        }
        if span.to < i64::MAX {
            sql.push(" AND e.time < ").number(span.to);
        }
    }
    for condition in &filter.conditions {
        sql.push(" AND ");
        push_raw(sql, hasher, condition);
    }
    if let Some(predicate) = &filter.predicate {
        sql.push(" AND ");
        push_predicate(sql, hasher, predicate);
    }
}

/// Counts events by point and group, giving at most `most` cells.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn count(
    tx: &Transaction,
    scan: &Scan<'_>,
    group: &[Dimension],
    measures: &[Dimension],
    most: usize,
) -> Result<Vec<Cell>> {
    let mut sql = scan.begin(tx);
    let groups: Vec<i64> = (1..=group.len() + 1)
        .map(|index| i64::try_from(index).unwrap_or(i64::MAX))
        .collect();
    sql.push("SELECT ");
    if measures.is_empty() {
        push_columns(scan, &mut sql, group);
        sql.push(", count(*)");
    } else {
        sql.push("c0");
        (0..group.len()).for_each(|index| {
            sql.push(&format!(", c{}", index + 1));
        });
        sql.push(", count(*)");
        (0..measures.len()).for_each(|m| {
            sql.push(&format!(", count(m{m}), coalesce(sum(m{m}), 0) + 0.0, coalesce(min(m{m}), 0) + 0.0, coalesce(max(m{m}), 0) + 0.0"));
        });
        sql.push(" FROM (SELECT ");
        push_columns(scan, &mut sql, group);
        for (index, measure) in measures.iter().enumerate() {
            sql.push(", ");
            match measure {
                Dimension::Tag(keys) => push_number(&mut sql, keys),
                _ => {
                    sql.push("NULL");
                }
            }
            sql.push(&format!(" AS m{index}"));
        }
    }
    scan.push_rest(tx, &mut sql, group);
    if !measures.is_empty() {
        sql.push(") AS measured");
    }
    sql.push(" GROUP BY ");
    for (index, position) in groups.iter().enumerate() {
        // A position means a column only where it is written out.
        sql.push(if index > 0 { ", " } else { "" }).literal(*position);
    }
    sql.push(" LIMIT ").number(i64::try_from(most).unwrap_or(i64::MAX));
    let rows = sql.rows(tx).await?;
    read_cells(tx, &rows, group, measures.len()).await
}

fn push_columns(scan: &Scan, sql: &mut Sql, group: &[Dimension]) {
    scan.push_point(sql);
    sql.push(" AS c0");
    for (index, dimension) in group.iter().enumerate() {
        sql.push(", ");
        match place(dimension) {
            Ok(Place::Text(column) | Place::Column(column)) => {
                sql.push(column);
            }
            Ok(Place::TrafficSource) => {
                sql.push("e.traffic_source");
            }
            Ok(Place::Bot) => {
                sql.push("g.bot");
            }
            Err(field) => {
                push_value(sql, field);
                if !sql.is_sqlite() {
                    sql.push("::text");
                }
            }
        }
        sql.push(&format!(" AS c{}", index + 1));
    }
}

async fn read_cells(tx: &Transaction, rows: &[QueryResult], group: &[Dimension], measures: usize) -> Result<Vec<Cell>> {
    let mut columns = Vec::with_capacity(group.len());
    for (index, dimension) in group.iter().enumerate() {
        columns.push(read_column(tx, rows, index + 1, dimension).await?.into_iter());
    }
    let mut cells = Vec::with_capacity(rows.len());
    for row in rows {
        let after = group.len() + 1;
        let measure = |m: usize| {
            let at = after + 1 + 4 * m;
            Ok(Measure {
                n: get(row, at)?,
                sum: get(row, at + 1)?,
                min: get(row, at + 2)?,
                max: get(row, at + 3)?,
            })
        };
        cells.push(Cell {
            point: get(row, 0)?,
            values: columns.iter_mut().map(|column| column.next().flatten()).collect(),
            n: get(row, after)?,
            measures: (0..measures).map(measure).collect::<Result<_>>()?,
        });
    }
    Ok(cells)
}

/// One grouped column of all rows, as values.
async fn read_column(
    tx: &Transaction,
    rows: &[QueryResult],
    index: usize,
    dimension: &Dimension,
) -> Result<Vec<Option<Value>>> {
    match place(dimension) {
        Ok(Place::Text(_)) => {
            let ids: Vec<Option<i64>> = rows.iter().map(|row| get(row, index)).collect::<Result<_>>()?;
            let texts = dictionary::texts(tx, ids.iter().copied().flatten().collect()).await?;
            Ok(ids
                .into_iter()
                .map(|id| id.and_then(|id| texts.get(&id)).map(|text| Value::from(&**text)))
                .collect())
        }
        Ok(Place::Column(_)) => rows
            .iter()
            .map(|row| Ok(get::<Option<String>>(row, index)?.map(Value::from)))
            .collect(),
        Ok(Place::TrafficSource) => rows
            .iter()
            .map(|row| Ok(Some(TrafficSource::from_code(get(row, index)?).name().into())))
            .collect(),
        Ok(Place::Bot) => rows
            .iter()
            .map(|row| Ok(get::<Option<bool>>(row, index)?.map(Value::Bool)))
            .collect(),
        Err(_) => rows
            .iter()
            .map(|row| Ok(get::<Option<String>>(row, index)?.and_then(|text| serde_json::from_str(&text).ok())))
            .collect(),
    }
}

/// The distinct actors of each point, as numbers in `text`.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn actors(tx: &Transaction, scan: &Scan<'_>) -> Result<Vec<(i64, i64)>> {
    let mut sql = scan.begin(tx);
    sql.push("SELECT DISTINCT ");
    scan.push_point(&mut sql);
    sql.push(", e.actor_id");
    scan.push_rest(tx, &mut sql, &[]);
    sql.push(" AND e.actor_id IS NOT NULL");
    sql.rows(tx)
        .await?
        .iter()
        .map(|row| Ok((get(row, 0)?, get(row, 1)?)))
        .collect()
}

/// How many events a deletion's filter matches, counted up to `most`.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn matching(
    tx: &Transaction,
    hasher: &KeyedHash,
    site: i64,
    filter: &Filter,
    tombstones: &[Tombstone],
    most: i64,
) -> Result<i64> {
    let mut sql = tx.sql("SELECT count(*) FROM (SELECT 1 FROM event e");
    push_matching(tx, &mut sql, hasher, site, filter, tombstones);
    sql.push(" LIMIT ").number(most).push(") AS matching");
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// Adds joins and conditions for a filter's living events.
pub(super) fn push_matching(
    tx: &Transaction,
    sql: &mut Sql,
    hasher: &KeyedHash,
    site: i64,
    filter: &Filter,
    tombstones: &[Tombstone],
) {
    push_matching_with(tx, sql, hasher, (site, filter, tombstones), &[]);
}

/// The same, where dimensions are needed besides.
pub(super) fn push_matching_with(
    tx: &Transaction,
    sql: &mut Sql,
    hasher: &KeyedHash,
    (site, filter, tombstones): (i64, &Filter, &[Tombstone]),
    also: &[&Dimension],
) {
    let hidden = tombstones.iter().flat_map(|one| one.filter.dimensions());
    sql.push(&joins(
        filter
            .dimensions()
            .into_iter()
            .chain(hidden)
            .chain(also.iter().copied()),
    ));
    sql.push(" WHERE e.site_id = ")
        .number(site)
        .push(" AND e.deletion_id IS NULL");
    push_filter(sql, hasher, filter);
    for tombstone in tombstones {
        sql.push(" AND (e.")
            .push(tx.arrival())
            .push(" < ")
            .number(tombstone.upper);
        push_filter(sql, hasher, &tombstone.filter);
        sql.push(") IS NOT TRUE");
    }
}
