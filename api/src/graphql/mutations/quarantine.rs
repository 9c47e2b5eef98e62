//! Mending and deleting events in quarantine.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::{
        error::{self, Code, Error},
        event,
        quarantine::{Entry, Filter, Fix},
        tag_type::TagType,
    },
    graphql::{
        context::ContextExt,
        error::UserError,
        mutations::{event::Outcome, tag_type::TagTypeInput},
        objects::event::Event,
        queries::quarantine::QuarantineFilter,
        scalar::Count,
    },
    service::quarantine::{Attempt, Redriven},
};

/// Events of one request.
const MOST: usize = 1_000;

/// A key that gets another name.
#[derive(InputObject)]
struct RenameKeyInput {
    /// The name that it has.
    from: String,
    /// The name that it gets, at most 512 characters; a dot in it is an underscore.
    to: String,
}

/// One way to mend events: exactly one of the three.
#[derive(InputObject)]
struct FixInput {
    /// Gives a key another type, on every site and for all events from here on, as `retypeTagType` does.
    retype: Option<TagTypeInput>,
    /// Renames a field of the events, wherever in the tag it is.
    rename: Option<RenameKeyInput>,
    /// Turns the values of a field into those of a type, wherever in the tag it is and where that loses nothing: a number
    /// or boolean into its text, a text into the number or boolean that it writes, a single value into an array of it.
    coerce: Option<TagTypeInput>,
}

impl FixInput {
    fn read(self) -> error::Result<Fix> {
        let kind = |input: &TagTypeInput, path: &str| TagType::parse(&input.kind).map_err(|error| error.below(path));
        match (self.retype, self.rename, self.coerce) {
            (Some(input), None, None) => Ok(Fix::Retype {
                kind: kind(&input, "retype")?,
                name: input.name,
            }),
            (None, Some(input), None) => Ok(Fix::Rename {
                from: input.from,
                to: input.to,
            }),
            (None, None, Some(input)) => Ok(Fix::Coerce {
                kind: kind(&input, "coerce")?,
                name: input.name,
            }),
            _ => Err(Error::new(
                Code::InvalidArgument,
                "Give exactly one of `retype`, `rename` and `coerce`.",
            )),
        }
    }
}

/// Which events to try again, and how to mend them.
#[derive(InputObject)]
struct RedriveQuarantineInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// Events by the ids that `quarantine` lists, at most 1,000.
    ids: Option<Vec<ID>>,
    /// Events that match; with `ids` those of them. Left out, all of the site's.
    filter: Option<QuarantineFilter>,
    /// How they are mended, in order; at most 20. Left out, they are tried as they are, after the cause was mended.
    #[graphql(default)]
    fixes: Vec<FixInput>,
    /// At most so many, the oldest first: 1–1,000.
    #[graphql(default = 1_000)]
    limit: i64,
    /// Only say what would become of them, and change nothing.
    #[graphql(default = false)]
    dry_run: bool,
}

/// Which events to delete.
#[derive(InputObject)]
struct DeleteQuarantinedInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// Events by the ids that `quarantine` lists, at most 1,000.
    ids: Option<Vec<ID>>,
    /// Events that match; with `ids` those of them. An empty filter matches all of the site's.
    filter: Option<QuarantineFilter>,
    /// At most so many, the oldest first: 1–1,000.
    #[graphql(default = 1_000)]
    limit: i64,
}

fn read_limit(limit: i64) -> error::Result<usize> {
    usize::try_from(limit)
        .ok()
        .filter(|limit| (1..=MOST).contains(limit))
        .ok_or_else(|| Error::new(Code::InvalidArgument, format!("`limit` is 1–{MOST}.")).at("limit"))
}

/// What became of one event in quarantine, or would.
#[derive(SimpleObject)]
struct RedrivenEvent {
    /// The id that `quarantine` lists it by.
    id: ID,
    /// `ACCEPTED` and `DUPLICATE` have left quarantine, any other is still there.
    outcome: Outcome,
    /// The event as it is stored.
    event: Option<Event>,
    /// Why it is still in quarantine.
    error: Option<UserError>,
}

impl From<(Entry, event::Outcome)> for RedrivenEvent {
    fn from((entry, outcome): (Entry, event::Outcome)) -> Self {
        let name = Outcome::from(&outcome);
        let (event, error) = match outcome {
            event::Outcome::Accepted(event) => (Some(event.into()), None),
            event::Outcome::Duplicate { .. } => (None, None),
            event::Outcome::Refused(error) => (None, Some((&error).into())),
        };
        Self {
            id: entry.public_id.into(),
            outcome: name,
            event,
            error,
        }
    }
}

/// What trying events again did, or would do.
#[derive(SimpleObject, Default)]
struct RedriveQuarantinePayload {
    /// How many are logged, each once and at its original time.
    accepted: Count,
    /// How many were stored already, under the same id.
    duplicates: Count,
    /// How many are refused again, and stay in quarantine.
    refused: Count,
    /// What became of each, the oldest first.
    outcomes: Vec<RedrivenEvent>,
    /// How many that match are still there.
    remaining: Count,
    /// Why nothing was done.
    error: Option<UserError>,
}

impl From<Redriven> for RedriveQuarantinePayload {
    fn from(redriven: Redriven) -> Self {
        let (accepted, duplicates, refused) = redriven.counts();
        Self {
            accepted: Count::of(accepted),
            duplicates: Count::of(duplicates),
            refused: Count::of(refused),
            outcomes: redriven.entries.into_iter().map(RedrivenEvent::from).collect(),
            remaining: Count(redriven.remaining),
            error: None,
        }
    }
}

/// What deleting events in quarantine did.
#[derive(SimpleObject, Default)]
struct DeleteQuarantinedPayload {
    /// How many are gone, for good.
    count: Count,
    /// How many that match are still there.
    remaining: Count,
    /// Why nothing was done.
    error: Option<UserError>,
}

fn is_expected(error: &Error) -> bool {
    matches!(
        error.code,
        Code::InvalidArgument
            | Code::NotFound
            | Code::ReservedName
            | Code::TooLong
            | Code::InvalidText
            | Code::TooManyItems
    )
}

fn filter(filter: Option<QuarantineFilter>, ids: Option<Vec<ID>>) -> Filter {
    filter.unwrap_or_default().read(ids)
}

#[derive(Default)]
pub(in crate::graphql) struct QuarantineMutation;

#[Object]
impl QuarantineMutation {
    /// Tries events in quarantine again, mended or as they are. Each is logged exactly once, at its original time and
    /// however old it is, and leaves quarantine with that; the lists judge it anew, by as much of its address as the site
    /// keeps. What is refused again stays.
    async fn redrive_quarantine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events, and how to mend them.")] input: RedriveQuarantineInput,
    ) -> Result<RedriveQuarantinePayload> {
        let redrive = async {
            let fixes = input.fixes.into_iter().enumerate();
            let fixes = fixes.map(|(index, fix)| fix.read().map_err(|error| error.below(&format!("fixes[{index}]"))));
            let attempt = Attempt {
                fixes: fixes.collect::<error::Result<_>>()?,
                filter: filter(input.filter, input.ids),
                limit: read_limit(input.limit)?,
                dry_run: input.dry_run,
            };
            ctx.services()
                .redrive_quarantine(ctx.caller(), input.site.as_deref(), attempt)
                .await
        };
        let redriven: error::Result<Redriven> = redrive.await;
        match redriven.map_err(|error| error.below("input")) {
            Ok(redriven) => Ok(redriven.into()),
            Err(error) if is_expected(&error) => Ok(RedriveQuarantinePayload {
                error: Some((&error).into()),
                ..Default::default()
            }),
            Err(error) => Err(ctx.fail(error)),
        }
    }

    /// Deletes events in quarantine, for good.
    async fn delete_quarantined(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events.")] input: DeleteQuarantinedInput,
    ) -> Result<DeleteQuarantinedPayload> {
        let delete = async {
            if input.ids.is_none() && input.filter.is_none() {
                let message = "Give `ids` or `filter`; an empty filter matches everything.";
                return Err(Error::new(Code::InvalidArgument, message));
            }
            let limit = read_limit(input.limit)?;
            let filter = filter(input.filter, input.ids);
            ctx.services()
                .delete_quarantined(ctx.caller(), input.site.as_deref(), &filter, limit)
                .await
        };
        match delete.await.map_err(|error: Error| error.below("input")) {
            Ok(deleted) => Ok(DeleteQuarantinedPayload {
                count: Count(deleted.count),
                remaining: Count(deleted.remaining),
                error: None,
            }),
            Err(error) if is_expected(&error) => Ok(DeleteQuarantinedPayload {
                error: Some((&error).into()),
                ..Default::default()
            }),
            Err(error) => Err(ctx.fail(error)),
        }
    }
}
