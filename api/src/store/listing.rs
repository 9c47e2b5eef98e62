//! Living events in any order, so many past so many.

use super::{
    Transaction,
    condition::place,
    event::{COLUMNS, read},
    predicate::{nulls, push_any_order, push_text},
    raw::{Tombstone, push_matching_with},
    sql::Sql,
};
use crate::domain::{
    deletion::Filter,
    dimension::Dimension,
    error::Result,
    event::Event,
    hash::KeyedHash,
    odata::{Column, Direction, Key},
    predicate::Text,
};

/// Which events, and in what order.
#[derive(Debug)]
pub struct Listing<'a> {
    /// Hashes texts to find them by.
    pub hasher: &'a KeyedHash,
    /// The site.
    pub site: i64,
    /// Which events.
    pub filter: &'a Filter,
    /// Deletions under way.
    pub tombstones: &'a [Tombstone],
    /// Ordered by what; those that are equal in all of it, by their public ids.
    pub order: &'a [Key],
    /// Past so many.
    pub skip: usize,
    /// At most so many.
    pub limit: usize,
}

/// The events of a listing.
///
/// # Errors
/// `DEADLINE_EXCEEDED`, or whatever the database says.
pub async fn list(tx: &Transaction, listing: &Listing<'_>) -> Result<Vec<Event>> {
    let mut sql = tx.sql(&format!("SELECT {COLUMNS} FROM event e"));
    let needed: Vec<&Dimension> = listing.order.iter().filter_map(|key| dimension(&key.column)).collect();
    let which = (listing.site, listing.filter, listing.tombstones);
    push_matching_with(tx, &mut sql, listing.hasher, which, &needed);
    sql.push(" ORDER BY ");
    for key in listing.order {
        push_key(&mut sql, key);
        sql.push(", ");
    }
    push_text(&mut sql, &Text::Id);
    sql.push(if sql.is_sqlite() { "" } else { " COLLATE \"C\"" });
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    sql.push(" LIMIT ")
        .number(number(listing.limit))
        .push(" OFFSET ")
        .number(number(listing.skip));
    let rows = sql.rows(tx).await?;
    read(tx, &rows).await
}

fn dimension(column: &Column) -> Option<&Dimension> {
    match column {
        Column::Text(text) => text.dimension(),
        Column::Any(dimension) => Some(dimension),
        Column::Time | Column::Address | Column::Payload => None,
    }
}

fn push_key(sql: &mut Sql, key: &Key) {
    let direction = match key.direction {
        Direction::Ascending => "",
        Direction::Descending => " DESC",
    };
    let sqlite = sql.is_sqlite();
    match &key.column {
        Column::Time => {
            sql.push("e.time").push(direction);
        }
        Column::Address => {
            sql.push("e.ip").push(direction).push(nulls(sqlite, direction));
        }
        Column::Text(text) => push_text_key(sql, text, direction),
        Column::Any(dimension) => match place(dimension) {
            Ok(_) => push_text_key(sql, &Text::Of(dimension.clone()), direction),
            Err(field) => push_any_order(sql, field, direction),
        },
        // Nothing is ordered by it.
        Column::Payload => {
            sql.push("1");
        }
    }
}

fn push_text_key(sql: &mut Sql, text: &Text, direction: &str) {
    let sqlite = sql.is_sqlite();
    sql.push("(");
    push_text(sql, text);
    sql.push(if sqlite { ")" } else { ") COLLATE \"C\"" })
        .push(direction)
        .push(nulls(sqlite, direction));
}
