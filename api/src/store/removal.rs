//! Removal from disk: events, and then every text that only they named.

use std::collections::{BTreeMap, HashSet};

use super::{Transaction, aside::SET_ASIDE, counted_actor, sql::get};
use crate::domain::{error::Result, event::ActorKind};

/// Which events to remove from disk.
#[derive(Debug, Clone, Copy)]
pub enum Removal {
    /// Those that a deletion hides.
    Hidden(i64),
    /// Those that retention takes.
    Late(Late),
}

/// Events of a site that happened before a moment and are folded by every mark.
#[derive(Debug, Clone, Copy)]
pub struct Late {
    /// The site.
    pub site: i64,
    /// The nanosecond.
    pub time: i64,
    /// A position at which every mark is, or past it.
    pub below: i64,
    /// The nanosecond until which one of their unnamed actors may come again.
    pub unnamed_until: i64,
}

/// Removes at most `limit` events from disk, keeping the ids that clients gave, and says how many went.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, removal: Removal, limit: i64) -> Result<usize> {
    let mut sql = tx.sql("SELECT id, uid, client_id IS NOT NULL, site_id, actor_id, actor_kind FROM event WHERE ");
    match removal {
        Removal::Hidden(deletion) => sql.push("deletion_id = ").number(deletion),
        Removal::Late(late) => sql
            .push("site_id = ")
            .number(late.site)
            .push(" AND time < ")
            .number(late.time)
            // What a deletion hides may come back, and counts again then. What was set aside is no longer to be mended.
            .push(" AND (deletion_id IS NULL OR deletion_id = ")
            .number(SET_ASIDE)
            .push(") AND ")
            .push(tx.arrival())
            .push(" < ")
            .number(late.below),
    };
    sql.push(" LIMIT ").number(limit);
    let rows = sql.rows(tx).await?;
    let mut ids = Vec::with_capacity(rows.len());
    let mut counted = BTreeMap::new();
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
        if let (Removal::Late(late), Some(actor)) = (removal, get::<Option<i64>>(row, 4)?) {
            let unnamed = ActorKind::from_code(get(row, 5)?) == ActorKind::Unnamed;
            counted.insert(actor, if unnamed { late.unnamed_until } else { i64::MAX });
        }
    }
    counted_actor::keep(tx, &counted).await?;
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
    /// Whether sets of actors name its rows, too.
    actors: bool,
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
        actors: true,
    },
    Book {
        table: "url",
        columns: &["url_id", "referrer_id"],
        texts: &["value", "host", "path"],
        actors: false,
    },
    Book {
        table: "user_agent",
        columns: &["user_agent_id"],
        texts: &["value", "browser", "os"],
        actors: false,
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

/// Removes dictionary rows that no event names; of actors who are counted all the same only the text, with `now` in
/// nanoseconds since 1970. The caller holds appends off.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_book_rows(tx: &Transaction, book: Book, rows: &HashSet<i64>, now: i64) -> Result<()> {
    let mut rows: Vec<_> = rows.iter().copied().collect();
    if book.actors {
        let counted = counted_actor::among(tx, &rows, now).await?;
        blank(tx, book.table, book.texts, &counted).await?;
        counted_actor::forget_texts(tx, &counted).await?;
        let counted: HashSet<i64> = counted.into_iter().collect();
        rows.retain(|row| !counted.contains(row));
        counted_actor::remove(tx, &rows).await?;
    }
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
pub(super) async fn blank(tx: &Transaction, table: &str, columns: &[&str], ids: &[i64]) -> Result<()> {
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
