//! Saying what a scope of a site's events is for.

use async_graphql::{Context, Object, Result};

use crate::{
    domain::scope_name,
    graphql::{context::ContextExt, queries::event_scope::EventScope},
};

#[derive(Default)]
pub(in crate::graphql) struct EventScopeMutation;

#[Object]
impl EventScopeMutation {
    /// Says what a scope of a site's events is for. Events may be of scopes that nobody described.
    async fn describe_event_scope(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The scope: 1–64 small letters, digits, dots and underscores.")] name: String,
        #[graphql(desc = "What it is for, in up to 256 characters.")] description: String,
    ) -> Result<EventScope> {
        let scope = scope_name::EventScope { name, description };
        let put = ctx
            .services()
            .put_event_scope(ctx.caller(), site.as_deref(), scope)
            .await;
        put.map(EventScope::from).map_err(|error| ctx.fail(error))
    }
}
