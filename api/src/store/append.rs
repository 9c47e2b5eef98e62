//! Appending events: dictionary rows, then one insert for many events. Nothing here folds.

use std::collections::{HashMap, HashSet};

use sea_orm::Value;

use super::{
    Transaction,
    dictionary::{Dictionary, Fresh, Wanted},
    sql::{get, parts},
};
use crate::domain::{
    error::Result,
    event::{Address, Agent, Event},
    hash::KeyedHash,
    zone::nanoseconds,
};

/// The columns of one event, in the order of [`values`].
const COLUMNS: &str = "site_id, time, received, uid, client_id, action_id, label_id, url_id, referrer_id, user_agent_id, \
     traffic_source, actor_id, actor_kind, device_id, session_id, company_id, language_id, country_id, city_id, ip, \
     door, key_id, scope, tag";
const COLUMN_COUNT: usize = 24;
/// Events of one insert statement, where there are so many; all keep below SQLite's 32,766 bound values.
static SIZES: [usize; 3] = [256, 128, 64];

/// An event to append.
#[derive(Debug, Clone, Copy)]
pub struct NewRow<'a> {
    /// The event.
    pub event: &'a Event,
    /// Its tag as JSON text.
    pub tag: Option<&'a str>,
}

/// What an append did.
#[must_use = "the dictionary rows must be remembered after the commit"]
pub struct Appended {
    /// The events whose id somebody else stored first.
    pub lost: HashSet<[u8; 16]>,
    /// The generation of the configuration when they were written, on SQLite where there were any: asked for with the
    /// first statement, which spares one of its own.
    pub generation: Option<i64>,
    texts: Fresh<str>,
    addresses: Fresh<Address>,
    agents: Fresh<Agent>,
}

impl Appended {
    /// Remembers the dictionary rows that were found or made. Only after the commit.
    pub fn remember(self, database: &super::Database) {
        let dictionary = database.dictionary();
        self.texts.remember(dictionary);
        self.addresses.remember(dictionary);
        self.agents.remember(dictionary);
    }
}

/// One event, and the numbers of its repeated parts.
struct Row<'a> {
    new: NewRow<'a>,
    /// Its number, where the order of the rows is not that of their arrival.
    number: Option<i64>,
    texts: [Option<i64>; 9],
    addresses: [Option<i64>; 2],
    agent: Option<i64>,
}

fn texts(event: &Event) -> [Option<&str>; 9] {
    [
        Some(&event.action),
        event.label.as_deref(),
        event.actor.as_deref(),
        event.device.as_deref(),
        event.session.as_deref(),
        event.company.as_deref(),
        event.language.as_deref(),
        event.country.as_deref(),
        event.city.as_deref(),
    ]
}

fn addresses(event: &Event) -> [Option<&Address>; 2] {
    [event.url.as_deref(), event.referrer.as_deref()]
}

/// Values that no dictionary remembers.
struct Missing<'a> {
    texts: Wanted<'a, str>,
    addresses: Wanted<'a, Address>,
    agents: Wanted<'a, Agent>,
}

impl<'a> Missing<'a> {
    /// The row of an event, its parts as far as they are remembered.
    fn row(&mut self, dictionary: &Dictionary, new: NewRow<'a>) -> Row<'a> {
        let event = new.event;
        Row {
            new,
            number: None,
            texts: texts(event).map(|text| text.and_then(|text| self.texts.id(dictionary, text))),
            addresses: addresses(event).map(|one| one.and_then(|one| self.addresses.id(dictionary, one))),
            agent: event
                .agent
                .as_deref()
                .and_then(|agent| self.agents.id(dictionary, agent)),
        }
    }

    /// Adds what was found meanwhile.
    fn complete(&self, row: &mut Row<'a>) {
        let event = row.new.event;
        for (id, text) in row.texts.iter_mut().zip(texts(event)) {
            *id = id.or_else(|| self.texts.found(text?));
        }
        for (id, address) in row.addresses.iter_mut().zip(addresses(event)) {
            *id = id.or_else(|| self.addresses.found(address?));
        }
        row.agent = row.agent.or_else(|| self.agents.found(event.agent.as_deref()?));
    }
}

/// Appends events whose ids are not known yet.
///
/// # Errors
/// Whatever the database says; then the transaction is to be given up.
pub async fn append(tx: &Transaction, hasher: &KeyedHash, events: &[NewRow<'_>]) -> Result<Appended> {
    let mut missing = Missing {
        texts: Wanted::new(),
        addresses: Wanted::new(),
        agents: Wanted::new(),
    };
    let dictionary = tx.database().dictionary();
    let mut rows: Vec<Row> = events.iter().map(|new| missing.row(dictionary, *new)).collect();
    if !tx.is_sqlite() && events.iter().any(|new| new.event.id_is_clients) {
        // Two instances that insert the same ids wait for each other, and never in a ring.
        number(tx, &mut rows).await?;
        rows.sort_unstable_by_key(|row| row.new.event.uid);
    }
    missing.texts.resolve(tx, hasher).await?;
    missing.addresses.resolve(tx, hasher).await?;
    missing.agents.resolve(tx, hasher).await?;
    for row in &mut rows {
        missing.complete(row);
    }
    let mut appended = Appended {
        lost: HashSet::new(),
        generation: None,
        texts: missing.texts.fresh(),
        addresses: missing.addresses.fresh(),
        agents: missing.agents.fresh(),
    };
    for part in parts(&rows, &SIZES) {
        insert(tx, part, &mut appended).await?;
    }
    Ok(appended)
}

/// Gives the rows their numbers before they are sorted, so that events of one batch stay in their order.
async fn number(tx: &Transaction, rows: &mut [Row<'_>]) -> Result<()> {
    let mut sql = tx.sql("SELECT nextval(pg_get_serial_sequence('event', 'id')) FROM generate_series(1, ");
    sql.number(i64::try_from(rows.len()).unwrap_or(i64::MAX)).push(")");
    for (row, drawn) in rows.iter_mut().zip(sql.rows(tx).await?) {
        row.number = Some(get(&drawn, 0)?);
    }
    Ok(())
}

async fn insert(tx: &Transaction, rows: &[Row<'_>], appended: &mut Appended) -> Result<()> {
    let numbered = rows.iter().all(|row| row.number.is_some());
    let number = if numbered { "id, " } else { "" };
    let asks = tx.is_sqlite() && appended.generation.is_none();
    let mut sql = tx.sql(if asks { super::configuration::GENERATION } else { "" });
    sql.push(if asks { "; " } else { "" }).push(tx.insert_word());
    sql.push(&format!(" INTO event ({number}{COLUMNS}) VALUES "));
    for (index, row) in rows.iter().enumerate() {
        sql.push(if index > 0 { ", (" } else { "(" });
        if numbered {
            sql.bind(row.number).push(",");
        }
        for (column, value) in values(row).into_iter().enumerate() {
            sql.push(if column > 0 { "," } else { "" });
            sql.bind(value);
            if column == COLUMN_COUNT - 1 && !tx.is_sqlite() {
                sql.push("::jsonb");
            }
        }
        sql.push(")");
    }
    if tx.is_sqlite() {
        // The one writer looked every id up in this very transaction; there is nobody to lose against.
        if let Some(row) = sql.rows(tx).await?.first() {
            appended.generation = Some(get(row, 0)?);
        }
        return Ok(());
    }
    let mut stored = HashSet::new();
    sql.push(" ON CONFLICT (uid) DO NOTHING RETURNING uid");
    for row in sql.rows(tx).await? {
        stored.insert(get::<Vec<u8>>(&row, 0)?);
    }
    let unstored = rows
        .iter()
        .map(|row| row.new.event.uid)
        .filter(|uid| !stored.contains(uid.as_slice()));
    appended.lost.extend(unstored);
    Ok(())
}

fn values(row: &Row) -> [Value; COLUMN_COUNT] {
    let event = row.new.event;
    let ip = event.ip.map(|ip| match ip {
        std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
        std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
    });
    let [action, label, actor, device, session, company, language, country, city] = row.texts;
    let [url, referrer] = row.addresses;
    [
        event.site.into(),
        nanoseconds(event.time).into(),
        nanoseconds(event.received).into(),
        event.uid.to_vec().into(),
        event.id_is_clients.then(|| event.id.clone()).into(),
        action.into(),
        label.into(),
        url.into(),
        referrer.into(),
        row.agent.into(),
        event.traffic_source.code().into(),
        actor.into(),
        event.actor_kind.code().into(),
        device.into(),
        session.into(),
        company.into(),
        language.into(),
        country.into(),
        city.into(),
        ip.into(),
        event.door.code().into(),
        event.key.into(),
        event.scope.clone().into(),
        row.new.tag.into(),
    ]
}

/// The numbers of the events with these unique ids.
///
/// # Errors
/// Whatever the database says.
pub async fn numbers(tx: &Transaction, uids: &[[u8; 16]]) -> Result<Vec<i64>> {
    let mut sql = tx.sql("SELECT id FROM event WHERE uid IN ");
    sql.bind_hashes(uids);
    sql.rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Gives unique ids back that outlived their events.
///
/// # Errors
/// Whatever the database says.
pub async fn unclaim(tx: &Transaction, uids: &[[u8; 16]]) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM claimed_id WHERE uid IN ");
    sql.bind_hashes(uids);
    sql.run(tx).await.map(drop)
}

/// Takes an event's id away, for another event to have, and gives it `other` instead.
///
/// # Errors
/// Whatever the database says.
pub async fn release(tx: &Transaction, number: i64, other: [u8; 16]) -> Result<()> {
    let mut sql = tx.sql("UPDATE event SET client_id = NULL, uid = ");
    sql.bind(other.to_vec()).push(" WHERE id = ").number(number);
    sql.run(tx).await.map(drop)
}

/// Which of `uids` were stored before, and on which site; among living events first, then among ids that outlived
/// theirs, as a purge moves them that way.
///
/// # Errors
/// Whatever the database says.
pub async fn known(tx: &Transaction, uids: &[[u8; 16]]) -> Result<HashMap<[u8; 16], i64>> {
    let mut known = HashMap::new();
    for table in ["event", "claimed_id"] {
        let mut sql = tx.sql(&format!("SELECT uid, site_id FROM {table} WHERE uid IN "));
        sql.bind_hashes(uids);
        for row in sql.rows(tx).await? {
            let uid: Vec<u8> = get(&row, 0)?;
            known.insert(uid.try_into().unwrap_or_default(), get(&row, 1)?);
        }
    }
    Ok(known)
}
