//! Appending events: dictionary rows, then one insert for many events. Nothing here folds.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use sea_orm::Value;

use super::{Transaction, dictionary::Ids, sql::get};
use crate::domain::{
    error::Result,
    event::{Address, Agent, Event},
    hash::KeyedHash,
    zone::nanoseconds,
};

/// The columns of one event, in the order of [`values`].
const COLUMNS: &str = "site_id, time, received, uid, client_id, action_id, label_id, url_id, referrer_id, user_agent_id, \
     traffic_source, actor_id, actor_kind, device_id, session_id, company_id, language_id, country_id, city_id, ip, \
     door, key_id, tag";
const COLUMN_COUNT: usize = 23;
/// Events of one insert statement. Few sizes, so that the engine finds the statement it prepared before; the largest
/// keeps below SQLite's 32,766 bound values.
const SIZES: [usize; 9] = [256, 128, 64, 32, 16, 8, 4, 2, 1];

/// What an append did.
#[must_use = "the dictionary rows must be remembered after the commit"]
pub struct Appended {
    /// The events whose id somebody else stored first.
    pub lost: HashSet<[u8; 16]>,
    texts: Ids<str>,
    addresses: Ids<Address>,
    agents: Ids<Agent>,
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

/// One event, its repeated parts ready to be looked up.
struct Row<'a> {
    event: &'a Event,
    /// Its number, where the order of the rows is not that of their arrival.
    number: Option<i64>,
    texts: [Option<Arc<str>>; 9],
    addresses: [Option<Arc<Address>>; 2],
    agent: Option<Arc<Agent>>,
}

impl<'a> Row<'a> {
    fn new(event: &'a Event) -> Self {
        let text = |value: &Option<String>| value.as_deref().map(Arc::from);
        Self {
            event,
            number: None,
            texts: [
                Some(event.action.as_str().into()),
                text(&event.label),
                text(&event.actor),
                text(&event.device),
                text(&event.session),
                text(&event.company),
                text(&event.language),
                text(&event.country),
                text(&event.city),
            ],
            addresses: [&event.url, &event.referrer].map(|address| address.clone().map(Arc::new)),
            agent: event.agent.clone().map(Arc::new),
        }
    }
}

/// Appends events whose ids are not known yet.
///
/// # Errors
/// Whatever the database says; then nothing was appended.
pub async fn append(tx: &Transaction, hasher: &KeyedHash, events: &[&Event]) -> Result<Appended> {
    let mut rows: Vec<Row> = events.iter().map(|event| Row::new(event)).collect();
    if !tx.is_sqlite() && events.iter().any(|event| event.id_is_clients) {
        // Two instances that insert the same ids wait for each other, and never in a ring.
        number(tx, &mut rows).await?;
        rows.sort_unstable_by_key(|row| row.event.uid);
    }
    let texts = Ids::resolve(
        tx,
        hasher,
        rows.iter()
            .flat_map(|row| row.texts.iter().flatten().cloned())
            .collect(),
    )
    .await?;
    let addresses = Ids::resolve(
        tx,
        hasher,
        rows.iter()
            .flat_map(|row| row.addresses.iter().flatten().cloned())
            .collect(),
    )
    .await?;
    let agents = Ids::resolve(tx, hasher, rows.iter().filter_map(|row| row.agent.clone()).collect()).await?;
    let mut appended = Appended {
        lost: HashSet::new(),
        texts,
        addresses,
        agents,
    };
    let mut rest = rows.as_slice();
    while !rest.is_empty() {
        let size = SIZES.into_iter().find(|size| *size <= rest.len()).unwrap_or(1);
        let (chunk, after) = rest.split_at(size);
        insert(tx, chunk, &mut appended).await?;
        rest = after;
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
    let mut sql = tx.sql(&format!("INSERT INTO event ({number}{COLUMNS}) VALUES "));
    for (index, row) in rows.iter().enumerate() {
        sql.push(if index > 0 { ", (" } else { "(" });
        if numbered {
            sql.bind(row.number).push(",");
        }
        for (column, value) in values(row, appended).into_iter().enumerate() {
            sql.push(if column > 0 { "," } else { "" });
            sql.bind(value);
            if column == COLUMN_COUNT - 1 && !tx.is_sqlite() {
                sql.push("::jsonb");
            }
        }
        sql.push(")");
    }
    sql.push(" ON CONFLICT (uid) DO NOTHING");
    if tx.is_sqlite() {
        // The one writer looked every id up in this very transaction; there is nobody to lose against.
        return sql.run(tx).await.map(drop);
    }
    let mut stored = HashSet::new();
    sql.push(" RETURNING uid");
    for row in sql.rows(tx).await? {
        stored.insert(get::<Vec<u8>>(&row, 0)?);
    }
    let lost = rows
        .iter()
        .map(|row| row.event.uid)
        .filter(|uid| !stored.contains(uid.as_slice()));
    appended.lost.extend(lost);
    Ok(())
}

fn values(row: &Row, ids: &Appended) -> [Value; COLUMN_COUNT] {
    let event = row.event;
    let text = |index: usize| Value::from(row.texts[index].as_ref().and_then(|text| ids.texts.get(text)));
    let address = |index: usize| {
        Value::from(
            row.addresses[index]
                .as_ref()
                .and_then(|address| ids.addresses.get(address)),
        )
    };
    let ip = event.ip.map(|ip| match ip {
        std::net::IpAddr::V4(ip) => ip.octets().to_vec(),
        std::net::IpAddr::V6(ip) => ip.octets().to_vec(),
    });
    let tag = event
        .tag
        .as_ref()
        .filter(|tag| !tag.is_empty())
        .and_then(|tag| serde_json::to_string(tag).ok());
    [
        event.site.into(),
        nanoseconds(event.time).into(),
        nanoseconds(event.received).into(),
        event.uid.to_vec().into(),
        event.id_is_clients.then(|| event.id.clone()).into(),
        text(0),
        text(1),
        address(0),
        address(1),
        row.agent.as_ref().and_then(|agent| ids.agents.get(agent)).into(),
        event.traffic_source.code().into(),
        text(2),
        event.actor_kind.code().into(),
        text(3),
        text(4),
        text(5),
        text(6),
        text(7),
        text(8),
        ip.into(),
        event.door.code().into(),
        event.key.into(),
        tag.into(),
    ]
}

/// Which of `uids` were stored before, and on which site; among living events first, then among ids that outlived
/// theirs, as a purge moves them that way.
///
/// # Errors
/// Whatever the database says.
pub async fn known(tx: &Transaction, uids: &[[u8; 16]]) -> Result<HashMap<[u8; 16], i64>> {
    let mut known = HashMap::new();
    for table in ["event", "claimed_id"] {
        for chunk in uids.chunks(SIZES[0]) {
            let mut sql = tx.sql(&format!("SELECT uid, site_id FROM {table} WHERE uid IN "));
            sql.bind_list(chunk.iter().map(|uid| uid.to_vec()));
            for row in sql.rows(tx).await? {
                let uid: Vec<u8> = get(&row, 0)?;
                known.insert(uid.try_into().unwrap_or_default(), get(&row, 1)?);
            }
        }
    }
    Ok(known)
}
