//! Deleting and restoring.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::error::{self, Code, Error},
    graphql::{
        context::ContextExt,
        error::UserError,
        objects::{condition::EventFilter, deletion::Deletion},
        scalar::Count,
    },
    service::deletion::{Deleted, Which},
};

/// Which events to delete: exactly one of `ids`, `filter` and `actor`.
#[derive(InputObject)]
struct DeleteEventsInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// Events by id, at most 10,000.
    ids: Option<Vec<ID>>,
    /// Events that match. An empty filter matches all events of the site.
    filter: Option<EventFilter>,
    /// All events of one actor.
    actor: Option<String>,
    /// Only count what would be deleted.
    #[graphql(default = false)]
    dry_run: bool,
}

impl DeleteEventsInput {
    fn which(self) -> error::Result<Which> {
        match (self.ids, self.filter, self.actor) {
            (Some(ids), None, None) => Ok(Which::Ids(ids.into_iter().map(|id| id.0).collect())),
            (None, Some(filter), None) => Ok(Which::Filter(filter.read("filter")?)),
            (None, None, Some(actor)) => Ok(Which::Actor(actor)),
            _ => Err(Error::new(
                Code::InvalidArgument,
                "Give exactly one of `ids`, `filter` and `actor`.",
            )),
        }
    }
}

/// What a deletion or a restore did.
#[derive(SimpleObject)]
struct DeletionPayload {
    /// The deletion; none where nothing was deleted.
    deletion: Option<Deletion>,
    /// How many events it hides or shows again; with `dryRun` how many it would hide.
    count: Count,
    /// How many refused events of the actor it hides in quarantine, or would hide. Only a deletion by actor, or by a filter
    /// that names actors with EQ or IN, reaches into quarantine; a restore shows them again, the purge removes them.
    quarantined: Count,
    /// Ids that are unknown, or deleted already.
    not_found: Vec<ID>,
    /// Why nothing was done.
    error: Option<UserError>,
}

impl DeletionPayload {
    /// Failures that a caller is to expect are data.
    fn refused(ctx: &Context<'_>, error: Error) -> Result<Self> {
        match error.code {
            Code::NotFound | Code::TooManyPendingDeletions | Code::NotRestorable | Code::Overloaded => Ok(Self {
                deletion: None,
                count: Count(0),
                quarantined: Count(0),
                not_found: Vec::new(),
                error: Some((&error).into()),
            }),
            _ => Err(ctx.fail(error)),
        }
    }
}

impl From<Deleted> for DeletionPayload {
    fn from(deleted: Deleted) -> Self {
        Self {
            deletion: deleted.deletion.map(Deletion::from),
            count: Count(deleted.count),
            quarantined: Count(deleted.quarantined),
            not_found: deleted.not_found.into_iter().map(ID::from).collect(),
            error: None,
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct DeletionMutation;

#[Object]
impl DeletionMutation {
    /// Deletes one event. It vanishes from every answer at once; until the purge it can be restored.
    async fn delete_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The event's id.")] id: ID,
    ) -> Result<DeletionPayload> {
        let which = Which::Ids(vec![id.0.clone()]);
        match ctx
            .services()
            .delete_events(ctx.caller(), site.as_deref(), which, false)
            .await
        {
            Ok(deleted) if deleted.count == 0 => {
                let error = Error::new(
                    Code::NotFound,
                    "There is no event with this id, or it is deleted already.",
                )
                .at("id");
                Ok(DeletionPayload {
                    error: Some((&error).into()),
                    ..deleted.into()
                })
            }
            Ok(deleted) => Ok(deleted.into()),
            Err(error) => DeletionPayload::refused(ctx, error),
        }
    }

    /// Deletes events by ids, by filter or by actor. They vanish from every answer at once; until the purge they can be
    /// restored.
    async fn delete_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events.")] input: DeleteEventsInput,
    ) -> Result<DeletionPayload> {
        let (site, dry_run) = (input.site.clone(), input.dry_run);
        let which = input.which().map_err(|error| ctx.fail(error.below("input")))?;
        match ctx
            .services()
            .delete_events(ctx.caller(), site.as_deref(), which, dry_run)
            .await
        {
            Ok(deleted) => Ok(deleted.into()),
            Err(error) => DeletionPayload::refused(ctx, error.below("input")),
        }
    }

    /// Brings back what a deletion hid, until its purge has begun. While a later large deletion of the site is being worked
    /// off the error is `OVERLOADED`: try again after `retryAfter`.
    async fn restore_deletion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The deletion's id.")] id: ID,
    ) -> Result<DeletionPayload> {
        match ctx.services().restore_deletion(ctx.caller(), &id).await {
            Ok(deletion) => {
                let count = Count(deletion.events_total);
                Ok(DeletionPayload {
                    deletion: Some(deletion.into()),
                    count,
                    quarantined: Count(0),
                    not_found: Vec::new(),
                    error: None,
                })
            }
            Err(error) => DeletionPayload::refused(ctx, error),
        }
    }
}
