//! What the scopes of a site's events are for.

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::{domain::scope_name, graphql::context::ContextExt};

/// A part of a site's events, as the format of Optimizely's Profile Store divides them.
#[derive(SimpleObject)]
pub(in crate::graphql) struct EventScope {
    /// Its name.
    name: String,
    /// What it is for.
    description: String,
}

impl From<scope_name::EventScope> for EventScope {
    fn from(scope: scope_name::EventScope) -> Self {
        Self {
            name: scope.name,
            description: scope.description,
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct EventScopeQuery;

#[Object]
impl EventScopeQuery {
    /// The scopes of a site's events that are described; `default`, that of every event that names none, is always among them.
    async fn event_scopes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
    ) -> Result<Vec<EventScope>> {
        let scopes = ctx
            .services()
            .event_scopes(ctx.snapshot(), ctx.caller(), site.as_deref())
            .await;
        scopes
            .map(|list| list.into_iter().map(EventScope::from).collect())
            .map_err(|error| ctx.fail(error))
    }
}
