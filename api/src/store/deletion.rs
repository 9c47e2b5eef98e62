//! Deletions: which there are, and how far each is.

use entity::deletion::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, NotSet, QueryFilter, QueryOrder, QuerySelect,
};

use super::{Transaction, sql::get};
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
    read(row.insert(tx.connection()).await.map_err(|error| tx.failure(error))?)
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
        .map_err(|error| tx.failure(error))?;
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
        .map_err(|error| tx.failure(error))?
        .into_iter()
        .map(read)
        .collect()
}

/// Deletions that hide by a tombstone, oldest first; of one site where one is given. All of them: what one hides that was
/// left out would be in answers again.
///
/// # Errors
/// Whatever the database says.
pub async fn hiding(tx: &Transaction, site: Option<i64>) -> Result<Vec<Deletion>> {
    list(tx, site, &[State::Hiding], i64::MAX.unsigned_abs()).await
}

/// Deletions of a site in one of these states, the latest first; those before the one with the number `after` where one is
/// given.
///
/// # Errors
/// Whatever the database says.
pub async fn page(
    tx: &Transaction,
    site: i64,
    states: &[State],
    after: Option<i64>,
    limit: usize,
) -> Result<Vec<Deletion>> {
    let codes: Vec<_> = states.iter().map(|state| state.code()).collect();
    let mut query = Entity::find()
        .filter(Column::SiteId.eq(site))
        .filter(Column::State.is_in(codes))
        .order_by_desc(Column::Id)
        .limit(u64::try_from(limit).unwrap_or(u64::MAX));
    if let Some(after) = after {
        query = query.filter(Column::Id.lt(after));
    }
    let rows = query.all(tx.connection()).await.map_err(|error| tx.failure(error))?;
    rows.into_iter().map(read).collect()
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
            predicate: None,
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
