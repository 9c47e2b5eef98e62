//! A line of a log as an event: what it is called, where it happened, and the id that makes importing idempotent.

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{
    line::Line,
    occurrence::Occurrences,
    origin::Origin,
    page::{self, Skip, Skipped},
};

const PAGE_VIEW: &str = "pageview";
const REQUEST: &str = "http.request";

/// Begins everything that is hashed to an id. The ids of events already stored depend on it: never change it.
const ID_DOMAIN: &[u8] = b"tidemark access-log 1";
const ID_PREFIX: &str = "log-";

/// 128 bits: enough that two events never share one by chance.
const ID_BYTES: usize = 16;

/// An event as the log tells it, before the pipeline adds what it knows.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The same for the same line, each time the file is imported.
    pub id: String,
    /// `pageview` or `http.request`.
    pub action: &'static str,
    /// The line's own time.
    pub time: Timestamp,
    /// The whole URL; the path and query alone when neither `--host` nor the line names a host; nothing when the
    /// request names no path (`OPTIONS *`, `CONNECT`, unreadable requests).
    pub url: Option<String>,
    /// The page that led here, as logged.
    pub referrer: Option<String>,
    /// The client's address.
    pub ip: Option<IpAddr>,
    /// The client's own description.
    pub user_agent: Option<String>,
    /// `status`, `bytes` and, when the request was readable, `method`.
    pub tag: Map<String, Value>,
}

/// Turns the lines of *one* file into events, in the file's order.
pub struct Translator {
    all: bool,
    host: Option<Origin>,
    occurrences: Occurrences,
    skipped: Skipped,
}

impl Translator {
    /// With `all`, every line is an `http.request`; otherwise page views only, as `pageview`. `host` is where the
    /// paths of the log belong.
    #[must_use]
    pub fn new(all: bool, host: Option<Origin>) -> Self {
        Self {
            all,
            host,
            occurrences: Occurrences::new(),
            skipped: Skipped::default(),
        }
    }

    /// The event that a line is; `digest` is the one of its [`Record`](super::Record).
    ///
    /// # Errors
    /// Why the line is no page view. It is counted in [`skipped`](Self::skipped).
    pub fn translate(&mut self, digest: &[u8; 32], line: Line) -> Result<Draft, Skip> {
        if !self.all
            && let Some(reason) = page::skip(&line)
        {
            self.skipped.add(reason);
            return Err(reason);
        }
        let action = if self.all { REQUEST } else { PAGE_VIEW };
        let occurrence = self.occurrences.count(digest, line.time.as_second());
        Ok(Draft {
            id: self.id(action, digest, occurrence),
            action,
            time: line.time,
            url: self.url(&line),
            ip: line.ip,
            tag: tag(line.method, line.status, line.bytes),
            referrer: line.referrer,
            user_agent: line.user_agent,
        })
    }

    /// The lines that were no page views.
    #[must_use]
    pub fn skipped(&self) -> Skipped {
        self.skipped
    }

    /// The id of an event: the line, and the how-manieth of its kind it is in the file. So the same file twice adds
    /// nothing, nor does a rotation that overlaps another; two equal lines in one file are two events.
    ///
    /// The host belongs to it: two hosts behind one address may log equal lines, and as an id outlives its event, an
    /// import with a wrong `--host` could otherwise never be repeated with the right one.
    fn id(&self, action: &str, digest: &[u8; 32], occurrence: u64) -> String {
        let host = self.host.as_ref().map_or("", Origin::as_str);
        let mut hash = Sha256::new();
        for part in [ID_DOMAIN, action.as_bytes(), host.as_bytes()] {
            hash.update(part);
            // None of the parts can contain it, so that no two lists of parts hash alike.
            hash.update([0]);
        }
        hash.update(occurrence.to_be_bytes());
        hash.update(digest);
        format!("{ID_PREFIX}{}", hex::encode(&hash.finalize()[..ID_BYTES]))
    }

    fn url(&self, line: &Line) -> Option<String> {
        let target = line.target.as_deref()?;
        if page::is_absolute(target) {
            return Some(target.to_owned());
        }
        if !target.starts_with('/') {
            return None;
        }
        let of_vhost = || line.vhost.as_deref().map(Origin::of_vhost);
        let origin = self.host.clone().or_else(of_vhost);
        Some(origin.map_or_else(|| target.to_owned(), |origin| format!("{origin}{target}")))
    }
}

fn tag(method: Option<String>, status: u16, bytes: u64) -> Map<String, Value> {
    let mut tag = Map::new();
    if let Some(method) = method {
        tag.insert("method".to_owned(), Value::from(method));
    }
    tag.insert("status".to_owned(), Value::from(status));
    tag.insert("bytes".to_owned(), Value::from(bytes));
    tag
}
