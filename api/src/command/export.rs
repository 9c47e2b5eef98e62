//! `export`: events, one JSON object a line, to be imported again; and the audit log.

mod audit;

use std::io::Write;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Complaint, complain, output::written};
use crate::{
    domain::{
        caller::Caller,
        deletion::Filter,
        event::{ActorKind, Event, NewEvent},
        period::Span,
        zone,
    },
    service::{
        Services,
        event::{Order, PageOf, Place},
        snapshot::Snapshot,
    },
};

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Write a site's events to standard output, by time
    Events {
        /// The site
        #[arg(long)]
        site: String,
        /// Events that happened at this time or later, such as 2026-11-21T00:00:00Z
        #[arg(long, value_name = "TIME")]
        from: Option<jiff::Timestamp>,
        /// Events that happened before this time
        #[arg(long, value_name = "TIME")]
        to: Option<jiff::Timestamp>,
    },
    /// Write the audit log to standard output, one JSON object a line, by time
    Audit {
        /// Changes on this site; without one every change
        #[arg(long)]
        site: Option<String>,
        /// Changes at this time or later, in RFC 3339
        #[arg(long)]
        from: Option<jiff::Timestamp>,
        /// Changes before this time, in RFC 3339
        #[arg(long)]
        to: Option<jiff::Timestamp>,
    },
}

/// One event as a line: the fields of `EventInput`, and `unnamed`, the hash of an actor whom nobody named. The salt that
/// would make the same hash again may be gone when it is imported.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Line {
    id: Option<String>,
    action: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    label: Option<String>,
    time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    referrer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tag: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ip: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unnamed: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    session: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    city: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
}

impl From<Event> for Line {
    fn from(event: Event) -> Self {
        let (actor, unnamed) = match event.actor_kind {
            ActorKind::User => (event.actor, None),
            ActorKind::Unnamed => (None, event.actor),
            // An actor that is its device comes back as one.
            ActorKind::Device | ActorKind::None => (None, None),
        };
        Self {
            id: Some(event.id),
            action: event.action,
            label: event.label,
            time: Some(event.time.to_string()),
            url: event.url.map(|url| url.value.clone()),
            referrer: event.referrer.map(|url| url.value.clone()),
            tag: event.tag.map(Value::Object),
            ip: event.ip.map(|ip| ip.to_string()),
            user_agent: event.agent.map(|agent| agent.value.clone()),
            actor,
            unnamed,
            device: event.device,
            session: event.session,
            company: event.company,
            language: event.language,
            country: event.country,
            city: event.city,
            scope: event.scope,
        }
    }
}

impl From<Line> for NewEvent {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            action: line.action,
            label: line.label,
            time: line.time,
            url: line.url,
            referrer: line.referrer,
            tag: line.tag,
            ip: line.ip,
            user_agent: line.user_agent,
            actor: line.actor,
            unnamed: line.unnamed,
            device: line.device,
            session: line.session,
            company: line.company,
            language: line.language,
            country: line.country,
            city: line.city,
            scope: line.scope,
            ..Self::default()
        }
    }
}

/// Events read at once.
const PAGE: usize = 5_000;

/// Runs the command.
pub(super) async fn run(command: Command, services: &Services) -> Result<(), Complaint> {
    match command {
        Command::Events { site, from, to } => {
            let span = Span {
                from: from.map_or(i64::MIN, zone::nanoseconds),
                to: to.map_or(i64::MAX, zone::nanoseconds),
            };
            events(services, &site, span).await
        }
        Command::Audit { site, from, to } => audit::run(services, site.as_deref(), (from, to)).await,
    }
}

async fn events(services: &Services, site: &str, span: Span) -> Result<(), Complaint> {
    let filter = Filter {
        span: Some(span),
        ..Filter::default()
    };
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut after = None;
    loop {
        // Each page is a snapshot of its own; the cursor keeps to its place whatever is logged meanwhile.
        let snapshot = Snapshot::new(services.clone());
        let page = PageOf {
            order: Order::Time,
            descending: false,
            after,
            before: None,
            limit: PAGE,
        };
        let events = services
            .events(&snapshot, &Caller::operator(), Some(site), &filter, page)
            .await
            .map_err(complain)?;
        let Some(last) = events.last() else { break };
        after = Some(Place {
            time: zone::nanoseconds(last.time),
            sequence: last.sequence.unwrap_or_default(),
        });
        for event in events {
            let text = serde_json::to_string(&Line::from(event)).map_err(|error| error.to_string())?;
            written(writeln!(out, "{text}"));
        }
    }
    written(out.flush());
    Ok(())
}
