//! Deletions, and the removal of what they hide.

use std::collections::HashSet;

use entity::deletion::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, NotSet, QueryFilter, QueryOrder, QuerySelect,
};

use super::{Transaction, error, sql::get};
use crate::domain::{
    deletion::{Deletion, Filter, State, StoredFilter},
    error::{Error, Result},
    zone,
};

/// Makes a deletion; its `id` is ignored.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &Transaction, deletion: &Deletion) -> Result<Deletion> {
    let row = ActiveModel {
        id: NotSet,
        public_id: Set(deletion.public_id.clone()),
        site_id: Set(deletion.site),
        state: Set(deletion.state.code()),
        filter: Set(stored(&deletion.filter)?),
        upper: Set(deletion.upper),
        events_total: Set(deletion.events_total),
        events_done: Set(deletion.events_done),
        created_at: Set(zone::nanoseconds(deletion.created)),
        finished_at: Set(None),
    };
    read(row.insert(tx.connection()).await.map_err(error::from)?)
}

fn stored(filter: &Filter) -> Result<serde_json::Value> {
    serde_json::to_value(StoredFilter::from(filter)).map_err(Error::internal)
}

fn read(row: Model) -> Result<Deletion> {
    let stored: StoredFilter = serde_json::from_value(row.filter).map_err(Error::internal)?;
    Ok(Deletion {
        id: row.id,
        public_id: row.public_id,
        site: row.site_id,
        state: State::from_code(row.state),
        filter: stored.try_into()?,
        upper: row.upper,
        events_total: row.events_total,
        events_done: row.events_done,
        created: zone::timestamp(row.created_at),
        finished: row.finished_at.map(zone::timestamp),
    })
}

/// A deletion by its public id, locked where the transaction writes.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, public_id: &str) -> Result<Option<Deletion>> {
    if public_id.contains('\0') {
        // PostgreSQL has no such text, and no deletion such an id.
        return Ok(None);
    }
    let row = Entity::find()
        .filter(Column::PublicId.eq(public_id))
        .one(tx.connection())
        .await
        .map_err(error::from)?;
    row.map(read).transpose()
}

/// Deletions in one of these states, oldest first; of one site where one is given.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction, site: Option<i64>, states: &[State], limit: u64) -> Result<Vec<Deletion>> {
    let codes: Vec<_> = states.iter().map(|state| state.code()).collect();
    let mut query = Entity::find()
        .filter(Column::State.is_in(codes))
        .order_by_asc(Column::Id)
        .limit(limit);
    if let Some(site) = site {
        query = query.filter(Column::SiteId.eq(site));
    }
    query
        .all(tx.connection())
        .await
        .map_err(error::from)?
        .into_iter()
        .map(read)
        .collect()
}

/// Moves a deletion on, if it is still in the state `from`; says whether it was.
///
/// # Errors
/// Whatever the database says.
pub async fn advance(
    tx: &Transaction,
    id: i64,
    from: State,
    to: State,
    total: i64,
    done: i64,
    finished: Option<i64>,
) -> Result<bool> {
    let mut sql = tx.sql("UPDATE deletion SET state = ");
    sql.number(i64::from(to.code()))
        .push(", events_total = ")
        .number(total)
        .push(", events_done = ")
        .number(done);
    sql.push(", finished_at = ").bind(finished);
    if matches!(to, State::Purging | State::Purged) {
        // The filter may name a person.
        let empty = StoredFilter {
            sequences: None,
            from: None,
            to: None,
            conditions: Vec::new(),
        };
        let text = serde_json::to_string(&empty).map_err(Error::internal)?;
        sql.push(", filter = ").bind(text);
        if !tx.is_sqlite() {
            sql.push("::jsonb");
        }
    }
    sql.push(" WHERE id = ")
        .number(id)
        .push(" AND state = ")
        .number(i64::from(from.code()));
    Ok(sql.run(tx).await? > 0)
}

/// How many of a site's events await purge or are being hidden.
///
/// # Errors
/// Whatever the database says.
pub async fn pending(tx: &Transaction, site: i64) -> Result<i64> {
    let mut sql = tx.sql(
        "SELECT CAST(coalesce(sum(events_total), 0) AS BIGINT) FROM deletion WHERE state IN (0, 1) AND site_id = ",
    );
    sql.number(site);
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// Which events to remove from disk.
#[derive(Debug, Clone, Copy)]
pub enum Removal {
    /// Those that a deletion hides.
    Hidden(i64),
    /// Those of a site before a nanosecond, folded by every mark, which is at or past `below`.
    Before {
        /// The site.
        site: i64,
        /// The nanosecond.
        time: i64,
        /// The position.
        below: i64,
    },
}

/// Removes at most `limit` events from disk, keeping the ids that clients gave, and says how many went.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, removal: Removal, limit: i64) -> Result<usize> {
    let mut sql = tx.sql("SELECT id, uid, client_id IS NOT NULL, site_id FROM event WHERE ");
    match removal {
        Removal::Hidden(deletion) => sql.push("deletion_id = ").number(deletion),
        Removal::Before { site, time, below } => {
            sql.push("site_id = ").number(site).push(" AND time < ").number(time);
            // What a tombstone still hides must be taken back from rollups first.
            sql.push(" AND NOT EXISTS (SELECT 1 FROM deletion WHERE state = 0 AND site_id = ")
                .number(site);
            sql.push(") AND deletion_id IS NULL AND ")
                .push(tx.arrival())
                .push(" < ")
                .number(below)
        }
    };
    sql.push(" LIMIT ").number(limit);
    let rows = sql.rows(tx).await?;
    let mut ids = Vec::with_capacity(rows.len());
    for row in &rows {
        ids.push(get::<i64>(row, 0)?);
        if get::<bool>(row, 2)? {
            let mut sql = tx.sql("INSERT INTO claimed_id (uid, site_id) VALUES (");
            sql.bind(get::<Vec<u8>>(row, 1)?)
                .push(", ")
                .number(get(row, 3)?)
                .push(") ON CONFLICT (uid) DO NOTHING");
            sql.run(tx).await?;
        }
    }
    for chunk in ids.chunks(500) {
        let mut sql = tx.sql("DELETE FROM event WHERE id IN ");
        sql.numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(ids.len())
}

/// A dictionary, with the columns of `event` that name its rows.
#[derive(Debug, Clone, Copy)]
pub struct Book {
    table: &'static str,
    columns: &'static [&'static str],
    /// Its own columns of text.
    texts: &'static [&'static str],
}

/// The dictionaries.
pub const BOOKS: [Book; 3] = [
    Book {
        table: "text",
        columns: &[
            "action_id",
            "label_id",
            "actor_id",
            "device_id",
            "session_id",
            "company_id",
            "language_id",
            "country_id",
            "city_id",
        ],
        texts: &["value"],
    },
    Book {
        table: "url",
        columns: &["url_id", "referrer_id"],
        texts: &["value", "host", "path"],
    },
    Book {
        table: "user_agent",
        columns: &["user_agent_id"],
        texts: &["value", "browser", "os"],
    },
];

/// Rows of a dictionary with numbers in `from..`, at most `limit`.
///
/// # Errors
/// Whatever the database says.
pub async fn book_rows(tx: &Transaction, book: Book, from: i64, limit: i64) -> Result<HashSet<i64>> {
    let mut sql = tx.sql(&format!("SELECT id FROM {} WHERE id >= ", book.table));
    sql.number(from).push(" ORDER BY id LIMIT ").number(limit);
    sql.rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Strikes dictionary rows that events with numbers in `from..` name, a slice of `limit` events at a time; gives the
/// number to go on from, or none at the end.
///
/// # Errors
/// Whatever the database says.
pub async fn strike_living(
    tx: &Transaction,
    book: Book,
    rows: &mut HashSet<i64>,
    from: i64,
    limit: i64,
) -> Result<Option<i64>> {
    let mut sql = tx.sql(&format!(
        "SELECT id, {} FROM event WHERE id >= ",
        book.columns.join(", ")
    ));
    sql.number(from).push(" ORDER BY id LIMIT ").number(limit);
    let mut last = None;
    for row in sql.rows(tx).await? {
        last = Some(get::<i64>(&row, 0)?);
        strike(&row, 1, book, rows)?;
    }
    Ok(last.map(|last| last + 1))
}

/// Strikes dictionary rows that events name which arrived at `position` or later.
///
/// # Errors
/// Whatever the database says.
pub async fn strike_arrived(tx: &Transaction, book: Book, rows: &mut HashSet<i64>, position: i64) -> Result<()> {
    let mut sql = tx.sql(&format!(
        "SELECT {} FROM event WHERE {} >= ",
        book.columns.join(", "),
        tx.arrival()
    ));
    for row in sql.number(position).to_owned().rows(tx).await? {
        strike(&row, 0, book, rows)?;
    }
    Ok(())
}

fn strike(row: &sea_orm::QueryResult, first: usize, book: Book, rows: &mut HashSet<i64>) -> Result<()> {
    for index in first..first + book.columns.len() {
        if let Some(id) = get::<Option<i64>>(row, index)? {
            rows.remove(&id);
        }
    }
    Ok(())
}

/// Removes dictionary rows that no event names. The caller holds appends off.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_book_rows(tx: &Transaction, book: Book, rows: &HashSet<i64>) -> Result<()> {
    let rows: Vec<_> = rows.iter().copied().collect();
    blank(tx, book.table, book.texts, &rows).await?;
    for chunk in rows.chunks(1_000) {
        let mut sql = tx.sql(&format!("DELETE FROM {} WHERE id IN ", book.table));
        sql.numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}

/// Keys of a rollup that no cell has.
///
/// # Errors
/// Whatever the database says.
pub async fn unused_keys(tx: &Transaction, rollup: i64) -> Result<Vec<i64>> {
    let mut keys: HashSet<i64> = HashSet::new();
    let mut sql = tx.sql("SELECT id FROM rollup_key WHERE rollup_id = ");
    for row in sql.number(rollup).to_owned().rows(tx).await? {
        keys.insert(get(&row, 0)?);
    }
    for table in ["view_bucket", "unique_bucket"] {
        let mut sql = tx.sql(&format!("SELECT DISTINCT key_id FROM {table} WHERE rollup_id = "));
        for row in sql.number(rollup).to_owned().rows(tx).await? {
            keys.remove(&get(&row, 0)?);
        }
    }
    Ok(keys.into_iter().collect())
}

/// Removes keys that no cell has. The caller holds every mark, so that no fold uses them meanwhile.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_keys(tx: &Transaction, rollup: i64, unused: &[i64]) -> Result<()> {
    // Between the look and the lock a fold may have used one.
    let still: HashSet<i64> = unused_keys(tx, rollup).await?.into_iter().collect();
    let keys: Vec<_> = unused.iter().copied().filter(|key| still.contains(key)).collect();
    blank(
        tx,
        "rollup_key",
        &["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"],
        &keys,
    )
    .await?;
    for chunk in keys.chunks(1_000) {
        blank(
            tx,
            "rollup_key",
            &["v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7"],
            chunk,
        )
        .await?;
        let mut sql = tx.sql("DELETE FROM rollup_key WHERE id IN ");
        sql.numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}

/// Blanks at most `limit` of the events that a deletion hides, from past a number on; gives the number to go on from, or
/// none at the end. To be done for all of them before the first is removed.
///
/// # Errors
/// Whatever the database says.
pub async fn blank_hidden(tx: &Transaction, deletion: i64, past: i64, limit: i64) -> Result<Option<i64>> {
    let mut sql = tx.sql("SELECT id FROM event WHERE deletion_id = ");
    sql.number(deletion)
        .push(" AND id > ")
        .number(past)
        .push(" ORDER BY id LIMIT ")
        .number(limit);
    let ids: Vec<i64> = sql
        .rows(tx)
        .await?
        .iter()
        .map(|row| get(row, 0))
        .collect::<Result<_>>()?;
    blank(tx, "event", &["tag", "client_id"], &ids).await?;
    Ok(ids.last().copied())
}

/// Overwrites texts of rows about to go by blanks of the same length (SQLite only). A row of the same size is written
/// in its place, and what goes is zeroed there; but removing rows moves those that are left from page to page, and the
/// places that they leave are not zeroed. So all that is to go is blanked before the first of it is removed.
async fn blank(tx: &Transaction, table: &str, columns: &[&str], ids: &[i64]) -> Result<()> {
    if !tx.is_sqlite() {
        return Ok(());
    }
    let blanks = |column: &&str| {
        format!("{column} = CASE WHEN {column} IS NOT NULL THEN printf('%*s', octet_length({column}), '') END")
    };
    let blanks: Vec<_> = columns.iter().map(blanks).collect();
    for chunk in ids.chunks(1_000) {
        let mut sql = tx.sql(&format!("UPDATE {table} SET {} WHERE id IN ", blanks.join(", ")));
        sql.numbers(chunk.iter().copied());
        sql.run(tx).await?;
    }
    Ok(())
}
