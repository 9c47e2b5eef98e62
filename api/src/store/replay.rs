//! Raw events as rules see them, those that look the same counted together.

use std::{
    collections::{HashMap, HashSet},
    net::IpAddr,
    sync::Arc,
};

use super::{
    Transaction, dictionary,
    raw::{Tombstone, push_matching},
    sql::get,
};
use crate::domain::{
    deletion::Filter,
    error::Result,
    event::{Address, Agent},
    hash::KeyedHash,
    period::Span,
    rule::{Subject, Target},
};

/// Which events to read, and what of them.
#[derive(Debug)]
pub struct Replay<'a> {
    /// Hashes texts to find them by.
    pub hasher: &'a KeyedHash,
    /// The site.
    pub site: i64,
    /// When they happened.
    pub span: Span,
    /// Deletions under way.
    pub tombstones: &'a [Tombstone],
    /// What rules look at; the action is always read.
    pub targets: &'a HashSet<Target>,
    /// At most so many groups.
    pub limit: usize,
}

/// Events that look the same to rules.
#[derive(Debug, Clone)]
pub struct Alike {
    /// How many.
    pub count: i64,
    /// Their action.
    pub action: Arc<str>,
    /// As much of their address as was stored.
    pub ip: Option<IpAddr>,
    country: Option<Arc<str>>,
    agent: Option<Arc<Agent>>,
    url: Option<Arc<Address>>,
    referrer: Option<Arc<Address>>,
}

impl Alike {
    /// What rules look at.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject {
            action: &self.action,
            ip: self.ip,
            user_agent: self.agent.as_ref().map(|agent| agent.value.as_str()),
            referrer_host: self.referrer.as_ref().and_then(|referrer| referrer.host.as_deref()),
            url_path: self.url.as_ref().and_then(|url| url.path.as_deref()),
            country: self.country.as_deref(),
            bot: self.agent.as_ref().map(|agent| agent.bot),
        }
    }
}

/// The columns that are read, in this order; others are null.
const COLUMNS: [(&str, &[Target]); 6] = [
    ("e.action_id", &[Target::Action]),
    ("e.country_id", &[Target::Country]),
    ("e.user_agent_id", &[Target::UserAgent, Target::Bot]),
    ("e.url_id", &[Target::UrlPath]),
    ("e.referrer_id", &[Target::ReferrerHost]),
    ("e.ip", &[Target::Ip]),
];

/// Living events of a stretch of time, in groups of those that look the same.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn alike(tx: &Transaction, replay: &Replay<'_>) -> Result<Vec<Alike>> {
    let read = |(_, targets): &(&str, &[Target])| {
        targets
            .iter()
            .any(|target| *target == Target::Action || replay.targets.contains(target))
    };
    let columns: Vec<_> = COLUMNS
        .iter()
        .filter(|column| read(column))
        .map(|column| column.0)
        .collect();
    let place = |name: &str| columns.iter().position(|column| *column == name).map(|place| place + 1);
    let list = columns.join(", ");
    let mut sql = tx.sql(&format!("SELECT count(*), {list} FROM event e"));
    let filter = Filter {
        span: Some(replay.span),
        ..Filter::default()
    };
    push_matching(tx, &mut sql, replay.hasher, replay.site, &filter, replay.tombstones);
    sql.push(&format!(" GROUP BY {list} LIMIT "))
        .number(i64::try_from(replay.limit).unwrap_or(i64::MAX));
    let rows = sql.rows(tx).await?;
    let numbers = |name: &str| -> Result<Vec<Option<i64>>> {
        match place(name) {
            Some(place) => rows.iter().map(|row| get(row, place)).collect(),
            None => Ok(vec![None; rows.len()]),
        }
    };
    let (actions, countries) = (numbers("e.action_id")?, numbers("e.country_id")?);
    let words = actions.iter().chain(&countries).copied().flatten().collect();
    let texts = dictionary::texts(tx, words).await?;
    let agent_ids = numbers("e.user_agent_id")?;
    let agents = dictionary::agents(tx, agent_ids.iter().copied().flatten().collect()).await?;
    let (urls, referrers) = (numbers("e.url_id")?, numbers("e.referrer_id")?);
    let places = urls.iter().chain(&referrers).copied().flatten().collect();
    let addresses = dictionary::addresses(tx, places).await?;
    let mut found = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let ip: Option<Vec<u8>> = place("e.ip").map_or(Ok(None), |place| get(row, place))?;
        found.push(Alike {
            count: get(row, 0)?,
            action: known(&texts, actions[index]).unwrap_or_else(|| Arc::from("")),
            ip: ip.and_then(|bytes| super::event::ip(&bytes)),
            country: known(&texts, countries[index]),
            agent: known(&agents, agent_ids[index]),
            url: known(&addresses, urls[index]),
            referrer: known(&addresses, referrers[index]),
        });
    }
    Ok(found)
}

fn known<T: ?Sized>(values: &HashMap<i64, Arc<T>>, id: Option<i64>) -> Option<Arc<T>> {
    values.get(&id?).cloned()
}
