//! Second factors: codes that an app shows for half a minute each (TOTP, RFC 6238), and recovery codes for when the
//! app is lost. Each code is taken once.

use totp_rs::{Builder, Secret, Totp};

use super::{Services, audit};
use crate::{
    clock,
    domain::{
        audit::Change,
        caller::Caller,
        error::{Code, Error, Result},
        hash::Hash,
        key::letters,
        operation::Operation,
        session::SecondFactor,
    },
    store::{
        self, Priority, Transaction,
        account::{By, Stored},
    },
};

/// A seal of a second factor's secret opens for this alone.
const PURPOSE: &str = "second factor";
/// What RFC 4226 recommends.
const SECRET_BYTES: usize = 20;
/// Recovery codes of an account.
const CODES: usize = 10;
/// Letters of a recovery code, in two groups: 10 letters of 62 cannot be guessed at the pace that attempts have.
const CODE_LETTERS: usize = 10;

/// A second factor that was begun.
#[derive(Debug, Clone)]
pub struct Enrolment {
    /// The secret in base 32, to be typed into an app.
    pub secret: String,
    /// The same as `otpauth://` URI, to be shown as QR code.
    pub uri: String,
}

impl Services {
    /// Begins a second factor: it counts once a code of it was confirmed. One that was begun before is void.
    ///
    /// # Errors
    /// Nobody signed in; `SIGN_IN_FAILED` where the password is wrong; `ALREADY_EXISTS` where one counts.
    pub async fn enrol_totp(&self, caller: &Caller, password: &str) -> Result<Enrolment> {
        let account = &caller.permit_person(Operation::EnrolTotp)?.account;
        self.check_present(account, password).await?;
        let secret = super::random::<SECRET_BYTES>()?;
        let sealed = self.seal.seal(PURPOSE, super::random()?, &secret);
        let tx = self.database.write(Priority::Configuration).await?;
        let stored = own(&tx, account.id).await?;
        if stored.account.has_second_factor {
            let message = "There is a second factor already; disable it first.";
            return Err(Error::new(Code::AlreadyExists, message));
        }
        store::totp::set(&tx, account.id, Some(sealed)).await?;
        audit::record(&tx, caller, Change::new(Operation::EnrolTotp, &account.email)).await?;
        tx.commit().await?;
        let totp = totp(&secret, &account.email)?;
        Ok(Enrolment {
            secret: totp.secret().to_base32(),
            uri: totp.to_url().map_err(|error| Error::internal(error.to_string()))?,
        })
    }

    /// Lets the second factor count, as a code proves that the app has it; gives recovery codes, which are kept nowhere.
    ///
    /// # Errors
    /// Nobody signed in; `NOT_FOUND` where none was begun; `SIGN_IN_FAILED` where the code is wrong; `RATE_LIMITED`.
    pub async fn confirm_totp(&self, caller: &Caller, code: &str) -> Result<Vec<String>> {
        let account = &caller.permit_person(Operation::ConfirmTotp)?.account;
        self.charge_proof_of(account.id).await?;
        let tx = self.database.write(Priority::Configuration).await?;
        let stored = own(&tx, account.id).await?;
        if stored.totp.as_ref().is_none_or(|totp| totp.confirmed) {
            let message = "No second factor was begun; call enrolTotp first.";
            return Err(Error::new(Code::NotFound, message));
        }
        if !self.use_totp(&tx, &stored, code).await? {
            return Err(wrong_code());
        }
        store::totp::confirm(&tx, account.id, clock::now_nanoseconds()).await?;
        let codes = new_codes()?;
        let hashes: Vec<_> = codes.iter().map(|code| self.recovery_hash(account.id, code)).collect();
        store::recovery_code::replace(&tx, account.id, &hashes).await?;
        audit::record(&tx, caller, Change::new(Operation::ConfirmTotp, &account.email)).await?;
        tx.commit().await?;
        Ok(codes)
    }

    /// Takes the second factor away, with its recovery codes.
    ///
    /// # Errors
    /// Nobody signed in; `NOT_FOUND` where there is none; `SIGN_IN_FAILED` where password or code is wrong;
    /// `RATE_LIMITED`.
    pub async fn disable_totp(&self, caller: &Caller, password: &str, code: &str) -> Result<()> {
        let account = &caller.permit_person(Operation::DisableTotp)?.account;
        self.check_present(account, password).await?;
        let tx = self.database.write(Priority::Configuration).await?;
        let stored = own(&tx, account.id).await?;
        if !stored.account.has_second_factor {
            return Err(Error::new(Code::NotFound, "There is no second factor."));
        }
        self.check_second_factor(&tx, &stored, Some(code)).await?;
        store::totp::set(&tx, account.id, None).await?;
        store::recovery_code::replace(&tx, account.id, &[]).await?;
        audit::record(&tx, caller, Change::new(Operation::DisableTotp, &account.email)).await?;
        tx.commit().await
    }

    /// How many recovery codes one's own account has left.
    ///
    /// # Errors
    /// Nobody signed in.
    pub async fn recovery_codes_left(&self, caller: &Caller) -> Result<i64> {
        let id = caller.permit_person(Operation::CountRecoveryCodes)?.account.id;
        let tx = self.database.read(self.question.deadline).await?;
        store::recovery_code::count(&tx, id).await
    }

    /// Lets pass who has a right code, where the account wants one, and uses it up within `tx`; gives what it was.
    ///
    /// # Errors
    /// `SECOND_FACTOR_REQUIRED` without a code, `SIGN_IN_FAILED` with a wrong or used one.
    pub(super) async fn check_second_factor(
        &self,
        tx: &Transaction,
        stored: &Stored,
        code: Option<&str>,
    ) -> Result<Option<SecondFactor>> {
        if !stored.account.has_second_factor {
            return Ok(None);
        }
        let code = code.map(str::trim).filter(|code| !code.is_empty()).ok_or_else(|| {
            let message = "This account takes a second factor: send the code that its app shows, or a recovery code.";
            Error::new(Code::SecondFactorRequired, message).at("code")
        })?;
        let id = stored.account.id;
        if self.use_totp(tx, stored, code).await? {
            return Ok(Some(SecondFactor::Totp));
        }
        if store::recovery_code::take(tx, id, self.recovery_hash(id, code)).await? {
            return Ok(Some(SecondFactor::RecoveryCode));
        }
        Err(wrong_code())
    }

    /// Uses up a code of the app; gives whether it is right and was not used before.
    async fn use_totp(&self, tx: &Transaction, stored: &Stored, code: &str) -> Result<bool> {
        let Some(own) = &stored.totp else { return Ok(false) };
        let secret = self.seal.open(PURPOSE, &own.sealed);
        let secret = secret.ok_or_else(|| Error::internal(super::seal::foreign()))?;
        let now = u64::try_from(clock::now().as_second()).map_err(Error::internal)?;
        let digits: String = code.split_whitespace().collect();
        let step = totp(&secret, &stored.account.email)?.check(&digits, now);
        match step.map(i64::try_from) {
            Some(Ok(step)) => store::totp::use_step(tx, stored.account.id, step).await,
            _ => Ok(false),
        }
    }

    fn recovery_hash(&self, account: i64, code: &str) -> Hash {
        let plain: String = code.chars().filter(|letter| letter.is_ascii_alphanumeric()).collect();
        self.hasher
            .hash(&[b"recovery code", &account.to_le_bytes(), plain.as_bytes()])
    }
}

/// The account as `tx` sees it.
async fn own(tx: &Transaction, id: i64) -> Result<Stored> {
    let stored = store::account::find(tx, By::Number(id)).await?;
    stored.ok_or_else(|| Error::internal("the account is gone"))
}

/// What apps take for granted: SHA-1, six digits, half a minute; one step to either side for clocks that are off.
fn totp(secret: &[u8], email: &str) -> Result<Totp> {
    Builder::new()
        .with_secret(Secret::from(secret.to_vec()))
        .with_skew(1)
        // The URI's label knows no colon of its own.
        .with_account_name(email.replace(':', ""))
        .with_issuer(Some("Tidemark"))
        .build()
        .map_err(|error| Error::internal(error.to_string()))
}

fn new_codes() -> Result<Vec<String>> {
    let one = |_| {
        let text = letters(&super::random::<CODE_LETTERS>()?);
        Ok(format!("{}-{}", &text[..CODE_LETTERS / 2], &text[CODE_LETTERS / 2..]))
    };
    (0..CODES).map(one).collect()
}

fn wrong_code() -> Error {
    Error::new(
        Code::SignInFailed,
        "The code is wrong, or was used already; take the next one.",
    )
    .at("code")
}
