//! What the event does not say itself: device, place, source of the visit. What a public caller says of address, agent
//! and place does not count; then the connection's are taken.

use std::net::IpAddr;

use super::{
    super::{
        Ingest,
        enrichment::{Referrer, traffic_source},
    },
    identify_event::Identified,
};
use crate::domain::{
    caller::Caller,
    event::{ActorKind, Address, Agent, Event},
    site::Site,
};

/// An event with all but its actor's hash, and the whole address that the hash is made of.
#[derive(Debug)]
pub(in crate::service::ingest) struct Enriched {
    /// The event; its `ip` is still whole.
    pub(in crate::service::ingest) event: Event,
    /// Unique ids under which it may be stored already.
    pub(in crate::service::ingest) candidates: Vec<[u8; 16]>,
}

/// Characters of a user agent that are kept.
const MOST_AGENT: usize = 1_024;

/// Enriches the event.
pub(in crate::service::ingest) fn run(
    ingest: &Ingest,
    caller: &Caller,
    site: &Site,
    identified: Identified,
) -> Enriched {
    let Identified {
        event,
        time,
        received,
        id,
        uid,
        candidates,
        door,
        key,
    } = identified;
    let trusted = caller.is_trusted();
    let given = |text: Option<String>| text.filter(|_| trusted);
    // A text that is no address was refused before, unless it does not count.
    let ip = given(event.ip)
        .and_then(|ip| ip.parse::<IpAddr>().ok())
        .or(caller.address);
    let agent = given(event.user_agent)
        .or_else(|| caller.user_agent.clone())
        .filter(|agent| !agent.is_empty());
    let agent = agent.map(|text| classify(ingest, text));
    let mut place = match (&ingest.countries, ip) {
        (Some(countries), Some(ip)) => countries.find(ip),
        _ => Default::default(),
    };
    let url = event.url.as_deref().map(Address::parse);
    let referrer = event.referrer.as_deref().map(Address::parse);
    let from = referrer.as_ref().and_then(|referrer| {
        referrer.host.as_deref().map(|host| Referrer {
            host,
            path: referrer.path.as_deref().unwrap_or_default(),
        })
    });
    let page_host = url.as_ref().and_then(|url| url.host.as_deref());
    let traffic_source = traffic_source(from, page_host, &ingest.config.share_hosts);
    let (actor, actor_kind) = match (event.actor, &event.device) {
        (Some(user), _) => (Some(user), ActorKind::User),
        (None, Some(device)) => (Some(device.clone()), ActorKind::Device),
        (None, None) => (None, ActorKind::None),
    };
    let tag = match event.tag {
        Some(serde_json::Value::Object(mut tag)) => {
            // Always computed, never trusted from the client.
            tag.remove("traffic_source");
            Some(tag)
        }
        _ => None,
    };
    let event = Event {
        sequence: None,
        site: site.id,
        id_is_clients: event.id.is_some(),
        id,
        uid,
        action: event.action,
        label: event.label,
        time,
        received,
        url,
        referrer,
        traffic_source,
        agent,
        actor,
        actor_kind,
        device: event.device,
        session: event.session,
        company: event.company,
        language: event.language.or_else(|| caller.language.clone()),
        country: given(event.country).or_else(|| place.country.take()),
        city: given(event.city).or_else(|| place.city.take()),
        ip,
        tag,
        door,
        key,
    };
    Enriched { event, candidates }
}

fn classify(ingest: &Ingest, mut text: String) -> Agent {
    if let Some((end, _)) = text.char_indices().nth(MOST_AGENT) {
        text.truncate(end);
    }
    let client = ingest.agents.classify(&text);
    Agent {
        device: client.device.as_str().to_owned(),
        browser: client.browser.clone(),
        os: client.os.clone(),
        bot: client.is_bot(),
        value: text,
    }
}
