//! Who is asking, and from where.

use std::{net::IpAddr, sync::Arc};

use crate::domain::{
    error::{Code, Error, Result},
    key::{ApiKey, Permission},
};

/// Who is asking.
#[derive(Debug, Clone)]
pub enum Identity {
    /// Nobody known.
    Anonymous,
    /// The holder of an API key.
    Key(Arc<ApiKey>),
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
            Identity::Anonymous | Identity::Operator => None,
        }
    }

    /// Whether what the caller says of an actor's address, agent and place counts.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        match &self.identity {
            Identity::Operator => true,
            Identity::Key(key) => !key.public,
            Identity::Anonymous => false,
        }
    }

    /// Lets the caller pass only with `permission`.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` without a key, `FORBIDDEN` with one that lacks the permission.
    pub fn require(&self, permission: Permission) -> Result<()> {
        match &self.identity {
            Identity::Operator => Ok(()),
            Identity::Anonymous => Err(Error::new(
                Code::Unauthenticated,
                "Send an API key: `Authorization: Bearer <key>`, or `X-Api-Key: <key>`.",
            )),
            Identity::Key(key) if key.permissions.has(permission) => Ok(()),
            Identity::Key(_) => Err(Error::new(
                Code::Forbidden,
                format!("This key does not have the permission “{}”.", permission.name()),
            )),
        }
    }
}
