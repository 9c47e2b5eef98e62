//! Rules of allow and deny lists.

use entity::rule::{ActiveModel, Column, Entity, Model};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, NotSet, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};

use super::{Transaction, sql::get};
use crate::domain::{
    error::{Error, Result},
    rule::{Definition, List, Pattern, Rule, Target},
    zone,
};

/// Which rules of a site.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of one list.
    pub list: Option<List>,
    /// Those that look at one target.
    pub target: Option<Target>,
}

/// The revision of each site that has or had rules.
///
/// # Errors
/// Whatever the database says.
pub async fn revisions(tx: &Transaction) -> Result<Vec<(i64, i64)>> {
    let rows = tx.sql("SELECT site_id, revision FROM rule_set").rows(tx).await?;
    rows.iter().map(|row| Ok((get(row, 0)?, get(row, 1)?))).collect()
}

/// Raises the revision of a site's rules.
///
/// # Errors
/// Whatever the database says.
pub async fn revise(tx: &Transaction, site: i64) -> Result<()> {
    let mut sql = tx.sql("INSERT INTO rule_set (site_id, revision) VALUES (");
    sql.number(site)
        .push(", 1) ON CONFLICT (site_id) DO UPDATE SET revision = rule_set.revision + 1");
    sql.run(tx).await.map(drop)
}

/// Every rule of a site, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction, site: i64) -> Result<Vec<Rule>> {
    page(tx, site, &Filter::default(), None, None).await
}

/// Rules of a site past the one with the public id `after`, oldest first, at most `limit`.
///
/// # Errors
/// Whatever the database says.
pub async fn page(
    tx: &Transaction,
    site: i64,
    filter: &Filter,
    after: Option<&str>,
    limit: Option<u64>,
) -> Result<Vec<Rule>> {
    // Public ids are made in order of time, and a place among them stays good when its rule is gone.
    let mut query = matching(site, filter).order_by_asc(Column::PublicId).limit(limit);
    if let Some(after) = after {
        query = query.filter(Column::PublicId.gt(after));
    }
    let rows = query.all(tx.connection()).await.map_err(|error| tx.failure(error))?;
    rows.into_iter().map(read).collect()
}

/// How many rules of a site there are.
///
/// # Errors
/// Whatever the database says.
pub async fn count(tx: &Transaction, site: i64, filter: &Filter) -> Result<usize> {
    let count = matching(site, filter)
        .count(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

fn matching(site: i64, filter: &Filter) -> sea_orm::Select<Entity> {
    let mut query = Entity::find().filter(Column::SiteId.eq(site));
    if let Some(list) = filter.list {
        query = query.filter(Column::List.eq(list.code()));
    }
    if let Some(target) = filter.target {
        query = query.filter(Column::Target.eq(target.code()));
    }
    query
}

/// A rule by its public id.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, public_id: &str) -> Result<Option<Rule>> {
    if public_id.contains('\0') {
        // PostgreSQL has no such text, and no rule such an id.
        return Ok(None);
    }
    let row = Entity::find()
        .filter(Column::PublicId.eq(public_id))
        .one(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    row.map(read).transpose()
}

/// Rules by their numbers, oldest first.
///
/// # Errors
/// Whatever the database says.
pub async fn by_number(tx: &Transaction, ids: &[i64]) -> Result<Vec<Rule>> {
    let mut rules = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(1_000) {
        let rows = Entity::find()
            .filter(Column::Id.is_in(chunk.iter().copied()))
            .order_by_asc(Column::Id)
            .all(tx.connection())
            .await
            .map_err(|error| tx.failure(error))?;
        for row in rows {
            rules.push(read(row)?);
        }
    }
    Ok(rules)
}

/// Makes a rule; its `id` is ignored.
///
/// # Errors
/// A conflict where the list has a rule for this pattern, or whatever the database says.
pub async fn create(tx: &Transaction, rule: &Rule) -> Result<Rule> {
    let row = ActiveModel {
        id: NotSet,
        ..write(rule)
    };
    read(row.insert(tx.connection()).await.map_err(|error| tx.failure(error))?)
}

/// Changes a rule.
///
/// # Errors
/// A conflict where the list has a rule for this pattern, or whatever the database says.
pub async fn update(tx: &Transaction, rule: &Rule) -> Result<()> {
    write(rule)
        .update(tx.connection())
        .await
        .map(drop)
        .map_err(|error| tx.failure(error))
}

/// Removes a rule and its hits.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, id: i64) -> Result<()> {
    let mut sql = tx.sql("DELETE FROM rule_hit WHERE rule_id = ");
    sql.number(id).to_owned().run(tx).await?;
    let removed = Entity::delete_by_id(id).exec(tx.connection()).await;
    removed.map(drop).map_err(|error| tx.failure(error))
}

fn write(rule: &Rule) -> ActiveModel {
    let definition = &rule.definition;
    ActiveModel {
        id: Set(rule.id),
        public_id: Set(rule.public_id.clone()),
        site_id: Set(rule.site),
        list: Set(definition.list.code()),
        target: Set(definition.target.code()),
        pattern: Set(definition.pattern.to_string()),
        note: Set(definition.note.clone()),
        enabled: Set(definition.enabled),
        shadow: Set(definition.shadow),
        expires_at: Set(definition.expires.map(zone::nanoseconds)),
        created_at: Set(zone::nanoseconds(rule.created)),
    }
}

fn read(row: Model) -> Result<Rule> {
    let target = Target::from_code(row.target);
    // It was checked when it was declared, so that this is a fault of ours.
    let pattern = Pattern::parse(target, &row.pattern).map_err(Error::internal)?;
    Ok(Rule {
        id: row.id,
        public_id: row.public_id,
        site: row.site_id,
        definition: Definition {
            list: List::from_code(row.list),
            target,
            pattern,
            note: row.note,
            enabled: row.enabled,
            shadow: row.shadow,
            expires: row.expires_at.map(zone::timestamp),
        },
        created: zone::timestamp(row.created_at),
    })
}
