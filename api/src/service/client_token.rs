//! Client tokens: a backend's key mints them for its frontends. They are signed and not stored; each request looks at
//! the key again, so that a token ends with its key and never allows more than the key does now.

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;

use super::Services;
use crate::{
    clock,
    domain::{
        caller::{Caller, Identity},
        client_token::{ClientClaims, ClientToken, DEFAULT_LIFE, LONGEST_LIFE, MOST_PERMISSIONS},
        error::{Code, Error, Result},
        key::{Permission, Permissions},
        operation::Operation,
        signing::Audience,
    },
};

/// What a token shall be.
#[derive(Debug, Clone, Default)]
pub struct NewToken {
    /// The site; the key's where left out.
    pub site: Option<String>,
    /// What it allows.
    pub permissions: Permissions,
    /// How long it holds.
    pub life: Option<Duration>,
    /// Whom it is for; its key, site and permissions are ignored.
    pub claims: ClientClaims,
}

/// A token, shown once and kept nowhere.
#[derive(Debug, Clone)]
pub struct MintedToken {
    /// Its text.
    pub token: String,
    /// When it stops.
    pub expires: Timestamp,
    /// How long it holds.
    pub life: Duration,
}

impl Services {
    /// Mints a client token under the caller's key.
    ///
    /// # Errors
    /// `FORBIDDEN` for a caller that is no backend's key, for what the key may not do itself, or for naming a user
    /// without the permission to; an unknown site; a bad argument, naming its field.
    pub async fn create_client_token(&self, caller: &Caller, new: NewToken) -> Result<MintedToken> {
        self.mint_for_frontend(caller, Operation::CreateClientToken, new).await
    }

    /// Mints a client token, as the operation that it is asked for by allows.
    pub(super) async fn mint_for_frontend(
        &self,
        caller: &Caller,
        operation: Operation,
        new: NewToken,
    ) -> Result<MintedToken> {
        caller.permit(operation)?;
        let Identity::Key(key) = &caller.identity else {
            let message = "A client token is minted by an API key: it ends with that key.";
            return Err(Error::new(Code::Forbidden, message));
        };
        if key.is_public() {
            // Whoever reads the page would mint tokens that may be used from anywhere.
            let message = "A key with allowed origins is public and mints no tokens; use a backend's key.";
            return Err(Error::new(Code::Forbidden, message));
        }
        let tx = self.database.read(self.question.deadline).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = configuration.admit(caller, operation, new.site.as_deref())?;
        check_permissions(new.permissions, key.permissions)?;
        new.claims.check()?;
        if new.claims.names_user() && !caller.speaks_for_others() {
            let message = "To name a user, the key needs the permission “impersonate”.";
            return Err(Error::new(Code::Forbidden, message).at("username"));
        }
        let life = new.life.unwrap_or(DEFAULT_LIFE);
        if life.is_zero() || life > LONGEST_LIFE {
            let message = format!("A token holds for 1–{} seconds.", LONGEST_LIFE.as_secs());
            return Err(Error::new(Code::InvalidArgument, message).at("expiresIn"));
        }
        let claims = ClientClaims {
            key: key.prefix.clone(),
            site: site.id,
            permissions: new.permissions.iter().map(|one| one.name().to_owned()).collect(),
            ..new.claims
        };
        let minted = self.mint(Audience::Client, claims, (clock::now(), life))?;
        Ok(MintedToken {
            token: minted.token,
            expires: minted.expires,
            life,
        })
    }

    /// Knows a caller by a client token.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, whatever is wrong with the token or its key; `RATE_LIMITED` for an address that has guessed too
    /// often, where something had to be looked up.
    pub(super) async fn authenticate_client(&self, text: &str, address: Option<IpAddr>) -> Result<Identity> {
        let claims = self.verify::<ClientClaims>(Audience::Client, text, address).await?;
        let ended = || {
            let message = "The token is not valid any more: the key that minted it was revoked or has expired.";
            Error::new(Code::Unauthenticated, message)
        };
        let expires = Timestamp::from_second(claims.exp).map_err(|_| ended())?;
        let find = || {
            let configuration = self.registry.current();
            let (key, _) = configuration.keys.get(&claims.own.key)?;
            let opens = key.site.is_none_or(|site| site == claims.own.site);
            let valid = key.is_valid(clock::now()) && opens && configuration.sites.contains_key(&claims.own.site);
            valid.then(|| key.clone())
        };
        let key = match find() {
            Some(key) => key,
            None => {
                // Key and token may have been made a moment ago, by another process.
                self.rates.charge_guess(address, 0)?;
                self.refresh().await?;
                find().ok_or_else(ended)?
            }
        };
        self.uses.note(key.id);
        Ok(Identity::Client(ClientToken::new(key, claims.own, expires).into()))
    }
}

/// A token allows some of what a frontend may be allowed, and of that no more than its key may.
fn check_permissions(wanted: Permissions, held: Permissions) -> Result<()> {
    let most: Permissions = MOST_PERMISSIONS.into_iter().collect();
    let excess = wanted.without(most);
    if wanted.is_empty() || !excess.is_empty() {
        let names = MOST_PERMISSIONS.map(Permission::name).join(" and ");
        let message = format!("A client token allows some of {names}, and nothing else.");
        return Err(Error::new(Code::InvalidArgument, message).at("permissions"));
    }
    let excess = wanted.without(held);
    if excess.is_empty() {
        return Ok(());
    }
    let message = format!(
        "This key does not have the permission “{}” itself.",
        excess.names_by("” or “")
    );
    Err(Error::new(Code::Forbidden, message).at("permissions"))
}
