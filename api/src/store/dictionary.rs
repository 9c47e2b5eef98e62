//! Dictionaries of what repeats in events: texts, addresses, user agents. Rows are found by a keyed hash and never
//! change; the purge removes those that no event names any more, or, of actors who are still counted, their text.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::Hash as StdHash,
    sync::Arc,
};

use foldhash::fast::RandomState;
use quick_cache::{
    UnitWeighter,
    sync::{self, Cache},
};
use sea_orm::QueryResult;
use serde_json::Value;

use super::{
    Transaction,
    sql::{Column, Sql, get},
};
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
    ids: Cache<V, i64, UnitWeighter, RandomState>,
    values: Cache<i64, V, UnitWeighter, RandomState>,
}

impl<V: StdHash + Eq + Clone> Both<V> {
    fn new(size: usize) -> Self {
        Self {
            ids: Cache::with(
                size,
                size as u64,
                UnitWeighter,
                RandomState::default(),
                sync::DefaultLifecycle::default(),
            ),
            values: Cache::with(
                size,
                size as u64,
                UnitWeighter,
                RandomState::default(),
                sync::DefaultLifecycle::default(),
            ),
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
pub(super) trait Entry: StdHash + Eq + Send + Sync + 'static {
    /// Its table.
    const TABLE: &'static str;
    /// Its columns after `id` and `hash`.
    const COLUMNS: &'static [(&'static str, Column)];
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
    /// One that can be kept.
    fn shared(&self) -> Arc<Self>;
}

impl Entry for str {
    const TABLE: &'static str = "text";
    const COLUMNS: &'static [(&'static str, Column)] = &[("value", Column::Text)];

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

    fn shared(&self) -> Arc<Self> {
        self.into()
    }
}

impl Entry for Address {
    const TABLE: &'static str = "url";
    const COLUMNS: &'static [(&'static str, Column)] =
        &[("value", Column::Text), ("host", Column::Text), ("path", Column::Text)];

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

    fn shared(&self) -> Arc<Self> {
        Arc::new(self.clone())
    }
}

impl Entry for Agent {
    const TABLE: &'static str = "user_agent";
    const COLUMNS: &'static [(&'static str, Column)] = &[
        ("value", Column::Text),
        ("device", Column::Text),
        ("browser", Column::Text),
        ("os", Column::Text),
        ("bot", Column::Flag),
    ];

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

    fn shared(&self) -> Arc<Self> {
        Arc::new(self.clone())
    }
}

/// Values whose ids a transaction needs and nobody remembers; it finds or makes them. Others learn of new ones by
/// [`Fresh::remember`], which is called after the commit: an id of a transaction that failed must not be remembered.
pub(super) struct Wanted<'a, V: ?Sized> {
    missing: HashSet<&'a V, RandomState>,
    found: HashMap<&'a V, i64, RandomState>,
}

/// Rows that a transaction found or made.
pub(super) struct Fresh<V: ?Sized>(Vec<(Arc<V>, i64)>);

#[expect(private_bounds, reason = "the caches are this file's own affair")]
impl<'a, V: Remembered + ?Sized> Wanted<'a, V> {
    /// Nothing is wanted yet.
    pub(super) fn new() -> Self {
        Self {
            missing: HashSet::default(),
            found: HashMap::default(),
        }
    }

    /// The id of `value` where it is remembered; otherwise it is wanted from now on.
    pub(super) fn id(&mut self, dictionary: &Dictionary, value: &'a V) -> Option<i64> {
        let id = V::remembered(dictionary).ids.get(value);
        if id.is_none() {
            self.missing.insert(value);
        }
        id
    }

    /// Finds or makes what is wanted.
    pub(super) async fn resolve(&mut self, tx: &Transaction, hasher: &KeyedHash) -> Result<()> {
        if self.missing.is_empty() {
            return Ok(());
        }
        // In order of the hash, so that two instances that insert the same rows wait for each other and never in a ring.
        let missing = self.missing.drain();
        let mut missing: BTreeMap<Hash, &'a V> = missing.map(|value| (hasher.hash(&value.parts()), value)).collect();
        let known = if tx.is_sqlite() {
            find_or_make(tx, &missing).await?
        } else {
            find(tx, &missing).await?
        };
        self.take(&mut missing, known);
        if !missing.is_empty() {
            let made = insert(tx, &missing).await?;
            self.take(&mut missing, made);
        }
        if !missing.is_empty() {
            // Another instance was first.
            let known = find(tx, &missing).await?;
            self.take(&mut missing, known);
        }
        Ok(())
    }

    fn take(&mut self, missing: &mut BTreeMap<Hash, &'a V>, rows: Vec<(Hash, i64)>) {
        for (hash, id) in rows {
            if let Some(value) = missing.remove(&hash) {
                self.found.insert(value, id);
            }
        }
    }

    /// The id of a value that was wanted and is resolved.
    pub(super) fn found(&self, value: &V) -> Option<i64> {
        self.found.get(value).copied()
    }

    /// What there is to remember.
    pub(super) fn fresh(self) -> Fresh<V> {
        Fresh(self.found.into_iter().map(|(value, id)| (value.shared(), id)).collect())
    }
}

#[expect(private_bounds, reason = "the caches are this file's own affair")]
impl<V: Remembered + ?Sized> Fresh<V> {
    /// Lets later transactions know them too. Only after the commit.
    pub(super) fn remember(self, dictionary: &Dictionary) {
        let cache = V::remembered(dictionary);
        for (value, id) in self.0 {
            cache.values.insert(id, value.clone());
            cache.ids.insert(value, id);
        }
    }
}

/// Inserts rows; gives those that nobody else inserted meanwhile.
async fn insert<V: Entry + ?Sized>(tx: &Transaction, rows: &BTreeMap<Hash, &V>) -> Result<Vec<(Hash, i64)>> {
    let mut sql = tx.insert();
    push_insert(&mut sql, rows);
    sql.push(" RETURNING hash, id");
    read_ids(&sql.rows(tx).await?)
}

/// Adds what an insert says of rows; those that are there already stay as they are.
fn push_insert<V: Entry + ?Sized>(sql: &mut Sql, rows: &BTreeMap<Hash, &V>) {
    let names: Vec<_> = V::COLUMNS.iter().map(|(name, _)| *name).collect();
    let columns: Vec<_> = std::iter::once(Column::Hash)
        .chain(V::COLUMNS.iter().map(|(_, column)| *column))
        .collect();
    let rows = rows.iter().map(|(hash, value)| {
        let mut row = vec![Value::from(hex::encode(hash))];
        row.extend(value.values());
        row.into()
    });
    sql.push(&format!(" INTO {} (hash, {}) ", V::TABLE, names.join(", ")));
    sql.select_rows(&columns, rows).push(" ON CONFLICT (hash) DO NOTHING");
}

/// Rows that are there already.
async fn find<V: Entry + ?Sized>(tx: &Transaction, rows: &BTreeMap<Hash, &V>) -> Result<Vec<(Hash, i64)>> {
    find_by(tx, tx.sql(""), rows).await
}

/// Rows that are there already, and those that are made: two statements handed over at once, for SQLite, whose one writer
/// nobody comes before.
async fn find_or_make<V: Entry + ?Sized>(tx: &Transaction, rows: &BTreeMap<Hash, &V>) -> Result<Vec<(Hash, i64)>> {
    let mut sql = tx.insert();
    push_insert(&mut sql, rows);
    sql.push("; ");
    find_by(tx, sql, rows).await
}

async fn find_by<V: Entry + ?Sized>(
    tx: &Transaction,
    mut sql: Sql,
    rows: &BTreeMap<Hash, &V>,
) -> Result<Vec<(Hash, i64)>> {
    // No entry that an event names is empty: it is the text of an actor that was forgotten, and who is back.
    sql.push(&format!("SELECT hash, id, value = '' FROM {} WHERE hash IN ", V::TABLE));
    sql.bind_hashes(rows.keys());
    let found = sql.rows(tx).await?;
    let ids = read_ids(&found)?;
    let mut back = BTreeMap::new();
    for (row, (hash, id)) in found.iter().zip(&ids) {
        if get::<bool>(row, 2)? {
            back.insert(*hash, *id);
        }
    }
    for (hash, id) in back {
        let value = rows.get(&hash).and_then(|value| value.values().into_iter().next());
        let mut sql = tx.sql(&format!("UPDATE {} SET value = ", V::TABLE));
        sql.bind(value.as_ref().and_then(Value::as_str).unwrap_or_default());
        sql.push(" WHERE id = ").number(id);
        sql.run(tx).await?;
    }
    Ok(ids)
}

fn read_ids(rows: &[QueryResult]) -> Result<Vec<(Hash, i64)>> {
    let read = |row: &QueryResult| {
        let hash: Vec<u8> = get(row, 0)?;
        Ok((hash.try_into().unwrap_or_default(), get(row, 1)?))
    };
    rows.iter().map(read).collect()
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
            V::COLUMNS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "),
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
