//! API keys: what they look like and what they may do.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use crate::domain::permission::{Permission, Permissions};
use crate::domain::{
    audit::Shown,
    error::{Code, Error, Result},
    origin::{Origin, OriginPattern},
};

/// What a key that browsers know may hold: whoever visits a page could read what it may ask.
const PUBLIC: Permissions = Permissions::one(Permission::Log);
/// Characters of a key's name.
const MOST_NAME: usize = 200;
/// Events a second; a rate beyond it is no limit.
const MOST_RATE: u32 = 1_000_000_000;

/// What is known of a key, apart from its secrets.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// Internal number.
    pub id: i64,
    /// The one site it opens; none opens all.
    pub site: Option<i64>,
    /// What people call it.
    pub name: String,
    /// The part of the key that may be shown.
    pub prefix: String,
    /// What it may do.
    pub permissions: Permissions,
    /// Where browsers may use it from. With any the key is public: browsers know it, so it may only log, and what it
    /// says of its caller counts for nothing.
    pub origins: Vec<OriginPattern>,
    /// Its own rate, in events a second.
    pub events_per_second: Option<u32>,
    /// When it was made.
    pub created: Timestamp,
    /// When it stops working.
    pub expires: Option<Timestamp>,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
    /// When it last got another secret.
    pub rotated: Option<Timestamp>,
    /// When the secret from before the last rotation stops working.
    pub previous_until: Option<Timestamp>,
    /// Whether it has a secret to verify signatures with.
    pub signs: bool,
    /// When it was last used, as last written: give or take a minute.
    pub last_used: Option<Timestamp>,
}

/// What proves that somebody holds a key.
#[derive(Clone, Default)]
pub struct Secrets {
    /// The hash of the key's text.
    pub hash: Vec<u8>,
    /// The hash of the text from before the last rotation.
    pub previous: Option<Vec<u8>>,
    /// The secret that verifies signatures, encrypted.
    pub signing: Option<Vec<u8>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
    }

    /// Whether somebody whom `self` let in is still let in by the key as it is `now`. A rotation ends what came in
    /// before it, as nobody can tell by which secret that was; it comes back in by one that works.
    #[must_use]
    pub fn still_holds(&self, current: &Self, now: Timestamp) -> bool {
        let overlap_over = self.previous_until.is_some_and(|until| until <= now);
        self.id == current.id
            && current.is_valid(now)
            && self.rotated == current.rotated
            && !overlap_over
            && self.permissions.without(current.permissions).is_empty()
    }

    /// Whether browsers know it.
    #[must_use]
    pub fn is_public(&self) -> bool {
        !self.origins.is_empty()
    }

    /// Whether a request from `origin`, the header as it was sent, may use it. A backend's key may be used from
    /// anywhere.
    #[must_use]
    pub fn admits(&self, origin: Option<&str>) -> bool {
        let origin = origin.and_then(Origin::parse);
        !self.is_public() || origin.is_some_and(|origin| self.origins.iter().any(|pattern| pattern.matches(&origin)))
    }

    /// Checks what somebody makes or changes.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        let bad = |path: &str, message: String| Err(Error::new(Code::InvalidArgument, message).at(path));
        if self.permissions.is_empty() {
            return bad("permissions", "A key needs at least one permission.".to_owned());
        }
        let excess = self.permissions.without(PUBLIC);
        if self.is_public() && !excess.is_empty() {
            let message = format!(
                "A key with allowed origins is public and may hold log only, not {}; let frontends ask through client tokens (`createClientToken`).",
                excess.names()
            );
            return bad("permissions", message);
        }
        // Lists show a key as one line.
        if self.name.chars().count() > MOST_NAME || self.name.contains(char::is_control) {
            return bad(
                "name",
                format!("A key's name has at most {MOST_NAME} characters, all of them printable."),
            );
        }
        if self
            .events_per_second
            .is_some_and(|rate| !(1..=MOST_RATE).contains(&rate))
        {
            return bad(
                "eventsPerSecond",
                format!("A key's rate is 1 to {MOST_RATE} events a second."),
            );
        }
        Ok(())
    }
}

impl Shown for ApiKey {
    fn shown(&self) -> Value {
        json!({
            "prefix": self.prefix,
            "name": self.name,
            "permissions": self.permissions.iter().map(Permission::name).collect::<Vec<_>>(),
            "origins": self.origins.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "eventsPerSecond": self.events_per_second,
            "expiresAt": self.expires,
            "revokedAt": self.revoked,
            "rotatedAt": self.rotated,
            "previousSecretUntil": self.previous_until,
            "hasSigningSecret": self.signs,
        })
    }
}

/// Every key begins so, that scanners for leaked secrets can know one.
const MARK: &str = "tm_";
/// Letters of the public part behind the mark: 62^12 is room enough for a unique index.
const PREFIX_LETTERS: usize = 12;
/// Letters of the secret part: 43 letters of 62 hold 256 bits.
const SECRET_LETTERS: usize = 43;
const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The text of a new key, `tm_PREFIX_SECRET`, made from `random` bytes; 59 URL-safe characters.
#[must_use]
pub fn text(random: &[u8; 64]) -> String {
    let prefix = format!("{MARK}{}", letters(&random[..PREFIX_LETTERS]));
    text_of(&prefix, random)
}

/// The text of a key that has its prefix already, with a secret made from `random` bytes.
#[must_use]
pub fn text_of(prefix: &str, random: &[u8; 64]) -> String {
    format!(
        "{prefix}_{}",
        letters(&random[PREFIX_LETTERS..PREFIX_LETTERS + SECRET_LETTERS])
    )
}

/// A new signing secret, made from `random` bytes.
#[must_use]
pub fn signing_secret(random: &[u8; 64]) -> String {
    letters(&random[..SECRET_LETTERS])
}

/// Random bytes as letters and digits: the bias of `% 62` costs under a tenth of a bit a letter.
pub(crate) fn letters(bytes: &[u8]) -> String {
    bytes
        .iter()
        .map(|byte| char::from(ALPHABET[usize::from(*byte) % 62]))
        .collect()
}

/// The prefix of a key's text, or none where the text cannot be a key.
#[must_use]
pub fn prefix(text: &str) -> Option<&str> {
    let end = MARK.len() + PREFIX_LETTERS;
    let well_formed = text.len() == end + 1 + SECRET_LETTERS
        && text.starts_with(MARK)
        && text.is_ascii()
        && text.as_bytes()[end] == b'_';
    well_formed.then(|| &text[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_key_is_long_url_safe_and_finds_its_own_prefix() {
        let key = text(&[7; 64]);
        assert!(
            key.len() >= 50
                && key
                    .chars()
                    .all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
        );
        assert_eq!(prefix(&key), Some(&key[..15]));
        assert_eq!(prefix(&key[1..]), None);
    }
}
