//! Sites.

use entity::site::{ActiveModel, Column, Entity, Model};
use jiff::tz::TimeZone;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, NotSet, QueryOrder};

use super::{Transaction, key::patterns};
use crate::domain::{
    error::Result,
    rollup::Tier,
    site::{ActionPolicy, IdentityPeriod, IpPolicy, Site, TagMode},
    zone,
};

/// Every site, by name.
///
/// # Errors
/// Whatever the database says.
pub async fn list(tx: &Transaction) -> Result<Vec<Site>> {
    let rows = Entity::find()
        .order_by_asc(Column::Name)
        .all(tx.connection())
        .await
        .map_err(|error| tx.failure(error))?;
    Ok(rows.into_iter().map(read).collect())
}

/// Makes a site; its `id` is ignored.
///
/// # Errors
/// A conflict where the name is taken, or whatever the database says.
pub async fn create(tx: &Transaction, site: &Site) -> Result<Site> {
    ActiveModel {
        id: NotSet,
        ..write(site)
    }
    .insert(tx.connection())
    .await
    .map(read)
    .map_err(|error| tx.failure(error))
}

/// Changes a site's settings; its floors stay where they are.
///
/// # Errors
/// Whatever the database says.
pub async fn update(tx: &Transaction, site: &Site) -> Result<()> {
    let settings = ActiveModel {
        raw_floor: NotSet,
        rollup_floor: NotSet,
        ..write(site)
    };
    settings
        .update(tx.connection())
        .await
        .map(drop)
        .map_err(|error| tx.failure(error))
}

/// Raises a site's floors, of raw events and of rollups.
///
/// # Errors
/// Whatever the database says.
pub async fn raise_floors(tx: &Transaction, id: i64, raw: i64, rollup: i64) -> Result<()> {
    let mut sql = tx.sql("UPDATE site SET raw_floor = ");
    sql.number(raw).push(", rollup_floor = ").number(rollup);
    sql.push(" WHERE id = ").number(id);
    sql.run(tx).await.map(drop)
}

/// Whether a site's views count anything of the hours before the given one.
///
/// # Errors
/// Whatever the database says.
pub async fn counts_before(tx: &Transaction, id: i64, hour: i64) -> Result<bool> {
    let mut sql = tx.sql("SELECT b.bucket FROM rollup r JOIN view_bucket b ON b.rollup_id = r.id WHERE r.site_id = ");
    sql.number(id).push(" AND b.tier = ").number(Tier::Hour.code().into());
    sql.push(" AND b.bucket < ").number(hour).push(" LIMIT 1");
    Ok(sql.row(tx).await?.is_some())
}

fn write(site: &Site) -> ActiveModel {
    let origins: Vec<_> = site.origins.iter().map(ToString::to_string).collect();
    ActiveModel {
        id: Set(site.id),
        name: Set(site.name.clone()),
        time_zone: Set(zone::name(&site.time_zone).to_owned()),
        action_policy: Set(site.action_policy.code()),
        ip_policy: Set(site.ip_policy.code()),
        identity_period: Set(site.identity_period.code()),
        max_event_age_seconds: Set(site.max_event_age_seconds),
        raw_retention_days: Set(site.raw_retention_days),
        rollup_retention_days: Set(site.rollup_retention_days),
        raw_floor: Set(site.raw_floor),
        rollup_floor: Set(site.rollup_floor),
        created_at: Set(zone::nanoseconds(site.created)),
        origins: Set((!origins.is_empty()).then(|| origins.into())),
        share_hosts: Set(site.share_hosts.clone().map(Into::into)),
        script_name: Set(site.script_name.clone()),
        tag_mode: Set(site.tag_mode.code()),
        quarantine_days: Set(site.quarantine_days),
        quarantine_megabytes: Set(site.quarantine_megabytes),
    }
}

fn read(row: Model) -> Site {
    Site {
        id: row.id,
        name: row.name,
        time_zone: zone::find(&row.time_zone).unwrap_or(TimeZone::UTC),
        action_policy: ActionPolicy::from_code(row.action_policy),
        ip_policy: IpPolicy::from_code(row.ip_policy),
        identity_period: IdentityPeriod::from_code(row.identity_period),
        max_event_age_seconds: row.max_event_age_seconds,
        raw_retention_days: row.raw_retention_days,
        rollup_retention_days: row.rollup_retention_days,
        raw_floor: row.raw_floor,
        rollup_floor: row.rollup_floor,
        created: zone::timestamp(row.created_at),
        origins: row.origins.map(patterns).unwrap_or_default(),
        share_hosts: row.share_hosts.and_then(|hosts| serde_json::from_value(hosts).ok()),
        script_name: row.script_name,
        tag_mode: TagMode::from_code(row.tag_mode),
        quarantine_days: row.quarantine_days,
        quarantine_megabytes: row.quarantine_megabytes,
    }
}
