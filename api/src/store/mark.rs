//! Marks: how far a group of rollups is folded.

use super::{
    Transaction,
    sql::{get, remove_row},
};
use crate::domain::{
    error::{Error, Result},
    rollup::{Mark, SCOPE_MARK, VIEW_MARK},
};

/// A mark as this snapshot sees it.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, id: i64) -> Result<Option<Mark>> {
    select(tx, id, false).await
}

/// A mark that exists.
///
/// # Errors
/// `INTERNAL` where there is none.
pub async fn get_mark(tx: &Transaction, id: i64) -> Result<Mark> {
    find(tx, id)
        .await?
        .ok_or_else(|| Error::internal(format!("mark {id} is missing")))
}

/// A mark, locked until the end of the transaction.
///
/// # Errors
/// Whatever the database says.
pub async fn lock(tx: &Transaction, id: i64) -> Result<Option<Mark>> {
    select(tx, id, true).await
}

async fn select(tx: &Transaction, id: i64, lock: bool) -> Result<Option<Mark>> {
    let mut sql = tx.sql("SELECT id, position, reach, revision, epoch FROM mark WHERE id = ");
    sql.number(id);
    if lock && !tx.is_sqlite() {
        sql.push(" FOR UPDATE");
    }
    sql.row(tx).await?.as_ref().map(read).transpose()
}

fn read(row: &sea_orm::QueryResult) -> Result<Mark> {
    Ok(Mark {
        id: get(row, 0)?,
        position: get(row, 1)?,
        reach: get(row, 2)?,
        revision: get(row, 3)?,
        epoch: get(row, 4)?,
    })
}

/// Every mark.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<Mark>> {
    tx.sql("SELECT id, position, reach, revision, epoch FROM mark ORDER BY id")
        .rows(tx)
        .await?
        .iter()
        .map(read)
        .collect()
}

/// Moves a mark that the caller has locked.
///
/// # Errors
/// Whatever the database says.
pub async fn advance(tx: &Transaction, id: i64, position: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE mark SET position = ");
    // A fold that broke off may have reached further than the one that is done now.
    sql.number(position)
        .push(", reach = CASE WHEN reach > ")
        .number(position)
        .push(" THEN reach ELSE ")
        .number(position)
        .push(" END WHERE id = ")
        .number(id);
    sql.run(tx).await.map(drop)
}

/// Notes how far a fold in slices reaches; the caller has locked the mark.
///
/// # Errors
/// Whatever the database says.
pub async fn reach(tx: &Transaction, id: i64, reach: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE mark SET reach = ");
    sql.number(reach)
        .push(" WHERE id = ")
        .number(id)
        .push(" AND reach < ")
        .number(reach);
    sql.run(tx).await.map(drop)
}

/// Raises one mark's revision, so that no fold that has read before can write after.
///
/// # Errors
/// Whatever the database says.
pub async fn revise_one(tx: &Transaction, id: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE mark SET revision = revision + 1 WHERE id = ");
    sql.number(id);
    sql.run(tx).await.map(drop)
}

/// Raises every mark's revision, so that no fold that has read before can write after; holds all of them until the end
/// of the transaction, and gives their positions.
///
/// # Errors
/// Whatever the database says.
pub async fn revise(tx: &Transaction) -> Result<Vec<Mark>> {
    hold(tx).await?;
    tx.sql("UPDATE mark SET revision = revision + 1").run(tx).await?;
    list(tx).await
}

/// Holds every mark until the end of the transaction: no fold, deletion, restore or retention goes on beside it. In one
/// order, as the fold locks two when a backfill joins. What is read after it is what they left.
///
/// # Errors
/// Whatever the database says.
pub async fn hold(tx: &Transaction) -> Result<()> {
    if !tx.is_sqlite() {
        tx.sql("SELECT id FROM mark ORDER BY id FOR UPDATE").rows(tx).await?;
    }
    Ok(())
}

/// Before every event there can be, those of other clusters too (see [`rebase`]); far enough from the least number
/// that it can be carried over with them.
const BEFORE_ALL: i64 = -(1 << 62);

/// Makes a mark that has folded nothing.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &Transaction) -> Result<i64> {
    // A deletion under way, which knows the marks there were, must be over before another mark can fold what it hides.
    hold(tx).await?;
    let mut sql = tx.sql("INSERT INTO mark (position, reach, revision, epoch) VALUES (");
    sql.number(BEFORE_ALL).push(", ").number(BEFORE_ALL).push(", 0, ");
    sql.bind(super::configuration::epoch(tx).await?).push(") RETURNING id");
    sql.row(tx)
        .await?
        .map_or_else(|| Err(Error::internal("no mark was made")), |row| get(&row, 0))
}

/// Removes the marks of backfills that no rollup waits for any more: standing still, they would keep raw events that
/// retention is to remove.
///
/// # Errors
/// Whatever the database says.
pub async fn remove_unused(tx: &Transaction) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM mark WHERE id NOT IN ");
    sql.numbers([VIEW_MARK, SCOPE_MARK])
        .push(" AND NOT EXISTS (SELECT 1 FROM rollup r WHERE r.mark_id = mark.id AND r.state <> 2)");
    sql.run(tx).await.map(drop)
}

/// Removes a mark whose rollups have joined another.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, id: i64) -> Result<()> {
    remove_row(tx, "mark", id).await
}

/// The position up to which every event is surely visible: on SQLite past the last id, on PostgreSQL the oldest
/// transaction still open (`pg_snapshot_xmin`), since a lower number can still commit.
///
/// # Errors
/// Whatever the database says.
pub async fn horizon(tx: &Transaction) -> Result<i64> {
    let text = if tx.is_sqlite() {
        "SELECT coalesce(max(id), 0) + 1 FROM event"
    } else {
        "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    };
    tx.sql(text).row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// Events past a mark that are looked at to say how many there are: a server that is far behind answers as soon as one
/// that is not.
pub const MOST_COUNTED: i64 = 30_000;

/// How many events lie past `position`. On SQLite by their numbers, so that those removed in between count; on PostgreSQL
/// up to [`MOST_COUNTED`].
///
/// # Errors
/// Whatever the database says.
pub async fn lag(tx: &Transaction, position: i64) -> Result<i64> {
    if tx.is_sqlite() {
        return Ok(horizon(tx).await?.saturating_sub(position).max(0));
    }
    let mut sql = tx.sql("SELECT count(*) FROM (SELECT 1 FROM event WHERE arrival >= ");
    sql.number(position)
        .push(" LIMIT ")
        .number(MOST_COUNTED)
        .push(") AS past");
    sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// What lies past a position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Past {
    /// Events of the site among the first [`MOST_COUNTED`].
    pub own: i64,
    /// Whether there may be more.
    pub more: bool,
}

impl Past {
    /// Whether the site may have any.
    #[must_use]
    pub fn may_have_any(self) -> bool {
        self.own > 0 || self.more
    }
}

/// What lies past `position` of a site: what arrives on others is not that site's to know.
///
/// # Errors
/// Whatever the database says.
pub async fn past(tx: &Transaction, position: i64, site: i64) -> Result<Past> {
    let mut sql = tx.sql("SELECT count(*), count(*) FILTER (WHERE site_id = ");
    sql.number(site).push(") FROM (SELECT site_id FROM event WHERE ");
    sql.push(tx.arrival())
        .push(" >= ")
        .number(position)
        .push(" LIMIT ")
        .number(MOST_COUNTED)
        .push(") AS past");
    let none = Past { own: 0, more: false };
    sql.row(tx).await?.map_or(Ok(none), |row| {
        Ok(Past {
            own: get(&row, 1)?,
            more: get::<i64>(&row, 0)? >= MOST_COUNTED,
        })
    })
}

/// The public id of a site's newest event that is not hidden: past `position` the last to arrive, else the latest.
///
/// # Errors
/// Whatever the database says.
pub async fn newest(tx: &Transaction, position: i64, site: i64) -> Result<Option<String>> {
    let mut sql = tx.sql("SELECT uid, client_id");
    sql.push(" FROM event WHERE ")
        .push(tx.arrival())
        .push(" >= ")
        .number(position);
    // What lies past a mark is little beside what a site has, so the sign keeps the engine from looking by site.
    sql.push(" AND +site_id = ").number(site);
    sql.push(" AND deletion_id IS NULL ORDER BY ")
        .push(tx.arrival())
        .push(" DESC, id DESC LIMIT 1");
    if let Some(row) = sql.row(tx).await? {
        return super::event::public_id(&row, 0).map(Some);
    }
    let mut sql = tx.sql("SELECT uid, client_id FROM event WHERE site_id = ");
    sql.number(site)
        .push(" AND deletion_id IS NULL ORDER BY time DESC, id DESC LIMIT 1");
    let row = sql.row(tx).await?;
    row.map(|row| super::event::public_id(&row, 0)).transpose()
}

/// Whether this transaction is the only one of all instances that works on a mark. That saves double work; what keeps
/// a second worker harmless is the comparison of the mark before it moves.
///
/// # Errors
/// Whatever the database says.
pub async fn try_reserve(tx: &Transaction, id: i64) -> Result<bool> {
    if tx.is_sqlite() {
        return Ok(true);
    }
    // The first number is this program's own, so that no other program's locks collide with it.
    let mut sql = tx.sql("SELECT pg_try_advisory_xact_lock(1953066356, ");
    sql.number(id % i64::from(i32::MAX)).push(")");
    sql.row(tx).await?.map_or(Ok(false), |row| get(&row, 0))
}

/// When the oldest event past `position` was received.
///
/// # Errors
/// Whatever the database says.
pub async fn oldest(tx: &Transaction, position: i64) -> Result<Option<i64>> {
    let arrival = tx.arrival();
    let mut sql = tx.sql(&format!("SELECT received FROM event WHERE {arrival} >= "));
    sql.number(position).push(&format!(" ORDER BY {arrival} LIMIT 1"));
    sql.row(tx).await?.map(|row| get(&row, 0)).transpose()
}

/// A position that no event has reached yet that is visible now.
///
/// # Errors
/// Whatever the database says.
pub async fn ahead(tx: &Transaction) -> Result<i64> {
    let text = if tx.is_sqlite() {
        "SELECT coalesce(max(id), 0) + 1 FROM event"
    } else {
        "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    };
    tx.sql(text).row(tx).await?.map_or(Ok(0), |row| get(&row, 0))
}

/// Whether every event that arrived before `position` is surely visible to the statements that follow.
///
/// # Errors
/// Whatever the database says.
pub async fn is_settled(tx: &Transaction, position: i64) -> Result<bool> {
    // SQLite's one writer sees all there is; its horizon falls behind where the newest events were removed.
    Ok(tx.is_sqlite() || horizon(tx).await? >= position)
}

/// More transactions than one cluster will ever run.
const ALL_TRANSACTIONS: i64 = 1 << 48;

/// Carries arrivals over from another cluster, as after a dump and a restore: transaction ids start over there, so old
/// arrivals, and the positions of marks with them, are moved below every id of this cluster. Gives whether it did.
///
/// A mark's epoch is the cluster and the database that its position counts in. What goes wrong where it differs is the
/// comparison of arrivals of the one cluster with positions of the other: new events would lie below the mark and be in
/// no answer. Folding everything anew would mend that, and lose what retention has left to rollups alone. It is not needed:
/// a dump is of one snapshot, in which the rollups hold exactly the events below the positions beside them, and taking the
/// same number from all arrivals, positions and deletions' bounds changes no comparison among them. What comes now has an
/// id of this cluster, which is above 0 and so past them all. So the rollups are kept, and are as true as rebuilt ones.
/// There is room for thousands of moves. All events are written once, before the server answers anybody.
///
/// # Errors
/// Whatever the database says.
pub async fn rebase(tx: &Transaction) -> Result<bool> {
    if tx.is_sqlite() {
        return Ok(false);
    }
    let epoch = super::configuration::epoch(tx).await?;
    tx.sql("SELECT id FROM mark ORDER BY id FOR UPDATE").rows(tx).await?;
    if list(tx).await?.iter().all(|mark| mark.epoch == epoch) {
        return Ok(false);
    }
    for (table, column) in [
        ("event", "arrival"),
        ("deletion", "upper"),
        ("mark", "position"),
        ("mark", "reach"),
    ] {
        let mut sql = tx.sql(&format!("UPDATE {table} SET {column} = {column} - "));
        sql.number(ALL_TRANSACTIONS).to_owned().run(tx).await?;
    }
    let mut sql = tx.sql("UPDATE mark SET revision = revision + 1, epoch = ");
    sql.bind(epoch).to_owned().run(tx).await?;
    Ok(true)
}
