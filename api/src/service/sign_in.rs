//! Signing in by a password. Whether the address is unknown, the password wrong or the account disabled, it takes the same
//! time and says the same; the audit log knows better.

use std::time::Duration;

use super::{Services, audit, session::Opened};
use crate::{
    domain::{
        account::normalise_email,
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        operation::Operation,
        rate::Limit,
        session::{Refusal, SecondFactor},
    },
    store::{
        self, Priority, Transaction,
        account::{By, Stored},
        attempt,
    },
};

/// How long looking somebody up may take.
const DEADLINE: Duration = Duration::from_secs(10);
/// Refusals of one account that the audit log tells, and of all addresses together that have none: it is kept for ever,
/// and whoever guesses is not to fill the disk by it. The server's log tells of each.
const TOLD: Limit = Limit::new(100, 60 * 60);

/// What somebody signs in with.
#[derive(Clone)]
pub struct SignIn {
    /// The e-mail address, in any case.
    pub email: String,
    /// The password.
    pub password: String,
    /// A code of the second factor, or a recovery code.
    pub code: Option<String>,
}

/// Somebody who was not let in.
struct Refused {
    /// The number of the account, where there is one.
    account: Option<i64>,
    why: Refusal,
    /// What they are told.
    error: Error,
}

/// Somebody who has proven who they are, in the transaction that has used the proof up.
type Proven = (Transaction, Stored, Option<SecondFactor>);

impl Services {
    /// Begins a session.
    ///
    /// # Errors
    /// `SIGN_IN_FAILED`; `SECOND_FACTOR_REQUIRED` once the password is right; `RATE_LIMITED` after too many attempts.
    pub async fn sign_in(&self, caller: &Caller, sent: &SignIn) -> Result<Opened> {
        let email = normalise_email(&sent.email)?;
        self.charge_sign_in(caller.address, &email).await?;
        match self.prove(&email, sent).await? {
            Ok((tx, stored, factor)) => self.begin(tx, caller, stored, (Operation::SignIn, factor)).await,
            Err(refused) => {
                let change = Change::new(Operation::SignIn, email).after(&refused.why);
                self.record_refusal(caller, refused.account, change).await?;
                Err(refused.error)
            }
        }
    }

    /// Finds out whether somebody is who they say.
    async fn prove(&self, email: &str, sent: &SignIn) -> Result<std::result::Result<Proven, Refused>> {
        let found = {
            let tx = self.database.read(DEADLINE).await?;
            store::account::find(&tx, By::Email(email)).await?
        };
        let hash = found.as_ref().and_then(|stored| stored.password_hash.clone());
        let same = self.passwords.verify(&sent.password, hash.as_deref()).await?;
        let account = found.map(|stored| stored.account.id);
        let refuse = |why: Refusal, error: Error| Ok(Err(Refused { account, why, error }));
        let Some(id) = account else {
            return refuse(Refusal::UnknownAccount, failed());
        };
        if !same {
            return refuse(Refusal::WrongPassword, failed());
        }
        // The hash took its time, in which the password may have been changed or the account disabled; from here on it is not,
        // or the session that begins would be missed by those that a change ends.
        let tx = self.lock_accounts().await?;
        let stored = store::account::find(&tx, By::Number(id)).await?;
        let Some(stored) = stored.filter(|stored| stored.password_hash == hash) else {
            return refuse(Refusal::WrongPassword, failed());
        };
        if stored.account.disabled.is_some() {
            return refuse(Refusal::Disabled, failed());
        }
        match self.check_second_factor(&tx, &stored, sent.code.as_deref()).await {
            Ok(factor) => Ok(Ok((tx, stored, factor))),
            Err(error) => match error.code {
                Code::SecondFactorRequired => refuse(Refusal::NoSecondFactor, error),
                Code::SignInFailed => refuse(Refusal::WrongSecondFactor, error),
                _ => Err(error),
            },
        }
    }

    /// Writes down that somebody was not let in. Where there is an account and where there is none it does the same, so
    /// that time tells nothing.
    pub(super) async fn record_refusal(&self, caller: &Caller, account: Option<i64>, change: Change) -> Result<()> {
        let whose = account.unwrap_or_default().to_le_bytes();
        let row = self.hasher.hash(&[b"refusals told of", &whose]);
        let tx = self.database.write(Priority::Configuration).await?;
        if attempt::count(&tx, &row, TOLD).await?.passed {
            audit::record(&tx, caller, change).await?;
        } else {
            tracing::warn!(
                ?account,
                "somebody was not let in, and the audit log has heard enough of it"
            );
        }
        tx.commit().await
    }
}

fn failed() -> Error {
    Error::new(Code::SignInFailed, "The e-mail address or the password is wrong.")
}
