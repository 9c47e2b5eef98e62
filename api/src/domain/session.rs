//! Sessions: a sign-in and all that follows from it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    error::{Code, Error, Result},
    token::Seed,
};
use crate::domain::audit::Shown;

/// A session ends after this, however often it is refreshed: a machine that was forgotten is not signed in for ever.
pub const LONGEST_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Characters of a user agent that are kept to tell sessions apart.
pub const MOST_USER_AGENT: usize = 300;

/// How long whoever renewed a session, and names the same key, is answered the same again.
pub const REPEATABLE: Duration = Duration::from_secs(60);

/// Together with a token names one renewal, whatever becomes of its answer (`Idempotency-Key`,
/// draft-ietf-httpapi-idempotency-key-header): several tabs of a browser send the same token at once, and a page is left
/// before the next one came. Whoever stole a cookie alone does not know it; whoever copied all that a browser keeps does,
/// and is found out at the first renewal that is no repetition.
#[derive(Clone, PartialEq, Eq)]
pub struct RenewalKey(String);

impl RenewalKey {
    /// Fewer characters could be guessed.
    pub const LEAST: usize = 16;
    /// The most characters.
    pub const MOST: usize = 128;

    /// Reads a key.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` where it is not 16 to 128 visible characters of ASCII.
    pub fn parse(text: &[u8]) -> Result<Self> {
        let fits = (Self::LEAST..=Self::MOST).contains(&text.len()) && text.iter().all(u8::is_ascii_graphic);
        let text = str::from_utf8(text).ok().filter(|_| fits);
        text.map(|text| Self(text.to_owned())).ok_or_else(|| {
            let message = format!(
                "An Idempotency-Key has {} to {} letters, digits and signs of ASCII.",
                Self::LEAST,
                Self::MOST
            );
            Error::new(Code::MalformedRequest, message).at("Idempotency-Key")
        })
    }

    /// The key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for RenewalKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RenewalKey(…)")
    }
}

/// A token that was spent.
#[derive(Debug, Clone, Copy)]
pub struct Spent {
    /// When.
    pub at: Timestamp,
    /// What its successor was made with, where that can be done again.
    pub seed: Option<Seed>,
}

/// A session.
#[derive(Debug, Clone)]
pub struct Session {
    /// Internal number.
    pub id: i64,
    /// The name that others know it by.
    pub public_id: String,
    /// Who signed in.
    pub account: i64,
    /// From where it was last used.
    pub address: Option<String>,
    /// With what it was last used.
    pub user_agent: Option<String>,
    /// When it began.
    pub created: Timestamp,
    /// When it was last refreshed.
    pub used: Timestamp,
    /// When it ends unless it is refreshed.
    pub expires: Timestamp,
    /// When it was ended.
    pub ended: Option<Timestamp>,
}

impl Session {
    /// Whether it is under way at `now`.
    #[must_use]
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.ended.is_none() && now < self.expires
    }
}

/// What somebody proved a second time who they are with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecondFactor {
    /// A code of their app.
    Totp,
    /// A recovery code, which is used up.
    RecoveryCode,
}

/// Why somebody was not let in. The audit log tells it; whoever tried is not told more than that it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no account of that address.
    UnknownAccount,
    /// The password is wrong, or the account has none.
    WrongPassword,
    /// The password is right, and the account disabled.
    Disabled,
    /// The password is right, or the identity provider vouches for them, and the account takes a second factor.
    NoSecondFactor,
    /// The password is right, and the code of the second factor wrong or used.
    WrongSecondFactor,
    /// The identity provider vouches for them, and they have no account or no role here.
    Unwelcome,
}

/// A session that begins, as the audit log shows it.
#[derive(Debug, Clone, Copy)]
pub struct Begun {
    /// The second factor, where the account takes one.
    pub second_factor: Option<SecondFactor>,
}

/// A session that ended as one of its tokens came again, as the audit log shows it.
#[derive(Debug, Clone)]
pub struct Stolen {
    /// The e-mail address of its account.
    pub email: String,
}

impl Shown for Begun {
    fn shown(&self) -> Value {
        let factor = self.second_factor.map(|factor| match factor {
            SecondFactor::Totp => "TOTP",
            SecondFactor::RecoveryCode => "RECOVERY_CODE",
        });
        json!({"signedIn": true, "secondFactor": factor})
    }
}

impl Shown for Refusal {
    fn shown(&self) -> Value {
        let reason = match self {
            Self::UnknownAccount => "UNKNOWN_ACCOUNT",
            Self::WrongPassword => "WRONG_PASSWORD",
            Self::Disabled => "ACCOUNT_DISABLED",
            Self::NoSecondFactor => "NO_SECOND_FACTOR",
            Self::WrongSecondFactor => "WRONG_SECOND_FACTOR",
            Self::Unwelcome => "NO_ROLE",
        };
        json!({"signedIn": false, "reason": reason})
    }
}

impl Shown for Stolen {
    fn shown(&self) -> Value {
        json!({"ended": true, "reason": "REFRESH_TOKEN_REUSED", "account": self.email})
    }
}
