//! Events in quarantine: each with all that an event is made of, as no row of a dictionary is kept for it.

use std::{net::IpAddr, sync::Arc};

use sea_orm::QueryResult;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Transaction,
    removal::blank,
    sql::{Column, Sql, get},
};
use crate::domain::{
    error::{Code, Error, Result},
    event::{ActorKind, Address, Agent, Door, Event, TrafficSource},
    quarantine::{Entry, Filter, Totals},
    tag_type::Refusal,
    zone,
};

const COLUMNS: &str = "q.id, q.public_id, q.site_id, q.code, q.name, q.path, q.expected, q.found, q.action, q.actor, \
     q.time, q.received, q.door, q.key_id, q.bytes, q.event";
/// What is blanked before a row goes.
const TEXTS: [&str; 7] = ["event", "action", "actor", "name", "path", "expected", "found"];
/// Rows of one statement, whose values are bound as one: an event has up to a megabyte.
const ROWS_AT_ONCE: usize = 100;
/// What a row costs beside its texts, in bytes.
const ROW_BYTES: usize = 200;
/// Rows looked at to make room.
const LOOK_AT_ONCE: i64 = 1_000;

/// What of an event no column has.
#[derive(Serialize, Deserialize)]
struct Body {
    id: String,
    id_is_clients: bool,
    uid: String,
    public: bool,
    #[serde(default)]
    is_final: bool,
    label: Option<String>,
    url: Option<String>,
    referrer: Option<String>,
    traffic_source: i16,
    agent: Option<AgentBody>,
    actor_kind: i16,
    device: Option<String>,
    session: Option<String>,
    company: Option<String>,
    language: Option<String>,
    country: Option<String>,
    city: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    ip: Option<IpAddr>,
    tag: Option<Map<String, Value>>,
}

#[derive(Serialize, Deserialize)]
struct AgentBody {
    value: String,
    device: String,
    browser: Option<String>,
    os: Option<String>,
    bot: bool,
}

fn body(event: &Event, public: bool, is_final: bool) -> Body {
    let address = |address: &Option<Arc<Address>>| address.as_ref().map(|address| address.value.clone());
    Body {
        id: event.id.clone(),
        id_is_clients: event.id_is_clients,
        uid: hex::encode(event.uid),
        public,
        is_final,
        label: event.label.clone(),
        url: address(&event.url),
        referrer: address(&event.referrer),
        traffic_source: event.traffic_source.code(),
        agent: event.agent.as_ref().map(|agent| AgentBody {
            value: agent.value.clone(),
            device: agent.device.clone(),
            browser: agent.browser.clone(),
            os: agent.os.clone(),
            bot: agent.bot,
        }),
        actor_kind: event.actor_kind.code(),
        device: event.device.clone(),
        session: event.session.clone(),
        company: event.company.clone(),
        language: event.language.clone(),
        country: event.country.clone(),
        city: event.city.clone(),
        scope: event.scope.clone(),
        ip: event.ip,
        tag: event.tag.clone(),
    }
}

/// An event to be kept.
#[derive(Debug, Clone, Copy)]
pub struct Refused<'a> {
    /// The event.
    pub event: &'a Event,
    /// Whether it came from somebody whose claims do not count.
    pub public: bool,
    /// Why it is refused.
    pub refusal: &'a Refusal,
    /// Whether trying it again cannot help.
    pub is_final: bool,
}

/// Keeps events; gives how much room each is charged.
///
/// # Errors
/// Whatever the database says.
pub async fn add(tx: &Transaction, refused: &[Refused<'_>]) -> Result<Vec<i64>> {
    use Column::{Number, Text};
    let columns = [
        Text, Number, Text, Text, Text, Text, Text, Text, Text, Number, Number, Number, Number, Number, Text,
    ];
    let mut charged = Vec::with_capacity(refused.len());
    for chunk in refused.chunks(ROWS_AT_ONCE) {
        let mut rows = Vec::with_capacity(chunk.len());
        for one in chunk {
            let Refused { event, refusal, .. } = one;
            let text = serde_json::to_string(&body(event, one.public, one.is_final)).map_err(Error::internal)?;
            let more = [&event.action, &refusal.name, &refusal.path].map(String::len);
            let bytes = ROW_BYTES + text.len() + more.iter().sum::<usize>();
            let bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
            charged.push(bytes);
            rows.push(Value::from(vec![
                Value::from(uuid::Uuid::now_v7().to_string()),
                event.site.into(),
                refusal.code.name().into(),
                refusal.name.as_str().into(),
                refusal.path.as_str().into(),
                refusal.expected.as_deref().into(),
                refusal.received.as_deref().into(),
                event.action.as_str().into(),
                event.actor.as_deref().into(),
                zone::nanoseconds(event.time).into(),
                zone::nanoseconds(event.received).into(),
                event.door.code().into(),
                event.key.into(),
                bytes.into(),
                text.into(),
            ]));
        }
        let mut sql = tx.sql(
            "INSERT INTO quarantine (public_id, site_id, code, name, path, expected, found, action, actor, time, \
             received, door, key_id, bytes, event) ",
        );
        sql.select_rows(&columns, rows);
        sql.run(tx).await?;
    }
    Ok(charged)
}

/// Adds to a site's totals, and gives them as they are then. The row is held until the end of the transaction.
///
/// # Errors
/// Whatever the database says.
pub async fn add_totals(tx: &Transaction, site: i64, more: Totals) -> Result<Totals> {
    let mut sql = tx.sql("INSERT INTO quarantine_total (site_id, n, bytes, expired, displaced) VALUES (");
    sql.number(site).push(", ").bind(more.count).push(", ").bind(more.bytes);
    sql.push(", ").bind(more.expired).push(", ").bind(more.displaced);
    sql.push(
        ") ON CONFLICT (site_id) DO UPDATE SET n = quarantine_total.n + excluded.n, \
         bytes = quarantine_total.bytes + excluded.bytes, expired = quarantine_total.expired + excluded.expired, \
         displaced = quarantine_total.displaced + excluded.displaced RETURNING n, bytes, expired, displaced",
    );
    sql.row(tx).await?.map_or_else(|| Ok(more), |row| read_totals(&row))
}

/// A site's totals.
///
/// # Errors
/// Whatever the database says.
pub async fn totals(tx: &Transaction, site: i64) -> Result<Totals> {
    let mut sql = tx.sql("SELECT n, bytes, expired, displaced FROM quarantine_total WHERE site_id = ");
    sql.number(site);
    sql.row(tx)
        .await?
        .map_or_else(|| Ok(Totals::default()), |row| read_totals(&row))
}

fn read_totals(row: &QueryResult) -> Result<Totals> {
    Ok(Totals {
        count: get(row, 0)?,
        bytes: get(row, 1)?,
        expired: get(row, 2)?,
        displaced: get(row, 3)?,
    })
}

/// The oldest entries of a site that take at least `bytes`, or as many as are looked at in one go; each with its room.
/// Those that somebody else is at work on are left out.
///
/// # Errors
/// Whatever the database says.
pub async fn oldest(tx: &Transaction, site: i64, bytes: i64) -> Result<Vec<(i64, i64)>> {
    let mut sql = tx.sql("SELECT id, bytes FROM quarantine WHERE site_id = ");
    sql.number(site).push(" ORDER BY id LIMIT ").number(LOOK_AT_ONCE);
    skip_locked(tx, &mut sql);
    let (mut found, mut room) = (Vec::new(), 0);
    for row in sql.rows(tx).await? {
        if room >= bytes {
            break;
        }
        let (id, own): (i64, i64) = (get(&row, 0)?, get(&row, 1)?);
        room += own;
        found.push((id, own));
    }
    Ok(found)
}

/// Entries of a site that came in before `received` or happened before `time`, in nanoseconds since 1970, at most
/// `limit`; each with its room.
///
/// # Errors
/// Whatever the database says.
pub async fn outdated(tx: &Transaction, site: i64, received: i64, time: i64, limit: i64) -> Result<Vec<(i64, i64)>> {
    let mut sql = tx.sql("SELECT id, bytes FROM quarantine WHERE site_id = ");
    sql.number(site).push(" AND (received < ").number(received);
    sql.push(" OR time < ")
        .number(time)
        .push(") ORDER BY id LIMIT ")
        .number(limit);
    skip_locked(tx, &mut sql);
    rooms(tx, sql).await
}

/// Entries that a deletion hides, at most `limit`; each with its room.
///
/// # Errors
/// Whatever the database says.
pub async fn hidden(tx: &Transaction, deletion: i64, limit: i64) -> Result<Vec<(i64, i64)>> {
    let mut sql = tx.sql("SELECT id, bytes FROM quarantine WHERE deletion_id = ");
    sql.number(deletion).push(" ORDER BY id LIMIT ").number(limit);
    skip_locked(tx, &mut sql);
    rooms(tx, sql).await
}

fn skip_locked(tx: &Transaction, sql: &mut Sql) {
    if !tx.is_sqlite() {
        sql.push(" FOR UPDATE SKIP LOCKED");
    }
}

async fn rooms(tx: &Transaction, sql: Sql) -> Result<Vec<(i64, i64)>> {
    let rows = sql.rows(tx).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// Removes entries from disk.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, ids: &[i64]) -> Result<()> {
    blank(tx, "quarantine", &TEXTS, ids).await?;
    for chunk in ids.chunks(1_000) {
        let mut sql = tx.sql("DELETE FROM quarantine WHERE id IN ");
        sql.numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}

/// Hides entries of a site whose actor this is under a deletion, and says how many.
///
/// # Errors
/// Whatever the database says.
pub async fn hide(tx: &Transaction, ids: &[i64], deletion: i64) -> Result<()> {
    for chunk in ids.chunks(1_000) {
        let mut sql = tx.sql("UPDATE quarantine SET deletion_id = ");
        sql.number(deletion)
            .push(" WHERE id IN ")
            .numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}

/// Shows again what a deletion hides.
///
/// # Errors
/// Whatever the database says.
pub async fn show(tx: &Transaction, deletion: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE quarantine SET deletion_id = NULL WHERE deletion_id = ");
    sql.number(deletion);
    sql.run(tx).await.map(drop)
}

/// Notes why an entry is refused now.
///
/// # Errors
/// Whatever the database says.
pub async fn update(tx: &Transaction, id: i64, refusal: &Refusal) -> Result<()> {
    let mut sql = tx.sql("UPDATE quarantine SET code = ");
    sql.bind(refusal.code.name())
        .push(", name = ")
        .bind(refusal.name.as_str());
    sql.push(", path = ").bind(refusal.path.as_str());
    sql.push(", expected = ").bind(refusal.expected.clone());
    sql.push(", found = ").bind(refusal.received.clone());
    sql.push(" WHERE id = ").number(id);
    sql.run(tx).await.map(drop)
}

/// Which entries, and which of them.
#[derive(Debug, Clone, Copy)]
pub struct Page<'a> {
    /// The site.
    pub site: i64,
    /// Which entries.
    pub filter: &'a Filter,
    /// Those of one actor.
    pub actor: Option<&'a str>,
    /// Only entries past this number.
    pub after: Option<i64>,
    /// Only entries before this number.
    pub before: Option<i64>,
    /// The newest first.
    pub descending: bool,
    /// At most so many.
    pub limit: usize,
    /// Whether nobody else may touch them until the end of the transaction.
    pub hold: bool,
}

/// Entries that no deletion hides, in the order of arrival.
///
/// # Errors
/// Whatever the database says.
pub async fn page(tx: &Transaction, page: Page<'_>) -> Result<Vec<Entry>> {
    let mut sql = tx.sql(&format!("SELECT {COLUMNS} FROM quarantine q"));
    push_matching(&mut sql, page.site, page.filter);
    if let Some(actor) = page.actor {
        sql.push(" AND q.actor = ").bind(actor);
    }
    if let Some(after) = page.after {
        sql.push(if page.descending {
            " AND q.id < "
        } else {
            " AND q.id > "
        });
        sql.number(after);
    }
    if let Some(before) = page.before {
        sql.push(if page.descending {
            " AND q.id > "
        } else {
            " AND q.id < "
        });
        sql.number(before);
    }
    sql.push(if page.descending {
        " ORDER BY q.id DESC"
    } else {
        " ORDER BY q.id"
    });
    sql.push(" LIMIT ")
        .number(i64::try_from(page.limit).unwrap_or(i64::MAX));
    if page.hold && !tx.is_sqlite() {
        sql.push(" FOR UPDATE");
    }
    sql.rows(tx).await?.iter().map(read).collect()
}

/// How many entries match that no deletion hides.
///
/// # Errors
/// Whatever the database says.
pub async fn count(tx: &Transaction, site: i64, filter: &Filter) -> Result<i64> {
    let mut sql = tx.sql("SELECT count(*) FROM quarantine q");
    push_matching(&mut sql, site, filter);
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

fn push_matching(sql: &mut Sql, site: i64, filter: &Filter) {
    sql.push(" WHERE q.deletion_id IS NULL AND q.site_id = ").number(site);
    if let Some(ids) = &filter.ids {
        sql.push(" AND q.public_id IN ")
            .bind_list(ids.iter().map(String::as_str));
    }
    if let Some(code) = filter.code {
        sql.push(" AND q.code = ").bind(code.name());
    }
    for (column, text) in [
        ("path", &filter.path),
        ("name", &filter.name),
        ("action", &filter.action),
    ] {
        if let Some(text) = text {
            sql.push(&format!(" AND q.{column} = ")).bind(text.as_str());
        }
    }
}

fn read(row: &QueryResult) -> Result<Entry> {
    let text: String = get(row, 15)?;
    let body: Body = serde_json::from_str(&text).map_err(Error::internal)?;
    let code: String = get(row, 3)?;
    let code = Code::ALL.iter().copied().find(|one| one.name() == code);
    let address = |value: Option<String>| value.map(|value| Arc::new(Address::parse(&value)));
    let uid = hex::decode(&body.uid).map_err(Error::internal)?;
    let event = Event {
        sequence: None,
        site: get(row, 2)?,
        id: body.id,
        id_is_clients: body.id_is_clients,
        uid: uid.try_into().unwrap_or_default(),
        action: get(row, 8)?,
        label: body.label,
        time: zone::timestamp(get(row, 10)?),
        received: zone::timestamp(get(row, 11)?),
        url: address(body.url),
        referrer: address(body.referrer),
        traffic_source: TrafficSource::from_code(body.traffic_source),
        agent: body.agent.map(|agent| {
            Arc::new(Agent {
                value: agent.value,
                device: agent.device,
                browser: agent.browser,
                os: agent.os,
                bot: agent.bot,
            })
        }),
        actor: get(row, 9)?,
        actor_kind: ActorKind::from_code(body.actor_kind),
        device: body.device,
        session: body.session,
        company: body.company,
        language: body.language,
        country: body.country,
        city: body.city,
        scope: body.scope,
        ip: body.ip,
        tag: body.tag,
        door: Door::from_code(get(row, 12)?),
        key: get(row, 13)?,
    };
    Ok(Entry {
        id: get(row, 0)?,
        public_id: get(row, 1)?,
        event: Arc::new(event),
        public: body.public,
        is_final: body.is_final,
        refusal: Refusal {
            code: code.unwrap_or(Code::TagTypeConflict),
            name: get(row, 4)?,
            path: get(row, 5)?,
            expected: get(row, 6)?,
            received: get(row, 7)?,
        },
        bytes: get(row, 14)?,
    })
}
