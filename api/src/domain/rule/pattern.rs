//! What a rule matches: a text, a glob, a block of addresses, or a truth.

use std::{fmt, net::IpAddr};

use ipnet::{IpNet, Ipv4Net};

use super::Target;
use crate::domain::error::{Code, Error, Result};

/// Characters of a pattern: as long as user agents are, and short enough for an index of either engine.
pub const MOST_PATTERN: usize = 512;
/// Leading bits of an IPv6 address that holds an IPv4 address.
const MAPPED_BITS: u8 = 96;

/// What a rule matches. Its text is the one form that it is stored and shown in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pattern {
    /// Exactly this text.
    Exact(Box<str>),
    /// A text with `*` for any run of characters, also none. All other characters stand for themselves.
    Glob(Glob),
    /// An address, or a block of them.
    Addresses(IpNet),
    /// `true` or `false`.
    Truth(bool),
}

impl Pattern {
    /// Reads the pattern of a rule for `target`.
    ///
    /// # Errors
    /// `INVALID_PATTERN` says what is wrong and what would be right.
    pub fn parse(target: Target, text: &str) -> Result<Self> {
        if text.is_empty() || text.chars().count() > MOST_PATTERN {
            return Err(bad(format!("A pattern has 1–{MOST_PATTERN} characters.")));
        }
        if text.contains('\0') {
            return Err(bad(
                "The pattern holds the character U+0000, which no event can.".to_owned()
            ));
        }
        match target {
            Target::Ip => addresses(text).map(Self::Addresses),
            Target::Bot => match text {
                "true" => Ok(Self::Truth(true)),
                "false" => Ok(Self::Truth(false)),
                _ => Err(bad("A rule for BOT takes the pattern “true” or “false”.".to_owned())),
            },
            Target::ReferrerHost => host(text).map(|host| Self::text(&host)),
            Target::UrlPath if !text.starts_with(['/', '*']) => Err(bad(
                "A path begins with “/”; write one such as “/admin/*”, or begin with “*”.".to_owned(),
            )),
            Target::Action | Target::UserAgent | Target::UrlPath | Target::Country => Ok(Self::text(text)),
        }
    }

    fn text(text: &str) -> Self {
        if text.contains('*') {
            Self::Glob(Glob::new(text))
        } else {
            Self::Exact(text.into())
        }
    }

    /// Whether an address of which the last octet (IPv4) or the last 80 bits (IPv6) were cut is still judged rightly.
    #[must_use]
    pub fn judges_cut_addresses(&self) -> bool {
        match self {
            Self::Addresses(IpNet::V4(block)) => block.prefix_len() <= 24,
            Self::Addresses(IpNet::V6(block)) => block.prefix_len() <= 48,
            _ => true,
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => f.write_str(text),
            Self::Glob(glob) => glob.fmt(f),
            Self::Addresses(block) if block.prefix_len() == block.max_prefix_len() => block.addr().fmt(f),
            Self::Addresses(block) => block.fmt(f),
            Self::Truth(truth) => truth.fmt(f),
        }
    }
}

fn bad(message: String) -> Error {
    Error::new(Code::InvalidPattern, message).at("pattern")
}

/// An address is a block of one. An IPv4 address within IPv6 is the IPv4 address.
fn addresses(text: &str) -> Result<IpNet> {
    if let Ok(address) = text.parse::<IpAddr>() {
        return Ok(address.to_canonical().into());
    }
    let block: IpNet = text.parse().map_err(|_| {
        bad(format!(
            "“{text}” is no IP address and no block; write “192.0.2.7”, “192.0.2.0/24” or “2001:db8::/32”."
        ))
    })?;
    if block.trunc() != block {
        let message = format!(
            "“{text}” is an address within the block {}; write the block, or the address alone.",
            block.trunc()
        );
        return Err(bad(message));
    }
    let IpNet::V6(within) = block else {
        return Ok(block);
    };
    let mapped = within
        .addr()
        .to_ipv4_mapped()
        .zip(within.prefix_len().checked_sub(MAPPED_BITS));
    Ok(mapped
        .and_then(|(address, bits)| Ipv4Net::new(address, bits).ok())
        .map_or(block, IpNet::V4))
}

/// Hosts are kept in lower case and in ASCII, so their patterns are, too.
fn host(text: &str) -> Result<String> {
    if text.contains('*') {
        if !text.is_ascii() {
            let message = "A host's glob is written in ASCII: a label such as “bücher” is “xn--bcher-kva”.";
            return Err(bad(message.to_owned()));
        }
        return Ok(text.to_ascii_lowercase());
    }
    match url::Host::parse(text) {
        Ok(host) => Ok(host.to_string()),
        Err(_) => Err(bad(format!(
            "“{text}” is no host; write one such as “spam.example”, or “*.spam.example” for those below it."
        ))),
    }
}

/// A text with gaps, matched in a time that grows with the length of the value alone, however many gaps there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// In front of the first gap.
    pub(super) head: Box<str>,
    /// Between gaps; none is empty.
    pub(super) middle: Box<[Box<str>]>,
    /// Behind the last gap.
    pub(super) tail: Box<str>,
}

impl Glob {
    /// Reads a text with at least one `*`; several in a row are one.
    fn new(text: &str) -> Self {
        let (head, rest) = text.split_once('*').unwrap_or((text, ""));
        let (middle, tail) = rest.rsplit_once('*').unwrap_or(("", rest));
        Self {
            head: head.into(),
            middle: middle
                .split('*')
                .filter(|piece| !piece.is_empty())
                .map(Box::from)
                .collect(),
            tail: tail.into(),
        }
    }

    /// Whether it wants nothing of a value but to hold one piece of `length` bytes.
    pub(super) fn is_only(&self, length: usize) -> bool {
        let [piece] = &*self.middle else { return false };
        piece.len() == length && self.head.is_empty() && self.tail.is_empty()
    }

    /// Whether `value` fits. The leftmost place of each piece leaves the most room for the next, so none is tried twice.
    pub(super) fn fits(&self, value: &str) -> bool {
        let inside = value
            .strip_prefix(&*self.head)
            .and_then(|rest| rest.strip_suffix(&*self.tail));
        let rest = inside.and_then(|inside| {
            self.middle
                .iter()
                .try_fold(inside, |rest, piece| Some(&rest[rest.find(&**piece)? + piece.len()..]))
        });
        rest.is_some()
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}*", self.head)?;
        for piece in &self.middle {
            write!(f, "{piece}*")?;
        }
        f.write_str(&self.tail)
    }
}
