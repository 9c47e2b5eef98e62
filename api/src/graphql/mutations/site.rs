//! Making and changing sites.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result};

use crate::{
    graphql::{
        context::ContextExt,
        objects::site::{ActionPolicy, IdentityPeriod, IpPolicy, Site, TagMode},
    },
    service::site::Settings,
};

/// Settings of a site.
#[derive(InputObject)]
struct SettingsInput {
    /// The IANA zone in which its days begin; UTC where a new site leaves it out. Another zone has everything folded anew from
    /// raw events, in the background.
    time_zone: Option<String>,
    /// Which actions it takes; any where a new site leaves it out.
    action_policy: Option<ActionPolicy>,
    /// How much of an actor's IP address it keeps, from here on; it is truncated where a new site leaves it out.
    ip_policy: Option<IpPolicy>,
    /// How long an actor whom nobody named stays the same; a day where a new site leaves it out.
    identity_period: Option<IdentityPeriod>,
    /// Refuse events older than so many seconds, 1 to 2,147,483,647; null takes the limit off; 30 days where a new site
    /// leaves it out.
    max_event_age_seconds: MaybeUndefined<i64>,
    /// Days after which raw events go, 1 to 36,500; null, or left out by a new site, keeps those that are left. An event that
    /// is logged for a day whose raw events are gone still counts, but is neither listed nor deleted.
    raw_retention_days: MaybeUndefined<i64>,
    /// Days after which rollups go, 1 to 36,500 and not before raw events; null, or left out by a new site, keeps them.
    rollup_retention_days: MaybeUndefined<i64>,
    /// Where its pages are, such as `https://www.example.com` or `https://*.example.com`; at most 100.
    origins: Option<Vec<String>>,
    /// The hosts of its share links, for the traffic source `click.st`, at most 100; null, or left out by a new site, takes
    /// the server's.
    share_hosts: MaybeUndefined<Vec<String>>,
    /// What its script for pages is called besides `script`, 1–64 lower-case letters, digits, hyphens or underscores: as
    /// `hello` it is at `/hello.js` and sends to `/hello`. Null, or left out by a new site, for nothing else.
    script_name: MaybeUndefined<String>,
    /// Which keys of tags it takes; any where a new site leaves it out.
    tag_mode: Option<TagMode>,
    /// Days after which a refused event goes from quarantine, 1 to 36,500; 30 where a new site leaves it out.
    quarantine_days: Option<i64>,
    /// Room in quarantine, in megabytes of 1,000,000 bytes, 1 to 1,000,000; 64 where a new site leaves it out; the oldest
    /// events go to keep it.
    quarantine_megabytes: Option<i64>,
}

impl SettingsInput {
    fn read(self) -> Settings {
        Settings {
            time_zone: self.time_zone,
            action_policy: self.action_policy.map(Into::into),
            ip_policy: self.ip_policy.map(Into::into),
            identity_period: self.identity_period.map(Into::into),
            max_event_age_seconds: given(self.max_event_age_seconds),
            raw_retention_days: given(self.raw_retention_days),
            rollup_retention_days: given(self.rollup_retention_days),
            origins: self.origins,
            share_hosts: given(self.share_hosts),
            script_name: given(self.script_name),
            tag_mode: self.tag_mode.map(Into::into),
            quarantine_days: self.quarantine_days,
            quarantine_megabytes: self.quarantine_megabytes,
            ..Settings::default()
        }
    }
}

/// Settings of a site; what is left out stays as it is.
#[derive(InputObject)]
struct UpdateSiteInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// A new name: 1–64 letters, digits, dots, hyphens or underscores. The old one is free at once.
    name: Option<String>,
    #[graphql(flatten)]
    settings: SettingsInput,
    /// Take another time zone although retention has removed raw events: what was folded from them is then gone from every
    /// answer, as it cannot be folded anew. Without it such a change is refused.
    #[graphql(default = false)]
    drop_old_rollups: bool,
}

/// A site to be made.
#[derive(InputObject)]
struct CreateSiteInput {
    /// The name: 1–64 letters, digits, dots, hyphens or underscores.
    name: String,
    #[graphql(flatten)]
    settings: SettingsInput,
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
        let settings = input.settings.read();
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
            drop_old_rollups: input.drop_old_rollups,
            ..input.settings.read()
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
