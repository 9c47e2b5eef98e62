//! Knowing a caller by a signature: it names a key, and proves the key's signing secret. Each number is used once.

use std::{net::IpAddr, sync::Arc, time::Duration};

use crate::{
    clock,
    domain::{
        caller::Identity,
        error::{Code, Error, Result},
        key::{ApiKey, Permission, Permissions},
        signature::{MOST_NONCE, Signed},
    },
    service::{Services, authentication::not_from_there},
    store::{Priority, nonce},
};

/// A number is not taken again for so long.
const REPLAY_WINDOW: Duration = Duration::from_secs(15 * 60);

impl Services {
    /// Knows a caller who signed their request, with all that their key may do. The key is named by its whole text or by
    /// its prefix alone, which is no secret. A page may sign, too, where the key allows its origin; a server names none.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a key that is not known, `BAD_SIGNATURE`, `ORIGIN_NOT_ALLOWED`, `NONCE_REUSED`;
    /// `RATE_LIMITED` for an address that has sent too many that are wrong.
    pub async fn authenticate_signed(
        &self,
        signed: Signed<'_>,
        origin: Option<&str>,
        address: Option<IpAddr>,
    ) -> Result<Identity> {
        let found = self.find_signer(signed, address).await;
        match found {
            Err(error) if matches!(error.code, Code::Unauthenticated | Code::BadSignature) => {
                self.rates.charge_guess(address, 1).and(Err(error))
            }
            Ok(key) => {
                if origin.is_some() && !key.admits(origin) {
                    return Err(not_from_there());
                }
                self.use_nonce(&key, signed.nonce).await?;
                self.uses.note(key.id);
                Ok(Identity::Key(key))
            }
            Err(error) => Err(error),
        }
    }

    async fn find_signer(&self, signed: Signed<'_>, address: Option<IpAddr>) -> Result<Arc<ApiKey>> {
        let length = signed.nonce.chars().count();
        if length == 0 || length > MOST_NONCE {
            let message = format!("A nonce has 1–{MOST_NONCE} characters; this has {length}.");
            return Err(Error::new(Code::InvalidArgument, message).at("nonce"));
        }
        let key = match self.named(signed.key) {
            Some(key) => key,
            None => {
                // It may have been made a moment ago, by another process.
                self.rates.charge_guess(address, 0)?;
                self.refresh().await?;
                let message = "The API key is not valid: unknown, revoked or expired.";
                self.named(signed.key)
                    .ok_or_else(|| Error::new(Code::Unauthenticated, message).at("key"))?
            }
        };
        let secret = self.signing_secret_of(&key)?;
        let address = address.map(|address| address.to_canonical().to_string());
        if secret.is_some_and(|secret| signed.is_by(&secret, address.as_deref())) {
            return Ok(key);
        }
        let message = "The signature is not that of this key's signing secret.";
        Err(Error::new(Code::BadSignature, message).at("signature"))
    }

    /// The key of a prefix, which may have a secret behind it.
    fn named(&self, text: &str) -> Option<Arc<ApiKey>> {
        let configuration = self.registry.current();
        let prefix = crate::domain::key::prefix(text).unwrap_or(text);
        let (key, _) = configuration.keys.get(prefix)?;
        key.is_valid(clock::now()).then(|| key.clone())
    }

    async fn use_nonce(&self, key: &ApiKey, text: &str) -> Result<()> {
        let name = self.hasher.hash(&[b"nonce", &key.id.to_le_bytes(), text.as_bytes()]);
        let now = clock::now_nanoseconds();
        let before = now.saturating_sub(i64::try_from(REPLAY_WINDOW.as_nanos()).unwrap_or(i64::MAX));
        let tx = self.database.write(Priority::Append).await?;
        if !nonce::take(&tx, &name, now, before).await? {
            let message = "This nonce was used already; send another with every request.";
            return Err(Error::new(Code::NonceReused, message).at("nonce"));
        }
        tx.commit().await
    }

    /// Forgets numbers whose time is over.
    ///
    /// # Errors
    /// Whatever the database says; the next run goes on.
    pub async fn forget_nonces(&self) -> Result<u64> {
        let window = i64::try_from(REPLAY_WINDOW.as_nanos()).unwrap_or(i64::MAX);
        let tx = self.database.write(Priority::Purge).await?;
        let gone = nonce::forget(&tx, clock::now_nanoseconds().saturating_sub(window)).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

/// The same caller, with nothing but the permission to log: of one who shows a key that everybody can see in an address.
#[must_use]
pub fn restricted(identity: Identity) -> Identity {
    match identity {
        Identity::Key(key) => {
            let permissions = if key.permissions.has(Permission::Log) {
                Permissions::one(Permission::Log)
            } else {
                Permissions::default()
            };
            Identity::Key(Arc::new(ApiKey {
                permissions,
                ..(*key).clone()
            }))
        }
        other => other,
    }
}
