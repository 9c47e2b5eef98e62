//! What folding needs of events, read in order of arrival.

use sea_orm::QueryResult;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Transaction, is_unreadable,
    raw::{Tombstone, push_matching},
    sql::{Sql, get},
};
use crate::domain::{
    deletion::Filter,
    error::{Error, Result},
    event::TrafficSource,
    hash::KeyedHash,
};

/// What folding needs of one event; texts by their numbers.
#[derive(Debug, Clone)]
pub struct Fact {
    /// The event's number.
    pub sequence: i64,
    /// Its place in the order of arrival.
    pub arrival: i64,
    /// The site.
    pub site: i64,
    /// When it happened.
    pub time: i64,
    /// Numbers in `text`: action, label, actor, session, company, language, country, city.
    pub texts: [Option<i64>; 8],
    /// Number of the page in `url`.
    pub url: Option<i64>,
    /// Number of the referrer in `url`.
    pub referrer: Option<i64>,
    /// Number in `user_agent`.
    pub agent: Option<i64>,
    /// What was made of the referrer.
    pub traffic_source: TrafficSource,
    /// The free-form object.
    pub tag: Option<Map<String, Value>>,
}

impl Fact {
    /// Number of the actor in `text`.
    #[must_use]
    pub fn actor(&self) -> Option<i64> {
        self.texts[2]
    }

    /// Number of the action in `text`.
    #[must_use]
    pub fn action(&self) -> Option<i64> {
        self.texts[0]
    }
}

/// A stretch of arrivals, whole transactions only.
#[derive(Debug)]
pub struct Stretch {
    /// What arrived in it, less what is hidden.
    pub facts: Vec<Fact>,
    /// What arrived in it and cannot be read.
    pub unreadable: Vec<Unreadable>,
    /// The first position past it.
    pub end: i64,
}

/// A stored event that cannot be read: its row is not what was written.
#[derive(Debug)]
pub struct Unreadable {
    /// The event's number.
    pub sequence: i64,
    /// What the engine or the parser said of it.
    pub why: String,
}

/// Each event as one JSON array: a driver takes longer to hand over many columns than to build and read this. Beside it
/// the number, by which a row is named whose array cannot be read.
fn select(tx: &Transaction) -> Sql {
    let text = if tx.is_sqlite() { "" } else { "::text" };
    tx.sql(&format!("SELECT {}{text}, e.id FROM event e", array(tx)))
}

/// The array of one event, in the order of [`Row`].
fn array(tx: &Transaction) -> String {
    let arrival = tx.arrival();
    let (array, tag) = if tx.is_sqlite() {
        ("json_array", "json(e.tag)")
    } else {
        ("json_build_array", "e.tag")
    };
    format!(
        "{array}(e.id, e.{arrival}, e.site_id, e.time, {array}(e.action_id, e.label_id, e.actor_id, e.session_id, \
         e.company_id, e.language_id, e.country_id, e.city_id), e.url_id, e.referrer_id, e.user_agent_id, \
         e.traffic_source, {tag})"
    )
}

/// A row of [`select`], in its order.
#[derive(Deserialize)]
struct Row(
    i64,
    i64,
    i64,
    i64,
    [Option<i64>; 8],
    Option<i64>,
    Option<i64>,
    Option<i64>,
    i16,
    Option<Map<String, Value>>,
);

impl From<Row> for Fact {
    fn from(row: Row) -> Self {
        let Row(sequence, arrival, site, time, texts, url, referrer, agent, source, tag) = row;
        Self {
            sequence,
            arrival,
            site,
            time,
            texts,
            url,
            referrer,
            agent,
            traffic_source: TrafficSource::from_code(source),
            tag,
        }
    }
}

fn read(row: &QueryResult) -> Result<Fact> {
    let row: Row = serde_json::from_str(&get::<String>(row, 0)?).map_err(Error::internal)?;
    Ok(row.into())
}

/// Events of one row of [`read_numbered`].
const EVENTS_OF_ROW: i64 = 500;

/// The events with the numbers `from..below`: some hundred in one row, as handing over a row takes longer than building
/// it. For SQLite, where numbers follow each other.
async fn read_numbered(tx: &Transaction, from: i64, below: i64, sites: Option<&[i64]>) -> Result<Vec<Fact>> {
    let step = usize::try_from(EVENTS_OF_ROW).unwrap_or(1);
    let mut sql = tx.sql(&format!("SELECT (SELECT json_group_array({}) FROM event e", array(tx)));
    sql.push(&format!(
        " WHERE e.id >= c.value AND e.id < min(c.value + {EVENTS_OF_ROW}, "
    ));
    sql.number(below).push(") AND e.deletion_id IS NULL");
    if let Some(sites) = sites {
        sql.push(" AND e.site_id IN ").numbers(sites.iter().copied());
    }
    sql.push(") FROM json_each(");
    let starts: Value = (from..below).step_by(step).collect();
    sql.bind(starts.to_string()).push(") c");
    let mut facts = Vec::new();
    for row in sql.rows(tx).await? {
        let rows: Vec<Row> = serde_json::from_str(&get::<String>(&row, 0)?).map_err(Error::internal)?;
        facts.extend(rows.into_iter().map(Fact::from));
    }
    Ok(facts)
}

/// The same, around rows that cannot be read: halves what fails until it is one row. Each costs some twenty statements of
/// a read of thousands.
async fn read_around(
    tx: &Transaction,
    from: i64,
    below: i64,
    sites: Option<&[i64]>,
) -> Result<(Vec<Fact>, Vec<Unreadable>)> {
    // Of no rows: where this fails, the statement is wrong and no row.
    read_numbered(tx, from, from, sites).await?;
    let (mut facts, mut unreadable) = (Vec::new(), Vec::new());
    let mut open = vec![(from, below)];
    while let Some((from, below)) = open.pop() {
        match read_numbered(tx, from, below, sites).await {
            Ok(read) => facts.extend(read),
            Err(error) if !is_unreadable(&error) => return Err(error),
            Err(error) if below - from <= 1 => unreadable.push(Unreadable {
                sequence: from,
                why: error.causes(),
            }),
            Err(_) => {
                let middle = from + (below - from) / 2;
                open.extend([(middle, below), (from, middle)]);
            }
        }
    }
    Ok((facts, unreadable))
}

/// The events that arrived in `from..below`, of the given sites where some are given, some `limit` at a time. Rows that
/// cannot be read are told beside those that can.
///
/// # Errors
/// Whatever the database says.
pub async fn read_stretch(
    tx: &Transaction,
    from: i64,
    below: i64,
    sites: Option<&[i64]>,
    limit: usize,
) -> Result<Stretch> {
    let end = end_of_stretch(tx, from, below, limit).await?;
    if tx.is_sqlite() {
        // Where many are gone, none comes before the last `limit` numbers.
        let first = from.max(end.saturating_sub(i64::try_from(limit).unwrap_or(i64::MAX)));
        let (facts, unreadable) = match read_numbered(tx, first, end, sites).await {
            Err(error) if is_unreadable(&error) => read_around(tx, first, end, sites).await?,
            facts => (facts?, Vec::new()),
        };
        return Ok(Stretch { facts, unreadable, end });
    }
    let mut sql = select(tx);
    sql.push(" WHERE e.arrival >= ")
        .number(from)
        .push(" AND e.arrival < ")
        .number(end);
    sql.push(" AND e.deletion_id IS NULL");
    if let Some(sites) = sites {
        sql.push(" AND e.site_id IN ").numbers(sites.iter().copied());
    }
    let (mut facts, mut unreadable) = (Vec::new(), Vec::new());
    for row in sql.rows(tx).await? {
        match read(&row) {
            Err(error) if is_unreadable(&error) => unreadable.push(Unreadable {
                sequence: get(&row, 1)?,
                why: error.causes(),
            }),
            fact => facts.push(fact?),
        }
    }
    Ok(Stretch { facts, unreadable, end })
}

/// Where a stretch of some `limit` events ends: never within one transaction's events.
///
/// # Errors
/// Whatever the database says.
pub async fn end_of_stretch(tx: &Transaction, from: i64, below: i64, limit: usize) -> Result<i64> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    if tx.is_sqlite() {
        // Ids are given one after the other, so that `limit` of them hold at most `limit` events. Where many are gone,
        // the next one that is left begins the stretch.
        let mut sql = tx.sql("SELECT min(id) FROM event WHERE id >= ");
        let first: Option<i64> = sql
            .number(from)
            .to_owned()
            .row(tx)
            .await?
            .map_or(Ok(None), |row| get(&row, 0))?;
        return Ok(first.map_or(below, |first| first.saturating_add(limit).min(below)));
    }
    let mut sql = tx.sql("SELECT arrival FROM event WHERE arrival >= ");
    sql.number(from)
        .push(" AND arrival < ")
        .number(below)
        .push(" ORDER BY arrival, id OFFSET ")
        .number(limit)
        .push(" LIMIT 1");
    let over: Option<i64> = sql.row(tx).await?.map(|row| get(&row, 0)).transpose()?;
    Ok(over.map_or(below, |over| if over > from { over } else { from + 1 }))
}

/// Living events, under no tombstone, that a deletion's filter matches and that arrived before `upper`, at most `limit`.
///
/// # Errors
/// Whatever the database says.
pub async fn matching(
    tx: &Transaction,
    hasher: &KeyedHash,
    site: i64,
    filter: &Filter,
    tombstones: &[Tombstone],
    upper: i64,
    limit: usize,
) -> Result<Vec<Fact>> {
    let mut sql = select(tx);
    push_matching(tx, &mut sql, hasher, site, filter, tombstones);
    sql.push(" AND e.").push(tx.arrival()).push(" < ").number(upper);
    sql.push(" LIMIT ").number(i64::try_from(limit).unwrap_or(i64::MAX));
    sql.rows(tx).await?.iter().map(read).collect()
}

/// How many events [`matching`] finds, counted up to `most`. On PostgreSQL those of transactions that are still open are
/// not among them: an append takes some milliseconds, and nobody was told of its events yet.
///
/// # Errors
/// Whatever the database says.
pub async fn count_matching(
    tx: &Transaction,
    hasher: &KeyedHash,
    site: i64,
    filter: &Filter,
    tombstones: &[Tombstone],
    upper: i64,
    most: i64,
) -> Result<i64> {
    let mut sql = tx.sql("SELECT count(*) FROM (SELECT 1 FROM event e");
    push_matching(tx, &mut sql, hasher, site, filter, tombstones);
    sql.push(" AND e.").push(tx.arrival()).push(" < ").number(upper);
    sql.push(" LIMIT ").number(most).push(") AS matching");
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// Events that a deletion hides, at most `limit`.
///
/// # Errors
/// Whatever the database says.
pub async fn hidden(tx: &Transaction, deletion: i64, limit: usize) -> Result<Vec<Fact>> {
    let mut sql = select(tx);
    sql.push(" WHERE e.deletion_id = ")
        .number(deletion)
        .push(" LIMIT ")
        .number(i64::try_from(limit).unwrap_or(i64::MAX));
    sql.rows(tx).await?.iter().map(read).collect()
}

/// Living events of a site in the nanoseconds `from..to` that arrived before `below`, in order of time: at most `limit`, those
/// that come after the time and number `after`.
///
/// # Errors
/// Whatever the database says.
pub async fn within(
    tx: &Transaction,
    site: i64,
    (from, to): (i64, i64),
    below: i64,
    after: Option<(i64, i64)>,
    limit: usize,
) -> Result<Vec<Fact>> {
    let mut sql = select(tx);
    sql.push(" WHERE e.site_id = ").number(site);
    sql.push(" AND e.time >= ")
        .number(after.map_or(from, |(time, _)| time))
        .push(" AND e.time < ")
        .number(to);
    if let Some((time, id)) = after {
        sql.push(" AND (e.time, e.id) > (")
            .number(time)
            .push(", ")
            .number(id)
            .push(")");
    }
    sql.push(" AND e.deletion_id IS NULL AND e.")
        .push(tx.arrival())
        .push(" < ")
        .number(below);
    sql.push(" ORDER BY e.time, e.id LIMIT ")
        .number(i64::try_from(limit).unwrap_or(i64::MAX));
    sql.rows(tx).await?.iter().map(read).collect()
}

/// One event that a deletion hides, or that was set aside.
///
/// # Errors
/// Whatever the database says.
pub async fn one_hidden(tx: &Transaction, deletion: i64, sequence: i64) -> Result<Option<Fact>> {
    let mut sql = select(tx);
    sql.push(" WHERE e.deletion_id = ").number(deletion);
    sql.push(" AND e.id = ").number(sequence);
    sql.row(tx).await?.as_ref().map(read).transpose()
}

/// Hides events, or shows them again.
///
/// # Errors
/// Whatever the database says.
pub async fn set_deletion(tx: &Transaction, sequences: &[i64], deletion: Option<i64>) -> Result<()> {
    for chunk in sequences.chunks(1_000) {
        let mut sql = tx.sql("UPDATE event SET deletion_id = ");
        match deletion {
            Some(deletion) => sql.number(deletion),
            None => sql.push("NULL"),
        };
        sql.push(" WHERE id IN ").numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}
