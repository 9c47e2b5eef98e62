//! How far backfills are.

use std::time::Duration;

use async_graphql::{Context, Result, Subscription};
use futures_util::Stream;

use crate::{
    domain::rollup::State,
    graphql::{
        context::ContextExt,
        objects::{unique::UniqueScope, view::View},
    },
};

/// How often to look.
const INTERVAL: Duration = Duration::from_millis(250);

#[derive(Default)]
pub(in crate::graphql) struct BackfillSubscription;

#[Subscription]
impl BackfillSubscription {
    /// A view with its backfill, now and whenever it has moved; the stream ends once the view is live.
    async fn view_backfill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The view's name.")] name: String,
    ) -> Result<impl Stream<Item = Result<View>> + use<>> {
        let (services, caller, failures) = (ctx.services().clone(), ctx.caller().clone(), ctx.failures());
        let first = services.view(&caller, site.as_deref(), &name).await;
        let mut status = first.map_err(|error| failures.tell(&error))?;
        Ok(async_stream::stream! {
            let mut last = None;
            loop {
                let done = status.rollup.as_ref().map(|rollup| (rollup.state, rollup.backfill_done));
                let live = done.is_none_or(|(state, _)| state == State::Live);
                if done != last {
                    last = done;
                    yield Ok(View::from(status));
                }
                if live {
                    break;
                }
                tokio::time::sleep(INTERVAL).await;
                status = match services.view(&caller, site.as_deref(), &name).await {
                    Ok(status) => status,
                    Err(error) => {
                        yield Err(failures.tell(&error));
                        break;
                    }
                };
            }
        })
    }

    /// A scope with its backfill, now and whenever it has moved; the stream ends once the scope is live.
    async fn unique_scope_backfill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The scope's fields, in any order.")] fields: Vec<String>,
    ) -> Result<impl Stream<Item = Result<UniqueScope>> + use<>> {
        let (services, caller, failures) = (ctx.services().clone(), ctx.caller().clone(), ctx.failures());
        let first = services.scope(&caller, &fields).await;
        let mut status = first.map_err(|error| failures.tell(&error))?;
        Ok(async_stream::stream! {
            let mut last = None;
            loop {
                let (live, done) = (status.live, status.backfill_done);
                if last != Some((live, done)) {
                    last = Some((live, done));
                    yield Ok(UniqueScope::from(status));
                }
                if live {
                    break;
                }
                tokio::time::sleep(INTERVAL).await;
                status = match services.scope(&caller, &fields).await {
                    Ok(status) => status,
                    Err(error) => {
                        yield Err(failures.tell(&error));
                        break;
                    }
                };
            }
        })
    }
}
