//! Sites.

use async_graphql::{Context, Object, Result};

use crate::graphql::{context::ContextExt, objects::site::Site};

#[derive(Default)]
pub(in crate::graphql) struct SiteQuery;

#[Object]
impl SiteQuery {
    /// The sites that the caller may see, by name.
    async fn sites(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only the one of this name; none where the caller may not see it.")] name: Option<String>,
    ) -> Result<Vec<Site>> {
        let sites = ctx.services().list_sites(ctx.snapshot(), ctx.caller()).await;
        let sites = sites.map_err(|error| ctx.fail(error))?;
        let wanted = sites
            .iter()
            .filter(|site| name.as_deref().is_none_or(|name| site.name == name));
        Ok(wanted.map(|site| Site::from(&**site)).collect())
    }
}
