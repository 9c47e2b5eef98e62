//! Writes small files in MaxMind's format for tests, by the specification at maxmind.github.io/MaxMind-DB.

use std::net::IpAddr;

/// A value of a record.
pub(super) enum Value {
    Text(&'static str),
    Short(u16),
    Number(u32),
    Long(u64),
    List(Vec<Value>),
    Map(Vec<(&'static str, Value)>),
}

impl Value {
    pub(super) fn text(text: &'static str) -> Self {
        Self::Text(text)
    }

    pub(super) fn map<const N: usize>(entries: [(&'static str, Self); N]) -> Self {
        Self::Map(entries.into())
    }

    /// Control byte, or two for the extended types, then the content. Sizes from 29 to 284 take a byte more.
    fn write(&self, out: &mut Vec<u8>) {
        let mut control = |kind: u8, length: usize| {
            let small = u8::try_from(length.min(29)).unwrap();
            if kind <= 7 {
                out.push(kind << 5 | small)
            } else {
                out.extend([small, kind - 7])
            }
            if length >= 29 {
                out.push(u8::try_from(length - 29).unwrap());
            }
        };
        match self {
            Self::Text(text) => {
                control(2, text.len());
                out.extend(text.as_bytes());
            }
            Self::Short(number) => {
                control(5, 2);
                out.extend(number.to_be_bytes());
            }
            Self::Number(number) => {
                control(6, 4);
                out.extend(number.to_be_bytes());
            }
            Self::Long(number) => {
                control(9, 8);
                out.extend(number.to_be_bytes());
            }
            Self::List(values) => {
                control(11, values.len());
                values.iter().for_each(|value| value.write(out));
            }
            Self::Map(entries) => {
                control(7, entries.len());
                for (key, value) in entries {
                    Self::Text(key).write(out);
                    value.write(out);
                }
            }
        }
    }
}

/// Where one bit of an address leads to.
#[derive(Clone, Copy)]
enum Step {
    Nowhere,
    Node(usize),
    Record(usize),
}

/// A file of the given type with a record for each network; longer prefixes come after the shorter ones around them.
pub(super) fn file(kind: &'static str, ip_version: u16, networks: &[(&str, usize, Value)]) -> Vec<u8> {
    let mut nodes = vec![[Step::Nowhere; 2]];
    let mut records = Vec::new();
    for (address, prefix, record) in networks {
        let bits = bits(address.parse().unwrap(), *prefix, ip_version);
        let place = Step::Record(records.len());
        record.write(&mut records);
        put(&mut nodes, &bits, place);
    }
    let node_count = u32::try_from(nodes.len()).unwrap();
    let mut out = Vec::new();
    for step in nodes.into_iter().flatten() {
        let target = match step {
            Step::Nowhere => node_count,
            Step::Node(node) => u32::try_from(node).unwrap(),
            // Sixteen zero bytes lie between the tree and the records.
            Step::Record(offset) => node_count + 16 + u32::try_from(offset).unwrap(),
        };
        out.extend(&target.to_be_bytes()[1..]);
    }
    out.extend([0; 16]);
    out.extend(records);
    out.extend(b"\xAB\xCD\xEFMaxMind.com");
    Value::map([
        ("binary_format_major_version", Value::Short(2)),
        ("binary_format_minor_version", Value::Short(0)),
        ("build_epoch", Value::Long(1_700_000_000)),
        ("database_type", Value::Text(kind)),
        ("description", Value::map([("en", Value::Text("Made for tests"))])),
        ("ip_version", Value::Short(ip_version)),
        ("languages", Value::List(vec![Value::Text("en")])),
        ("node_count", Value::Number(node_count)),
        ("record_size", Value::Short(24)),
    ])
    .write(&mut out);
    out
}

/// The bits of a network, from the first. In a tree of IPv6, IPv4 lies below ninety-six zeros.
fn bits(address: IpAddr, prefix: usize, ip_version: u16) -> Vec<usize> {
    let (number, skipped, length) = match address {
        IpAddr::V4(address) if ip_version == 4 => (u128::from(address.to_bits()) << 96, 0, prefix),
        IpAddr::V4(address) => (u128::from(address.to_bits()), 96, prefix),
        IpAddr::V6(address) => (address.to_bits(), 0, prefix),
    };
    (0..skipped + length)
        .map(|position| usize::from(number >> (127 - position) & 1 == 1))
        .collect()
}

fn put(nodes: &mut Vec<[Step; 2]>, bits: &[usize], place: Step) {
    let Some((&last, path)) = bits.split_last() else {
        nodes[0] = [place; 2];
        return;
    };
    let mut node = 0;
    for &bit in path {
        node = match nodes[node][bit] {
            Step::Node(next) => next,
            around => {
                nodes.push([around; 2]);
                let next = nodes.len() - 1;
                nodes[node][bit] = Step::Node(next);
                next
            }
        };
    }
    nodes[node][last] = place;
}

fn country(code: &'static str, name: &'static str) -> Value {
    Value::map([
        ("iso_code", Value::Text(code)),
        ("names", Value::map([("en", Value::Text(name))])),
    ])
}

fn city(name: &'static str) -> Value {
    Value::map([(
        "names",
        Value::map([("en", Value::Text(name)), ("de", Value::Text("anders"))]),
    )])
}

/// A file of the shape of GeoLite2-Country and DBIP-Country-Lite.
pub(super) fn country_file(ip_version: u16) -> Vec<u8> {
    let europe = || Value::map([("code", Value::Text("EU")), ("geoname_id", Value::Number(6_255_148))]);
    let britain = Value::map([("continent", europe()), ("country", country("GB", "United Kingdom"))]);
    // Held by a company abroad, in no country itself.
    let nowhere = Value::map([("registered_country", country("US", "United States"))]);
    let mut networks = vec![("81.2.69.0", 24, britain), ("9.9.9.0", 24, nowhere)];
    if ip_version == 6 {
        networks.push(("2001:218::", 32, Value::map([("country", country("JP", "Japan"))])));
    }
    file("GeoLite2-Country", ip_version, &networks)
}

/// A file of the shape of GeoLite2-City and DBIP-City-Lite; also kept as a fixture for the tests of capabilities.
pub(super) fn city_file() -> Vec<u8> {
    let britain = || country("GB", "United Kingdom");
    let networks = [
        (
            "81.2.69.0",
            24,
            Value::map([("city", city("London")), ("country", britain())]),
        ),
        (
            "89.160.20.0",
            24,
            Value::map([("city", city("Linköping")), ("country", country("SE", "Sweden"))]),
        ),
        (
            "2.125.160.0",
            24,
            Value::map([("country", britain()), ("location", Value::map([]))]),
        ),
        (
            "2001:218::",
            32,
            Value::map([("city", city("Tokyo")), ("country", country("JP", "Japan"))]),
        ),
    ];
    file("GeoLite2-City", 6, &networks)
}
