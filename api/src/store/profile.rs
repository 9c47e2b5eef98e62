//! Profiles, the other names of actors, and the types of traits.

use std::collections::{BTreeSet, HashMap};

use sea_orm::QueryResult;
use serde_json::Value;

use super::{
    Transaction,
    event::tag,
    sql::{Column, Sql, get},
};
use crate::domain::{
    error::{Error, Result},
    profile::{Memory, Profile, ProfileKind},
    tag_type::TagType,
};

const COLUMNS: &str = "p.id, p.kind, p.name, p.traits, p.memory, p.company, p.first_seen, p.last_seen";

/// Lets nobody else change what is known of these ids, until the end of the transaction, whatever they change besides.
/// They are taken in one order; SQLite has one writer anyway.
///
/// # Errors
/// Whatever the database says.
pub async fn hold_names(tx: &Transaction, site: i64, names: &BTreeSet<&str>) -> Result<()> {
    if tx.is_sqlite() {
        return Ok(());
    }
    for name in names {
        let mut sql = tx.sql("SELECT pg_advisory_xact_lock(hashtextextended(");
        sql.bind(*name).push(", ").number(site).push("))");
        sql.run(tx).await?;
    }
    Ok(())
}

/// A profile, made where there is none, and held until the end of the transaction. One that is hidden begins anew.
///
/// # Errors
/// Whatever the database says.
pub async fn hold(tx: &Transaction, site: i64, kind: ProfileKind, name: &str) -> Result<Profile> {
    let empty = if tx.is_sqlite() { "'{}'" } else { "'{}'::jsonb" };
    let mut sql = tx.sql("INSERT INTO profile (site_id, kind, name, traits, memory, first_seen, last_seen) VALUES (");
    sql.number(site)
        .push(", ")
        .number(kind.code().into())
        .push(", ")
        .bind(name);
    sql.push(&format!(
        ", {empty}, '', 0, 0) ON CONFLICT (site_id, kind, name) DO NOTHING"
    ));
    sql.run(tx).await?;
    let mut sql = select(tx, site, kind, name);
    if !tx.is_sqlite() {
        sql.push(" FOR UPDATE");
    }
    let row = sql.row(tx).await?;
    let row = row.ok_or_else(|| Error::internal("a profile went that was just made"))?;
    let hidden: Option<i64> = get(&row, 8)?;
    match hidden {
        Some(_) => Ok(Profile::new(get(&row, 0)?, kind, name.to_owned())),
        None => read(&row),
    }
}

/// A profile, if there is one that is not hidden.
///
/// # Errors
/// Whatever the database says.
pub async fn find(tx: &Transaction, site: i64, kind: ProfileKind, name: &str) -> Result<Option<Profile>> {
    let mut sql = select(tx, site, kind, name);
    sql.push(" AND p.deletion_id IS NULL AND p.memory <> ''");
    sql.row(tx).await?.map(|row| read(&row)).transpose()
}

fn select(tx: &Transaction, site: i64, kind: ProfileKind, name: &str) -> Sql {
    let mut sql = tx.sql(&format!(
        "SELECT {COLUMNS}, p.deletion_id FROM profile p WHERE p.site_id = "
    ));
    sql.number(site).push(" AND p.kind = ").number(kind.code().into());
    sql.push(" AND p.name = ").bind(name);
    sql
}

fn read(row: &QueryResult) -> Result<Profile> {
    let (id, kind, name) = (get(row, 0)?, ProfileKind::from_code(get(row, 1)?), get(row, 2)?);
    let memory: String = get(row, 4)?;
    if memory.is_empty() {
        return Ok(Profile::new(id, kind, name));
    }
    let memory: Memory = serde_json::from_str(&memory).map_err(Error::internal)?;
    Ok(Profile {
        id,
        kind,
        name,
        traits: tag(row, 3)?.unwrap_or_default(),
        memory,
        company: get(row, 5)?,
        first_seen: get(row, 6)?,
        last_seen: get(row, 7)?,
    })
}

/// What a company has subscribed to, in order, at most `most`.
///
/// # Errors
/// Whatever the database says.
pub async fn subscriptions(tx: &Transaction, site: i64, company: &str, most: i64) -> Result<Vec<Profile>> {
    let mut sql = tx.sql(&format!("SELECT {COLUMNS} FROM profile p WHERE p.site_id = "));
    let kind = ProfileKind::Subscription.code().into();
    sql.number(site)
        .push(" AND p.kind = ")
        .number(kind)
        .push(" AND p.company = ")
        .bind(company);
    sql.push(" AND p.deletion_id IS NULL ORDER BY p.name LIMIT ")
        .number(most);
    sql.rows(tx).await?.iter().map(read).collect()
}

/// Writes a profile that is held; `traits` are its own as JSON text.
///
/// # Errors
/// Whatever the database says.
pub async fn write(tx: &Transaction, profile: &Profile, traits: &str) -> Result<()> {
    let memory = serde_json::to_string(&profile.memory).map_err(Error::internal)?;
    let mut sql = tx.sql("UPDATE profile SET traits = ");
    sql.bind(traits).push(if tx.is_sqlite() { "" } else { "::jsonb" });
    sql.push(", memory = ").bind(memory);
    sql.push(", company = ").bind(profile.company.clone());
    sql.push(", first_seen = ").bind(profile.first_seen);
    sql.push(", last_seen = ").bind(profile.last_seen);
    sql.push(", deletion_id = NULL WHERE id = ").number(profile.id);
    sql.run(tx).await.map(drop)
}

/// Removes a profile.
///
/// # Errors
/// Whatever the database says.
pub async fn remove(tx: &Transaction, id: i64) -> Result<()> {
    super::sql::remove_row(tx, "profile", id).await
}

/// The actor that an id is another name of.
///
/// # Errors
/// Whatever the database says.
pub async fn actor_of(tx: &Transaction, site: i64, name: &str) -> Result<Option<String>> {
    let mut sql = tx.sql("SELECT actor FROM profile_alias WHERE site_id = ");
    sql.number(site).push(" AND name = ").bind(name);
    sql.push(" AND deletion_id IS NULL");
    sql.row(tx).await?.map(|row| get(&row, 0)).transpose()
}

/// The actors that ids are other names of; those that are nobody's other name are left out.
///
/// # Errors
/// Whatever the database says.
pub async fn actors_of(tx: &Transaction, site: i64, names: &[&str]) -> Result<HashMap<String, String>> {
    let mut actors = HashMap::new();
    for part in names.chunks(500) {
        let mut sql = tx.sql("SELECT name, actor FROM profile_alias WHERE site_id = ");
        sql.number(site).push(" AND deletion_id IS NULL AND name IN ");
        sql.bind_list(part.iter().copied());
        for row in sql.rows(tx).await? {
            actors.insert(get(&row, 0)?, get(&row, 1)?);
        }
    }
    Ok(actors)
}

/// The other names of an actor, in order, at most `most`.
///
/// # Errors
/// Whatever the database says.
pub async fn names_of(tx: &Transaction, site: i64, actor: &str, most: i64) -> Result<Vec<String>> {
    let mut sql = tx.sql("SELECT name FROM profile_alias WHERE site_id = ");
    sql.number(site).push(" AND actor = ").bind(actor);
    sql.push(" AND deletion_id IS NULL ORDER BY name LIMIT ").number(most);
    sql.rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Makes an id, and every other name that it has, another name of an actor.
///
/// # Errors
/// Whatever the database says.
pub async fn set_actor(tx: &Transaction, site: i64, name: &str, actor: &str) -> Result<()> {
    let mut sql = tx.sql("UPDATE profile_alias SET actor = ");
    sql.bind(actor).push(" WHERE site_id = ").number(site);
    sql.push(" AND actor = ").bind(name);
    sql.run(tx).await?;
    let mut sql = tx.sql("INSERT INTO profile_alias (site_id, name, actor) VALUES (");
    sql.number(site).push(", ").bind(name).push(", ").bind(actor);
    sql.push(") ON CONFLICT (site_id, name) DO UPDATE SET actor = excluded.actor, deletion_id = NULL");
    sql.run(tx).await.map(drop)
}

/// The profiles of these users that are not hidden.
///
/// # Errors
/// Whatever the database says.
pub async fn of_users(tx: &Transaction, site: i64, names: &[&str]) -> Result<Vec<i64>> {
    let mut sql = tx.sql("SELECT id FROM profile WHERE site_id = ");
    sql.number(site)
        .push(" AND kind = ")
        .number(ProfileKind::User.code().into());
    sql.push(" AND deletion_id IS NULL AND name IN ")
        .bind_list(names.iter().copied());
    sql.rows(tx).await?.iter().map(|row| get(row, 0)).collect()
}

/// Hides profiles, and the other names of these actors, under a deletion.
///
/// # Errors
/// Whatever the database says.
pub async fn hide(tx: &Transaction, site: i64, profiles: &[i64], actors: &[&str], deletion: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE profile SET deletion_id = ");
    sql.number(deletion)
        .push(" WHERE id IN ")
        .numbers(profiles.iter().copied());
    sql.run(tx).await?;
    let mut sql = tx.sql("UPDATE profile_alias SET deletion_id = ");
    sql.number(deletion).push(" WHERE site_id = ").number(site);
    sql.push(" AND deletion_id IS NULL AND actor IN ")
        .bind_list(actors.iter().copied());
    sql.run(tx).await.map(drop)
}

/// Shows again what a deletion hides.
///
/// # Errors
/// Whatever the database says.
pub async fn show(tx: &Transaction, deletion: i64) -> Result<()> {
    for table in ["profile", "profile_alias"] {
        let mut sql = tx.sql(&format!("UPDATE {table} SET deletion_id = NULL WHERE deletion_id = "));
        sql.number(deletion);
        sql.run(tx).await?;
    }
    Ok(())
}

/// Removes what a deletion hides from disk. On SQLite it is overwritten before: a row that goes may leave what it held.
///
/// # Errors
/// Whatever the database says.
pub async fn purge(tx: &Transaction, deletion: i64) -> Result<()> {
    if tx.is_sqlite() {
        let blank = |column: &str| format!("{column} = printf('%*s', octet_length({column}), '')");
        let blanks = ["traits", "memory"].map(blank).join(", ");
        // Names stay different from one another; one that cannot be is left to the removal.
        let mut sql = tx.sql(&format!(
            "UPDATE OR IGNORE profile SET {blanks}, name = substr(hex(randomblob(octet_length(name))), 1, \
             octet_length(name)) WHERE deletion_id = "
        ));
        sql.number(deletion);
        sql.run(tx).await?;
    }
    for table in ["profile", "profile_alias"] {
        let mut sql = tx.sql(&format!("DELETE FROM {table} WHERE deletion_id = "));
        sql.number(deletion);
        sql.run(tx).await?;
    }
    Ok(())
}

/// Those of `names` that have a type among the traits of a kind.
///
/// # Errors
/// Whatever the database says.
pub async fn types(tx: &Transaction, kind: ProfileKind, names: &[&str]) -> Result<Vec<(String, TagType)>> {
    let mut sql = tx.sql("SELECT t.name, t.value_type FROM trait_type t WHERE t.kind = ");
    sql.number(kind.code().into()).push(" AND t.name IN ");
    let list = Value::from(names).to_string();
    if tx.is_sqlite() {
        sql.push("(SELECT value FROM json_each(").bind(list).push("))");
    } else {
        sql.push("(SELECT value FROM json_array_elements_text(")
            .bind(list)
            .push("::json))");
    }
    let rows = sql.rows(tx).await?;
    let row = |row: &QueryResult| {
        let kind: String = get(row, 1)?;
        let known = TagType::read(&kind).ok_or_else(|| Error::internal(format!("“{kind}” is no type")))?;
        Ok((get(row, 0)?, known))
    };
    rows.iter().map(row).collect()
}

/// How many names have a type among the traits of a kind.
///
/// # Errors
/// Whatever the database says.
pub async fn count_types(tx: &Transaction, kind: ProfileKind) -> Result<usize> {
    let mut sql = tx.sql("SELECT count(*) FROM trait_type WHERE kind = ");
    sql.number(kind.code().into());
    let count: i64 = sql.row(tx).await?.map_or(Ok(0), |row| get(&row, 0))?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

/// Gives names their first type, in their order; what another transaction did first is left as it is.
///
/// # Errors
/// Whatever the database says.
pub async fn lock_types(tx: &Transaction, kind: ProfileKind, types: &[(&str, TagType)]) -> Result<()> {
    let rows = types
        .iter()
        .map(|(name, value)| Value::from(vec![Value::from(kind.code()), (*name).into(), value.to_string().into()]));
    let mut sql = tx.sql("INSERT INTO trait_type (kind, name, value_type) ");
    sql.select_rows(&[Column::Number, Column::Text, Column::Text], rows);
    sql.push(" ON CONFLICT (kind, name) DO NOTHING");
    sql.run(tx).await.map(drop)
}
