//! Sites.

use async_graphql::{Context, Object, Result};

use crate::graphql::{context::ContextExt, objects::site::Site};

#[derive(Default)]
pub(in crate::graphql) struct SiteQuery;

#[Object]
impl SiteQuery {
    /// The sites that the caller may see, by name.
    async fn sites(&self, ctx: &Context<'_>) -> Result<Vec<Site>> {
        let sites = ctx.services().list_sites(ctx.snapshot(), ctx.caller()).await;
        sites
            .map(|list| list.iter().map(|site| Site::from(&**site)).collect())
            .map_err(|error| ctx.fail(error))
    }
}
