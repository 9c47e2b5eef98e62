//! Tokens: the one way to mint, the one way to verify, and keys that rotate without logging anyone out.
//!
//! HS256: nobody but this server ever verifies a token of ours, so that a public key would have no reader. One shared
//! secret is the fastest to check on every request and leaves no other algorithm to be confused with. Frontends treat
//! the token as opaque.

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{Services, audit, random};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        seal::Seal,
        signing::{Audience, Claims, ISSUER, LEEWAY, LONGEST_LIFE, SigningKey},
        zone,
    },
    store::{self, Priority, Transaction},
};

/// A seal of a signing key opens for this alone.
const PURPOSE: &str = "signing key";
/// No token of ours is longer; what is, is not looked at.
const MOST_BYTES: usize = 8 << 10;

/// A token that was made.
#[derive(Debug, Clone)]
pub struct Minted {
    /// Its text.
    pub token: String,
    /// Its own name, the claim `jti`.
    pub name: String,
    /// When it stops holding.
    pub expires: Timestamp,
}

/// Whether a text can be a token of ours, rather than an API key: three parts between dots.
#[must_use]
pub fn looks_like_token(text: &str) -> bool {
    text.len() <= MOST_BYTES && text.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// Whom a token says it is for. Nothing of it is checked yet: this only tells which check it has to pass.
#[must_use]
pub fn audience(text: &str) -> Option<Audience> {
    let header = jsonwebtoken::decode_header(text).ok()?;
    Audience::ALL
        .into_iter()
        .find(|audience| header.typ.as_deref() == Some(audience.kind()))
}

/// Makes the first signing key of an installation; gives whether there was none.
///
/// # Errors
/// Whatever the database says.
pub(super) async fn ensure(tx: &Transaction, seal: &Seal) -> Result<bool> {
    let keys = store::signing::list(tx).await?;
    if let Some(key) = keys.iter().rev().find(|key| key.verifies_until.is_none()) {
        // At the start, where somebody reads it, rather than at the first sign-in.
        seal.open(PURPOSE, &key.sealed).ok_or_else(super::seal::foreign)?;
        return Ok(false);
    }
    store::signing::create(tx, &new_key(seal)?).await?;
    Ok(true)
}

fn new_key(seal: &Seal) -> Result<SigningKey> {
    Ok(SigningKey {
        id: 0,
        name: hex::encode(random::<8>()?),
        sealed: seal.seal(PURPOSE, random()?, &random::<32>()?),
        created: clock::now(),
        verifies_until: None,
    })
}

impl Services {
    /// Signs a token that holds from `from` for `life`, claiming `own` beside what every token claims.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a life that is none, or ends more than [`LONGEST_LIFE`] from now.
    pub fn mint<C: Serialize>(
        &self,
        audience: Audience,
        own: C,
        (from, life): (Timestamp, Duration),
    ) -> Result<Minted> {
        let end = from.checked_add(life).map_err(Error::internal)?;
        let (iat, nbf, exp) = (clock::now().as_second(), from.as_second(), end.as_second());
        let longest = i64::try_from(LONGEST_LIFE.as_secs()).unwrap_or(i64::MAX);
        if exp <= nbf || exp - iat.min(nbf) > longest {
            let message = format!("A token holds for at least a second and ends within {longest} seconds from now.");
            return Err(Error::new(Code::InvalidArgument, message));
        }
        let configuration = self.registry.current();
        let newest = configuration
            .signing
            .iter()
            .rev()
            .find(|key| key.verifies_until.is_none());
        let key = newest.ok_or_else(|| Error::internal("there is no key that signs"))?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            aud: audience.name().to_owned(),
            iat,
            nbf,
            exp,
            jti: Uuid::now_v7().simple().to_string(),
            own,
        };
        let mut header = Header::new(Algorithm::HS256);
        header.typ = Some(audience.kind().to_owned());
        header.kid = Some(key.name.clone());
        let token = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&self.open_key(key)?))
            .map_err(Error::internal)?;
        Ok(Minted {
            token,
            name: claims.jti,
            expires: Timestamp::from_second(exp).map_err(Error::internal)?,
        })
    }

    /// Reads a token for `audience` that came from `address`, if it is ours and holds now.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`, in the same words whatever is wrong with it; `RATE_LIMITED` for a key that is not known, from an
    /// address that has guessed too often.
    pub async fn verify<C: DeserializeOwned>(
        &self,
        audience: Audience,
        token: &str,
        address: Option<IpAddr>,
    ) -> Result<Claims<C>> {
        if !looks_like_token(token) {
            return Err(refused("it is no token of ours"));
        }
        let name = key_name(audience, token)?;
        let find = || {
            let configuration = self.registry.current();
            let mut keys = configuration.signing.iter();
            keys.find(|key| key.name == name && key.verifies(clock::now())).cloned()
        };
        let key = match find() {
            Some(key) => key,
            None => {
                // Another instance may have begun to sign with it a moment ago; who has guessed too often does not have
                // it looked up.
                self.rates.charge_guess(address, 0)?;
                self.refresh().await?;
                find().ok_or_else(|| refused("its key is not one of ours"))?
            }
        };
        let claims = read(&self.open_key(&key)?, token)?;
        match claims.flaw(audience, clock::now()) {
            None => Ok(claims),
            Some(flaw) => Err(refused(flaw)),
        }
    }

    /// Begins to sign with a new key. The old ones verify until the last token that they signed is expired, so that
    /// nobody is logged out; then they go.
    ///
    /// # Errors
    /// No permission, or whatever the database says.
    pub async fn rotate_signing(&self, caller: &Caller) -> Result<SigningKey> {
        caller.permit(Operation::RotateSigning)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let now = clock::now();
        store::signing::remove_expired(&tx, zone::nanoseconds(now)).await?;
        // Other instances sign with the old key until they see the new generation, well within the leeway.
        let until = now.checked_add(LONGEST_LIFE + 2 * LEEWAY).map_err(Error::internal)?;
        store::signing::retire(&tx, zone::nanoseconds(until)).await?;
        let key = store::signing::create(&tx, &new_key(&self.seal)?).await?;
        audit::record(&tx, caller, Change::new(Operation::RotateSigning, &key.name)).await?;
        store::configuration::raise(&tx).await?;
        tx.commit().await?;
        self.refresh().await?;
        Ok(key)
    }

    /// The keys that sign or still verify, oldest first.
    ///
    /// # Errors
    /// No permission.
    pub async fn signing_keys(&self, caller: &Caller) -> Result<Vec<SigningKey>> {
        caller.permit(Operation::ListSigningKeys)?;
        self.refresh().await?;
        let now = clock::now();
        let configuration = self.registry.current();
        let keys = configuration.signing.iter().filter(|key| key.verifies(now));
        Ok(keys.cloned().collect())
    }

    fn open_key(&self, key: &SigningKey) -> Result<Vec<u8>> {
        let opened = self.seal.open(PURPOSE, &key.sealed);
        opened.ok_or_else(|| Error::internal(super::seal::foreign()))
    }
}

/// The signing key that a token's header names, which has to be a header that we make.
fn key_name(audience: Audience, token: &str) -> Result<String> {
    let header = jsonwebtoken::decode_header(token).map_err(|_| refused("its header cannot be read"))?;
    if header.alg != Algorithm::HS256 || header.typ.as_deref() != Some(audience.kind()) || header.crit.is_some() {
        return Err(refused("its header is not one of ours"));
    }
    header.kid.ok_or_else(|| refused("it names no key"))
}

/// The claims of a token that was signed with `secret` by HS256.
fn read<C: DeserializeOwned>(secret: &[u8], token: &str) -> Result<Claims<C>> {
    let mut validation = Validation::new(Algorithm::HS256);
    // The claims are judged by `Claims::flaw`, at a time that is passed in.
    validation.required_spec_claims.clear();
    (validation.validate_exp, validation.validate_aud) = (false, false);
    let decoded = jsonwebtoken::decode(token, &DecodingKey::from_secret(secret), &validation);
    decoded
        .map(|data| data.claims)
        .map_err(|_| refused("its signature or its claims are not ours"))
}

pub(super) fn refused(flaw: &'static str) -> Error {
    tracing::debug!(flaw, "a token was refused");
    Error::new(
        Code::Unauthenticated,
        "The token is not valid: unknown, changed, expired, or for something else.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"thirty-two bytes of a signing key";

    fn claims() -> Claims<()> {
        Claims {
            iss: ISSUER.to_owned(),
            aud: Audience::Account.name().to_owned(),
            iat: 1_000,
            nbf: 1_000,
            exp: 1_900,
            jti: "1".to_owned(),
            own: (),
        }
    }

    fn signed(algorithm: Algorithm, kind: &str, secret: &[u8]) -> String {
        let mut header = Header::new(algorithm);
        (header.typ, header.kid) = (Some(kind.to_owned()), Some("one".to_owned()));
        jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(secret)).expect("it can be signed")
    }

    /// A token as `verify` takes it apart, less what needs a database.
    fn accept(token: &str) -> Result<Claims<()>> {
        key_name(Audience::Account, token)?;
        read(SECRET, token)
    }

    #[test]
    fn only_what_we_signed_ourselves_is_read() {
        let kind = Audience::Account.kind();
        let token = signed(Algorithm::HS256, kind, SECRET);
        assert!(looks_like_token(&token));
        assert_eq!(audience(&token), Some(Audience::Account));
        assert_eq!(accept(&token).expect("our own"), claims());
        // The right secret does not help with another algorithm, nor a token of another kind.
        for forged in [
            signed(Algorithm::HS384, kind, SECRET),
            signed(Algorithm::HS512, kind, SECRET),
            signed(Algorithm::HS256, Audience::Client.kind(), SECRET),
            signed(Algorithm::HS256, "JWT", SECRET),
            signed(Algorithm::HS256, kind, b"another"),
            signed(Algorithm::HS256, kind, b""),
        ] {
            let error = accept(&forged).expect_err("forged");
            assert_eq!(error.code, Code::Unauthenticated, "{forged}");
        }
        // Each letter counts, but for the last, of which some bits are padding.
        for position in 0..token.len() - 1 {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("letters");
            assert!(accept(&changed).is_err(), "{changed}");
        }
    }
}
