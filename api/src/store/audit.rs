//! The audit log: written, read, and never changed.

use entity::audit::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, NotSet, Order, QueryFilter, QueryOrder, QuerySelect,
};

use super::Transaction;
use crate::domain::{
    audit::{Actor, ActorKind, Entry, Question},
    error::Result,
    zone,
};

/// Writes an entry down; its `id` is ignored.
///
/// # Errors
/// Whatever the database says.
pub async fn create(tx: &Transaction, entry: &Entry) -> Result<()> {
    let row = ActiveModel {
        id: NotSet,
        written_at: Set(zone::nanoseconds(entry.time)),
        site_id: Set(entry.site),
        actor_kind: Set(entry.actor.kind.code()),
        actor_id: Set(entry.actor.id),
        actor: Set(entry.actor.name.clone()),
        operation: Set(entry.operation.clone()),
        target: Set(entry.target.clone()),
        before: Set(entry.before.clone()),
        after: Set(entry.after.clone()),
        address: Set(entry.address.map(|address| address.to_string())),
        user_agent: Set(entry.user_agent.clone()),
        request_id: Set(entry.request_id.clone()),
    };
    row.insert(tx.connection())
        .await
        .map(drop)
        .map_err(|error| tx.failure(error))
}

/// The entries that a question is about, in order of writing.
///
/// # Errors
/// Whatever the database says.
pub async fn page(tx: &Transaction, question: &Question) -> Result<Vec<Entry>> {
    let mut query = Entity::find();
    if let Some(sites) = &question.sites {
        query = query.filter(Column::SiteId.is_in(sites.iter().copied()));
    }
    if let Some(from) = question.from {
        query = query.filter(Column::WrittenAt.gte(from));
    }
    if let Some(to) = question.to {
        query = query.filter(Column::WrittenAt.lt(to));
    }
    if let Some(actor) = &question.actor {
        query = query.filter(Column::Actor.eq(actor));
    }
    if let Some(operation) = &question.operation {
        query = query.filter(Column::Operation.eq(operation));
    }
    let (order, after, before) = if question.descending {
        (Order::Desc, question.before, question.after)
    } else {
        (Order::Asc, question.after, question.before)
    };
    if let Some(after) = after {
        query = query.filter(Column::Id.gt(after));
    }
    if let Some(before) = before {
        query = query.filter(Column::Id.lt(before));
    }
    let limit = u64::try_from(question.limit).unwrap_or(u64::MAX);
    let rows = query.order_by(Column::Id, order).limit(limit).all(tx.connection());
    Ok(rows
        .await
        .map_err(|error| tx.failure(error))?
        .into_iter()
        .map(read)
        .collect())
}

fn read(row: Model) -> Entry {
    Entry {
        id: row.id,
        time: zone::timestamp(row.written_at),
        site: row.site_id,
        actor: Actor {
            kind: ActorKind::from_code(row.actor_kind),
            id: row.actor_id,
            name: row.actor,
        },
        operation: row.operation,
        target: row.target,
        before: row.before,
        after: row.after,
        address: row.address.and_then(|address| address.parse().ok()),
        user_agent: row.user_agent,
        request_id: row.request_id,
    }
}
