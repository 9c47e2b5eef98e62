//! Permissions: what a key, a client token or a role may do.

use crate::domain::error::{Code, Error, Result};

/// One thing a caller may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Permission {
    /// Log events.
    Log,
    /// Ask questions.
    Query,
    /// Delete and restore events.
    Delete,
    /// Declare views and scopes, change settings, make keys, read the audit log.
    Manage,
    /// Speak for others: mint client tokens that name a user, and state users where a wire format ties them to a token.
    Impersonate,
}

impl Permission {
    /// Every permission, in the order of their bits.
    pub const ALL: [Self; 5] = [Self::Log, Self::Query, Self::Delete, Self::Manage, Self::Impersonate];

    /// Its public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Query => "query",
            Self::Delete => "delete",
            Self::Manage => "manage",
            Self::Impersonate => "impersonate",
        }
    }

    /// Stored: a permission keeps its bit for ever.
    const fn bit(self) -> i64 {
        1 << self as i64
    }
}

/// A set of permissions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Permissions(i64);

impl Permissions {
    /// One alone.
    #[must_use]
    pub const fn one(permission: Permission) -> Self {
        Self(permission.bit())
    }

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
        if set.is_empty() {
            return Err(Error::new(Code::InvalidArgument, "A key needs at least one permission.").at("allow"));
        }
        Ok(set)
    }

    /// Whether `permission` is among them.
    #[must_use]
    pub fn has(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those of this set that `other` lacks.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Those that are in both sets.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// The permissions in it.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |one| self.has(*one))
    }

    /// Their names, such as `log, query`.
    #[must_use]
    pub fn names(self) -> String {
        self.names_by(", ")
    }

    /// Their names with something between them.
    #[must_use]
    pub fn names_by(self, between: &str) -> String {
        self.iter().map(Permission::name).collect::<Vec<_>>().join(between)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permissions_are_read_whole_or_not_at_all() {
        let set = Permissions::parse("log, query").expect("both are permissions");
        assert!(set.has(Permission::Log) && set.has(Permission::Query) && !set.has(Permission::Delete));
        assert!(Permissions::parse("log,root").is_err_and(|error| error.message.contains("root")));
        assert!(Permissions::parse("").is_err());
    }

    #[test]
    fn what_a_set_lacks_is_named() {
        let (wanted, held) = (
            Permissions::parse("log,delete").expect("fine"),
            Permissions::parse("log,query").expect("fine"),
        );
        assert_eq!(wanted.without(held).names(), "delete");
        assert_eq!(wanted.and(held).names(), "log");
        assert!(held.without(Permissions::all()).is_empty());
    }
}
