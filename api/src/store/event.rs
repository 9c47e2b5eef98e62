//! Whole events, as callers see them.

use std::{collections::HashMap, net::IpAddr, ops::RangeInclusive};

use sea_orm::QueryResult;
use serde_json::{Map, Value};

use super::{
    Transaction,
    condition::{Field, push_value},
    dictionary,
    raw::{Tombstone, push_matching},
    sql::{Sql, get},
};
use crate::domain::{
    deletion::Filter,
    error::Result,
    event::{ActorKind, Door, Event, TrafficSource},
    hash::KeyedHash,
    zone::{self, DAY},
};

pub(super) const COLUMNS: &str = "e.id, e.site_id, e.uid, e.client_id, e.time, e.received, e.traffic_source, e.actor_kind, e.door, \
     e.key_id, e.ip, e.tag, e.url_id, e.referrer_id, e.user_agent_id, e.action_id, e.label_id, e.actor_id, e.device_id, \
     e.session_id, e.company_id, e.language_id, e.country_id, e.city_id, e.scope";
/// Positions of the columns that name rows of dictionaries.
const URL: usize = 12;
const REFERRER: usize = 13;
const AGENT: usize = 14;
const FIRST_TEXT: usize = 15;
const TEXTS: usize = 9;
const SCOPE: usize = FIRST_TEXT + TEXTS;

/// What a page of events is ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// When they happened.
    Time,
    /// When they arrived.
    Arrival,
}

/// A place between two events: the value ordered by, then the event's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Nanoseconds of its time; unused when ordered by arrival.
    pub time: i64,
    /// The event's number.
    pub sequence: i64,
}

/// Which page of which events.
#[derive(Debug)]
pub struct Page<'a> {
    /// Hashes texts to find them by.
    pub hasher: &'a KeyedHash,
    /// The site.
    pub site: i64,
    /// Which events.
    pub filter: &'a Filter,
    /// Deletions under way.
    pub tombstones: &'a [Tombstone],
    /// Ordered by what.
    pub order: Order,
    /// The latest first.
    pub descending: bool,
    /// Only events past this place, in that order.
    pub after: Option<Place>,
    /// Only events before this place, in that order.
    pub before: Option<Place>,
    /// At most so many.
    pub limit: usize,
}

/// One page of living events.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn page(tx: &Transaction, page: &Page<'_>) -> Result<Vec<Event>> {
    let mut sql = tx.sql(&format!("SELECT {COLUMNS} FROM event e"));
    push_matching(tx, &mut sql, page.hasher, page.site, page.filter, page.tombstones);
    for (place, past) in [(page.after, true), (page.before, false)] {
        if let Some(place) = place {
            let greater = past != page.descending;
            push_beyond(&mut sql, page.order, place, greater);
        }
    }
    let direction = if page.descending { " DESC" } else { "" };
    match page.order {
        Order::Time => sql
            .push(" ORDER BY e.time")
            .push(direction)
            .push(", e.id")
            .push(direction),
        Order::Arrival => sql.push(" ORDER BY e.id").push(direction),
    };
    sql.push(" LIMIT ")
        .number(i64::try_from(page.limit).unwrap_or(i64::MAX));
    let rows = sql.rows(tx).await?;
    read(tx, &rows).await
}

/// When the first and the last of a site's events happened, the hidden ones among them, in nanoseconds since 1970.
///
/// # Errors
/// Whatever the database says.
pub async fn bounds(tx: &Transaction, site: i64) -> Result<Option<(i64, i64)>> {
    // Two seeks into the index on (site, time), which one statement for both would not be.
    let mut sql = tx.sql("SELECT (SELECT min(time) FROM event WHERE site_id = ");
    sql.number(site)
        .push("), (SELECT max(time) FROM event WHERE site_id = ")
        .number(site)
        .push(")");
    let Some(row) = sql.row(tx).await? else { return Ok(None) };
    let (first, last): (Option<i64>, Option<i64>) = (get(&row, 0)?, get(&row, 1)?);
    Ok(first.zip(last))
}

fn push_beyond(sql: &mut Sql, order: Order, place: Place, greater: bool) {
    let sign = if greater { " > " } else { " < " };
    match order {
        Order::Time => sql
            .push(" AND (e.time, e.id)")
            .push(sign)
            .push("(")
            .number(place.time)
            .push(", ")
            .number(place.sequence)
            .push(")"),
        Order::Arrival => sql.push(" AND e.id").push(sign).number(place.sequence),
    };
}

/// The living events with these unique ids that a filter matches.
///
/// # Errors
/// Whatever the database says.
pub async fn by_uid(
    tx: &Transaction,
    hasher: &KeyedHash,
    site: i64,
    uids: &[[u8; 16]],
    filter: &Filter,
    tombstones: &[Tombstone],
) -> Result<Vec<Event>> {
    let mut found = Vec::new();
    for chunk in uids.chunks(500) {
        let mut sql = tx.sql(&format!("SELECT {COLUMNS} FROM event e"));
        push_matching(tx, &mut sql, hasher, site, filter, tombstones);
        sql.push(" AND e.uid IN ")
            .bind_list(chunk.iter().map(|uid| uid.to_vec()));
        let rows = sql.rows(tx).await?;
        found.extend(read(tx, &rows).await?);
    }
    Ok(found)
}

/// The different texts under a key of the tags of living events that a filter matches, each with the first and the last time
/// of the events of each UTC day.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn tag_texts(
    tx: &Transaction,
    hasher: &KeyedHash,
    (site, filter, tombstones): (i64, &Filter, &[Tombstone]),
    key: &str,
) -> Result<HashMap<String, Vec<RangeInclusive<i64>>>> {
    let mut sql = tx.sql("SELECT ");
    push_value(&mut sql, Field::Tag(&[key.to_owned()]));
    sql.push(", min(e.time), max(e.time) FROM event e");
    push_matching(tx, &mut sql, hasher, site, filter, tombstones);
    sql.push(" GROUP BY 1, e.time / ").number(DAY);
    let mut found: HashMap<_, Vec<_>> = HashMap::new();
    for row in sql.rows(tx).await? {
        let value: Option<Value> = get(&row, 0)?;
        if let Some(Value::String(text)) = value {
            found.entry(text).or_default().push(get(&row, 1)?..=get(&row, 2)?);
        }
    }
    Ok(found)
}

/// Living events that arrived in `from..to`, of any site, in order of arrival, each with its place in it.
///
/// # Errors
/// Whatever the database says.
pub async fn arrived(tx: &Transaction, from: i64, to: i64) -> Result<Vec<(i64, Event)>> {
    let arrival = tx.arrival();
    let mut sql = tx.sql(&format!(
        "SELECT {COLUMNS}, e.{arrival} FROM event e WHERE e.deletion_id IS NULL AND e.{arrival} >= "
    ));
    sql.number(from)
        .push(&format!(" AND e.{arrival} < "))
        .number(to)
        .push(&format!(" ORDER BY e.{arrival}, e.id"));
    let rows = sql.rows(tx).await?;
    let arrivals: Vec<i64> = rows.iter().map(|row| get(row, SCOPE + 1)).collect::<Result<_>>()?;
    Ok(arrivals.into_iter().zip(read(tx, &rows).await?).collect())
}

pub(super) async fn read(tx: &Transaction, rows: &[QueryResult]) -> Result<Vec<Event>> {
    let (mut texts, mut addresses, mut agents) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        for index in FIRST_TEXT..FIRST_TEXT + TEXTS {
            texts.extend(get::<Option<i64>>(row, index)?);
        }
        addresses.extend(get::<Option<i64>>(row, URL)?);
        addresses.extend(get::<Option<i64>>(row, REFERRER)?);
        agents.extend(get::<Option<i64>>(row, AGENT)?);
    }
    let texts = dictionary::texts(tx, texts).await?;
    let addresses = dictionary::addresses(tx, addresses).await?;
    let agents = dictionary::agents(tx, agents).await?;
    let read_one = |row: &QueryResult| {
        let text = |index: usize| -> Result<Option<String>> {
            let id: Option<i64> = get(row, FIRST_TEXT + index)?;
            Ok(id.and_then(|id| texts.get(&id)).map(|text| text.to_string()))
        };
        let address = |index: usize| -> Result<_> {
            let id: Option<i64> = get(row, index)?;
            Ok(id.and_then(|id| addresses.get(&id)).cloned())
        };
        let uid = uid(row, 2)?;
        let client_id: Option<String> = get(row, 3)?;
        let agent: Option<i64> = get(row, AGENT)?;
        Ok(Event {
            sequence: Some(get(row, 0)?),
            site: get(row, 1)?,
            id_is_clients: client_id.is_some(),
            id: public_id(row, 2)?,
            uid,
            action: text(0)?.unwrap_or_default(),
            label: text(1)?,
            time: zone::timestamp(get(row, 4)?),
            received: zone::timestamp(get(row, 5)?),
            url: address(URL)?,
            referrer: address(REFERRER)?,
            traffic_source: TrafficSource::from_code(get(row, 6)?),
            agent: agent.and_then(|id| agents.get(&id)).cloned(),
            actor: text(2)?,
            actor_kind: ActorKind::from_code(get(row, 7)?),
            device: text(3)?,
            session: text(4)?,
            company: text(5)?,
            language: text(6)?,
            country: text(7)?,
            city: text(8)?,
            scope: get(row, SCOPE)?,
            ip: get::<Option<Vec<u8>>>(row, 10)?.and_then(|bytes| ip(&bytes)),
            tag: tag(row, 11)?,
            door: Door::from_code(get(row, 8)?),
            key: get(row, 9)?,
        })
    };
    rows.iter().map(read_one).collect()
}

/// The public id in a row: its unique id is in a column, and the client's in the next.
///
/// # Errors
/// Where the row does not fit.
pub(super) fn public_id(row: &QueryResult, column: usize) -> Result<String> {
    let clients: Option<String> = get(row, column + 1)?;
    let own = uuid::Uuid::from_bytes(uid(row, column)?);
    Ok(clients.unwrap_or_else(|| own.to_string()))
}

fn uid(row: &QueryResult, index: usize) -> Result<[u8; 16]> {
    Ok(get::<Vec<u8>>(row, index)?.try_into().unwrap_or_default())
}

/// The tag in a column; SQLite keeps it as text, PostgreSQL as `jsonb`.
pub(super) fn tag(row: &QueryResult, index: usize) -> Result<Option<Map<String, Value>>> {
    Ok(match get::<Option<Value>>(row, index)? {
        Some(Value::Object(object)) => Some(object),
        _ => None,
    })
}

/// The address in a column.
pub(super) fn ip(bytes: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from)).ok()
}

/// The actions of a site's living events that a filter matches, each with the times of its first and its last.
///
/// # Errors
/// Whatever the database says.
pub async fn actions(
    tx: &Transaction,
    hasher: &KeyedHash,
    site: i64,
    filter: &Filter,
    tombstones: &[Tombstone],
) -> Result<Vec<(String, i64, i64)>> {
    let mut seen = Vec::new();
    let mut last = 0;
    loop {
        // One seek into the index on (site, action, time) for each action, however many events there are.
        let mut sql = tx.sql("SELECT min(action_id) FROM event WHERE site_id = ");
        sql.number(site).push(" AND action_id > ").number(last);
        let next: Option<i64> = sql.row(tx).await?.map_or(Ok(None), |row| get(&row, 0))?;
        let Some(next) = next else { break };
        last = next;
        let mut bounds = [None; 2];
        for (bound, direction) in bounds.iter_mut().zip(["", " DESC"]) {
            let mut sql = tx.sql("SELECT e.time FROM event e");
            push_matching(tx, &mut sql, hasher, site, filter, tombstones);
            sql.push(" AND e.action_id = ")
                .number(next)
                .push(" ORDER BY e.time")
                .push(direction)
                .push(" LIMIT 1");
            *bound = sql.row(tx).await?.map(|row| get::<i64>(&row, 0)).transpose()?;
        }
        if let [Some(from), Some(to)] = bounds {
            seen.push((next, from, to));
        }
    }
    let names = dictionary::texts(tx, seen.iter().map(|(id, ..)| *id).collect()).await?;
    Ok(seen
        .into_iter()
        .filter_map(|(id, from, to)| Some((names.get(&id)?.to_string(), from, to)))
        .collect())
}
