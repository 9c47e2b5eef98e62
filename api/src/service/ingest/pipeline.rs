//! The steps of one event, in order. Each is written once; each drop carries its reason.
//!
//! Before it: the caller is known and charged. After it: the append looks the id up, admits, and stores. What the site's
//! lists say is found out here already and heard only then, so that a retry of a stored event is always a duplicate.

use std::sync::Arc;

use super::{Prepared, step};
use crate::{
    clock,
    domain::{
        caller::Caller,
        error::Result,
        event::{Door, NewEvent},
        site::Site,
    },
    service::{Services, registry::Configuration, tag},
};

/// Takes one event through the steps before the append.
pub(super) async fn prepare(
    services: &Services,
    caller: &Caller,
    door: Door,
    (configuration, site): (&Configuration, &Site),
    event: NewEvent,
) -> Result<Prepared> {
    let ingest = &services.ingest;
    let received = clock::now();
    let event = step::speak_for::run(caller, event)?;
    let valid = step::validate_shape::run(event, site, door, received, ingest.tag_limits())?;
    let ids = step::identify_event::run(&services.hasher, caller, door, site, valid.event.id.as_deref());
    let (event, tag) = step::enrich_event::run(ingest, caller, door, site, valid, &ids);
    let (event, ip) = step::name_actor::run(services, site, event).await?;
    let judged = step::judge_event::run(configuration, &event, ip, received);
    let typed = tag::check(configuration, site.tag_mode, event.tag.as_ref());
    Ok(Prepared {
        event: Arc::new(event),
        tag,
        candidates: ids.candidates,
        ip,
        judged,
        typed,
        public: !caller.is_trusted(),
    })
}
