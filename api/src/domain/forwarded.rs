//! Where a request comes from, as proxies tell it: `X-Forwarded-For`, and `Forwarded` (RFC 7239).
//!
//! Each proxy adds at the end whom it was asked by. Only what trusted proxies added counts: the client is the last
//! address that is none of theirs. What stands before it may be anybody's invention.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::domain::error::{Code, Error, Result};

/// Proxies that are believed when they say whom they were asked by.
#[derive(Debug, Clone, Default)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    /// Those within these blocks.
    #[must_use]
    pub fn new(blocks: Vec<IpNet>) -> Self {
        Self(blocks)
    }

    /// Whether an address is one of theirs.
    #[must_use]
    pub fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|block| block.contains(&address.to_canonical()))
    }

    /// The client of a request that `peer` sent with these headers, each in the order in which its lines came.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` where the two headers name different clients: a proxy writes one of them and may let the other
    /// through, so that one of the two is an invention.
    pub fn client<'a>(
        &self,
        peer: IpAddr,
        forwarded_for: impl Iterator<Item = &'a str>,
        forwarded: impl Iterator<Item = &'a str>,
    ) -> Result<IpAddr> {
        let peer = peer.to_canonical();
        if !self.trust(peer) {
            return Ok(peer);
        }
        let plain: Vec<_> = forwarded_for.flat_map(|line| line.split(',')).map(node).collect();
        let structured: Vec<_> = forwarded.flat_map(|line| split(line, ',')).map(for_of).collect();
        match (plain.is_empty(), structured.is_empty()) {
            (_, true) => Ok(self.last_stranger(peer, &plain)),
            (true, false) => Ok(self.last_stranger(peer, &structured)),
            (false, false) => {
                let (one, other) = (self.last_stranger(peer, &plain), self.last_stranger(peer, &structured));
                if one == other {
                    return Ok(one);
                }
                let message = "`X-Forwarded-For` and `Forwarded` name different clients; the proxy has to remove the one that it does not write.";
                Err(Error::new(Code::MalformedRequest, message))
            }
        }
    }

    /// Goes back through the hops while they are known and trusted. Beyond a hop that does not say where it is nobody is
    /// believed, so that the last one known stands for its client.
    fn last_stranger(&self, peer: IpAddr, hops: &[Option<IpAddr>]) -> IpAddr {
        let mut client = peer;
        for hop in hops.iter().rev() {
            let Some(address) = hop else { break };
            client = *address;
            if !self.trust(client) {
                break;
            }
        }
        client
    }
}

/// The address of the `for` of one element of `Forwarded`; none where it is hidden, unknown or unreadable.
fn for_of(element: &str) -> Option<IpAddr> {
    let pair = split(element, ';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then_some(value.trim())
    })?;
    match pair.strip_prefix('"') {
        Some(rest) => node(&rest.strip_suffix('"')?.replace('\\', "")),
        // Without quotes it can be no IPv6 address and have no port.
        None => pair.parse().ok().filter(IpAddr::is_ipv4),
    }
}

/// An address, perhaps in brackets, perhaps with a port.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, after) = rest.split_once(']')?;
            let port = after.strip_prefix(':');
            if !after.is_empty() && !port.is_some_and(is_port) {
                return None;
            }
            let address: IpAddr = address.parse().ok()?;
            return address.is_ipv6().then(|| address.to_canonical());
        }
        // A lone colon parts the port of IPv4; more of them are IPv6's own.
        None => match text.split_once(':') {
            Some((address, port)) if is_port(port) && address.contains('.') => address,
            _ => text,
        },
    };
    bare.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn is_port(text: &str) -> bool {
    // RFC 7239 lets a port be hidden, too.
    let hidden = text.strip_prefix('_').is_some_and(|rest| !rest.is_empty());
    hidden || (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// The parts of a text between separators that stand in no quotes.
fn split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut quoted, mut escaped) = (false, false);
    text.split(move |letter: char| {
        if std::mem::take(&mut escaped) {
            return false;
        }
        match letter {
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ => return letter == separator && !quoted,
        }
        false
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROXY: &str = "10.0.0.1";

    fn client(peer: &str, plain: &[&str], structured: &[&str]) -> Result<String> {
        let blocks = ["10.0.0.0/8", "2001:db8:1::/48"].map(|block| block.parse().expect("a block"));
        let proxies = Proxies::new(blocks.to_vec());
        let peer = peer.parse().expect("an address");
        let found = proxies.client(peer, plain.iter().copied(), structured.iter().copied());
        found.map(|address| address.to_string())
    }

    #[test]
    fn the_last_address_that_is_no_proxys_is_the_client() {
        for (plain, wanted) in [
            (&["192.0.2.1"][..], "192.0.2.1"),
            (&["192.0.2.1:4711"], "192.0.2.1"),
            (&["2001:db8::1"], "2001:db8::1"),
            (&["[2001:db8::1]"], "2001:db8::1"),
            (&["[2001:db8::1]:443"], "2001:db8::1"),
            (&["::ffff:192.0.2.1"], "192.0.2.1"),
            // Whatever the client itself wrote stands further left.
            (&["203.0.113.7, 192.0.2.1"], "192.0.2.1"),
            (&["127.0.0.1, 10.0.0.9, 192.0.2.1"], "192.0.2.1"),
            (&["192.0.2.1, 10.0.0.2, 2001:db8:1::5"], "192.0.2.1"),
            (&["203.0.113.7", "192.0.2.1", "10.0.0.2"], "192.0.2.1"),
            // All of them are ours.
            (&["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
            // Beyond what does not say where it is nobody is believed.
            (&["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"),
            (&["192.0.2.1, unknown"], PROXY),
            (&["192.0.2.1, "], PROXY),
            (&["192.0.2.1, 192.0.2.999"], PROXY),
            (&["192.0.2.1, [2001:db8::1"], PROXY),
            (&["192.0.2.1, [192.0.2.4]"], PROXY),
            (&["192.0.2.1, 192.0.2.3:x"], PROXY),
            (&[], PROXY),
        ] {
            assert_eq!(client(PROXY, plain, &[]).expect("one header"), wanted, "{plain:?}");
        }
    }

    #[test]
    fn forwarded_says_the_same_in_its_own_way() {
        for (structured, wanted) in [
            (&["for=192.0.2.1"][..], "192.0.2.1"),
            (&["For=\"192.0.2.1:4711\";proto=https;by=10.0.0.1"], "192.0.2.1"),
            (&["proto=https; for=\"[2001:db8::1]:4711\""], "2001:db8::1"),
            (&["for=\"[2001:db8::1]:_port\""], "2001:db8::1"),
            (
                &["for=203.0.113.7, for=192.0.2.1;host=\"a, b; for=10.9.9.9\""],
                "192.0.2.1",
            ),
            (&["for=203.0.113.7", "for=192.0.2.1, for=10.0.0.2"], "192.0.2.1"),
            (&["for=192.0.2.1, for=_hidden, for=10.0.0.2"], "10.0.0.2"),
            (&["for=192.0.2.1, for=\"_SEVKISEK\""], PROXY),
            (&["for=192.0.2.1, for=unknown"], PROXY),
            (&["for=192.0.2.1, proto=https"], PROXY),
            (&["for=192.0.2.1, for=\"10.0.0.5"], PROXY),
            (&["for=192.0.2.1, for=2001:db8::1"], PROXY),
        ] {
            assert_eq!(
                client(PROXY, &[], structured).expect("one header"),
                wanted,
                "{structured:?}"
            );
        }
    }

    #[test]
    fn who_is_no_proxy_is_not_believed_and_contradiction_is_refused() {
        for peer in ["192.0.2.9", "2001:db8:2::1", "127.0.0.1"] {
            assert_eq!(
                client(peer, &["203.0.113.7"], &["for=203.0.113.8"]).expect("not read"),
                peer
            );
        }
        let proxy = "2001:db8:1::1";
        assert_eq!(
            client(proxy, &["192.0.2.1"], &["for=192.0.2.1"]).expect("they agree"),
            "192.0.2.1"
        );
        let refused = client(proxy, &["192.0.2.1"], &["for=203.0.113.7"]).expect_err("one is invented");
        assert_eq!(refused.code, Code::MalformedRequest);
    }
}
