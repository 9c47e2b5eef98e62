//! Saved segments.

use entity::segment::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, NotSet, QueryFilter, QueryOrder};

use super::{Transaction, sql::remove_row};
use crate::domain::{
    error::{Error, Result},
    segment::{Definition, Segment},
    zone,
};

/// The segments of a site, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction, site: i64) -> Result<Vec<Segment>> {
    let rows = Entity::find()
        .filter(Column::SiteId.eq(site))
        .order_by_asc(Column::Name)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    rows.into_iter().map(read).collect()
}

/// One segment of a site.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, site: i64, name: &str) -> Result<Option<Segment>> {
    if name.contains('\0') {
        return Ok(None);
    }
    let row = Entity::find()
        .filter(Column::SiteId.eq(site))
        .filter(Column::Name.eq(name))
        .one(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    row.map(read).transpose()
}

/// Saves a segment.
///
/// # Errors
/// A conflict where the name is taken, or whatever the database says.
pub async fn create(tx: &Transaction, site: i64, definition: &Definition, now: i64) -> Result<Segment> {
    let row = ActiveModel {
        id: NotSet,
        site_id: Set(site),
        name: Set(definition.name.clone()),
        query: Set(definition.query.clone()),
        parameters: Set(serde_json::to_value(&definition.parameters).map_err(Error::internal)?),
        created_at: Set(now),
    };
    let row = row.insert(tx.connection()).await.map_err(|error| tx.failure(error))?;
    read(row)
}

/// Removes a segment.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, id: i64) -> Result<()> {
    remove_row(tx, "segment", id).await
}

fn read(row: Model) -> Result<Segment> {
    Ok(Segment {
        id: row.id,
        site: row.site_id,
        definition: Definition {
            name: row.name,
            query: row.query,
            parameters: serde_json::from_value(row.parameters).map_err(Error::internal)?,
        },
        created: zone::timestamp(row.created_at),
    })
}
