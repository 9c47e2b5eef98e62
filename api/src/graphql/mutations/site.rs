//! Changing sites.

use async_graphql::{Context, InputObject, MaybeUndefined, Object, Result};

use crate::{
    graphql::{
        context::ContextExt,
        objects::site::{ActionPolicy, IdentityPeriod, IpPolicy, Site},
    },
    service::site::Settings,
};

/// Settings of a site; what is left out stays as it is.
#[derive(InputObject)]
struct UpdateSiteInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
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
}

#[derive(Default)]
pub(in crate::graphql) struct SiteMutation;

#[Object]
impl SiteMutation {
    /// Changes a site's settings; they hold within a second on every instance.
    async fn update_site(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The settings.")] input: UpdateSiteInput,
    ) -> Result<Site> {
        let given = |value: MaybeUndefined<i64>| match value {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(value) => Some(Some(value)),
        };
        let settings = Settings {
            time_zone: input.time_zone,
            action_policy: input.action_policy.map(Into::into),
            ip_policy: input.ip_policy.map(Into::into),
            identity_period: input.identity_period.map(Into::into),
            max_event_age_seconds: given(input.max_event_age_seconds),
            raw_retention_days: given(input.raw_retention_days),
            rollup_retention_days: given(input.rollup_retention_days),
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
