//! Declared views.

use entity::view::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, NotSet, QueryOrder};

use super::{Transaction, sql::remove_row};
use crate::domain::{
    dimension::Dimension,
    error::Result,
    view::{Definition, View},
    zone,
};

/// Every view of every site, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<View>> {
    let rows = Entity::find()
        .order_by_asc(Column::Id)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(rows.into_iter().map(read).collect())
}

/// Makes a view.
///
/// # Errors
/// A conflict where the name is taken, or whatever the database says.
pub async fn create(tx: &Transaction, site: i64, definition: &Definition, built_in: bool, now: i64) -> Result<View> {
    let names = |list: &[Dimension]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
    let row = ActiveModel {
        id: NotSet,
        site_id: Set(site),
        name: Set(definition.name.clone()),
        actions: Set(definition.actions.clone().map(Into::into)),
        dimensions: Set(names(&definition.dimensions).into()),
        measures: Set(names(&definition.measures).into()),
        built_in: Set(built_in),
        created_at: Set(now),
    };
    row.insert(tx.connection())
        .await
        .map(read)
        .map_err(|error| tx.failure(error))
}

/// Removes a view's declaration.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, id: i64) -> Result<()> {
    remove_row(tx, "view", id).await
}

fn read(row: Model) -> View {
    let definition = Definition {
        name: row.name,
        actions: row.actions.and_then(|actions| serde_json::from_value(actions).ok()),
        dimensions: dimensions(row.dimensions),
        measures: dimensions(row.measures),
    };
    View {
        id: row.id,
        site: row.site_id,
        definition,
        built_in: row.built_in,
        created: zone::timestamp(row.created_at),
    }
}

/// The dimensions of a stored list; what is stored was checked when it was declared.
pub(super) fn dimensions(stored: serde_json::Value) -> Vec<Dimension> {
    let names: Vec<String> = serde_json::from_value(stored).unwrap_or_default();
    names.iter().filter_map(|name| Dimension::parse(name).ok()).collect()
}
