//! Who is asking, and from where.

use std::{net::IpAddr, sync::Arc};

use crate::domain::{
    account::{Account, SignedIn},
    audit::{Actor, ActorKind},
    client_token::ClientToken,
    error::{Code, Error, Result},
    key::{ApiKey, Permission, Permissions},
    operation::{Operation, Reach},
    rate::Drawn,
    role::Right,
};

/// Who is asking.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Nobody known.
    Anonymous,
    /// The holder of an API key.
    Key(Arc<ApiKey>),
    /// A frontend with a token that a key minted for it.
    Client(Arc<ClientToken>),
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
    /// The id under which the log tells of the request; none at the command line.
    pub request_id: Option<String>,
    /// The budgets that the request was charged to.
    pub drawn: Drawn,
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
            request_id: None,
            drawn: Drawn::default(),
        }
    }

    /// The key that the caller holds, or that minted its token: what it does is charged to it, and ends with it.
    #[must_use]
    pub fn key(&self) -> Option<&ApiKey> {
        match &self.identity {
            Identity::Key(key) => Some(key),
            Identity::Client(token) => Some(&token.key),
            Identity::Anonymous | Identity::Account(_) | Identity::Operator => None,
        }
    }

    /// The account, where somebody has signed in.
    #[must_use]
    pub fn account(&self) -> Option<&Account> {
        match &self.identity {
            Identity::Account(signed_in) => Some(&signed_in.account),
            _ => None,
        }
    }

    /// The site that is meant where none is named.
    #[must_use]
    pub fn own_site(&self) -> Option<i64> {
        match &self.identity {
            Identity::Client(token) => Some(token.claims.site),
            _ => self.key().and_then(|key| key.site),
        }
    }

    /// Whether the caller may know that a site exists.
    #[must_use]
    pub fn sees(&self, site: i64) -> bool {
        match &self.identity {
            Identity::Anonymous => false,
            Identity::Operator => true,
            Identity::Key(_) | Identity::Client(_) => self.own_site().is_none_or(|own| own == site),
            Identity::Account(signed_in) => signed_in.account.sees(site),
        }
    }

    /// Whether what the caller says of an actor's address, agent and place counts.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        match &self.identity {
            Identity::Operator | Identity::Account(_) => true,
            Identity::Key(key) => !key.is_public(),
            Identity::Client(token) => token.claims.workspace && !token.key.is_public(),
            Identity::Anonymous => false,
        }
    }

    /// The client token, where there is one.
    #[must_use]
    pub fn token(&self) -> Option<&ClientToken> {
        match &self.identity {
            Identity::Client(token) => Some(token),
            _ => None,
        }
    }

    /// The user that the caller speaks for, where its token names one.
    #[must_use]
    pub fn username(&self) -> Option<&str> {
        self.token().and_then(|token| token.claims.username.as_deref())
    }

    /// Whether the caller may name users to others: mint tokens for them, and state them where a wire format ties a user
    /// to a token.
    #[must_use]
    pub fn speaks_for_others(&self) -> bool {
        self.permissions().has(Permission::Impersonate)
    }

    /// What the caller may do on some site or other.
    #[must_use]
    pub fn permissions(&self) -> Permissions {
        match &self.identity {
            Identity::Anonymous => Permissions::default(),
            Identity::Operator => Permissions::all(),
            Identity::Key(key) => key.permissions,
            Identity::Client(token) => token.permissions,
            Identity::Account(signed_in) => {
                let gives = |permission: &Permission| signed_in.account.has_somewhere((*permission).into());
                Permission::ALL.into_iter().filter(gives).collect()
            }
        }
    }

    /// What the caller may do on one site, or with none on all, those to come included.
    #[must_use]
    pub fn permissions_on(&self, site: Option<i64>) -> Permissions {
        let held = |permission: &Permission| self.has(*permission, site);
        self.permissions().iter().filter(held).collect()
    }

    /// Whether the caller has `right` on a site, or with none on every site.
    #[must_use]
    pub fn has(&self, right: impl Into<Right>, site: Option<i64>) -> bool {
        match &self.identity {
            Identity::Operator => true,
            Identity::Anonymous => false,
            Identity::Key(_) | Identity::Client(_) => {
                let reaches = self.own_site().is_none_or(|own| site == Some(own));
                reaches && right.into().of_key(self.permissions())
            }
            Identity::Account(signed_in) => signed_in.account.has(right.into(), site),
        }
    }

    /// Whether the caller has `right` on some site or other.
    fn has_somewhere(&self, right: Right) -> bool {
        match &self.identity {
            Identity::Operator => true,
            Identity::Anonymous => false,
            Identity::Key(_) | Identity::Client(_) => right.of_key(self.permissions()),
            // Whoever has lost every role still has a password to change.
            Identity::Account(signed_in) => right == Right::SignedIn || signed_in.account.has_somewhere(right),
        }
    }

    /// Lets the caller pass as far as can be judged before the site is known; which site is judged by
    /// [`Caller::permit_on`]. The first line of a use-case.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for nobody, `FORBIDDEN` for somebody who lacks the right, or has it on some sites where it takes
    /// all.
    pub fn permit(&self, operation: Operation) -> Result<()> {
        if operation.reach() == Reach::Organisation {
            return self.permit_on_all(operation);
        }
        self.judge(operation, |right| self.has_somewhere(right))
    }

    /// Lets the caller pass with an operation on all sites.
    ///
    /// # Errors
    /// As for [`Caller::permit`].
    pub fn permit_on_all(&self, operation: Operation) -> Result<()> {
        self.judge(operation, |right| self.has_somewhere(right))?;
        self.judge(operation, |right| self.has(right, None)).map_err(|_| {
            let message = match &self.identity {
                Identity::Account(_) => "Your role is for some sites only; one for the whole organisation is needed.",
                _ => "This key opens one site only; a key to all sites is needed.",
            };
            Error::new(Code::Forbidden, message)
        })
    }

    /// Lets the caller pass with an operation on this site.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for nobody, `FORBIDDEN` for somebody who lacks the right there.
    pub fn permit_on(&self, operation: Operation, site: i64) -> Result<()> {
        self.judge(operation, |right| self.has(right, Some(site)))
    }

    fn judge(&self, operation: Operation, holds: impl Fn(Right) -> bool) -> Result<()> {
        let needs = operation.needs();
        if needs.is_empty() || needs.iter().any(|right| holds(*right)) {
            return Ok(());
        }
        if matches!(self.identity, Identity::Anonymous) {
            let message = "Send an API key or an access token: `Authorization: Bearer <key>`, or `X-Api-Key: <key>`.";
            return Err(Error::new(Code::Unauthenticated, message));
        }
        let names: Vec<_> = needs.iter().map(|right| right.name()).collect();
        let names = names.join("” or “");
        let message = match &self.identity {
            _ if needs.contains(&Right::SignedIn) => {
                "This is for people who have signed in; sign in at /session/sign-in.".to_owned()
            }
            Identity::Account(_) => format!("Your role does not give the permission “{names}” here."),
            _ => format!("This key does not have the permission “{names}”."),
        };
        Err(Error::new(Code::Forbidden, message))
    }

    /// Lets pass only somebody who has signed in, with an operation of theirs.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for nobody, `FORBIDDEN` for a key and for the command line, which has no account.
    pub fn permit_person(&self, operation: Operation) -> Result<&SignedIn> {
        self.permit(operation)?;
        match &self.identity {
            Identity::Account(signed_in) => Ok(signed_in),
            _ => {
                let message = "This is for people who have signed in; sign in at /session/sign-in.";
                Err(Error::new(Code::Forbidden, message))
            }
        }
    }

    /// Who the caller is, as the audit log names it.
    #[must_use]
    pub fn actor(&self) -> Actor {
        match &self.identity {
            Identity::Anonymous => Actor::new(ActorKind::Anonymous, None, ""),
            Identity::Operator => Actor::new(ActorKind::Operator, None, ""),
            Identity::Key(key) => Actor::new(ActorKind::Key, Some(key.id), &key.prefix),
            Identity::Client(token) => Actor::new(ActorKind::Key, Some(token.key.id), &token.key.prefix),
            Identity::Account(signed_in) => Actor::account(&signed_in.account),
        }
    }
}
