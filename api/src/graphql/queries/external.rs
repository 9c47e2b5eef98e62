//! Asking what others say about pages.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use crate::{
    domain::{
        error,
        external::{Figures, Stat},
        period::Span,
    },
    graphql::{
        context::ContextExt,
        page::{self, PageInfo},
        scalar::{Count, DateTime},
    },
    service::external::{Asked, Page, Poll, Tracked},
};

/// Pages of one page, where the caller does not say.
const DEFAULT_PAGE: usize = 100;

/// What is told apart in what others say.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum ExternalDimension {
    /// The network.
    Network,
    /// The page.
    Url,
}

/// Figures of networks; what none of them tells is none.
#[derive(SimpleObject)]
struct ExternalFigures {
    /// How often it was shared, posted or saved.
    shares: Option<Count>,
    /// How often that was liked, favoured or voted up.
    likes: Option<Count>,
    /// How often that was answered.
    comments: Option<Count>,
}

impl From<Figures> for ExternalFigures {
    fn from(figures: Figures) -> Self {
        Self {
            shares: figures.shares.map(Count),
            likes: figures.likes.map(Count),
            comments: figures.comments.map(Count),
        }
    }
}

/// What others say of a page, or of several together.
#[derive(SimpleObject)]
struct ExternalStat {
    /// The network; none where networks are not told apart.
    network: Option<String>,
    /// The page; none where pages are not told apart.
    url: Option<String>,
    /// How the figures changed within the stretch. Networks take likes back, and posts go: a change may be negative.
    change: ExternalFigures,
    /// What the figures came to at the end of the stretch.
    total: ExternalFigures,
    /// The moment from which on the change is known: `from`, or later where the first figures came later. What was before
    /// them is in `total`, and in no change.
    since: DateTime,
    /// When the last figures within the stretch came that were news.
    as_of: DateTime,
}

impl From<(Option<String>, Option<String>, Stat)> for ExternalStat {
    fn from((url, network, stat): (Option<String>, Option<String>, Stat)) -> Self {
        Self {
            network,
            url,
            change: stat.change.into(),
            total: stat.total.into(),
            since: DateTime::of(stat.since),
            as_of: DateTime::of(stat.at),
        }
    }
}

/// When a network is asked about a page.
#[derive(SimpleObject)]
struct ExternalPoll {
    /// The network.
    network: String,
    /// Not before.
    next_at: DateTime,
    /// When it last said something.
    last_at: Option<DateTime>,
    /// Why it said nothing the last time.
    fault: Option<String>,
}

impl From<Poll> for ExternalPoll {
    fn from(poll: Poll) -> Self {
        Self {
            network: poll.network,
            next_at: DateTime::of(poll.next),
            last_at: poll.last.map(DateTime::of),
            fault: poll.fault,
        }
    }
}

/// A page that networks are asked about.
#[derive(SimpleObject)]
struct TrackedUrl {
    /// Its address.
    url: String,
    /// Since when.
    since: DateTime,
    /// The networks that were asked about it, by name.
    networks: Vec<ExternalPoll>,
}

impl From<Tracked> for TrackedUrl {
    fn from(tracked: Tracked) -> Self {
        Self {
            url: tracked.url,
            since: DateTime::of(tracked.since),
            networks: tracked.polls.into_iter().map(ExternalPoll::from).collect(),
        }
    }
}

/// A page on a page.
#[derive(SimpleObject)]
struct TrackedUrlEdge {
    /// The place of the page, for `after`.
    cursor: String,
    /// The page.
    node: TrackedUrl,
}

/// Pages that networks are asked about.
#[derive(SimpleObject)]
struct TrackedUrlConnection {
    /// The pages, by address.
    edges: Vec<TrackedUrlEdge>,
    /// What lies beyond them.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: Count,
}

impl TrackedUrlConnection {
    fn new(page: Page, after: bool) -> Self {
        let cursors: Vec<String> = page.pages.iter().map(|one| one.url.clone()).collect();
        let edge = |one: Tracked| TrackedUrlEdge {
            cursor: one.url.clone(),
            node: one.into(),
        };
        Self {
            page_info: PageInfo::forward(&cursors, after, page.more),
            total_count: Count(page.total),
            edges: page.pages.into_iter().map(edge).collect(),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct ExternalQuery;

#[Object]
impl ExternalQuery {
    /// How what networks say about pages changed within a stretch of time: of pages that they are asked about, and of
    /// those whose figures were pushed.
    #[expect(clippy::too_many_arguments, reason = "the parts of one question")]
    async fn external_stats(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The first moment asked for.")] from: DateTime,
        #[graphql(desc = "The first moment past what is asked for.")] to: DateTime,
        #[graphql(desc = "Only what these networks say, at most 1,000.")] networks: Option<Vec<String>>,
        #[graphql(desc = "Only what is said of these pages, at most 1,000.")] urls: Option<Vec<String>>,
        #[graphql(
            desc = "What is told apart; the rest is put together.",
            default_with = "vec![ExternalDimension::Network, ExternalDimension::Url]"
        )]
        group_by: Vec<ExternalDimension>,
    ) -> Result<Vec<ExternalStat>> {
        let ask = async {
            let by = |dimension| group_by.contains(&dimension);
            let asked = Asked {
                span: Span {
                    from: from.nanoseconds("from")?,
                    to: to.nanoseconds("to")?,
                },
                networks,
                urls,
                by: (by(ExternalDimension::Url), by(ExternalDimension::Network)),
            };
            ctx.services()
                .external_stats(ctx.snapshot(), ctx.caller(), site.as_deref(), asked)
                .await
        };
        let stats: error::Result<Vec<_>> = ask.await;
        stats
            .map(|stats| stats.into_iter().map(ExternalStat::from).collect())
            .map_err(|error| ctx.fail(error))
    }

    /// The pages that networks are asked about, by address, and when they answered last.
    async fn tracked_urls(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "So many pages, 1–1,000; 100 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only pages past this cursor.")] after: Option<String>,
    ) -> Result<TrackedUrlConnection> {
        let ask = async {
            let limit = page::size("first", first, DEFAULT_PAGE)?;
            ctx.services()
                .tracked_urls(ctx.snapshot(), ctx.caller(), site.as_deref(), (after.as_deref(), limit))
                .await
        };
        let page: error::Result<Page> = ask.await;
        page.map(|page| TrackedUrlConnection::new(page, after.is_some()))
            .map_err(|error| ctx.fail(error))
    }
}
