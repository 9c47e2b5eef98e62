//! What the event does not say itself: device, place, source of the visit. What a public caller says of address, agent
//! and place does not count; then the connection's are taken.

use std::net::IpAddr;

use super::{
    super::{
        Ingest,
        enrichment::{Referrer, traffic_source},
    },
    identify_event::Ids,
    validate_shape::Valid,
};
use crate::domain::{
    caller::Caller,
    event::{ActorKind, Door, Event},
    site::Site,
    tag::Tag,
};

/// The event with all but its actor's hash; its `ip` is still whole, as the hash is made of it.
pub(in crate::service::ingest) fn run(
    ingest: &Ingest,
    caller: &Caller,
    door: Door,
    site: &Site,
    valid: Valid,
    ids: &Ids,
) -> (Event, Option<String>) {
    let Valid {
        event,
        tag,
        time,
        received,
    } = valid;
    let trusted = caller.is_trusted();
    let given = |text: Option<String>| text.filter(|_| trusted);
    // Nobody believes a public caller that the connection is not its own.
    let relayed = event.relayed && trusted;
    // A text that is no address was refused before, unless it does not count.
    let ip = given(event.ip)
        .and_then(|ip| ip.parse::<IpAddr>().ok())
        .or(caller.address.filter(|_| !relayed));
    let agent = given(event.user_agent)
        .or_else(|| caller.user_agent.clone().filter(|_| !relayed))
        .filter(|agent| !agent.is_empty());
    let agent = agent.map(|text| ingest.agents.classify(&text));
    let mut place = match (&ingest.countries, ip) {
        (Some(countries), Some(ip)) => countries.find(ip),
        _ => Default::default(),
    };
    let url = event.url.as_deref().map(|url| ingest.addresses.parse(url));
    let referrer = event.referrer.as_deref().map(|url| ingest.addresses.parse(url));
    let from = referrer.as_ref().and_then(|referrer| {
        referrer.host.as_deref().map(|host| Referrer {
            host,
            path: referrer.path.as_deref().unwrap_or_default(),
        })
    });
    let page_host = url.as_ref().and_then(|url| url.host.as_deref());
    let share_hosts = site.share_hosts.as_deref().unwrap_or(&ingest.config.share_hosts);
    let traffic_source = traffic_source(from, page_host, share_hosts);
    let (actor, actor_kind) = match (event.actor, &event.device, event.unnamed) {
        (Some(user), ..) => (Some(user), ActorKind::User),
        (None, Some(device), _) => (Some(device.clone()), ActorKind::Device),
        (None, None, Some(hash)) => (Some(hash), ActorKind::Unnamed),
        (None, None, None) => (None, ActorKind::None),
    };
    let (tag, text) = tag.map_or((None, None), |Tag { object, text }| (Some(object), Some(text)));
    let event = Event {
        sequence: None,
        site: site.id,
        id_is_clients: event.id.is_some(),
        id: ids.id.clone(),
        uid: ids.uid,
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
        language: event.language.or_else(|| caller.language.clone().filter(|_| !relayed)),
        country: given(event.country).or_else(|| place.country.take()),
        city: given(event.city).or_else(|| place.city.take()),
        scope: event.scope.filter(|scope| scope != crate::domain::event::DEFAULT_SCOPE),
        ip,
        tag,
        door,
        key: caller.key().map(|key| key.id),
    };
    (event, text)
}
