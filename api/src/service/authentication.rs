//! Knowing the caller by what was sent: an API key, or a token that a key minted.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use subtle::ConstantTimeEq;

use super::{Services, key::hash, signing};
use crate::{
    clock,
    domain::{
        caller::{Caller, Identity},
        error::{Code, Error, Result},
        key::{self, ApiKey},
        origin::Origin,
        signing::Audience,
    },
    store::{self, Priority},
};

/// A key's use is written down at most this often.
const NOTED_EVERY: Duration = Duration::from_secs(60);

/// When each key was last used, and when that was last written down.
#[derive(Debug, Default)]
pub struct Uses(RwLock<HashMap<i64, Use>>);

#[derive(Debug, Default)]
struct Use {
    last: AtomicI64,
    written: AtomicI64,
}

impl Uses {
    /// Notes a use in memory; the hot path writes nothing.
    pub(super) fn note(&self, key: i64) {
        let now = clock::now_nanoseconds();
        if let Some(known) = self.0.read().unwrap_or_else(PoisonError::into_inner).get(&key) {
            known.last.store(now, Ordering::Relaxed);
            return;
        }
        let mut uses = self.0.write().unwrap_or_else(PoisonError::into_inner);
        uses.entry(key).or_default().last.store(now, Ordering::Relaxed);
    }

    /// The keys whose use is to be written down, with the time of it.
    fn due(&self, every: Duration) -> Vec<(i64, i64)> {
        let every = i64::try_from(every.as_nanos()).unwrap_or(i64::MAX);
        let uses = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let due = uses.iter().filter_map(|(key, used)| {
            let (last, written) = (used.last.load(Ordering::Relaxed), used.written.load(Ordering::Relaxed));
            (last > written && last - written >= every).then_some((*key, last))
        });
        due.collect()
    }

    fn written(&self, written: &[(i64, i64)]) {
        let uses = self.0.read().unwrap_or_else(PoisonError::into_inner);
        for (key, at) in written {
            if let Some(used) = uses.get(key) {
                used.written.store(*at, Ordering::Relaxed);
            }
        }
    }
}

/// The refusal of a key that is used by a page elsewhere.
pub(super) fn not_from_there() -> Error {
    let message = "This key may not be used from this origin; add the origin to the key, or use another key.";
    Error::new(Code::OriginNotAllowed, message)
}

impl Services {
    /// Knows a caller by the text of a key or a token; `origin` is the request's header.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, in the same words whether the key is unknown, wrong, revoked or expired, and in the same time
    /// however much of the secret is right;
    /// `ORIGIN_NOT_ALLOWED` for a public key that is used from elsewhere.
    /// `RATE_LIMITED` for an address that has sent too many that are wrong.
    pub async fn authenticate(&self, text: &str, origin: Option<&str>, address: Option<IpAddr>) -> Result<Identity> {
        let found = self.identify(text, origin, address).await;
        match &found {
            // Guessing is paid for by where it comes from; whoever has a key that works never notices.
            Err(error) if error.code == Code::Unauthenticated => self.rates.charge_guess(address, 1).and(found),
            _ => found,
        }
    }

    async fn identify(&self, text: &str, origin: Option<&str>, address: Option<IpAddr>) -> Result<Identity> {
        if signing::looks_like_token(text) {
            return match signing::audience(text) {
                Some(Audience::Account) => self.authenticate_account(text, address).await,
                Some(Audience::Client) => self.authenticate_client(text, address).await,
                None => Err(signing::refused("it is not for one of our audiences")),
            };
        }
        let known = match self.known(text) {
            Some(known) => known,
            None => {
                // It may have been made or rotated a moment ago, by another process; who has guessed too often does
                // not have it looked up.
                self.rates.charge_guess(address, 0)?;
                self.refresh_for(text).await?;
                self.known(text).ok_or_else(|| {
                    Error::new(
                        Code::Unauthenticated,
                        "The API key is not valid: unknown, revoked or expired.",
                    )
                })?
            }
        };
        if !known.admits(origin) {
            if origin.is_some() {
                return Err(not_from_there());
            }
            let message = "This key is for browsers: its requests need an allowed `Origin`. A backend needs a key without origins.";
            return Err(Error::new(Code::OriginNotAllowed, message));
        }
        self.uses.note(known.id);
        Ok(Identity::Key(known))
    }

    /// Whether pages of an origin may ask, as far as browsers have to be told.
    #[must_use]
    pub fn shares_with(&self, origin: &str) -> bool {
        Origin::parse(origin).is_some_and(|origin| self.registry.current().origins.allows(&origin))
    }

    /// The refusal of a page of an origin that no site and no key allows.
    #[must_use]
    pub fn unknown_origin() -> Error {
        let message = "No site and no key allows this origin; add it to one of them.";
        Error::new(Code::OriginNotAllowed, message)
    }

    /// Whether a caller that streams still is who it was.
    pub async fn is_current(&self, caller: &Caller) -> bool {
        let (now, configuration) = (clock::now(), self.registry.current());
        let current = |own: &ApiKey| configuration.keys.get(&own.prefix).map(|(key, _)| key);
        match &caller.identity {
            Identity::Anonymous | Identity::Operator => true,
            Identity::Account(signed_in) => self.is_signed_in(signed_in).await,
            Identity::Key(own) => current(own).is_some_and(|key| own.still_holds(key, now)),
            Identity::Client(token) => {
                let lost = |key: &ApiKey| token.permissions.without(key.permissions);
                let fits = |key: &ApiKey| key.id == token.key.id && key.is_valid(now) && lost(key).is_empty();
                now < token.expires && current(&token.key).is_some_and(|key| fits(key))
            }
        }
    }

    /// Writes down when keys were last used, each at most once a minute.
    ///
    /// # Errors
    /// Whatever the database says; the next run tries again.
    pub async fn write_uses(&self) -> Result<()> {
        self.write_uses_due(NOTED_EVERY).await
    }

    /// Writes down every use that is not yet; for the end of a process.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn write_all_uses(&self) -> Result<()> {
        self.write_uses_due(Duration::ZERO).await
    }

    async fn write_uses_due(&self, every: Duration) -> Result<()> {
        let mut due = self.uses.due(every);
        if due.is_empty() {
            return Ok(());
        }
        // In one order everywhere, so that two processes never wait for each other.
        due.sort_unstable();
        let tx = self.database.write(Priority::Purge).await?;
        for (key, at) in &due {
            store::key::note_use(&tx, *key, *at).await?;
        }
        tx.commit().await?;
        self.uses.written(&due);
        Ok(())
    }

    fn known(&self, text: &str) -> Option<Arc<ApiKey>> {
        let now = clock::now();
        let configuration = self.registry.current();
        let found = key::prefix(text).and_then(|prefix| configuration.keys.get(prefix));
        // Two hashes are compared in any case, so that time tells nothing of prefixes and rotations.
        let hash = hash(text);
        let nothing = [0; 32];
        let stored = found.map_or(nothing.as_slice(), |(_, secrets)| secrets.hash.as_slice());
        let previous = found.and_then(|(_, secrets)| secrets.previous.as_deref());
        let same = hash.as_slice().ct_eq(stored);
        let as_before = hash.as_slice().ct_eq(previous.unwrap_or(&nothing));
        let (key, _) = found?;
        let overlaps = key.previous_until.is_some_and(|until| now < until);
        let proven = bool::from(same) || (bool::from(as_before) && overlaps);
        (proven && key.is_valid(now)).then(|| key.clone())
    }

    /// Rereads the configuration, as the key could be of a newer one: made, or rotated. Also where the prefix is known, so
    /// that time does not tell.
    async fn refresh_for(&self, text: &str) -> Result<()> {
        match key::prefix(text) {
            Some(_) => self.refresh().await,
            None => Ok(()),
        }
    }
}
