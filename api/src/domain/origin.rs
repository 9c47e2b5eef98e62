//! Origins of web pages, and the patterns by which they are allowed.

use std::{collections::HashSet, fmt};

use url::Url;

use crate::domain::error::{Code, Error, Result};

/// Patterns of one key or site.
pub const MOST_ORIGINS: usize = 100;

/// Scheme, host and port, as browsers send them in `Origin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: String,
    port: Option<u16>,
}

impl Origin {
    /// Reads an origin; none where the text is not one, as with `null`, which pages of no origin send.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let bare = url.path().is_empty() || url.path() == "/";
        let alone = bare && url.query().is_none() && url.fragment().is_none();
        let nobody = url.username().is_empty() && url.password().is_none();
        let host = url.host_str().filter(|host| !host.is_empty() && alone && nobody)?;
        Some(Self {
            scheme: url.scheme().to_owned(),
            // A trailing dot names the same host.
            host: host.trim_end_matches('.').to_ascii_lowercase(),
            port: url.port_or_known_default(),
        })
    }

    /// The host, in lower case.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }
}

/// One origin, or with `*.` in front of the host those of all hosts below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OriginPattern {
    text: String,
    origin: Origin,
    below: bool,
}

impl OriginPattern {
    /// Reads a pattern such as `https://www.example.com`, `https://*.example.com` or `http://localhost:3000`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` says what a pattern may be.
    pub fn parse(text: &str) -> Result<Self> {
        let bad = || {
            let shown: String = text.chars().take(100).collect();
            let message = format!(
                "“{shown}” is no origin; write scheme, host and perhaps port, such as “https://www.example.com”, “https://*.example.com” for every host below it, or “http://localhost:3000”."
            );
            Error::new(Code::InvalidArgument, message)
        };
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
        let (below, host) = match rest.strip_prefix("*.") {
            Some(host) => (true, host),
            None => (false, rest),
        };
        let origin = Origin::parse(&format!("{scheme}://{host}")).ok_or_else(bad)?;
        // A wildcard over an address means nothing, and one over a whole top level would let everybody in.
        let wild = origin.host.contains('*') || (below && (!origin.host.contains('.') || is_address(&origin.host)));
        if wild || text.chars().count() > 300 {
            return Err(bad());
        }
        let text = format!(
            "{}://{}{host}",
            origin.scheme,
            if below { "*." } else { "" },
            host = host.trim_end_matches('/').to_lowercase()
        );
        Ok(Self { text, origin, below })
    }

    /// Reads a list of patterns.
    ///
    /// # Errors
    /// As for one, naming its place below `path`; or `TOO_MANY_ITEMS`.
    pub fn parse_all(list: &[String], path: &str) -> Result<Vec<Self>> {
        if list.len() > MOST_ORIGINS {
            let message = format!("{} origins are listed; at most {MOST_ORIGINS} are taken.", list.len());
            return Err(Error::new(Code::TooManyItems, message).at(path));
        }
        let one =
            |(index, text): (usize, &String)| Self::parse(text).map_err(|error| error.at(format!("{path}[{index}]")));
        list.iter().enumerate().map(one).collect()
    }

    /// Whether `origin` is one of those meant. A wildcard stands for one or more labels, and not for none.
    #[must_use]
    pub fn matches(&self, origin: &Origin) -> bool {
        let host = if self.below {
            let above = origin.host.strip_suffix(self.origin.host.as_str());
            above.is_some_and(|above| above.len() > 1 && above.ends_with('.'))
        } else {
            origin.host == self.origin.host
        };
        host && origin.scheme == self.origin.scheme && origin.port == self.origin.port
    }
}

/// The origins of many patterns, however many: a look-up for each label of the host.
#[derive(Debug, Clone, Default)]
pub struct OriginSet {
    exact: HashSet<(String, String, Option<u16>)>,
    below: HashSet<(String, String, Option<u16>)>,
}

impl OriginSet {
    /// Whether an origin is one of those meant.
    #[must_use]
    pub fn allows(&self, origin: &Origin) -> bool {
        let named = |host: &str| (origin.scheme.clone(), host.to_owned(), origin.port);
        if self.exact.contains(&named(&origin.host)) {
            return true;
        }
        // As in a pattern, there must be something in front.
        let mut dots = origin.host.match_indices('.').filter(|(at, _)| *at > 0);
        !self.below.is_empty() && dots.any(|(at, _)| self.below.contains(&named(&origin.host[at + 1..])))
    }
}

impl<'a> FromIterator<&'a OriginPattern> for OriginSet {
    fn from_iter<T: IntoIterator<Item = &'a OriginPattern>>(patterns: T) -> Self {
        let mut set = Self::default();
        for OriginPattern { origin, below, .. } in patterns {
            let of_kind = if *below { &mut set.below } else { &mut set.exact };
            of_kind.insert((origin.scheme.clone(), origin.host.clone(), origin.port));
        }
        set
    }
}

fn is_address(host: &str) -> bool {
    host.starts_with('[') || host.parse::<std::net::Ipv4Addr>().is_ok()
}

impl fmt::Display for OriginPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(pattern: &str, origin: &str) -> bool {
        let pattern = OriginPattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        let origin = Origin::parse(origin);
        let matches = origin.as_ref().is_some_and(|origin| pattern.matches(origin));
        let set: OriginSet = [&pattern].into_iter().collect();
        assert_eq!(
            origin.is_some_and(|origin| set.allows(&origin)),
            matches,
            "a set agrees"
        );
        matches
    }

    #[test]
    fn scheme_host_and_port_have_to_fit() {
        for (pattern, origin) in [
            ("https://www.example.com", "https://www.example.com"),
            ("https://www.example.com/", "https://www.example.com:443"),
            ("HTTPS://WWW.Example.Com", "https://www.example.com"),
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://127.0.0.1", "http://127.0.0.1:80"),
            ("https://[::1]:8443", "https://[::1]:8443"),
            ("https://bücher.example", "https://xn--bcher-kva.example"),
            ("capacitor://localhost", "capacitor://localhost"),
            ("https://*.example.com", "https://www.example.com"),
            ("https://*.example.com", "https://a.b.example.com"),
            ("https://*.example.com:8443", "https://www.example.com:8443"),
        ] {
            assert!(allows(pattern, origin), "{pattern} {origin}");
        }
        for (pattern, origin) in [
            ("https://www.example.com", "http://www.example.com"),
            ("https://www.example.com", "https://www.example.com:8443"),
            ("https://www.example.com", "https://example.com"),
            ("https://www.example.com", "https://www.example.com.evil.example"),
            ("https://*.example.com", "https://example.com"),
            ("https://*.example.com", "https://.example.com"),
            ("https://*.example.com", "https://evilexample.com"),
            ("https://*.example.com", "https://www.example.com:8443"),
            ("https://*.example.com", "http://www.example.com"),
            ("https://www.example.com", "null"),
            ("https://www.example.com", "https://user@www.example.com"),
            ("https://www.example.com", "https://www.example.com/page"),
            ("https://www.example.com", ""),
        ] {
            assert!(!allows(pattern, origin), "{pattern} {origin}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for text in [
            "",
            "*",
            "www.example.com",
            "https://",
            "https://*",
            "https://*.com",
            "https://*.10.0.0.1",
            "https://www.*.com",
            "https://w*.example.com",
            "https://www.example.com/page",
            "https://user@www.example.com",
            "https://www.example.com?x",
            "null",
        ] {
            assert!(OriginPattern::parse(text).is_err(), "{text}");
        }
    }
}
