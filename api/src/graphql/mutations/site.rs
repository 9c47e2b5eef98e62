//! Making and changing sites.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result};

use crate::{
    graphql::{
        context::ContextExt,
        objects::site::{ActionPolicy, IdentityPeriod, IpPolicy, Site, TagMode},
    },
    service::site::Settings,
};

/// Settings of a site; what is left out stays as it is.
#[derive(InputObject)]
struct UpdateSiteInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// A new name: 1–64 letters, digits, dots, hyphens or underscores. The old one is free at once.
    name: Option<String>,
    /// The IANA zone in which its days begin. Another zone has everything folded anew from raw events, in the
    /// background; what retention has taken the raw events of is then gone from every answer.
    time_zone: Option<String>,
    /// Which actions it takes.
    action_policy: Option<ActionPolicy>,
    /// How much of an actor's IP address it keeps, from here on.
    ip_policy: Option<IpPolicy>,
    /// How long an actor whom nobody named stays the same.
    identity_period: Option<IdentityPeriod>,
    /// Refuse events older than so many seconds, 1 to 2,147,483,647; null takes the limit off.
    max_event_age_seconds: MaybeUndefined<i64>,
    /// Days after which raw events go, 1 to 36,500; null keeps those that are left. An event that is logged for a day
    /// whose raw events are gone still counts, but is neither listed nor deleted.
    raw_retention_days: MaybeUndefined<i64>,
    /// Days after which rollups go, 1 to 36,500 and not before raw events; null keeps them.
    rollup_retention_days: MaybeUndefined<i64>,
    /// Where its pages are, such as `https://www.example.com` or `https://*.example.com`; at most 100.
    origins: Option<Vec<String>>,
    /// The hosts of its share links, for the traffic source `click.st`, at most 100; null takes the server's.
    share_hosts: MaybeUndefined<Vec<String>>,
    /// Which keys of tags it takes.
    tag_mode: Option<TagMode>,
    /// Days after which a refused event goes from quarantine, 1 to 36,500.
    quarantine_days: Option<i64>,
    /// Room in quarantine, in megabytes of 1,000,000 bytes, 1 to 1,000,000; the oldest events go to keep it.
    quarantine_megabytes: Option<i64>,
}

/// A site to be made.
#[derive(InputObject)]
struct CreateSiteInput {
    /// The name: 1–64 letters, digits, dots, hyphens or underscores.
    name: String,
    /// The IANA zone in which its days begin; UTC where left out.
    time_zone: Option<String>,
    /// Which actions it takes; any where left out.
    action_policy: Option<ActionPolicy>,
    /// How much of an actor's IP address it keeps; it is truncated where left out.
    ip_policy: Option<IpPolicy>,
    /// How long an actor whom nobody named stays the same; a day where left out.
    identity_period: Option<IdentityPeriod>,
    /// Refuse events older than so many seconds; 30 days where left out, null takes the limit off.
    max_event_age_seconds: MaybeUndefined<i64>,
    /// Days after which raw events go; null or left out keeps them.
    raw_retention_days: MaybeUndefined<i64>,
    /// Days after which rollups go, not before raw events; null or left out keeps them.
    rollup_retention_days: MaybeUndefined<i64>,
    /// Where its pages are, such as `https://www.example.com` or `https://*.example.com`; at most 100.
    origins: Option<Vec<String>>,
    /// The hosts of its share links, for the traffic source `click.st`, at most 100; null or left out takes the server's.
    share_hosts: MaybeUndefined<Vec<String>>,
    /// Which keys of tags it takes; any where left out.
    tag_mode: Option<TagMode>,
    /// Days after which a refused event goes from quarantine, 1 to 36,500; 30 where left out.
    quarantine_days: Option<i64>,
    /// Room in quarantine, in megabytes of 1,000,000 bytes, 1 to 1,000,000; 64 where left out; the oldest events go to keep it.
    quarantine_megabytes: Option<i64>,
}

/// Whether something is to be changed, and to what.
fn given<T>(value: MaybeUndefined<T>) -> Option<Option<T>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}

#[derive(Default)]
pub(in crate::graphql) struct SiteMutation;

#[Object]
impl SiteMutation {
    /// Makes a site with its built-in views. The caller's key has to open all sites.
    async fn create_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site.")] input: CreateSiteInput,
    ) -> Result<Site> {
        let settings = Settings {
            name: None,
            time_zone: input.time_zone,
            action_policy: input.action_policy.map(Into::into),
            ip_policy: input.ip_policy.map(Into::into),
            identity_period: input.identity_period.map(Into::into),
            max_event_age_seconds: given(input.max_event_age_seconds),
            raw_retention_days: given(input.raw_retention_days),
            rollup_retention_days: given(input.rollup_retention_days),
            origins: input.origins,
            share_hosts: given(input.share_hosts),
            tag_mode: input.tag_mode.map(Into::into),
            quarantine_days: input.quarantine_days,
            quarantine_megabytes: input.quarantine_megabytes,
        };
        let created = ctx.services().create_site(ctx.caller(), &input.name, &settings).await;
        created
            .map(|site| Site::from(&site))
            .map_err(|error| ctx.fail(error.below("input")))
    }

    /// Changes a site's settings; they hold within a second on every instance.
    async fn update_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The settings.")] input: UpdateSiteInput,
    ) -> Result<Site> {
        let settings = Settings {
            name: input.name,
            time_zone: input.time_zone,
            action_policy: input.action_policy.map(Into::into),
            ip_policy: input.ip_policy.map(Into::into),
            identity_period: input.identity_period.map(Into::into),
            max_event_age_seconds: given(input.max_event_age_seconds),
            raw_retention_days: given(input.raw_retention_days),
            rollup_retention_days: given(input.rollup_retention_days),
            origins: input.origins,
            share_hosts: given(input.share_hosts),
            tag_mode: input.tag_mode.map(Into::into),
            quarantine_days: input.quarantine_days,
            quarantine_megabytes: input.quarantine_megabytes,
        };
        let updated = ctx
            .services()
            .update_site(ctx.caller(), input.site.as_deref(), &settings)
            .await;
        updated
            .map(|site| Site::from(&site))
            .map_err(|error| ctx.fail(error.below("input")))
    }
}
