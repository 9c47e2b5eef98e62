//! Events as they arrive.

use async_graphql::{Context, Result, Subscription};
use futures_util::Stream;

use crate::graphql::{
    context::ContextExt,
    objects::{condition::EventFilter, event::Event},
};

#[derive(Default)]
pub(in crate::graphql) struct EventSubscription;

#[Subscription]
impl EventSubscription {
    /// Events as they are stored, whatever instance or door they came in by. A subscriber that falls too far behind is
    /// told `OVERLOADED` and the stream ends: nothing is left out silently.
    async fn event_logged(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "Which events.")] filter: Option<EventFilter>,
    ) -> Result<impl Stream<Item = Result<Event>> + use<>> {
        let filter = filter
            .unwrap_or_default()
            .read("filter")
            .map_err(|error| ctx.fail(error))?;
        let mut watch = ctx
            .services()
            .watch(ctx.caller(), site.as_deref(), filter)
            .await
            .map_err(|error| ctx.fail(error))?;
        let failures = ctx.failures();
        Ok(async_stream::stream! {
            while let Some(next) = watch.next().await {
                yield next.map(Event::from).map_err(|error| failures.tell(&error));
            }
        })
    }
}
