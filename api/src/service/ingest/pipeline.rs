//! The steps of one event, in order. Each is written once; each drop carries its reason.
//!
//! Before it: the caller is known and charged. After it: the append looks the id up, admits, and stores. What the site's
//! lists say is found out here already and heard only then, so that a retry of a stored event is always a duplicate.

use std::sync::Arc;

use super::{Dropped, Prepared, step};
use crate::{
    clock,
    domain::{
        caller::Caller,
        error::{Code, Error, Kind, Result},
        event::{Door, NewEvent},
        site::Site,
        tag_type::Refusal,
    },
    service::{Services, registry::Configuration, tag},
};

/// Characters of an actor.
const MOST_ACTOR: usize = 256;

/// Takes one event through the steps before the append. What is refused of another system's wire format goes on all the
/// same, to be kept in quarantine.
///
/// # Errors
/// Why it is refused, where it is not to be kept; or whatever the database says.
pub(super) async fn prepare(
    services: &Services,
    caller: &Caller,
    door: Door,
    of_site: (&Configuration, &Site),
    event: NewEvent,
) -> Result<Prepared> {
    let kept = door.is_dialect().then(|| event.clone());
    match (pass(services, caller, door, of_site, event).await, kept) {
        (Err(error), Some(event)) if error.code.kind() == Kind::Caller => {
            salvage(services, caller, door, of_site.1, event, error).await
        }
        (passed, _) => passed,
    }
}

/// What quarantine keeps of an event that does not pass.
async fn salvage(
    services: &Services,
    caller: &Caller,
    door: Door,
    site: &Site,
    event: NewEvent,
    error: Error,
) -> Result<Prepared> {
    let mut refusal = Refusal::from(&error);
    // What its door refused lacks something that nobody can add here, unless it only came with too much, or says it at
    // greater length than its format knows.
    let is_final = event
        .fault
        .as_ref()
        .is_some_and(|fault| !matches!(fault.code, Code::TooManyItems | Code::BatchRefused | Code::TooLong));
    let valid = step::validate_shape::salvage(event, site, clock::now());
    let ids = step::identify_event::run(&services.hasher, caller, door, site, valid.event.ids());
    let (mut event, _) = step::enrich_event::run(&services.ingest, caller, door, site, valid, &ids);
    if let Some(actor) = &event.actor
        && let Some((end, _)) = actor.char_indices().nth(MOST_ACTOR)
    {
        // Quarantine is searched by actors, which have to be short for that; the whole of it is told as what was found.
        refusal.received = Some(actor.clone());
        event.actor = Some(actor[..end].to_owned());
    }
    let (event, ip) = step::name_actor::run(services, site, event).await?;
    Ok(Prepared {
        event: Arc::new(event),
        tag: None,
        candidates: ids.candidates,
        ip,
        judged: step::judge_event::Judged::default(),
        typed: tag::Typed::default(),
        overwrites: false,
        public: !caller.is_trusted(),
        refused: Some(Box::new(Dropped {
            error,
            refusal,
            is_final,
        })),
    })
}

async fn pass(
    services: &Services,
    caller: &Caller,
    door: Door,
    (configuration, site): (&Configuration, &Site),
    event: NewEvent,
) -> Result<Prepared> {
    let ingest = &services.ingest;
    let received = clock::now();
    let overwrites = event.overwrites && event.id.is_some();
    let event = step::speak_for::run(caller, event)?;
    let valid = step::validate_shape::run(event, site, door, received, ingest.tag_limits())?;
    let ids = step::identify_event::run(&services.hasher, caller, door, site, valid.event.ids());
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
        overwrites,
        public: !caller.is_trusted(),
        refused: None,
    })
}
