//! The described scopes of a site's events.

use super::{Transaction, sql::get};
use crate::domain::{error::Result, scope_name::EventScope};

/// The scopes of a site that are described, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction, site: i64) -> Result<Vec<EventScope>> {
    let mut sql = tx.sql("SELECT name, description FROM event_scope WHERE site_id = ");
    sql.number(site).push(" ORDER BY name");
    let rows = sql.rows(tx).await?;
    let read = |row: &_| {
        Ok(EventScope {
            name: get(row, 0)?,
            description: get(row, 1)?,
        })
    };
    rows.iter().map(read).collect()
}

/// Keeps what a scope is for.
///
/// # Errors
/// Whatever the database says.
pub async fn put(tx: &Transaction, site: i64, scope: &EventScope) -> Result<()> {
    let mut sql = tx.sql("INSERT INTO event_scope (site_id, name, description) VALUES (");
    sql.number(site)
        .push(", ")
        .bind(scope.name.as_str())
        .push(", ")
        .bind(scope.description.as_str())
        .push(") ON CONFLICT (site_id, name) DO UPDATE SET description = excluded.description");
    sql.run(tx).await.map(drop)
}
