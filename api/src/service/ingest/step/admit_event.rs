//! What the site's and the key's settings say at the moment of the append. It runs in the append transaction, on the
//! configuration that this transaction sees, so that a change is obeyed by the very next commit on every instance.

use jiff::Timestamp;

use crate::{
    domain::{
        error::{Code, Error, Result},
        event::Event,
    },
    service::registry::Configuration,
};

/// Admits the event, or says why not.
pub(in crate::service::ingest) fn run(configuration: &Configuration, event: &Event, now: Timestamp) -> Result<()> {
    if !configuration.sites.contains_key(&event.site) {
        return Err(Error::new(Code::UnknownSite, "The site is gone.").at("site"));
    }
    let Some(id) = event.key else { return Ok(()) };
    let key = configuration.keys.values().map(|(key, _)| key).find(|key| key.id == id);
    if key.is_some_and(|key| key.is_valid(now)) {
        return Ok(());
    }
    Err(Error::new(Code::Unauthenticated, "The key was revoked or has expired."))
}
