//! Sites.

use async_graphql::{Enum, SimpleObject};

use crate::{
    domain::{site, zone},
    graphql::scalar::DateTime,
};

/// Which actions a site takes.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "site::ActionPolicy")]
pub(in crate::graphql) enum ActionPolicy {
    /// Any text of 1–256 characters.
    Free,
    /// `context.activity`: letters, digits, `.`, `-` and `_`; at most 32 characters, at least one dot.
    ContextActivity,
}

/// How much of an actor's IP address a site keeps.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "site::IpPolicy")]
pub(in crate::graphql) enum IpPolicy {
    /// All of it.
    Whole,
    /// All but the last octet of IPv4 and the last 80 bits of IPv6.
    Truncated,
    /// Nothing.
    None,
}

/// How long an actor whom nobody named stays the same.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "site::IdentityPeriod")]
pub(in crate::graphql) enum IdentityPeriod {
    /// A day in the site's zone.
    Day,
    /// A week, from Monday, in the site's zone.
    Week,
    /// A month in the site's zone.
    Month,
    /// For ever.
    Never,
}

/// Which keys of tags a site takes.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "site::TagMode")]
pub(in crate::graphql) enum TagMode {
    /// Any; a new one gets the type that it is first seen with. An event with a field of another type is refused.
    Reject,
    /// Those alone that `declareTagType` has declared; an event with another one is refused.
    Strict,
}

/// A web property or application whose events are kept apart.
#[derive(SimpleObject)]
pub(in crate::graphql) struct Site {
    /// The name that every `site` argument takes.
    name: String,
    /// The IANA zone in which its days begin.
    time_zone: String,
    /// Which actions it takes.
    action_policy: ActionPolicy,
    /// How much of an actor's IP address it keeps.
    ip_policy: IpPolicy,
    /// How long an actor whom nobody named stays the same.
    identity_period: IdentityPeriod,
    /// Events older than so many seconds are refused; none means no limit.
    max_event_age_seconds: Option<i64>,
    /// Days after which raw events go; none keeps them.
    raw_retention_days: Option<i64>,
    /// Days after which rollups go; none keeps them.
    rollup_retention_days: Option<i64>,
    /// When it was made.
    created_at: DateTime,
    /// Where its pages are, such as `https://www.example.com` or `https://*.example.com`.
    origins: Vec<String>,
    /// The hosts of its share links, for the traffic source `click.st`; none takes the server's.
    share_hosts: Option<Vec<String>>,
    /// What its script for pages is called besides `script`: as `hello` it is at `/hello.js` and sends to `/hello`.
    script_name: Option<String>,
    /// Which keys of tags it takes.
    tag_mode: TagMode,
    /// Days after which a refused event goes from quarantine.
    quarantine_days: i64,
    /// Room in quarantine, in megabytes of 1,000,000 bytes; the oldest events go to keep it.
    quarantine_megabytes: i64,
}

impl From<&site::Site> for Site {
    fn from(site: &site::Site) -> Self {
        Self {
            name: site.name.clone(),
            time_zone: zone::name(&site.time_zone).to_owned(),
            action_policy: site.action_policy.into(),
            ip_policy: site.ip_policy.into(),
            identity_period: site.identity_period.into(),
            max_event_age_seconds: site.max_event_age_seconds,
            raw_retention_days: site.raw_retention_days,
            rollup_retention_days: site.rollup_retention_days,
            created_at: site.created.into(),
            origins: site.origins.iter().map(ToString::to_string).collect(),
            share_hosts: site.share_hosts.clone(),
            script_name: site.script_name.clone(),
            tag_mode: site.tag_mode.into(),
            quarantine_days: site.quarantine_days,
            quarantine_megabytes: site.quarantine_megabytes,
        }
    }
}
