//! Sessions: staying signed in, signing out, and knowing somebody by their access token.
//!
//! An access token is short-lived and proves itself; whether its session still goes on, and what its account may, is
//! looked up for every request, so that what is revoked on one instance is gone from all at once. A refresh token
//! renews the session once. One that comes again, however soon, was stolen, or its successor was: the session ends. But the
//! tabs of a browser share a token and do not know of each other, and answers are lost: whoever names their renewals by a
//! key, which no thief of a cookie has, is given the same successor again for a minute.

use std::{net::IpAddr, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{Services, audit, random, signing::Minted};
use crate::{
    clock,
    domain::{
        account::{Account, SignedIn},
        audit::{Actor, Change},
        caller::{Caller, Identity},
        error::{Code, Error, Result},
        operation::Operation,
        rate::Budget,
        role::Right,
        session::{Begun, LONGEST_LIFE, MOST_USER_AGENT, REPEATABLE, RenewalKey, SecondFactor, Session, Spent, Stolen},
        signing::Audience,
        token::{Kind, successor},
        zone,
    },
    store::{
        self, Priority, Transaction,
        account::{By, Stored},
    },
};

/// How long looking somebody up may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// How long a session that ended is kept, so that a stolen token still shows.
const KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// What an access token claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessClaims {
    /// The account's public id.
    pub sub: String,
    /// The session's public id.
    pub sid: String,
}

/// A session that was begun or renewed.
#[derive(Debug, Clone)]
pub struct Opened {
    /// Opens everything that the account may, for a while.
    pub access: Minted,
    /// Renews the session, once.
    pub refresh: String,
    /// How long the refresh token works.
    pub life: Duration,
    /// Who signed in.
    pub account: Account,
}

impl Services {
    /// Begins a session for somebody who has proven who they are, by an operation and perhaps a second factor.
    pub(super) async fn begin(
        &self,
        tx: Transaction,
        caller: &Caller,
        stored: Stored,
        (operation, second_factor): (Operation, Option<SecondFactor>),
    ) -> Result<Opened> {
        let now = clock::now();
        let session = Session {
            id: 0,
            public_id: Uuid::now_v7().to_string(),
            account: stored.account.id,
            address: caller.address.map(|address| address.to_string()),
            user_agent: user_agent(caller),
            created: now,
            used: now,
            expires: now.checked_add(self.account.session_idle).map_err(Error::internal)?,
            ended: None,
        };
        let session = store::session::create(&tx, &session).await?;
        let change = Change::new(operation, &session.public_id).after(&Begun { second_factor });
        audit::record_of(&tx, caller, Actor::account(&stored.account), change).await?;
        let refresh = Kind::Refresh.text(&random()?);
        store::session::add_token(&tx, session.id, &hash(&refresh)).await?;
        self.hand_out(tx, session, stored.account, refresh).await
    }

    /// Renews a session by its refresh token, which is spent thereby. With the key by which a token was spent, the same is
    /// answered again within [`REPEATABLE`].
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where the token is unknown, its session over, or the token was spent before: then the session
    /// ends, as one of the two who have it stole it; `RATE_LIMITED` after too many that are unknown.
    pub async fn renew_session(&self, caller: &Caller, token: &str, key: Option<&RenewalKey>) -> Result<Opened> {
        let hash = hash(token);
        if !self.is_refresh_token(token, caller.address).await? {
            self.charge_attempt_from(caller.address).await?;
            return Err(over());
        }
        let tx = self.database.write(Priority::Configuration).await?;
        let now = clock::now();
        let seed = random()?;
        let first = store::session::spend_token(&tx, &hash, zone::nanoseconds(now), key.map(|_| &seed)).await?;
        let mut session = store::session::of_token(&tx, &hash).await?.ok_or_else(over)?;
        let stored = store::account::find(&tx, By::Number(session.account)).await?;
        let stored = stored.filter(|stored| stored.account.disabled.is_none() && session.is_live(now));
        let Some(stored) = stored else {
            return Err(over());
        };
        let refresh = match key {
            Some(key) if first => Some(successor(token, key.as_str(), &seed)),
            Some(key) => given_before(&tx, token, key, now).await?,
            None if first => Some(Kind::Refresh.text(&random()?)),
            None => None,
        };
        let Some(refresh) = refresh else {
            store::session::end(&tx, session.id, zone::nanoseconds(now)).await?;
            let email = stored.account.email;
            let change = Change::new(Operation::RefreshSession, &session.public_id).after(&Stolen { email });
            audit::record(&tx, caller, change).await?;
            tx.commit().await?;
            tracing::warn!(
                session = session.public_id,
                account = stored.account.public_id,
                "a refresh token was used twice; its session has ended"
            );
            return Err(over());
        };
        if first {
            store::session::add_token(&tx, session.id, &self::hash(&refresh)).await?;
        }
        // Each renewal leaves a spent token behind.
        self.rates.charge_account(stored.account.id, Budget::Manage, 1)?;
        let end = session.created.checked_add(LONGEST_LIFE).map_err(Error::internal)?;
        let idle = now.checked_add(self.account.session_idle).map_err(Error::internal)?;
        session.used = now;
        session.expires = idle.min(end);
        session.address = caller.address.map(|address| address.to_string());
        session.user_agent = user_agent(caller);
        store::session::renew(&tx, &session).await?;
        self.hand_out(tx, session, stored.account, refresh).await
    }

    /// Whether a token renews a session, or did. One that does not is a guess, as a wrong key is: whoever has guessed too
    /// often does not have it looked up.
    async fn is_refresh_token(&self, token: &str, address: Option<IpAddr>) -> Result<bool> {
        if !Kind::Refresh.is(token) {
            return Ok(false);
        }
        self.rates.charge_guess(address, 0)?;
        let tx = self.database.read(DEADLINE).await?;
        let known = store::session::of_token(&tx, &hash(token)).await?.is_some();
        if !known {
            self.rates.charge_guess(address, 1)?;
        }
        Ok(known)
    }

    async fn hand_out(&self, tx: Transaction, session: Session, account: Account, refresh: String) -> Result<Opened> {
        tx.commit().await?;
        let claims = AccessClaims {
            sub: account.public_id.clone(),
            sid: session.public_id,
        };
        let now = clock::now();
        let life = Duration::try_from(session.expires.duration_since(now)).unwrap_or_default();
        Ok(Opened {
            access: self.mint(Audience::Account, claims, (now, self.account.access_token_life))?,
            refresh,
            life,
            account,
        })
    }

    /// Ends the session that a refresh token renews; what is no such token has nothing to end.
    ///
    /// # Errors
    /// `RATE_LIMITED` after too many tokens that are unknown; whatever the database says.
    pub async fn sign_out(&self, caller: &Caller, token: &str) -> Result<()> {
        if !self.is_refresh_token(token, caller.address).await? {
            // Guessing counts, and nobody's writes wait for it.
            return self.charge_attempt_from(caller.address).await;
        }
        let tx = self.database.write(Priority::Configuration).await?;
        let now = clock::now();
        let found = store::session::of_token(&tx, &hash(token)).await?;
        if let Some(session) = found.filter(|session| session.is_live(now)) {
            store::session::end(&tx, session.id, zone::nanoseconds(now)).await?;
            let stored = store::account::find(&tx, By::Number(session.account)).await?;
            let actor = stored.map_or_else(|| caller.actor(), |stored| Actor::account(&stored.account));
            let change = Change::new(Operation::SignOut, &session.public_id);
            audit::record_of(&tx, caller, actor, change).await?;
        }
        tx.commit().await
    }

    /// Knows somebody by their access token.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` where the token does not hold, its session is over, or its account disabled; `RATE_LIMITED` as of
    /// [`Services::verify`].
    pub(super) async fn authenticate_account(&self, token: &str, address: Option<IpAddr>) -> Result<Identity> {
        let claims = self
            .verify::<AccessClaims>(Audience::Account, token, address)
            .await?
            .own;
        let signed_in = self.signed_in(&claims.sid).await?;
        let signed_in = signed_in.filter(|signed_in| signed_in.account.public_id == claims.sub);
        signed_in
            .map(|signed_in| Identity::Account(signed_in.into()))
            .ok_or_else(over)
    }

    /// Who is signed in by a session, if it still goes on.
    async fn signed_in(&self, public_id: &str) -> Result<Option<SignedIn>> {
        let tx = self.database.read(DEADLINE).await?;
        let session = store::session::find(&tx, public_id).await?;
        let Some(session) = session.filter(|session| session.is_live(clock::now())) else {
            return Ok(None);
        };
        let stored = store::account::find(&tx, By::Number(session.account)).await?;
        let stored = stored.filter(|stored| stored.account.disabled.is_none());
        Ok(stored.map(|stored| SignedIn {
            account: stored.account,
            session: session.id,
            session_id: session.public_id,
        }))
    }

    /// Whether somebody who streams still is signed in, and may what they might.
    pub(super) async fn is_signed_in(&self, known: &SignedIn) -> bool {
        match self.signed_in(&known.session_id).await {
            Ok(found) => found.is_some_and(|found| found.account.grants == known.account.grants),
            Err(error) => {
                // What cannot be looked up may have been revoked.
                tracing::error!(?error, "a session cannot be looked up");
                false
            }
        }
    }

    /// The sessions of one's own account that are under way, or those of another, the one last used first.
    ///
    /// # Errors
    /// Nobody signed in; another account's are for owners of the organisation; `NOT_FOUND`.
    pub async fn sessions(&self, caller: &Caller, account: Option<&str>) -> Result<Vec<Session>> {
        let tx = self.database.read(DEADLINE).await?;
        let id = match (account, caller.account()) {
            (None, _) => caller.permit_person(Operation::ListSessions)?.account.id,
            (Some(name), Some(own)) if own.public_id == name => own.id,
            (Some(name), _) => {
                // Those of others are the business of those who say who has an account.
                caller.permit_on_all(Operation::ListAccounts)?;
                super::account::find(&tx, name).await?.account.id
            }
        };
        store::session::list(&tx, id, clock::now_nanoseconds()).await
    }

    /// Ends a session: one of one's own, or as an owner anybody's.
    ///
    /// # Errors
    /// Nobody signed in, or `NOT_FOUND`.
    pub async fn revoke_session(&self, caller: &Caller, public_id: &str) -> Result<Session> {
        caller.permit(Operation::RevokeSession)?;
        let tx = self.database.write(Priority::Configuration).await?;
        let now = clock::now();
        let session = store::session::find(&tx, public_id).await?;
        let session = session.filter(|session| {
            let own = caller.account().is_some_and(|account| account.id == session.account);
            session.is_live(now) && (own || caller.has(Right::Own, None))
        });
        let mut session =
            session.ok_or_else(|| Error::new(Code::NotFound, "There is no such session under way.").at("id"))?;
        store::session::end(&tx, session.id, zone::nanoseconds(now)).await?;
        audit::record(&tx, caller, Change::new(Operation::RevokeSession, &session.public_id)).await?;
        tx.commit().await?;
        session.ended = Some(now);
        Ok(session)
    }

    /// Removes what is over: sessions, links, attempts, and memories of rates.
    ///
    /// # Errors
    /// Whatever the database says.
    pub async fn tidy_sessions(&self) -> Result<()> {
        self.rates.tidy();
        let tx = self.database.write(Priority::Purge).await?;
        let now = clock::now();
        let before = now.checked_sub(KEPT).map_err(Error::internal)?;
        store::session::remove_ended(&tx, zone::nanoseconds(before)).await?;
        store::link::remove_expired(&tx, zone::nanoseconds(now)).await?;
        store::attempt::sweep(&tx).await?;
        tx.commit().await
    }
}

/// The unspent token that came of a spent one, each step by the same key and not long ago.
async fn given_before(tx: &Transaction, token: &str, key: &RenewalKey, now: Timestamp) -> Result<Option<String>> {
    let mut token = token.to_owned();
    // A token that is not there was made by another key.
    while let Some(spent) = store::session::spent(tx, &hash(&token)).await? {
        token = match spent {
            None => return Ok(Some(token)),
            Some(Spent { at, seed: Some(seed) }) if now.duration_since(at).unsigned_abs() < REPEATABLE => {
                successor(&token, key.as_str(), &seed)
            }
            Some(_) => return Ok(None),
        };
    }
    Ok(None)
}

/// A refresh token has 256 random bits, so a fast hash is enough.
pub(super) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn user_agent(caller: &Caller) -> Option<String> {
    let text = caller.user_agent.as_ref()?;
    Some(text.chars().take(MOST_USER_AGENT).collect())
}

fn over() -> Error {
    Error::new(Code::Unauthenticated, "The session is over; sign in again.")
}
