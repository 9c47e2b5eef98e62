//! API keys.

use async_graphql::{Context, Object, Result};

use crate::graphql::{context::ContextExt, objects::key::ApiKey};

#[derive(Default)]
pub(in crate::graphql) struct KeyQuery;

#[Object]
impl KeyQuery {
    /// API keys that the caller may manage, oldest first, the revoked and expired among them.
    async fn keys(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Those of one site; left out, all that the caller may manage.")] site: Option<String>,
    ) -> Result<Vec<ApiKey>> {
        let keys = ctx.services().keys(ctx.caller(), site.as_deref()).await;
        keys.map(|keys| keys.into_iter().map(ApiKey::from).collect())
            .map_err(|error| ctx.fail(error))
    }
}
