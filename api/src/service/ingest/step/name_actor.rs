//! The actor of an event that names none, and what is kept of the address.

use crate::{
    domain::{
        error::Result,
        event::{ActorKind, Event},
        site::{IpPolicy, Site},
    },
    service::Services,
};

/// Names the actor, then cuts the address down to what the site keeps.
pub(in crate::service::ingest) async fn run(services: &Services, site: &Site, mut event: Event) -> Result<Event> {
    if event.actor_kind == ActorKind::None && event.company.is_none() && (event.ip.is_some() || event.agent.is_some()) {
        let agent = event.agent.as_ref().map_or("", |agent| agent.value.as_str());
        let actor = services
            .ingest
            .identity
            .hash(services, site, event.time, event.ip, agent)
            .await?;
        event.actor = Some(actor);
        event.actor_kind = ActorKind::Unnamed;
    }
    truncate(&mut event, site.ip_policy);
    Ok(event)
}

fn truncate(event: &mut Event, policy: IpPolicy) {
    use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
    event.ip = match (policy, event.ip) {
        (IpPolicy::None, _) => None,
        (IpPolicy::Whole, ip) => ip,
        (IpPolicy::Truncated, ip) => ip.map(|ip| match ip.to_canonical() {
            IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & !0xff)),
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 80 << 80)),
        }),
    };
}
