//! Declaring and deleting scopes.

use async_graphql::{Context, Object, Result};

use crate::{
    graphql::{context::ContextExt, objects::unique::UniqueScope},
    service::unique::Status,
};

#[derive(Default)]
pub(in crate::graphql) struct UniqueMutation;

#[Object]
impl UniqueMutation {
    /// Declares a scope on every site. It answers at once, from raw events until it has taken in the events that are
    /// there already.
    async fn create_unique_scope(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fields, in order, such as `[\"tag.plan\"]`; at most 4.")] fields: Vec<String>,
    ) -> Result<UniqueScope> {
        ctx.services()
            .create_scope(ctx.caller(), &fields)
            .await
            .map(UniqueScope::from)
            .map_err(|error| ctx.fail(error))
    }

    /// Deletes a scope's declaration and what was folded for it; events stay.
    async fn delete_unique_scope(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The fields, in any order.")] fields: Vec<String>,
    ) -> Result<UniqueScope> {
        let deleted = ctx.services().delete_scope(ctx.caller(), &fields).await;
        let status = deleted.map(|scope| Status {
            scope,
            live: true,
            backfill_done: 0,
            backfill_total: 0,
            usage: None,
        });
        status.map(UniqueScope::from).map_err(|error| ctx.fail(error))
    }
}
