//! The actor of an event that names none, and what is kept of the address.

use std::net::IpAddr;

use crate::{
    domain::{
        error::Result,
        event::{ActorKind, Event},
        site::{IpPolicy, Site},
    },
    service::Services,
};

/// Names the actor, then cuts the address down to what the site keeps.
pub(in crate::service::ingest) async fn run(
    services: &Services,
    site: &Site,
    mut event: Event,
) -> Result<(Event, Option<IpAddr>)> {
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
    Ok(keep(site, event))
}

/// Cuts the address of an event down to what the site keeps, and gives the whole one as well, for the site's rules.
pub(in crate::service::ingest) fn keep(site: &Site, mut event: Event) -> (Event, Option<IpAddr>) {
    let ip = event.ip;
    event.ip = kept_address(site, ip);
    (event, ip)
}

/// As much of an address as a site keeps.
pub(in crate::service) fn kept_address(site: &Site, ip: Option<IpAddr>) -> Option<IpAddr> {
    use std::net::{Ipv4Addr, Ipv6Addr};
    match (site.ip_policy, ip) {
        (IpPolicy::None, _) => None,
        (IpPolicy::Whole, ip) => ip,
        (IpPolicy::Truncated, ip) => ip.map(|ip| match ip.to_canonical() {
            IpAddr::V4(ip) => IpAddr::V4(Ipv4Addr::from_bits(ip.to_bits() & !0xff)),
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 80 << 80)),
        }),
    }
}
