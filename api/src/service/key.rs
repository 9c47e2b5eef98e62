//! API keys: making and taking back, and knowing the caller by one.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Services, random, site::require_all_sites};
use crate::{
    clock,
    domain::{
        caller::{Caller, Identity},
        error::{Code, Error, Result},
        key::{self, ApiKey, Permissions},
    },
    store::{self, Priority},
};

/// Characters of a key's name.
const MOST_NAME_CHARACTERS: usize = 200;
/// Events a second; a rate beyond it is no limit.
const MOST_RATE: u32 = 1_000_000_000;

/// What a new key shall be.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// The one site it opens; none opens all.
    pub site: Option<String>,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub permissions: Permissions,
    /// Its own rate.
    pub events_per_second: Option<u32>,
}

impl NewKey {
    fn check(&self) -> Result<()> {
        let bad = |message: String, path: &str| Err(Error::new(Code::InvalidArgument, message).at(path));
        // Lists show a key as one line.
        if self.name.chars().count() > MOST_NAME_CHARACTERS || self.name.contains(char::is_control) {
            let message = format!("A key's name has at most {MOST_NAME_CHARACTERS} characters, all of them printable.");
            return bad(message, "name");
        }
        if self
            .events_per_second
            .is_some_and(|rate| !(1..=MOST_RATE).contains(&rate))
        {
            return bad(format!("A key's rate is 1 to {MOST_RATE} events a second."), "rate");
        }
        Ok(())
    }
}

impl Services {
    /// Knows a caller by the text of a key.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, in the same words and time whether the key is unknown, wrong, revoked or expired.
    pub async fn authenticate(&self, text: &str) -> Result<Identity> {
        if let Some(identity) = self.known(text) {
            return Ok(identity);
        }
        // It may have been made a moment ago, by another process.
        if key::prefix(text).is_some_and(|prefix| !self.registry.current().keys.contains_key(prefix)) {
            self.refresh().await?;
        }
        self.known(text).ok_or_else(|| {
            Error::new(
                Code::Unauthenticated,
                "The API key is not valid: unknown, revoked or expired.",
            )
        })
    }

    /// Whether a caller that streams still is who it was.
    #[must_use]
    pub fn is_current(&self, caller: &Caller) -> bool {
        let Some(own) = caller.key() else { return true };
        let configuration = self.registry.current();
        configuration
            .keys
            .get(&own.prefix)
            .is_some_and(|(key, _)| key.id == own.id && key.is_valid(clock::now()))
    }

    fn known(&self, text: &str) -> Option<Identity> {
        let configuration = self.registry.current();
        let found = key::prefix(text).and_then(|prefix| configuration.keys.get(prefix));
        // A hash is compared in any case, so that time tells nothing of prefixes.
        let hash = hash(text);
        let stored = found.map_or([0; 32].as_slice(), |(_, stored)| stored.as_slice());
        let same = bool::from(hash.as_slice().ct_eq(stored));
        found
            .filter(|(key, _)| same && key.is_valid(clock::now()))
            .map(|(key, _)| Identity::Key(key.clone()))
    }

    /// Makes a key and gives its text, which is kept nowhere.
    ///
    /// # Errors
    /// No permission, a bad name or rate, or an unknown site.
    pub async fn create_key(&self, caller: &Caller, new: NewKey) -> Result<(ApiKey, String)> {
        require_all_sites(caller)?;
        new.check()?;
        let text = key::text(&random()?);
        let tx = self.database.write(Priority::Configuration).await?;
        let configuration = self.registry.at(&tx).await?;
        let site = new
            .site
            .as_deref()
            .map(|name| configuration.site(caller, Some(name)))
            .transpose()?;
        let key = ApiKey {
            id: 0,
            site: site.map(|site| site.id),
            name: new.name,
            prefix: key::prefix(&text).unwrap_or_default().to_owned(),
            permissions: new.permissions,
            public: false,
            events_per_second: new.events_per_second,
            created: clock::now(),
            expires: None,
            revoked: None,
        };
        let key = store::key::create(&tx, &key, hash(&text)).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        Ok((key, text))
    }

    /// Every key with the name of its site, oldest first.
    ///
    /// # Errors
    /// No permission.
    pub async fn keys(&self, caller: &Caller) -> Result<Vec<(Arc<ApiKey>, Option<String>)>> {
        require_all_sites(caller)?;
        self.refresh().await?;
        let configuration = self.registry.current();
        let site = |key: &ApiKey| {
            key.site
                .and_then(|id| configuration.sites.get(&id))
                .map(|site| site.name.clone())
        };
        let mut keys: Vec<_> = configuration
            .keys
            .values()
            .map(|(key, _)| (key.clone(), site(key)))
            .collect();
        keys.sort_by_key(|(key, _)| key.id);
        Ok(keys)
    }

    /// Takes a key back, named by its prefix or its number.
    ///
    /// # Errors
    /// No permission, or `NOT_FOUND`.
    pub async fn revoke_key(&self, caller: &Caller, name: &str) -> Result<Arc<ApiKey>> {
        let keys = self.keys(caller).await?;
        let found = keys
            .into_iter()
            .find(|(key, _)| key.prefix == name || key.id.to_string() == name);
        let (key, _) =
            found.ok_or_else(|| Error::new(Code::NotFound, format!("There is no key “{name}”.")).at("key"))?;
        let tx = self.database.write(Priority::Configuration).await?;
        store::key::revoke(&tx, key.id, clock::now_nanoseconds()).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        self.refresh().await?;
        Ok(key)
    }
}

/// A key has 256 random bits, so a fast hash is enough.
fn hash(text: &str) -> Vec<u8> {
    Sha256::digest(text.as_bytes()).to_vec()
}
