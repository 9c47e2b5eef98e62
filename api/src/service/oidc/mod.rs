//! Signing in by an identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce.
//!
//! What has to be remembered while somebody is at the provider travels sealed in a cookie of their browser: it binds the
//! answer to the browser that asked, and any instance can take it up. Where groups are mapped to roles, the provider says
//! at each sign-in what somebody may, and accounts are made as people come; else accounts and roles are ours, and the
//! provider only vouches for who somebody is. Whether it asked for a second factor is its own affair; an account that has its
//! second factor here signs in with that, and not by the provider.

mod admission;
mod id_token;
mod provider;
mod subject;

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;

use self::{
    id_token::{Expected, Flaw},
    provider::{Known, Provider, Tokens},
    subject::Subject,
};
use super::{Services, random, session::Opened};
use crate::{
    clock,
    config::Oidc as Settings,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        key::letters,
        operation::Operation,
        rate::Budget,
        role_map::{RoleMap, claim},
        session::Refusal,
    },
};

/// A seal of a sign-in under way opens for this alone.
const PURPOSE: &str = "sign-in at the identity provider";
/// How long somebody may take at the provider.
const LIFE: Duration = Duration::from_secs(600);
/// Letters of state, nonce and verifier: 43 letters hold 256 bits, and RFC 7636 wants at least 43.
const LETTERS: usize = 43;
/// Characters of a name by which the audit log tells whom the provider vouched for in vain.
const MOST_TOLD: usize = 254;
/// Where the provider sends people back to.
const CALLBACK: &str = "session/oidc/callback";

/// Signing in by one identity provider.
#[derive(Debug)]
pub struct Oidc {
    provider: Arc<Provider>,
    callback: String,
    roles_claim: String,
    roles: RoleMap,
}

/// A sign-in that was sent to the provider.
#[derive(Debug)]
pub struct Departure {
    /// Where the browser is to go.
    pub to: Url,
    /// What it has to keep, and bring back.
    pub sealed: String,
    /// How long it has to keep it.
    pub life: Duration,
}

/// What the browser keeps meanwhile.
#[derive(Serialize, Deserialize)]
struct Journey {
    state: String,
    nonce: String,
    verifier: String,
    expires: i64,
}

impl Oidc {
    /// What the settings say; none where no provider is set. Nothing is asked of the provider yet, so that a server
    /// starts while it is down.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for a map of roles or a secret that cannot be read.
    pub fn new(settings: &Settings) -> Result<Option<Self>> {
        let Some(issuer) = &settings.issuer else {
            return Ok(None);
        };
        let secret = settings.client_secret_file.as_deref();
        let base = settings.public_url.trim_end_matches('/');
        Ok(Some(Self {
            provider: Arc::new(Provider::new(issuer.clone(), settings.client_id.clone(), secret)?),
            callback: format!("{base}/{CALLBACK}"),
            roles_claim: settings.roles_claim.clone(),
            roles: RoleMap::parse(&settings.roles)?,
        }))
    }

    /// Whom a code vouches for.
    async fn ask(&self, code: &str, journey: &Journey) -> Result<(String, Subject)> {
        let mut known = self.provider.known(false).await?;
        let tokens = self
            .provider
            .redeem(&known.discovery, code, &journey.verifier, &self.callback)
            .await?;
        for newer in [false, true] {
            if newer {
                // The provider may have begun to sign with a new key.
                known = self.provider.known(true).await?;
            }
            let expected = Expected {
                issuer: self.provider.issuer(&known),
                client_id: &self.provider.client_id,
                nonce: &journey.nonce,
            };
            match id_token::read(&tokens.id_token, &known.keys, &expected, clock::now()) {
                Ok(subject) => {
                    let issuer = expected.issuer.to_owned();
                    return Ok((issuer, self.complete(subject, &known, &tokens).await?));
                }
                Err(Flaw::UnknownKey) if !newer => {}
                Err(flaw) => {
                    tracing::warn!(?flaw, "an ID token was refused");
                    break;
                }
            }
        }
        Err(unproven())
    }

    /// Asks the provider for what the ID token left out: many issuers tell the address or the groups only when asked.
    async fn complete(&self, mut subject: Subject, known: &Known, tokens: &Tokens) -> Result<Subject> {
        let lacks_groups = !self.roles.is_empty() && claim(&subject.claims, &self.roles_claim).is_none();
        if (subject.email.is_none() || lacks_groups)
            && let Some(told) = self.provider.userinfo(&known.discovery, tokens).await?
        {
            subject.complete(told).map_err(|flaw| {
                tracing::warn!(
                    ?flaw,
                    "what the identity provider tells besides the ID token was refused"
                );
                unproven()
            })?;
        }
        Ok(subject)
    }
}

impl Services {
    /// Sends somebody to the identity provider. It is charged as a question of nobody known, and not as an attempt to sign
    /// in: it proves nothing yet, and any page can have a browser set out, which must not use up what its people have.
    ///
    /// # Errors
    /// `NOT_FOUND` where none is set; `PROVIDER_UNAVAILABLE`, `RATE_LIMITED`.
    pub async fn depart(&self, caller: &Caller) -> Result<Departure> {
        let oidc = self.oidc()?;
        self.rates.charge(caller, Budget::Query, 1)?;
        let known = oidc.provider.known(false).await?;
        let text = || Ok::<_, Error>(letters(&random::<LETTERS>()?));
        let expires = clock::now().checked_add(LIFE).map_err(Error::internal)?;
        let journey = Journey {
            state: text()?,
            nonce: text()?,
            verifier: text()?,
            expires: expires.as_second(),
        };
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(journey.verifier.as_bytes()));
        let mut to = known.discovery.authorization_endpoint.clone();
        to.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &oidc.provider.client_id)
            .append_pair("redirect_uri", &oidc.callback)
            .append_pair("scope", "openid email profile")
            .append_pair("state", &journey.state)
            .append_pair("nonce", &journey.nonce)
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        let plain = serde_json::to_vec(&journey).map_err(Error::internal)?;
        let sealed = BASE64_URL_SAFE_NO_PAD.encode(self.seal.seal(PURPOSE, random()?, &plain));
        Ok(Departure { to, sealed, life: LIFE })
    }

    /// Begins a session for whoever comes back from the identity provider with a code and the state, to the browser that
    /// was sent there.
    ///
    /// # Errors
    /// `SIGN_IN_FAILED` where anything does not fit, `FORBIDDEN` for somebody who has no account and no role here,
    /// `SECOND_FACTOR_REQUIRED` for an account that has one, `PROVIDER_UNAVAILABLE`, `RATE_LIMITED`.
    pub async fn arrive(&self, caller: &Caller, sealed: &str, state: &str, code: &str) -> Result<Opened> {
        let oidc = self.oidc()?;
        self.charge_attempt_from(caller.address).await?;
        let journey = self.open_journey(sealed, clock::now()).ok_or_else(unproven)?;
        if !bool::from(journey.state.as_bytes().ct_eq(state.as_bytes())) {
            return Err(unproven());
        }
        let (issuer, subject) = oidc.ask(code, &journey).await?;
        let tx = self.lock_accounts().await?;
        let admitted = self.admit_subject(&tx, caller, oidc, (&issuer, &subject)).await;
        let error = match admitted {
            Ok(Some(stored)) => {
                let by = (Operation::SignInByProvider, None);
                return self.begin(tx, caller, stored, by).await;
            }
            Ok(None) => {
                // The roles that somebody lost are gone for their other sessions, too.
                tx.commit().await?;
                unwelcome()
            }
            Err(error) if matches!(error.code, Code::Forbidden | Code::SecondFactorRequired) => {
                drop(tx);
                error
            }
            Err(error) => return Err(error),
        };
        let who = subject.email.as_deref().unwrap_or(&subject.sub);
        let who: String = who.chars().take(MOST_TOLD).collect();
        let refusal = match error.code {
            Code::SecondFactorRequired => Refusal::NoSecondFactor,
            _ => Refusal::Unwelcome,
        };
        let change = Change::new(Operation::SignInByProvider, who).after(&refusal);
        self.record_refusal(caller, None, change).await?;
        Err(error)
    }

    /// Whether people can sign in by an identity provider.
    #[must_use]
    pub fn has_provider(&self) -> bool {
        self.oidc.is_some()
    }

    fn oidc(&self) -> Result<&Oidc> {
        let missing = || {
            Error::new(
                Code::NotFound,
                "No identity provider is set up here; sign in with a password.",
            )
        };
        self.oidc.as_ref().ok_or_else(missing)
    }

    fn open_journey(&self, sealed: &str, now: Timestamp) -> Option<Journey> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let plain = self.seal.open(PURPOSE, &sealed)?;
        let journey: Journey = serde_json::from_slice(&plain).ok()?;
        (now.as_second() < journey.expires).then_some(journey)
    }
}

fn unproven() -> Error {
    Error::new(
        Code::SignInFailed,
        "The sign-in at the identity provider was not completed, or took too long; begin it anew.",
    )
}

fn unwelcome() -> Error {
    Error::new(
        Code::Forbidden,
        "The identity provider knows you, but you have no account or no role here; ask an owner.",
    )
}
