//! Deletions and how far they are.

use async_graphql::{Context, ID, Object, Result};

use crate::{
    domain::error::Code,
    graphql::{context::ContextExt, objects::deletion::Deletion},
};

#[derive(Default)]
pub(in crate::graphql) struct DeletionQuery;

#[Object]
impl DeletionQuery {
    /// The deletions of a site, oldest first.
    async fn deletions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
    ) -> Result<Vec<Deletion>> {
        let list = ctx
            .services()
            .deletions(ctx.snapshot(), ctx.caller(), site.as_deref())
            .await;
        list.map(|list| list.into_iter().map(Deletion::from).collect())
            .map_err(|error| ctx.fail(error))
    }

    /// One deletion, with how far it is; null where there is none.
    async fn deletion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deletion's id.")] id: ID,
    ) -> Result<Option<Deletion>> {
        match ctx.services().deletion(ctx.snapshot(), ctx.caller(), &id).await {
            Ok(deletion) => Ok(Some(deletion.into())),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(ctx.fail(error)),
        }
    }
}
