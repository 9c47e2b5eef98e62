//! Having networks asked about pages, and pushing what they say.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::{error, external::Figures},
    graphql::{
        context::ContextExt,
        error::{UserError, payload},
        scalar::{Count, DateTime},
    },
    service::external::Pushed,
};

/// Pages of a site.
#[derive(InputObject)]
struct TrackUrlsInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// The pages' addresses, at most 1,000; a fragment is left off. Of a site 10,000 pages can be kept.
    urls: Vec<String>,
}

/// What became of the pages.
#[derive(SimpleObject)]
struct TrackUrlsPayload {
    /// How many pages were changed; the others were so before. None where nothing was changed.
    changed: Option<Count>,
    /// Why nothing was changed.
    error: Option<UserError>,
}

impl From<usize> for TrackUrlsPayload {
    fn from(changed: usize) -> Self {
        Self {
            changed: Some(Count::of(changed)),
            error: None,
        }
    }
}

impl From<UserError> for TrackUrlsPayload {
    fn from(error: UserError) -> Self {
        Self {
            changed: None,
            error: Some(error),
        }
    }
}

/// What a network says of a page, in all, and not what is new; at least one figure.
#[derive(InputObject)]
struct ExternalFiguresInput {
    /// The page's address; a fragment is left off.
    url: String,
    /// The network: 1–32 letters of a–z, 0–9, dot, hyphen and underscore, such as `twitter`.
    network: String,
    /// How often the page was shared, posted or saved; left out, as it was.
    shares: Option<Count>,
    /// How often that was liked, favoured or voted up; left out, as it was.
    likes: Option<Count>,
    /// How often that was answered; left out, as it was.
    comments: Option<Count>,
    /// When the network said so; now where left out.
    time: Option<DateTime>,
}

impl ExternalFiguresInput {
    fn read(self) -> error::Result<Pushed> {
        let time = self.time.map(|time| time.nanoseconds("time")).transpose()?;
        let figure = |count: Option<Count>| count.map(|Count(figure)| figure);
        Ok(Pushed {
            url: self.url,
            network: self.network,
            figures: Figures {
                shares: figure(self.shares),
                likes: figure(self.likes),
                comments: figure(self.comments),
            },
            time,
        })
    }
}

/// Figures to be kept.
#[derive(InputObject)]
struct PushExternalStatsInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// The figures, at most 1,000.
    figures: Vec<ExternalFiguresInput>,
}

/// What became of the figures.
#[derive(SimpleObject)]
struct PushExternalStatsPayload {
    /// How many were taken; none where nothing was.
    taken: Option<Count>,
    /// Why nothing was taken.
    error: Option<UserError>,
}

impl From<usize> for PushExternalStatsPayload {
    fn from(taken: usize) -> Self {
        Self {
            taken: Some(Count::of(taken)),
            error: None,
        }
    }
}

impl From<UserError> for PushExternalStatsPayload {
    fn from(error: UserError) -> Self {
        Self {
            taken: None,
            error: Some(error),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct ExternalMutation;

#[Object]
impl ExternalMutation {
    /// Has the networks that the server's settings name (`--external-networks`) asked about pages, from now on and again
    /// and again. Each site says which of its pages; they need not be its own.
    async fn track_urls(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pages.")] input: TrackUrlsInput,
    ) -> Result<TrackUrlsPayload> {
        let site = input.site.as_deref();
        let changed = ctx.services().track_urls(ctx.caller(), site, &input.urls).await;
        payload(ctx, changed.map_err(|error| error.below("input")))
    }

    /// Has networks not asked about pages any more. What they said is kept.
    async fn untrack_urls(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The pages.")] input: TrackUrlsInput,
    ) -> Result<TrackUrlsPayload> {
        let site = input.site.as_deref();
        let changed = ctx.services().untrack_urls(ctx.caller(), site, &input.urls).await;
        payload(ctx, changed.map_err(|error| error.below("input")))
    }

    /// Keeps what networks say of pages, as somebody else found out: of networks that are not asked, or of the past. All
    /// figures are taken, or none. The same figures again change nothing. Wants a backend's key: a key with allowed
    /// origins, which whoever reads the page has, is refused.
    async fn push_external_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The figures.")] input: PushExternalStatsInput,
    ) -> Result<PushExternalStatsPayload> {
        let PushExternalStatsInput { site, figures } = input;
        let figures = figures.into_iter().enumerate().map(|(index, figures)| {
            figures
                .read()
                .map_err(|error| error.below(&format!("figures[{index}]")))
        });
        let push = async {
            let figures = figures.collect::<error::Result<Vec<_>>>()?;
            ctx.services()
                .push_external_stats(ctx.caller(), site.as_deref(), figures)
                .await
        };
        payload(ctx, push.await.map_err(|error: error::Error| error.below("input")))
    }
}
