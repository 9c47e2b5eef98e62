//! Events as they arrive.

use async_graphql::{Context, Result, Subscription};
use futures_util::Stream;
use tokio::sync::broadcast::error::RecvError;

use crate::{
    domain::error::{Code, Error},
    graphql::{
        context::ContextExt,
        objects::{condition::EventFilter, event::Event},
    },
    service::event::fulfils,
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
        let (site, mut events) = ctx
            .services()
            .watch(ctx.caller(), site.as_deref())
            .await
            .map_err(|error| ctx.fail(error))?;
        let lagged = ctx.fail(Error::new(
            Code::Overloaded,
            "You fell too far behind and events would be missing; subscribe again.",
        ));
        let fits = move |event: &crate::domain::event::Event| {
            let time = crate::domain::zone::nanoseconds(event.time);
            event.site == site.id
                && filter.span.is_none_or(|span| span.from <= time && time < span.to)
                && fulfils(event, &filter.conditions)
        };
        Ok(async_stream::stream! {
            loop {
                match events.recv().await {
                    Ok(event) if fits(&event) => yield Ok(Event(event)),
                    Ok(_) => {}
                    Err(RecvError::Closed) => break,
                    Err(RecvError::Lagged(_)) => {
                        yield Err(lagged);
                        break;
                    }
                }
            }
        })
    }
}
