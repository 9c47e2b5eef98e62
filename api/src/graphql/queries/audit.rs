//! The audit log.

use async_graphql::{Context, Object, Result, SimpleObject};

use crate::{
    domain::{
        audit::Question,
        error::{self, Code, Error},
        operation::Operation,
    },
    graphql::{
        context::ContextExt,
        objects::audit::AuditEntry,
        page::{PageArguments, PageInfo, cursor},
        scalar::DateTime,
    },
    service::event::{Order, Place},
};

/// An entry with the cursor of its place.
#[derive(SimpleObject)]
struct AuditEdge {
    /// The entry's place, for `after` and `before`.
    cursor: String,
    /// The entry.
    node: AuditEntry,
}

/// A page of the audit log.
#[derive(SimpleObject)]
struct AuditConnection {
    /// The entries with their cursors.
    edges: Vec<AuditEdge>,
    /// What lies beyond the page.
    page_info: PageInfo,
}

/// Which entries, and which page of them.
struct Asked {
    site: Option<String>,
    from: Option<DateTime>,
    to: Option<DateTime>,
    actor: Option<String>,
    operation: Option<String>,
    page: PageArguments,
}

async fn read_page(ctx: &Context<'_>, asked: Asked) -> error::Result<AuditConnection> {
    if let Some(name) = asked
        .operation
        .as_deref()
        .filter(|name| Operation::find(name).is_none())
    {
        let shown: String = name.chars().take(100).collect();
        let message = format!("“{shown}” is no operation; write the name of a mutation, such as “updateSite”.");
        return Err(Error::new(Code::InvalidArgument, message).at("operation"));
    }
    let paging = asked.page.paging(Order::Arrival, true)?;
    let time = |time: Option<DateTime>, path| time.map(|time| time.nanoseconds(path)).transpose();
    let question = Question {
        sites: None,
        from: time(asked.from, "from")?,
        to: time(asked.to, "to")?,
        actor: asked.actor,
        operation: asked.operation,
        after: paging.read.after.map(|place| place.sequence),
        before: paging.read.before.map(|place| place.sequence),
        descending: paging.read.descending,
        limit: paging.read.limit,
    };
    let read = ctx
        .services()
        .audit(ctx.snapshot(), ctx.caller(), asked.site.as_deref(), question)
        .await?;
    let edges = read.into_iter().map(|(entry, site)| AuditEdge {
        cursor: cursor(Place {
            time: crate::domain::zone::nanoseconds(entry.time),
            sequence: entry.id,
        }),
        node: AuditEntry::new(entry, site),
    });
    let (edges, page_info) = paging.finish(edges.collect(), |edge: &AuditEdge| edge.cursor.clone());
    Ok(AuditConnection { edges, page_info })
}

#[derive(Default)]
pub(in crate::graphql) struct AuditQuery;

#[Object]
impl AuditQuery {
    /// The audit log: who changed what, when, and from where; the newest first. Every change by an account, a key or the
    /// command line has an entry, logging events has none. 50 entries at a time, at most 1,000.
    #[expect(
        clippy::too_many_arguments,
        reason = "the filters and the arguments of a Relay connection"
    )]
    async fn audit(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Changes on one site. Left out: every change for a caller of all sites, for others those on their sites."
        )]
        site: Option<String>,
        #[graphql(desc = "Changes at this time or later.")] from: Option<DateTime>,
        #[graphql(desc = "Changes before this time.")] to: Option<DateTime>,
        #[graphql(desc = "Changes by one actor: a key's `id`, or an account's e-mail address.")] actor: Option<String>,
        #[graphql(desc = "Changes of one kind: the name of the mutation, such as `updateSite`.")] operation: Option<
            String,
        >,
        #[graphql(desc = "So many from the start, or from past `after`.")] first: Option<i32>,
        #[graphql(desc = "Only entries past this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or from before `before`.")] last: Option<i32>,
        #[graphql(desc = "Only entries before this cursor.")] before: Option<String>,
    ) -> Result<AuditConnection> {
        let page = PageArguments {
            first,
            after,
            last,
            before,
        };
        let asked = Asked {
            site,
            from,
            to,
            actor,
            operation,
            page,
        };
        read_page(ctx, asked).await.map_err(|error| ctx.fail(error))
    }
}
