//! Asking for the keys of tags and their types.

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::{
    domain::error,
    graphql::{
        context::ContextExt,
        objects::tag_type::{Samples, TagType},
        page::{self, PageInfo},
        scalar::Count,
    },
    service::tag::{Names, Page},
};

/// Keys of one page, where the caller does not say.
const DEFAULT_PAGE: usize = 100;

/// A key on a page.
#[derive(SimpleObject)]
struct TagTypeEdge {
    /// The place of the key, for `after`.
    cursor: String,
    /// The key.
    node: TagType,
}

/// A page of keys.
#[derive(SimpleObject)]
struct TagTypeConnection {
    /// The keys of the page, by name.
    edges: Vec<TagTypeEdge>,
    /// The keys of the page without their cursors.
    nodes: Vec<TagType>,
    /// What lies beyond the page.
    page_info: PageInfo,
    /// How many keys there are on all pages.
    total_count: Count,
}

impl TagTypeConnection {
    fn new(page: Page, site: Option<String>, after: bool) -> Self {
        let cursors: Vec<String> = page.names.iter().map(|one| one.key.name.clone()).collect();
        let samples = Samples::new(site, cursors.iter().cloned().collect());
        Self {
            page_info: PageInfo::forward(&cursors, after, page.more),
            total_count: Count::of(page.total),
            nodes: page
                .names
                .iter()
                .map(|one| TagType::new(one.clone(), &samples))
                .collect(),
            edges: cursors
                .into_iter()
                .zip(page.names)
                .map(|(cursor, one)| TagTypeEdge {
                    cursor,
                    node: TagType::new(one, &samples),
                })
                .collect(),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct TagTypeQuery;

#[Object]
impl TagTypeQuery {
    /// The keys of tags with their types, by name: those that are declared, and those that the caller's sites use. A caller
    /// of all sites gets every key.
    async fn tag_types(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only what is declared or used on this site, and as it is used there.")] site: Option<String>,
        #[graphql(desc = "Only keys that begin so.")] prefix: Option<String>,
        #[graphql(desc = "Only keys that are declared, or only those that are not.")] declared: Option<bool>,
        #[graphql(desc = "So many keys, 1–1,000; 100 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only keys past this cursor.")] after: Option<String>,
    ) -> Result<TagTypeConnection> {
        let ask = async {
            let limit = page::size("first", first, DEFAULT_PAGE)?;
            let wanted = Names { prefix, declared };
            let part = (after.as_deref(), limit);
            ctx.services()
                .tag_types(ctx.snapshot(), ctx.caller(), site.as_deref(), &wanted, part)
                .await
        };
        let page: error::Result<Page> = ask.await;
        page.map(|page| TagTypeConnection::new(page, site.clone(), after.is_some()))
            .map_err(|error| ctx.fail(error))
    }
}
