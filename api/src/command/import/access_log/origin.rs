//! Where a site is: the scheme and host that a log leaves out of its paths.

use std::{fmt, str::FromStr};

use url::Url;

/// Scheme, host and port, such as `https://example.com`, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

/// Why a text is not an [`Origin`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a host: write example.com, or https://example.com")]
pub struct OriginError(String);

impl Origin {
    /// The origin as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin of a virtual host as logged, `name` or `name:port`. Only port 80 says that it was plain HTTP.
    pub(super) fn of_vhost(vhost: &str) -> Self {
        let vhost = vhost.to_ascii_lowercase();
        Self(match vhost.rsplit_once(':') {
            Some((name, "80")) => format!("http://{name}"),
            Some((name, "443")) => format!("https://{name}"),
            _ => format!("https://{vhost}"),
        })
    }
}

impl FromStr for Origin {
    type Err = OriginError;

    /// Reads a host, with `https` where no scheme is given.
    fn from_str(text: &str) -> Result<Self, OriginError> {
        let refused = || OriginError(text.to_owned());
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let url = Url::parse(&with_scheme).map_err(|_| refused())?;
        let only_origin = matches!(url.scheme(), "http" | "https")
            && matches!(url.path(), "" | "/")
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if only_origin {
            Ok(Self(url.origin().ascii_serialization()))
        } else {
            Err(refused())
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_read() {
        let cases = [
            ("example.com", "https://example.com"),
            ("Example.COM/", "https://example.com"),
            ("https://example.com", "https://example.com"),
            ("http://example.com:80/", "http://example.com"),
            ("example.com:8443", "https://example.com:8443"),
            ("[2001:db8::1]", "https://[2001:db8::1]"),
            ("bücher.example", "https://xn--bcher-kva.example"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                text.parse::<Origin>().map(|origin| origin.to_string()),
                Ok(expected.to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_host_is_refused() {
        for text in [
            "",
            "https://",
            "ftp://example.com",
            "example.com/blog",
            "example.com?x",
            "a b",
            "me@example.com",
        ] {
            assert!(text.parse::<Origin>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_port_of_a_vhost_chooses_the_scheme() {
        let cases = [
            ("example.com:80", "http://example.com"),
            ("Example.com:443", "https://example.com"),
            ("example.com:8080", "https://example.com:8080"),
            ("example.com", "https://example.com"),
        ];
        for (vhost, expected) in cases {
            assert_eq!(Origin::of_vhost(vhost).as_str(), expected);
        }
    }
}
