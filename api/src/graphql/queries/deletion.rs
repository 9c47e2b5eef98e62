//! Asking how far deletions are.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use crate::{
    domain::{deletion::State, error::Code},
    graphql::{
        context::ContextExt,
        objects::deletion::{Deletion, DeletionState},
        page::{self, PageInfo},
        scalar::DateTime,
    },
    service::deletion::Deletions,
};

/// Deletions of one page, where the caller does not say.
const DEFAULT_PAGE: usize = 100;

/// A deletion on a page.
#[derive(SimpleObject)]
struct DeletionEdge {
    /// The place of the deletion, for `after`.
    cursor: String,
    /// The deletion.
    node: Deletion,
}

/// A page of deletions.
#[derive(SimpleObject)]
struct DeletionConnection {
    /// The deletions of the page, the latest first.
    edges: Vec<DeletionEdge>,
    /// The deletions of the page without their cursors.
    nodes: Vec<Deletion>,
    /// What lies beyond the page.
    page_info: PageInfo,
    /// When the next purge is due: what is hidden before can be restored until then. A purge takes a while, and begins a
    /// little late where the server is busy.
    purge_at: DateTime,
}

#[derive(Default)]
pub(in crate::graphql) struct DeletionQuery;

#[Object]
impl DeletionQuery {
    /// The deletions of a site, the latest first, with how far they are.
    async fn deletions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "Only those in one of these states.")] states: Option<Vec<DeletionState>>,
        #[graphql(desc = "So many deletions, 1–1,000; 100 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only deletions past this cursor.")] after: Option<String>,
    ) -> Result<DeletionConnection> {
        let ask = async {
            let limit = page::size("first", first, DEFAULT_PAGE)?;
            let states = states.map(|states| states.into_iter().map(State::from).collect::<Vec<_>>());
            let part = (after.as_deref(), limit);
            ctx.services()
                .deletions(ctx.snapshot(), ctx.caller(), site.as_deref(), states.as_deref(), part)
                .await
        };
        let Deletions { list, more, purge_at } = ask.await.map_err(|error| ctx.fail(error))?;
        let cursors: Vec<String> = list.iter().map(|one| one.public_id.clone()).collect();
        Ok(DeletionConnection {
            page_info: PageInfo::forward(&cursors, after.is_some(), more),
            purge_at: purge_at.into(),
            nodes: list.iter().cloned().map(Deletion::from).collect(),
            edges: cursors
                .into_iter()
                .zip(list)
                .map(|(cursor, one)| DeletionEdge {
                    cursor,
                    node: one.into(),
                })
                .collect(),
        })
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
