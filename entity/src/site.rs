//! A web property or application whose events are kept apart.

use sea_orm::entity::prelude::*;

/// A web property or application whose events are kept apart.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    /// Internal number.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// What callers name it by.
    #[sea_orm(unique)]
    pub name: String,
    /// IANA zone in which its days begin.
    pub time_zone: String,
    /// Which actions it takes: a code of `domain::site`.
    pub action_policy: i16,
    /// How much of an IP address is kept: a code of `domain::site`.
    pub ip_policy: i16,
    /// How long an unnamed actor stays the same: a code of `domain::site`.
    pub identity_period: i16,
    /// Older events are refused; none means no limit.
    pub max_event_age_seconds: Option<i64>,
    /// Raw events past it go; none keeps them.
    pub raw_retention_days: Option<i64>,
    /// Rollups past it go; none keeps them.
    pub rollup_retention_days: Option<i64>,
    /// Raw events before this nanosecond are gone.
    pub raw_floor: i64,
    /// Rollups before this nanosecond are gone.
    pub rollup_floor: i64,
    /// When it was made, in nanoseconds since 1970.
    pub created_at: i64,
    /// Where its pages are: a list of patterns of origins; none for nowhere in particular.
    pub origins: Option<Json>,
    /// The hosts of its share links; none takes the server's.
    pub share_hosts: Option<Json>,
    /// What its script for pages is called besides `script`.
    pub script_name: Option<String>,
    /// Which keys of tags it takes: a code of `domain::site`.
    pub tag_mode: i16,
    /// Days after which refused events go from quarantine.
    pub quarantine_days: i64,
    /// Megabytes of refused events in quarantine.
    pub quarantine_megabytes: i64,
}

impl ActiveModelBehavior for ActiveModel {}
