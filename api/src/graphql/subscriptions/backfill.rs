//! How far backfills are.

use std::time::Duration;

use async_graphql::{Context, Result, Subscription};
use futures_util::Stream;

use crate::{
    domain::{
        error::{Code, Error},
        operation::Operation,
    },
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
        let (services, caller) = (ctx.services().clone(), ctx.caller().clone());
        let missing = ctx.fail(Error::new(Code::UnknownView, format!("There is no view “{name}”.")).at("name"));
        let find = move || {
            let views = services.views(&services.registry.current(), &caller, site.as_deref())?;
            Ok::<_, Error>(views.into_iter().find(|status| status.view.definition.name == name))
        };
        find().map_err(|error| ctx.fail(error))?;
        let (services, mut last) = (ctx.services().clone(), None);
        Ok(async_stream::stream! {
            loop {
                // What a backfill has done raises no generation; it is read anew each time.
                let reread = services.reread().await;
                let Ok(Some(status)) = reread.and_then(|()| find()) else {
                    yield Err(missing);
                    break;
                };
                let done = status.rollup.as_ref().map(|rollup| (rollup.state, rollup.backfill_done));
                let live = done.is_none_or(|(state, _)| state == crate::domain::rollup::State::Live);
                if done != last {
                    last = done;
                    yield Ok(View::from(status));
                }
                if live {
                    break;
                }
                tokio::time::sleep(INTERVAL).await;
            }
        })
    }

    /// A scope with its backfill, now and whenever it has moved; the stream ends once the scope is live.
    async fn unique_scope_backfill(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The scope's fields, in any order.")] fields: Vec<String>,
    ) -> Result<impl Stream<Item = Result<UniqueScope>> + use<>> {
        ctx.caller()
            .permit(Operation::ListScopes)
            .map_err(|error| ctx.fail(error))?;
        let wanted = crate::domain::scope::parse(&fields).map_err(|error| ctx.fail(error.at("fields")))?;
        let missing = ctx.fail(Error::new(Code::UnsupportedScope, "There is no such scope.").at("fields"));
        let (services, caller, mut last) = (ctx.services().clone(), ctx.caller().clone(), None);
        Ok(async_stream::stream! {
            loop {
                let reread = services.reread().await;
                let configuration = services.registry.current();
                let own = configuration.scope(&wanted).map(|scope| scope.id);
                let scopes = reread.and_then(|()| services.scopes(&configuration, &caller));
                let Some(status) = scopes.ok().and_then(|list| list.into_iter().find(|status| Some(status.scope.id) == own)) else {
                    yield Err(missing);
                    break;
                };
                let (live, done) = (status.live, status.backfill_done);
                if last != Some((live, done)) {
                    last = Some((live, done));
                    yield Ok(UniqueScope::from(status));
                }
                if live {
                    break;
                }
                tokio::time::sleep(INTERVAL).await;
            }
        })
    }
}
