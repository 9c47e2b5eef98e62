//! Who is asking, and from where.

use std::{net::IpAddr, sync::Arc};

use crate::domain::{
    account::{Account, SignedIn},
    error::{Code, Error, Result},
    key::ApiKey,
    role::Right,
};

/// Who is asking.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Nobody known.
    Anonymous,
    /// The holder of an API key.
    Key(Arc<ApiKey>),
    /// Somebody who has signed in.
    Account(Arc<SignedIn>),
    /// Somebody at the server's own command line, who could open the database anyway.
    Operator,
}

/// Who is asking, and what their connection says of them.
#[derive(Debug, Clone)]
pub struct Caller {
    /// Who it is.
    pub identity: Identity,
    /// The address of the connection.
    pub address: Option<IpAddr>,
    /// The user agent of the connection.
    pub user_agent: Option<String>,
    /// The first language the connection accepts.
    pub language: Option<String>,
}

impl Caller {
    /// The server's own command line.
    #[must_use]
    pub fn operator() -> Self {
        Self {
            identity: Identity::Operator,
            address: None,
            user_agent: None,
            language: None,
        }
    }

    /// The key, where there is one.
    #[must_use]
    pub fn key(&self) -> Option<&ApiKey> {
        match &self.identity {
            Identity::Key(key) => Some(key),
            Identity::Anonymous | Identity::Account(_) | Identity::Operator => None,
        }
    }

    /// The account, where somebody has signed in.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        match &self.identity {
            Identity::Account(signed_in) => Some(&signed_in.account),
            Identity::Anonymous | Identity::Key(_) | Identity::Operator => None,
        }
    }

    /// The site that is meant where none is named.
    #[must_use]
    pub fn own_site(&self) -> Option<i64> {
        self.key().and_then(|key| key.site)
    }

    /// Whether the caller may know that a site exists.
    #[must_use]
    pub fn sees(&self, site: i64) -> bool {
        match &self.identity {
            Identity::Operator => true,
            Identity::Anonymous => false,
            Identity::Key(key) => key.site.is_none_or(|own| own == site),
            Identity::Account(signed_in) => signed_in.account.sees(site),
        }
    }

    /// Whether what the caller says of an actor's address, agent and place counts.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        match &self.identity {
            Identity::Operator | Identity::Account(_) => true,
            Identity::Key(key) => !key.public,
            Identity::Anonymous => false,
        }
    }

    /// Whether the caller has `right` on a site, or with none on every site.
    #[must_use]
    pub fn has(&self, right: impl Into<Right>, site: Option<i64>) -> bool {
        let right = right.into();
        match &self.identity {
            Identity::Operator => true,
            Identity::Anonymous => false,
            Identity::Key(key) => right.of_key(key.permissions) && (key.site.is_none() || key.site == site),
            Identity::Account(signed_in) => signed_in.account.has(right, site),
        }
    }

    /// Lets the caller pass only with `right`, be it on one site alone. Which site is judged once it is known:
    /// `Configuration::site` wants the right there.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for nobody, `FORBIDDEN` for somebody who lacks the right everywhere.
    pub fn require(&self, right: impl Into<Right>) -> Result<()> {
        let right = right.into();
        let passes = match &self.identity {
            Identity::Operator => true,
            Identity::Anonymous => return Err(nobody()),
            Identity::Key(key) => right.of_key(key.permissions),
            Identity::Account(signed_in) => signed_in.account.has_somewhere(right),
        };
        if passes { Ok(()) } else { Err(self.forbid(right)) }
    }

    /// Lets the caller pass only with `right` on every site.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for nobody, `FORBIDDEN` for somebody who lacks the right, or has it on some sites only.
    pub fn require_everywhere(&self, right: impl Into<Right>) -> Result<()> {
        let right = right.into();
        self.require(right)?;
        if self.has(right, None) {
            return Ok(());
        }
        let message = match &self.identity {
            Identity::Account(_) => "Your role is for some sites only; one for the whole organisation is needed.",
            _ => "This key opens one site only; a key to all sites is needed.",
        };
        Err(Error::new(Code::Forbidden, message))
    }

    /// Lets pass only somebody who has signed in.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for nobody, `FORBIDDEN` for a key.
    pub fn require_account(&self) -> Result<&SignedIn> {
        match &self.identity {
            Identity::Account(signed_in) => Ok(signed_in),
            Identity::Anonymous => Err(nobody()),
            Identity::Key(_) | Identity::Operator => Err(Error::new(
                Code::Forbidden,
                "This is for people who have signed in; sign in at /session/sign-in.",
            )),
        }
    }

    /// Why the caller may not.
    #[must_use]
    pub fn forbid(&self, right: Right) -> Error {
        let name = right.name();
        let message = match &self.identity {
            Identity::Account(_) => format!("Your role does not give the permission “{name}” here."),
            _ => format!("This key does not have the permission “{name}”."),
        };
        Error::new(Code::Forbidden, message)
    }
}

fn nobody() -> Error {
    Error::new(
        Code::Unauthenticated,
        "Send an API key or an access token: `Authorization: Bearer <key>`, or `X-Api-Key: <key>`.",
    )
}
