//! Logging.

use std::sync::Arc;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, Object, Result, SimpleObject};
use serde_json::Value;

use crate::{
    domain::{
        error::Code,
        event::{self, Door, NewEvent},
    },
    graphql::{
        context::{ContextExt, log},
        error::UserError,
        objects::event::Event,
        scalar::{Count, DateTime},
    },
    service::snapshot::Snapshot,
};

/// One event to be logged.
#[derive(InputObject)]
pub(in crate::graphql) struct EventInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// Your own id, at most 128 characters. Logging the same id again stores nothing and answers `DUPLICATE`, for ever.
    id: Option<ID>,
    /// What was done, 1–256 characters, such as `pageview`, `button.click` or `Clicked Sign Up`.
    action: String,
    /// A short text beside the action, at most 1,024 characters.
    label: Option<String>,
    /// When it happened; now where left out. At most 5 minutes ahead, and not older than the site takes.
    time: Option<DateTime>,
    /// The page: an absolute URL, or a path.
    url: Option<String>,
    /// Where the actor came from.
    referrer: Option<String>,
    /// Any JSON object, at most 1 MiB, 64 levels and 4,096 keys. Dots in keys become underscores. Numbers are integers of
    /// 64 bits or doubles; one with more digits than a double holds becomes the nearest that it does.
    tag: Option<Value>,
    /// The actor's IP address; the connection's where left out. Counts only from keys that are not public.
    ip: Option<String>,
    /// The actor's user agent; the connection's where left out. Counts only from keys that are not public.
    user_agent: Option<String>,
    /// The user's id.
    actor: Option<String>,
    /// The device's id; the actor where no user is named.
    device: Option<String>,
    /// The session's id.
    session: Option<String>,
    /// The organisation that the actor acts for. Without user and device the event has no actor.
    company: Option<String>,
    /// The actor's language; the connection's first where left out.
    language: Option<String>,
    /// The actor's country, two letters. Counts only from keys that are not public.
    country: Option<String>,
    /// The actor's city. Counts only from keys that are not public.
    city: Option<String>,
}

impl EventInput {
    pub(in crate::graphql) fn read(self) -> (Option<String>, NewEvent) {
        let event = NewEvent {
            id: self.id.map(|id| id.0),
            action: self.action,
            label: self.label,
            time: self.time.map(DateTime::into_text),
            url: self.url,
            referrer: self.referrer,
            tag: self.tag,
            ip: self.ip,
            user_agent: self.user_agent,
            actor: self.actor,
            unnamed: None,
            device: self.device,
            session: self.session,
            company: self.company,
            language: self.language,
            country: self.country,
            city: self.city,
            ..NewEvent::default()
        };
        (self.site, event)
    }
}

/// What became of one event.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "event::OutcomeKind")]
pub(in crate::graphql) enum Outcome {
    /// Stored, durably.
    Accepted,
    /// An event with this id was stored before; nothing was stored now.
    Duplicate,
    /// Not stored: the event breaks a rule of what an event may be, which `error` names.
    Invalid,
    /// Not stored: the site's allow or deny list refuses the event; `error` names what of it.
    Denied,
    /// Not stored but kept in quarantine: the tag does not fit the tag schema; `error` names the field at fault.
    TypeConflict,
    /// Not stored: the key's rate is used up; `error` says when to try again.
    RateLimited,
    /// Not stored: the server is overloaded; try again.
    Overloaded,
    /// Not stored: the server failed; try again.
    Failed,
}

impl From<&event::Outcome> for Outcome {
    fn from(outcome: &event::Outcome) -> Self {
        outcome.kind().into()
    }
}

/// What became of one event.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct LogEventPayload {
    /// What became of it.
    outcome: Outcome,
    /// Why it was not stored.
    error: Option<UserError>,
    #[graphql(skip)]
    stored: Option<Arc<event::Event>>,
    #[graphql(skip)]
    duplicate: Option<(Option<String>, String)>,
}

#[ComplexObject]
impl LogEventPayload {
    /// The event as it is kept; of a duplicate the one that was stored before, unless it is deleted.
    async fn event(&self, ctx: &Context<'_>) -> Result<Option<Event>> {
        if let Some(event) = &self.stored {
            return Ok(Some(event.clone().into()));
        }
        let Some((site, id)) = &self.duplicate else {
            return Ok(None);
        };
        // A snapshot of its own: the operation's may be older than this mutation.
        let snapshot = Snapshot::new(ctx.services().clone());
        match ctx.services().event(&snapshot, ctx.caller(), site.as_deref(), id).await {
            Ok(found) => Ok(found.map(Event::from)),
            // Who may log but not ask gets the outcome, and not the event.
            Err(error) if error.code == Code::Forbidden => Ok(None),
            Err(error) => Err(ctx.fail(error)),
        }
    }
}

impl LogEventPayload {
    pub(super) fn new(outcome: event::Outcome, site: Option<String>, path: &str) -> Self {
        let name = Outcome::from(&outcome);
        match outcome {
            event::Outcome::Accepted(event) => Self {
                outcome: name,
                error: None,
                stored: Some(event),
                duplicate: None,
            },
            event::Outcome::Duplicate { id } => Self {
                outcome: name,
                error: None,
                stored: None,
                duplicate: Some((site, id)),
            },
            event::Outcome::Refused(error) => Self {
                outcome: name,
                error: Some((&error.below(path)).into()),
                stored: None,
                duplicate: None,
            },
        }
    }
}

/// Writes down the first failure of the server's own among a request's outcomes: the others are no news.
pub(super) fn log_failure(outcomes: &[event::Outcome]) {
    let failure = outcomes.iter().find_map(|outcome| match outcome {
        event::Outcome::Refused(error) if error.code == Code::Internal => Some(error),
        _ => None,
    });
    if let Some(error) = failure {
        log(error, None);
    }
}

/// What became of several events.
#[derive(SimpleObject)]
struct LogEventsPayload {
    /// How many were stored.
    accepted: Count,
    /// What became of each, in order.
    outcomes: Vec<LogEventPayload>,
}

#[derive(Default)]
pub(in crate::graphql) struct EventMutation;

#[Object]
impl EventMutation {
    /// Logs one event. `ACCEPTED` means that it is durable.
    async fn log_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event.")] input: EventInput,
    ) -> Result<LogEventPayload> {
        let (site, event) = input.read();
        let outcomes = ctx
            .services()
            .log_each(ctx.caller(), Door::Graphql, vec![site.clone()], vec![event])
            .await;
        let mut outcomes = outcomes.map_err(|error| ctx.fail_event(error))?;
        log_failure(&outcomes);
        let outcome = outcomes.pop();
        let outcome = outcome.ok_or_else(|| async_graphql::Error::new("an event went without an outcome"))?;
        Ok(LogEventPayload::new(outcome, site, "input"))
    }

    /// Logs several events; each has an outcome of its own, and good ones are stored beside bad ones.
    async fn log_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The events.")] inputs: Vec<EventInput>,
    ) -> Result<LogEventsPayload> {
        let (sites, events): (Vec<_>, Vec<_>) = inputs.into_iter().map(EventInput::read).unzip();
        let outcomes = ctx
            .services()
            .log_each(ctx.caller(), Door::Graphql, sites.clone(), events)
            .await;
        let outcomes = outcomes.map_err(|error| ctx.fail_event(error))?;
        log_failure(&outcomes);
        let accepted = outcomes
            .iter()
            .filter(|outcome| matches!(outcome, event::Outcome::Accepted(_)))
            .count();
        let payload = |(index, (outcome, site))| LogEventPayload::new(outcome, site, &format!("inputs[{index}]"));
        let outcomes = outcomes.into_iter().zip(sites).enumerate().map(payload).collect();
        Ok(LogEventsPayload {
            accepted: Count::of(accepted),
            outcomes,
        })
    }

    /// Takes the same arguments as logging and does nothing with them: what a round trip costs without the engine.
    async fn ping(
        &self,
        #[graphql(desc = "An event that is not logged.")] input: Option<EventInput>,
        #[graphql(desc = "Events that are not logged.")] inputs: Option<Vec<EventInput>>,
    ) -> bool {
        drop((input, inputs));
        true
    }
}
