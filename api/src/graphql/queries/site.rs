//! Sites.

use async_graphql::{Context, Object, Result};

use crate::{
    domain::key::Permission,
    graphql::{context::ContextExt, objects::site::Site},
};

#[derive(Default)]
pub(in crate::graphql) struct SiteQuery;

#[Object]
impl SiteQuery {
    /// The sites that the caller may see, by name.
    async fn sites(&self, ctx: &Context<'_>) -> Result<Vec<Site>> {
        let caller = ctx.caller();
        caller.require(Permission::Query).map_err(|error| ctx.fail(error))?;
        let opened = ctx.snapshot().hold().await.map_err(|error| ctx.fail(error))?;
        let mut sites: Vec<_> = opened
            .configuration
            .sites
            .values()
            .filter(|site| caller.sees(site.id))
            .collect();
        sites.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(sites.into_iter().map(|site| Site::from(&**site)).collect())
    }
}
