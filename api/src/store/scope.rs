//! Declared scopes.

use entity::scope::{ActiveModel, Column, Entity, Model};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, NotSet, QueryOrder};

use super::{Transaction, sql::remove_row, view};
use crate::domain::{
    dimension::Dimension,
    error::Result,
    scope::{Scope, field_name, name},
    zone,
};

/// Every scope, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<Scope>> {
    let rows = Entity::find()
        .order_by_asc(Column::Id)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(rows.into_iter().map(read).collect())
}

/// Makes a scope.
///
/// # Errors
/// A conflict where there is one with these fields, or whatever the database says.
pub async fn create(tx: &Transaction, fields: &[Dimension], built_in: bool, now: i64) -> Result<Scope> {
    let names: Vec<_> = fields.iter().map(field_name).collect();
    let row = ActiveModel {
        id: NotSet,
        fields: Set(names.into()),
        name: Set(name(fields)),
        built_in: Set(built_in),
        created_at: Set(now),
    };
    row.insert(tx.connection())
        .await
        .map(read)
        .map_err(|error| tx.failure(error))
}

/// Removes a scope's declaration.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, id: i64) -> Result<()> {
    remove_row(tx, "scope", id).await
}

fn read(row: Model) -> Scope {
    Scope {
        id: row.id,
        fields: view::dimensions(row.fields),
        built_in: row.built_in,
        created: zone::timestamp(row.created_at),
    }
}
