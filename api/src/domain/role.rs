//! What an operation wants of its caller, and what people may do by their roles.

use crate::domain::key::{Permission, Permissions};

/// What an operation wants of its caller: a key has it by its permissions, an account by its roles.
///
/// | right | a key with | an account that is at least |
/// |---|---|---|
/// | `Permission(Query)` | `query` | VIEWER |
/// | `Declare` | `manage` | ANALYST |
/// | any other `Permission` | that permission | ADMIN |
/// | `Own` | no key | OWNER |
/// | `Mint` | that permission | no account |
/// | `SignedIn` | no key | any account, whatever its role |
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Right {
    /// What keys are given, too.
    Permission(Permission),
    /// Declare views and scopes, so that questions become fast. People who ask questions may, without more of `manage`.
    Declare,
    /// Say who may do what on a site; on all of them, who has an account, and what holds for the whole organisation.
    Own,
    /// Mint client tokens that allow this. For keys alone: a token ends with its key.
    Mint(Permission),
    /// Look after one's own account. For people alone.
    SignedIn,
}

impl Right {
    /// Its name in a message.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Permission(permission) => permission.name(),
            Self::Declare => "manage",
            Self::Own => "own",
            Self::Mint(permission) => permission.name(),
            Self::SignedIn => "signed in",
        }
    }

    /// Whether these permissions of a key give it.
    #[must_use]
    pub fn of_key(self, permissions: Permissions) -> bool {
        match self {
            Self::Permission(permission) => permissions.has(permission),
            Self::Declare => permissions.has(Permission::Manage),
            Self::Mint(permission) => permissions.has(permission),
            Self::Own | Self::SignedIn => false,
        }
    }
}

impl From<Permission> for Right {
    fn from(permission: Permission) -> Self {
        Self::Permission(permission)
    }
}

/// What somebody is, on one site or in the whole organisation. Each may what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Asks questions.
    Viewer,
    /// Also declares views and scopes.
    Analyst,
    /// Also logs, deletes, and changes settings.
    Admin,
    /// Also says who may do what there; of the whole organisation, who has an account.
    Owner,
}

impl Role {
    /// Every role, least first.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Analyst, Self::Admin, Self::Owner];

    /// Its public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "VIEWER",
            Self::Analyst => "ANALYST",
            Self::Admin => "ADMIN",
            Self::Owner => "OWNER",
        }
    }

    /// The role of a name, in either case.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|role| role.name().eq_ignore_ascii_case(name))
    }

    /// The stored form.
    #[must_use]
    pub fn code(self) -> i16 {
        match self {
            Self::Viewer => 1,
            Self::Analyst => 2,
            Self::Admin => 3,
            Self::Owner => 4,
        }
    }

    /// From the stored form; what is unknown gives the least.
    #[must_use]
    pub fn from_code(code: i16) -> Self {
        Self::ALL
            .into_iter()
            .find(|role| role.code() == code)
            .unwrap_or(Self::Viewer)
    }

    /// Whether it gives `right`: the one table.
    #[must_use]
    pub fn gives(self, right: Right) -> bool {
        let least = match right {
            Right::Permission(Permission::Query) | Right::SignedIn => Self::Viewer,
            Right::Declare => Self::Analyst,
            Right::Permission(_) => Self::Admin,
            Right::Own => Self::Owner,
            Right::Mint(_) => return false,
        };
        self >= least
    }

    /// The permissions of a key that may the same.
    #[must_use]
    pub fn permissions(self) -> Permissions {
        Permission::ALL
            .into_iter()
            .filter(|permission| self.gives((*permission).into()))
            .collect()
    }
}

/// A role somewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// The site; none is the whole organisation.
    pub site: Option<i64>,
    /// The role there.
    pub role: Role,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_lesser_roles_may_and_more() {
        let rights = Permission::ALL
            .map(Right::from)
            .into_iter()
            .chain([Right::Declare, Right::Own]);
        let rights: Vec<_> = rights.collect();
        let counts = Role::ALL.map(|role| rights.iter().filter(|right| role.gives(**right)).count());
        assert!(counts.is_sorted_by(|less, more| less < more), "{counts:?}");
        assert_eq!(counts[3], rights.len());
        for right in rights {
            let holders = Role::ALL.map(|role| role.gives(right));
            assert!(holders.is_sorted(), "{right:?}");
        }
        for role in Role::ALL {
            assert_eq!(Role::from_code(role.code()), role);
            assert_eq!(Role::find(role.name()), Some(role));
        }
    }
}
