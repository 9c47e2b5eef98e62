//! Signing in by an identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce.
//!
//! What has to be remembered while somebody is at the provider travels sealed in a cookie of their browser: it binds the
//! answer to the browser that asked, and any instance can take it up. Where groups are mapped to roles, the provider says
//! at each sign-in what somebody may, and accounts are made as people come; else accounts and roles are ours, and the
//! provider only vouches for who somebody is. A second factor is then the provider's to ask for.

mod id_token;
mod provider;

use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::Url;
use uuid::Uuid;

use self::{
    id_token::{Expected, Flaw, Subject},
    provider::Provider,
};
use super::{Services, account::Told, audit, random, session::Opened};
use crate::{
    clock,
    config::Oidc as Settings,
    domain::{
        account::{Account, normalise_email, tidy_name},
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        key::letters,
        operation::Operation,
        role::{Grant, Role},
        role_map::{RoleMap, groups},
        session::Refusal,
    },
    store::{
        self, Transaction,
        account::{By, Stored},
        is_conflict,
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
    provider: Provider,
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
            provider: Provider::new(issuer.clone(), settings.client_id.clone(), secret)?,
            callback: format!("{base}/{CALLBACK}"),
            roles_claim: settings.roles_claim.clone(),
            roles: RoleMap::parse(&settings.roles)?,
        }))
    }

    /// Whom a code vouches for.
    async fn ask(&self, code: &str, journey: &Journey) -> Result<(String, Subject)> {
        let mut known = self.provider.known(false).await?;
        let token = self
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
            match id_token::read(&token, &known.keys, &expected, clock::now()) {
                Ok(subject) => return Ok((expected.issuer.to_owned(), subject)),
                Err(Flaw::UnknownKey) if !newer => {}
                Err(flaw) => {
                    tracing::warn!(?flaw, "an ID token was refused");
                    break;
                }
            }
        }
        Err(unproven())
    }
}

impl Services {
    /// Sends somebody to the identity provider.
    ///
    /// # Errors
    /// `NOT_FOUND` where none is set; `PROVIDER_UNAVAILABLE`.
    pub async fn depart(&self) -> Result<Departure> {
        let oidc = self.oidc()?;
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
    /// `PROVIDER_UNAVAILABLE`, `RATE_LIMITED`.
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
            Err(error) if error.code == Code::Forbidden => {
                drop(tx);
                error
            }
            Err(error) => return Err(error),
        };
        let who = subject.email.as_deref().unwrap_or(&subject.sub);
        let who: String = who.chars().take(MOST_TOLD).collect();
        let change = Change::new(Operation::SignInByProvider, who).after(&Refusal::Unwelcome);
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

    /// The account of somebody whom the provider vouches for, with the roles that the provider gives; none where they may
    /// do nothing here, or nothing any more: what was changed by that is to be committed.
    async fn admit_subject(
        &self,
        tx: &Transaction,
        caller: &Caller,
        oidc: &Oidc,
        (issuer, subject): (&str, &Subject),
    ) -> Result<Option<Stored>> {
        let email = subject
            .email
            .as_deref()
            .filter(|_| subject.email_verified)
            .and_then(|email| normalise_email(email).ok());
        let mut found = store::account::find(tx, By::Identity(issuer, &subject.sub)).await?;
        if let (None, Some(email)) = (&found, &email) {
            // Who was invited by this address; the operator chose whom to believe about addresses.
            found = store::account::find(tx, By::Email(email)).await?;
            if found.as_ref().is_some_and(|stored| stored.identity.is_some()) {
                // The address was given to somebody else since.
                return Err(unwelcome());
            }
        }
        let before = found.as_ref().map(|stored| stored.account.clone());
        let grants = self.grants(tx, oidc, subject).await?;
        let id = match (found, grants.is_empty()) {
            (Some(stored), _) if stored.account.disabled.is_some() => return Ok(None),
            (Some(stored), _) => stored.account.id,
            (None, true) => return Ok(None),
            (None, false) => {
                let email = email.ok_or_else(|| {
                    let message = "The identity provider gives no e-mail address that it has verified.";
                    Error::new(Code::Forbidden, message)
                })?;
                let account = Account {
                    id: 0,
                    public_id: Uuid::now_v7().to_string(),
                    name: tidy_name(subject.name.as_deref().unwrap_or_default(), &email).unwrap_or(email.clone()),
                    email,
                    grants: Vec::new(),
                    has_password: false,
                    has_second_factor: false,
                    created: clock::now(),
                    disabled: None,
                };
                store::account::create(tx, &account).await?
            }
        };
        store::account::set_identity(tx, id, issuer, &subject.sub)
            .await
            .map_err(|error| if is_conflict(&error) { unwelcome() } else { error })?;
        if !oidc.roles.is_empty() {
            self.set_grants(tx, id, &grants).await?;
        }
        let stored = store::account::find(tx, By::Number(id)).await?;
        let stored = stored.ok_or_else(|| Error::internal("the account is gone"))?;
        self.record_admission(tx, caller, before.as_ref(), &stored.account)
            .await?;
        Ok(Some(stored).filter(|stored| !stored.account.grants.is_empty()))
    }

    /// Writes down what the provider's word made or changed of an account, besides that a session begins.
    async fn record_admission(
        &self,
        tx: &Transaction,
        caller: &Caller,
        before: Option<&Account>,
        after: &Account,
    ) -> Result<()> {
        let same = |before: &Account| {
            let kept = before
                .grants
                .iter()
                .filter(|grant| after.grants.contains(grant))
                .count();
            kept == before.grants.len() && kept == after.grants.len()
        };
        if before.is_some_and(same) {
            return Ok(());
        }
        let configuration = self.registry.at(tx).await?;
        let told = |account| Told(account, &configuration);
        let mut change = Change::new(Operation::SignInByProvider, &after.email).after(&told(after));
        if let Some(before) = before {
            change = change.before(&told(before));
        }
        audit::record(tx, caller, change).await
    }

    /// The roles that the provider gives, on sites that there are.
    async fn grants(&self, tx: &Transaction, oidc: &Oidc, subject: &Subject) -> Result<Vec<Grant>> {
        let groups = groups(&subject.claims, &oidc.roles_claim);
        let configuration = self.registry.at(tx).await?;
        let mut grants = Vec::new();
        for (site, role) in oidc.roles.roles(&groups) {
            let Some(name) = site else {
                grants.push(Grant { site: None, role });
                continue;
            };
            match configuration.sites.values().find(|site| site.name == name) {
                Some(site) => grants.push(Grant {
                    site: Some(site.id),
                    role,
                }),
                None => tracing::warn!(site = name, "--oidc-roles names a site that there is not"),
            }
        }
        Ok(grants)
    }

    /// Sets an account's roles to these; the last owner stays one.
    async fn set_grants(&self, tx: &Transaction, id: i64, grants: &[Grant]) -> Result<()> {
        let accounts = store::account::list(tx).await?;
        let is_last = |account: &&Account| account.id == id && account.is_owner();
        let last = accounts.iter().find(is_last).is_some()
            && !accounts.iter().any(|account| account.id != id && account.is_owner());
        let before = accounts.iter().find(|account| account.id == id);
        for grant in before.iter().flat_map(|account| &account.grants) {
            if last && grant.role == Role::Owner {
                tracing::warn!("the identity provider would take the last owner's role; it stays");
                continue;
            }
            store::account::set_role(tx, id, grant.site, None).await?;
        }
        for grant in grants {
            if last && grant.site.is_none() {
                continue;
            }
            store::account::set_role(tx, id, grant.site, Some(grant.role)).await?;
        }
        Ok(())
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
