//! One event.

use std::sync::Arc;

use async_graphql::{Context, Enum, Object, Result};
use serde_json::Value;

use crate::{
    domain::{
        error::Code,
        event::{self, ActorKind},
    },
    graphql::{context::ContextExt, scalar::DateTime},
    service::{event::Place, orphan::Searched},
};

/// Where an actor's id came from.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(in crate::graphql) enum ActorSource {
    /// The caller named a user.
    User,
    /// The caller named a device and no user.
    Device,
    /// Nobody was named: a keyed hash of site, IP and user agent, whose salt changes with the site's identity period.
    Unnamed,
}

/// An event as the schema shows it.
pub(in crate::graphql) struct Event(pub(in crate::graphql) Arc<event::Event>, Option<Arc<Searched>>);

impl From<event::Event> for Event {
    fn from(event: event::Event) -> Self {
        Arc::new(event).into()
    }
}

impl From<Arc<event::Event>> for Event {
    fn from(event: Arc<event::Event>) -> Self {
        Self(event, None)
    }
}

impl Event {
    /// The same, with what was found out of its whole page at once.
    pub(in crate::graphql) fn with(self, searched: &Arc<Searched>) -> Self {
        Self(self.0, Some(searched.clone()))
    }

    /// Its place among events ordered by time.
    pub(in crate::graphql) fn place(&self) -> Place {
        Place {
            time: crate::domain::zone::nanoseconds(self.0.time),
            sequence: self.0.sequence.unwrap_or_default(),
        }
    }
}

/// One logged occurrence of an action.
#[Object]
impl Event {
    /// The id: the client's where it gave one, else one that the server made (UUIDv7).
    async fn id(&self) -> async_graphql::ID {
        self.0.id.clone().into()
    }

    /// What was done, such as `pageview` or `Clicked Sign Up`.
    async fn action(&self) -> &str {
        &self.0.action
    }

    /// A short text beside the action.
    async fn label(&self) -> Option<&str> {
        self.0.label.as_deref()
    }

    /// When it happened.
    async fn time(&self) -> DateTime {
        self.0.time.into()
    }

    /// When the server got it.
    async fn received(&self) -> DateTime {
        self.0.received.into()
    }

    /// Whether the server got it more than five minutes after it happened: it was kept back somewhere, is told of
    /// afterwards or was imported. Answers about a time may have been asked for before its late events came in.
    async fn late(&self) -> bool {
        self.0.is_late()
    }

    /// The page, as it was sent.
    async fn url(&self) -> Option<&str> {
        self.0.url.as_ref().map(|url| url.value.as_str())
    }

    /// Where the actor came from, as it was sent.
    async fn referrer(&self) -> Option<&str> {
        self.0.referrer.as_ref().map(|url| url.value.as_str())
    }

    /// What was made of the referrer: `direct`, `search`, `click.st` or `other`.
    async fn traffic_source(&self) -> &str {
        self.0.traffic_source.name()
    }

    /// The free-form object. It also holds `traffic_source`, which is always computed.
    async fn tag(&self) -> Value {
        let mut tag = self.0.tag.clone().unwrap_or_default();
        tag.insert("traffic_source".into(), self.0.traffic_source.name().into());
        tag.into()
    }

    /// Who did it: a user's id, else a device's, else a hash; none for what a company does.
    async fn actor(&self) -> Option<&str> {
        self.0.actor.as_deref()
    }

    /// Where `actor` came from.
    async fn actor_source(&self) -> Option<ActorSource> {
        match self.0.actor_kind {
            ActorKind::None => None,
            ActorKind::User => Some(ActorSource::User),
            ActorKind::Device => Some(ActorSource::Device),
            ActorKind::Unnamed => Some(ActorSource::Unnamed),
        }
    }

    /// The organisation that the actor acts for.
    async fn company(&self) -> Option<&str> {
        self.0.company.as_deref()
    }

    /// The device's id.
    async fn device(&self) -> Option<&str> {
        self.0.device.as_deref()
    }

    /// The session's id.
    async fn session(&self) -> Option<&str> {
        self.0.session.as_deref()
    }

    /// The actor's language.
    async fn language(&self) -> Option<&str> {
        self.0.language.as_deref()
    }

    /// The actor's country.
    async fn country(&self) -> Option<&str> {
        self.0.country.as_deref()
    }

    /// The part of the site that it is of, where it came in by the format of Optimizely's Profile Store; else `default`.
    async fn scope(&self) -> &str {
        self.0.scope()
    }

    /// The actor's city.
    async fn city(&self) -> Option<&str> {
        self.0.city.as_deref()
    }

    /// As much of the actor's IP address as the site keeps.
    async fn ip(&self) -> Option<String> {
        self.0.ip.map(|ip| ip.to_string())
    }

    /// The user agent, as it was sent.
    async fn user_agent(&self) -> Option<&str> {
        self.0.agent.as_ref().map(|agent| agent.value.as_str())
    }

    /// The kind of device: `desktop`, `mobile`, `tablet`, `tv`, `console`, `bot` or `other`.
    async fn device_type(&self) -> Option<&str> {
        self.0.agent.as_ref().map(|agent| agent.device.as_str())
    }

    /// The family of the browser.
    async fn browser(&self) -> Option<&str> {
        self.0.agent.as_ref().and_then(|agent| agent.browser.as_deref())
    }

    /// The family of the operating system.
    async fn os(&self) -> Option<&str> {
        self.0.agent.as_ref().and_then(|agent| agent.os.as_deref())
    }

    /// Whether the user agent is a program.
    async fn bot(&self) -> Option<bool> {
        self.0.agent.as_ref().map(|agent| agent.bot)
    }

    /// Of a click on a result (its tag has a `documentPosition` and a `searchQueryUid`): whether no search with the same
    /// `searchQueryUid` was logged within a day before or after it. Null for any other event, and for who may not ask.
    /// It costs as much as a question about the raw events of that time; a page of events asks it once.
    async fn orphan(&self, ctx: &Context<'_>) -> Result<Option<bool>> {
        if let Some(searched) = &self.1 {
            return Ok(searched.lacks(&self.0));
        }
        let events = std::iter::once(self.0.as_ref());
        match ctx.services().searched(ctx.snapshot(), ctx.caller(), events).await {
            Ok(searched) => Ok(searched.lacks(&self.0)),
            Err(error) if error.code == Code::Forbidden => Ok(None),
            Err(error) => Err(ctx.fail(error)),
        }
    }

    /// The way it came in, such as `graphql` or `import`.
    async fn door(&self) -> &str {
        self.0.door.name()
    }
}
