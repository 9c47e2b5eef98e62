//! API keys: what they look like and what they may do.

use crate::domain::error::{Code, Error, Result};

/// One thing a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Log events.
    Log,
    /// Ask questions.
    Query,
    /// Delete and restore events.
    Delete,
    /// Declare views and scopes, and change settings.
    Manage,
}

impl Permission {
    /// Every permission, in the order of their bits.
    pub const ALL: [Self; 4] = [Self::Log, Self::Query, Self::Delete, Self::Manage];

    /// Its public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Query => "query",
            Self::Delete => "delete",
            Self::Manage => "manage",
        }
    }

    fn bit(self) -> i64 {
        1 << Self::ALL.iter().position(|one| *one == self).unwrap_or_default()
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(i64);

impl Permissions {
    /// Everything.
    #[must_use]
    pub fn all() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// Reads a comma-separated list such as `log,query`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` names the word that is no permission, and lists those there are.
    pub fn parse(list: &str) -> Result<Self> {
        let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
        let known = |word: &str| {
            Permission::ALL
                .into_iter()
                .find(|one| one.name().eq_ignore_ascii_case(word))
        };
        let set: Self = words
            .map(|word| {
                known(word).ok_or_else(|| {
                    let names = Permission::ALL.map(Permission::name).join(", ");
                    Error::new(
                        Code::InvalidArgument,
                        format!("“{word}” is no permission; there are: {names}."),
                    )
                    .at("allow")
                })
            })
            .collect::<Result<_>>()?;
        if set == Self::default() {
            return Err(Error::new(Code::InvalidArgument, "A key needs at least one permission.").at("allow"));
        }
        Ok(set)
    }

    /// Whether `permission` is among them.
    #[must_use]
    pub fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// The permissions in it.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |one| self.has(*one))
    }

    /// The stored form.
    #[must_use]
    pub fn bits(self) -> i64 {
        self.0
    }

    /// From the stored form.
    #[must_use]
    pub fn from_bits(bits: i64) -> Self {
        Self(bits)
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(list: I) -> Self {
        Self(list.into_iter().fold(0, |bits, one| bits | one.bit()))
    }
}

/// What is known of a key, apart from its secret.
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
    /// Whether browsers know it, so that what it says of the caller counts for nothing.
    pub public: bool,
    /// Its own rate, in events a second.
    pub events_per_second: Option<u32>,
    /// When it was made.
    pub created: jiff::Timestamp,
    /// When it stops working.
    pub expires: Option<jiff::Timestamp>,
    /// When it was taken back.
    pub revoked: Option<jiff::Timestamp>,
}

impl ApiKey {
    /// Whether it opens anything at `now`.
    #[must_use]
    pub fn is_valid(&self, now: jiff::Timestamp) -> bool {
        self.revoked.is_none() && self.expires.is_none_or(|expires| now < expires)
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
    format!(
        "{MARK}{}_{}",
        letters(&random[..PREFIX_LETTERS]),
        letters(&random[PREFIX_LETTERS..PREFIX_LETTERS + SECRET_LETTERS])
    )
}

/// Random bytes as letters and digits.
pub(crate) fn letters(bytes: &[u8]) -> String {
    // 64 random bytes against 62 letters: the bias of `% 62` costs under a tenth of a bit a letter.
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

    #[test]
    fn permissions_are_read_whole_or_not_at_all() {
        let set = Permissions::parse("log, query").expect("both are permissions");
        assert!(set.has(Permission::Log) && set.has(Permission::Query) && !set.has(Permission::Delete));
        assert!(Permissions::parse("log,root").is_err_and(|error| error.message.contains("root")));
        assert!(Permissions::parse("").is_err());
    }
}
