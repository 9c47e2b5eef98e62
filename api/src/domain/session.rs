//! Sessions: a sign-in and all that follows from it.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::domain::audit::Shown;

/// A session ends after this, however often it is refreshed: a machine that was forgotten is not signed in for ever.
pub const LONGEST_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// Characters of a user agent that are kept to tell sessions apart.
pub const MOST_USER_AGENT: usize = 300;

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
