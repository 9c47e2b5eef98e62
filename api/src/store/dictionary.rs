//! Dictionaries of what repeats in events: texts, addresses, user agents. Rows are found by a keyed hash and never
//! change; the purge removes those that no event names any more.

use std::{
    collections::{BTreeMap, HashMap},
    hash::Hash as StdHash,
    sync::Arc,
};

use quick_cache::sync::Cache;
use sea_orm::{QueryResult, Value};

use super::{Transaction, sql::get};
use crate::domain::{
    error::Result,
    event::{Address, Agent},
    hash::{Hash, KeyedHash},
};

/// Remembered rows per table: some 100 bytes each, so that all caches together stay near 30 MB.
const REMEMBERED_TEXTS: usize = 150_000;
const REMEMBERED_ADDRESSES: usize = 30_000;
const REMEMBERED_AGENTS: usize = 5_000;
/// Rows of one insert, well below either engine's limit of bound values.
const ROWS_AT_ONCE: usize = 500;

/// What repeats in events, remembered: ids by value and values by id.
pub(super) struct Dictionary {
    texts: Both<Arc<str>>,
    addresses: Both<Arc<Address>>,
    agents: Both<Arc<Agent>>,
}

struct Both<V> {
    ids: Cache<V, i64>,
    values: Cache<i64, V>,
}

impl<V: StdHash + Eq + Clone> Both<V> {
    fn new(size: usize) -> Self {
        Self {
            ids: Cache::new(size),
            values: Cache::new(size),
        }
    }
}

impl Default for Dictionary {
    fn default() -> Self {
        Self {
            texts: Both::new(REMEMBERED_TEXTS),
            addresses: Both::new(REMEMBERED_ADDRESSES),
            agents: Both::new(REMEMBERED_AGENTS),
        }
    }
}

impl Dictionary {
    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.texts.ids.clear();
        self.texts.values.clear();
        self.addresses.ids.clear();
        self.addresses.values.clear();
        self.agents.ids.clear();
        self.agents.values.clear();
    }
}

/// One kind of dictionary row.
pub trait Entry: StdHash + Eq + Send + Sync + 'static {
    /// Its table.
    const TABLE: &'static str;
    /// Its columns after `id` and `hash`.
    const COLUMNS: &'static [&'static str];
    /// What identifies it.
    fn parts(&self) -> Vec<&[u8]>;
    /// The values of its columns.
    fn values(&self) -> Vec<Value>;
    /// Reads it from a row whose first column is the id.
    ///
    /// # Errors
    /// Where the row does not fit.
    fn read(row: &QueryResult) -> Result<Arc<Self>>;
}

trait Remembered: Entry {
    fn remembered(dictionary: &Dictionary) -> &Both<Arc<Self>>;
}

impl Entry for str {
    const TABLE: &'static str = "text";
    const COLUMNS: &'static [&'static str] = &["value"];

    fn parts(&self) -> Vec<&[u8]> {
        vec![self.as_bytes()]
    }

    fn values(&self) -> Vec<Value> {
        vec![self.into()]
    }

    fn read(row: &QueryResult) -> Result<Arc<Self>> {
        Ok(get::<String>(row, 1)?.into())
    }
}

impl Remembered for str {
    fn remembered(dictionary: &Dictionary) -> &Both<Arc<Self>> {
        &dictionary.texts
    }
}

impl Entry for Address {
    const TABLE: &'static str = "url";
    const COLUMNS: &'static [&'static str] = &["value", "host", "path"];

    fn parts(&self) -> Vec<&[u8]> {
        vec![self.value.as_bytes()]
    }

    fn values(&self) -> Vec<Value> {
        vec![
            self.value.clone().into(),
            self.host.clone().into(),
            self.path.clone().into(),
        ]
    }

    fn read(row: &QueryResult) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            value: get(row, 1)?,
            host: get(row, 2)?,
            path: get(row, 3)?,
        }))
    }
}

impl Remembered for Address {
    fn remembered(dictionary: &Dictionary) -> &Both<Arc<Self>> {
        &dictionary.addresses
    }
}

impl Entry for Agent {
    const TABLE: &'static str = "user_agent";
    const COLUMNS: &'static [&'static str] = &["value", "device", "browser", "os", "bot"];

    fn parts(&self) -> Vec<&[u8]> {
        // Newer patterns may see something else in the same text: that is another row.
        let browser = self.browser.as_deref().unwrap_or_default();
        let os = self.os.as_deref().unwrap_or_default();
        let bot: &[u8] = if self.bot { b"1" } else { b"0" };
        vec![
            self.value.as_bytes(),
            self.device.as_bytes(),
            browser.as_bytes(),
            os.as_bytes(),
            bot,
        ]
    }

    fn values(&self) -> Vec<Value> {
        vec![
            self.value.clone().into(),
            self.device.clone().into(),
            self.browser.clone().into(),
            self.os.clone().into(),
            self.bot.into(),
        ]
    }

    fn read(row: &QueryResult) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            value: get(row, 1)?,
            device: get(row, 2)?,
            browser: get(row, 3)?,
            os: get(row, 4)?,
            bot: get(row, 5)?,
        }))
    }
}

impl Remembered for Agent {
    fn remembered(dictionary: &Dictionary) -> &Both<Arc<Self>> {
        &dictionary.agents
    }
}

/// Ids of values that a transaction needs, found or made in it. Others learn of new ones by [`Ids::remember`], which is
/// called after the commit: an id of a transaction that failed must not be remembered.
pub(super) struct Ids<V: ?Sized> {
    known: HashMap<Arc<V>, i64>,
    fresh: Vec<Arc<V>>,
}

#[expect(private_bounds, reason = "the caches are this file's own affair")]
impl<V: Remembered + ?Sized> Ids<V>
where
    Arc<V>: StdHash + Eq,
{
    /// Finds or makes the ids of `wanted`.
    pub(super) async fn resolve(tx: &Transaction, hasher: &KeyedHash, wanted: Vec<Arc<V>>) -> Result<Self> {
        let cache = V::remembered(tx.database().dictionary());
        let mut ids = Self {
            known: HashMap::new(),
            fresh: Vec::new(),
        };
        // In order of the hash, so that two instances that insert the same rows wait for each other and never in a ring.
        let mut missing: BTreeMap<Hash, Arc<V>> = BTreeMap::new();
        for value in wanted {
            if ids.known.contains_key(&value) {
                continue;
            }
            match cache.ids.get(&value) {
                Some(id) => drop(ids.known.insert(value, id)),
                None => drop(missing.insert(hasher.hash(&value.parts()), value)),
            }
        }
        ids.fresh = missing.values().cloned().collect();
        ids.find(tx, &mut missing).await?;
        if !missing.is_empty() {
            insert(tx, &missing).await?;
            ids.find(tx, &mut missing).await?;
        }
        Ok(ids)
    }

    async fn find(&mut self, tx: &Transaction, missing: &mut BTreeMap<Hash, Arc<V>>) -> Result<()> {
        for (hash, id) in by_hash::<V>(tx, missing.keys().copied().collect()).await? {
            if let Some(value) = missing.remove(&hash) {
                self.known.insert(value, id);
            }
        }
        Ok(())
    }

    /// The id of a value that was wanted.
    pub(super) fn get(&self, value: &Arc<V>) -> Option<i64> {
        self.known.get(value).copied()
    }

    /// Lets later transactions know them too. Only after the commit.
    pub(super) fn remember(self, dictionary: &Dictionary) {
        let cache = V::remembered(dictionary);
        for value in self.fresh {
            if let Some(id) = self.known.get(&value) {
                cache.values.insert(*id, value.clone());
                cache.ids.insert(value, *id);
            }
        }
    }
}

async fn insert<V: Entry + ?Sized>(tx: &Transaction, rows: &BTreeMap<Hash, Arc<V>>) -> Result<()> {
    let rows: Vec<_> = rows.iter().collect();
    for chunk in rows.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql(&format!(
            "INSERT INTO {} (hash, {}) VALUES ",
            V::TABLE,
            V::COLUMNS.join(", ")
        ));
        for (index, (hash, value)) in chunk.iter().enumerate() {
            sql.push(if index > 0 { ", " } else { "" });
            sql.bind_list(std::iter::once(Value::from(hash.to_vec())).chain(value.values()));
        }
        sql.push(" ON CONFLICT (hash) DO NOTHING").to_owned().run(tx).await?;
    }
    Ok(())
}

async fn by_hash<V: Entry + ?Sized>(tx: &Transaction, hashes: Vec<Hash>) -> Result<Vec<(Hash, i64)>> {
    let mut found = Vec::new();
    for chunk in hashes.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql(&format!("SELECT id, hash FROM {} WHERE hash IN ", V::TABLE));
        sql.bind_list(chunk.iter().map(|hash| hash.to_vec()));
        for row in sql.rows(tx).await? {
            let hash: Vec<u8> = get(&row, 1)?;
            found.push((hash.try_into().unwrap_or_default(), get(&row, 0)?));
        }
    }
    Ok(found)
}

/// The texts of `ids`.
///
/// # Errors
/// Whatever the database says.
pub async fn texts(tx: &Transaction, ids: Vec<i64>) -> Result<HashMap<i64, Arc<str>>> {
    values(tx, ids).await
}

/// The addresses of `ids`.
///
/// # Errors
/// Whatever the database says.
pub async fn addresses(tx: &Transaction, ids: Vec<i64>) -> Result<HashMap<i64, Arc<Address>>> {
    values(tx, ids).await
}

/// The user agents of `ids`.
///
/// # Errors
/// Whatever the database says.
pub async fn agents(tx: &Transaction, ids: Vec<i64>) -> Result<HashMap<i64, Arc<Agent>>> {
    values(tx, ids).await
}

async fn values<V: Remembered + ?Sized>(tx: &Transaction, ids: Vec<i64>) -> Result<HashMap<i64, Arc<V>>>
where
    Arc<V>: StdHash + Eq,
{
    let cache = V::remembered(tx.database().dictionary());
    let mut found = HashMap::new();
    let mut missing = Vec::new();
    for id in ids {
        if found.contains_key(&id) {
            continue;
        }
        match cache.values.get(&id) {
            Some(value) => drop(found.insert(id, value)),
            None => missing.push(id),
        }
    }
    missing.sort_unstable();
    missing.dedup();
    for chunk in missing.chunks(ROWS_AT_ONCE) {
        let mut sql = tx.sql(&format!(
            "SELECT id, {} FROM {} WHERE id IN ",
            V::COLUMNS.join(", "),
            V::TABLE
        ));
        sql.numbers(chunk.iter().copied());
        for row in sql.rows(tx).await? {
            let (id, value) = (get(&row, 0)?, V::read(&row)?);
            cache.values.insert(id, value.clone());
            found.insert(id, value);
        }
    }
    Ok(found)
}
