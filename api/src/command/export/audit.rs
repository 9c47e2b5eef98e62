//! `export audit`: one JSON object a line, in the order of writing and in the words of the query `audit`.

use std::io::Write;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::{Complaint, PAGE, complain};
use crate::{
    command::output::written,
    domain::{
        audit::{ActorKind, Entry, Question},
        caller::Caller,
        zone,
    },
    service::{Services, snapshot::Snapshot},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Actor {
    kind: ActorKind,
    name: Option<String>,
}

/// One entry as a line.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: i64,
    time: Timestamp,
    actor: Actor,
    operation: String,
    site: Option<String>,
    target: String,
    before: Option<Value>,
    after: Option<Value>,
    ip: Option<std::net::IpAddr>,
    user_agent: Option<String>,
    request_id: Option<String>,
}

impl Line {
    fn new(entry: Entry, site: Option<String>) -> Self {
        Self {
            id: entry.id,
            time: entry.time,
            actor: Actor {
                kind: entry.actor.kind,
                name: Some(entry.actor.name).filter(|name| !name.is_empty()),
            },
            operation: entry.operation,
            site,
            target: entry.target,
            before: entry.before,
            after: entry.after,
            ip: entry.address,
            user_agent: entry.user_agent,
            request_id: entry.request_id,
        }
    }
}

/// Writes the entries of a site, or all, to standard output.
pub(super) async fn run(
    services: &Services,
    site: Option<&str>,
    (from, to): (Option<Timestamp>, Option<Timestamp>),
) -> Result<(), Complaint> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut after = None;
    loop {
        let snapshot = Snapshot::new(services.clone());
        let question = Question {
            from: from.map(zone::nanoseconds),
            to: to.map(zone::nanoseconds),
            after,
            limit: PAGE,
            ..Question::default()
        };
        let read = services.audit(&snapshot, &Caller::operator(), site, question).await;
        let entries = read.map_err(complain)?;
        let Some((last, _)) = entries.last() else { break };
        after = Some(last.id);
        for (entry, site) in entries {
            let text = serde_json::to_string(&Line::new(entry, site)).map_err(|error| error.to_string())?;
            written(writeln!(out, "{text}"));
        }
    }
    written(out.flush());
    Ok(())
}
