//! What the site's and the key's settings say at the moment of the append. It runs in the append transaction, on the
//! configuration that this transaction sees, so that a change is obeyed by the very next commit on every instance.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{super::Prepared, judge_event};
use crate::{
    domain::{
        error::{Code, Error, Result},
        permission::Permission,
        rule::Verdict,
    },
    service::registry::Configuration,
};

/// Lets the event come to the site's rules, and gives what they say; or says why not.
pub(in crate::service::ingest) fn run<'a>(
    configuration: &Configuration,
    one: &'a Prepared,
    now: Timestamp,
) -> Result<Cow<'a, Verdict>> {
    let event = &one.event;
    if !configuration.sites.contains_key(&event.site) {
        return Err(Error::new(Code::UnknownSite, "The site is gone.").at("site"));
    }
    if let Some(id) = event.key {
        let key = configuration.keys.values().map(|(key, _)| key).find(|key| key.id == id);
        let Some(key) = key.filter(|key| key.is_valid(now)) else {
            return Err(Error::new(Code::Unauthenticated, "The key was revoked or has expired."));
        };
        if !key.permissions.has(Permission::Log) {
            return Err(Error::new(Code::Forbidden, "The key may not log any more."));
        }
    }
    if one.judged.generation == configuration.generation {
        return Ok(Cow::Borrowed(&one.judged.verdict));
    }
    Ok(Cow::Owned(judge_event::run(configuration, event, one.ip, now).verdict))
}
