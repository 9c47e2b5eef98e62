//! What the site's allow and deny lists say, by the configuration that is known when the event comes in. The append
//! judges anew where the configuration has moved meanwhile, so that its transaction need not wait for the matching.

use std::net::IpAddr;

use jiff::Timestamp;

use crate::{
    domain::{
        event::Event,
        rule::{Subject, Verdict},
    },
    service::registry::Configuration,
};

/// What the lists say, and by which generation of the configuration.
#[derive(Debug, Default)]
pub(in crate::service::ingest) struct Judged {
    /// The generation.
    pub(in crate::service::ingest) generation: i64,
    /// What they say.
    pub(in crate::service::ingest) verdict: Verdict,
}

/// Judges the event by its whole address, whatever of it is kept.
pub(in crate::service::ingest) fn run(
    configuration: &Configuration,
    event: &Event,
    ip: Option<IpAddr>,
    now: Timestamp,
) -> Judged {
    Judged {
        generation: configuration.generation,
        verdict: configuration.judge(event.site, &Subject::of(event, ip), now),
    }
}
