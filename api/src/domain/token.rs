//! Secrets that a browser or a mail carries: long, random, kept only as a hash.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha512;

use super::key::letters;

/// Letters of a secret: 43 letters of 62 hold 256 bits.
pub const SECRET_LETTERS: usize = 43;

/// What a secret is for. Each begins in its own way, so that scanners for leaked secrets can know one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Renews a session.
    Refresh,
    /// Opens a link, once.
    Link,
}

impl Kind {
    fn mark(self) -> &'static str {
        match self {
            Self::Refresh => "tmr_",
            Self::Link => "tml_",
        }
    }

    /// The text of a new secret, made from `random` bytes.
    #[must_use]
    pub fn text(self, random: &[u8; SECRET_LETTERS]) -> String {
        format!("{}{}", self.mark(), letters(random))
    }

    /// Whether `text` can be one.
    #[must_use]
    pub fn is(self, text: &str) -> bool {
        text.strip_prefix(self.mark()).is_some_and(|secret| {
            secret.len() == SECRET_LETTERS && secret.bytes().all(|letter| letter.is_ascii_alphanumeric())
        })
    }
}

/// Random bytes that were drawn as a refresh token was spent, so that nobody can tell its successor before.
pub type Seed = [u8; 32];

/// The refresh token that comes after `token` for whoever names `key`: HMAC-SHA-512 (RFC 2104, FIPS 180-4) of `seed` and
/// `key` under the token, which the database does not hold. Asked for again it is the same.
///
/// # Panics
/// Never: HMAC takes keys of every length.
#[must_use]
pub fn successor(token: &str, key: &str, seed: &Seed) -> String {
    let mut mac = Hmac::<Sha512>::new_from_slice(token.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(seed);
    mac.update(key.as_bytes());
    let bytes = mac.finalize().into_bytes();
    Kind::Refresh.text(&std::array::from_fn(|index| bytes[index]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_hangs_on_all_that_it_is_made_of() {
        let first = successor("tmr_a", "key", &[1; 32]);
        assert!(Kind::Refresh.is(&first));
        assert_eq!(first, successor("tmr_a", "key", &[1; 32]));
        let others = [
            successor("tmr_b", "key", &[1; 32]),
            successor("tmr_a", "yek", &[1; 32]),
            successor("tmr_a", "key", &[2; 32]),
        ];
        assert!(others.iter().all(|other| *other != first));
    }

    #[test]
    fn a_secret_is_of_one_kind() {
        let random = std::array::from_fn(|index| u8::try_from(index * 5).expect("small"));
        let text = Kind::Refresh.text(&random);
        assert!(Kind::Refresh.is(&text) && !Kind::Link.is(&text));
        assert!(!Kind::Refresh.is(&text[1..]) && !Kind::Refresh.is(&text[..text.len() - 1]));
        assert!(!Kind::Refresh.is(&text.replace('0', "-")));
    }
}
