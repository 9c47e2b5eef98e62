//! Signatures of requests after the manner of click.st: SHA-1 over a key, a number used once and a secret. They prove that
//! the sender knows the secret, which itself is never sent.

use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use subtle::ConstantTimeEq;

/// Characters of a number used once.
pub const MOST_NONCE: usize = 128;

/// What a signed request is sent with.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The key as it is sent.
    pub key: &'a str,
    /// The text that is used once.
    pub nonce: &'a str,
    /// The signature, in hexadecimal digits of either case.
    pub signature: &'a str,
}

impl Signed<'_> {
    /// Whether it was signed with the secret: by somebody who has it, or by a page that was handed a key of its own for
    /// the one address that it is used from.
    #[must_use]
    pub fn is_by(&self, secret: &str, address: Option<&str>) -> bool {
        let sent = self.signature.to_ascii_lowercase();
        let simple = hex_of(&[self.key, self.nonce, secret]);
        let of_page = address.map(|address| hex_of(&[&request_key(address, secret), self.nonce]));
        let of_page = of_page.unwrap_or_default();
        // Both are compared in any case, so that time tells nothing.
        let fits = |own: &str| bool::from(own.as_bytes().ct_eq(sent.as_bytes()));
        let (one, other) = (fits(&simple), fits(&of_page));
        (one || other) && !sent.is_empty()
    }
}

/// The key by which a page signs that is used from one address: a server that has the secret hands it out.
#[must_use]
pub fn request_key(address: &str, secret: &str) -> String {
    hex_of(&[address, secret])
}

fn hex_of(parts: &[&str]) -> String {
    hex::encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, parts.concat().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "s3cret";
    const SIMPLE: &str = "89ac3bfe98253958593bffbb3119c389ab163aea";
    const OF_PAGE: &str = "058557d302b0abe21fea0647847da816fe29e518";

    fn is_fine(signature: &str, address: Option<&str>) -> bool {
        let signed = Signed {
            key: "k1",
            nonce: "n-001",
            signature,
        };
        signed.is_by(SECRET, address)
    }

    #[test]
    fn the_published_vectors_hold() {
        assert!(is_fine(SIMPLE, None));
        assert!(is_fine(&SIMPLE.to_uppercase(), Some("198.51.100.1")));
        assert_eq!(
            request_key("203.0.113.7", SECRET),
            "7cc4b4613e89ff3a66ad7a911d2ab71b35673558"
        );
        assert!(is_fine(OF_PAGE, Some("203.0.113.7")));
    }

    #[test]
    fn anything_else_does_not() {
        assert!(!is_fine(OF_PAGE, Some("203.0.113.8")));
        assert!(!is_fine(OF_PAGE, None));
        for wrong in ["", &SIMPLE[1..], "89ac3bfe98253958593bffbb3119c389ab163aeb"] {
            assert!(!is_fine(wrong, Some("203.0.113.7")), "{wrong}");
        }
    }
}
