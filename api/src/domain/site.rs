//! Sites and their settings.

use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;
use serde_json::{Value, json};

use crate::domain::{
    audit::Shown,
    error::{Code, Error, Result},
    origin::OriginPattern,
    zone,
};

/// Which actions a site takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ActionPolicy {
    /// Any text of 1–256 characters.
    Free,
    /// `context.activity`: letters, digits, `.`, `-`, `_`; at most 32 characters, at least one dot.
    ContextActivity,
}

/// How much of an IP address is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IpPolicy {
    /// All of it.
    Whole,
    /// All but the last octet of IPv4 and the last 80 bits of IPv6.
    Truncated,
    /// Nothing.
    None,
}

/// How long an unnamed actor stays the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum IdentityPeriod {
    /// A day in the site's zone.
    Day,
    /// A week, from Monday, in the site's zone.
    Week,
    /// A month in the site's zone.
    Month,
    /// For ever.
    Never,
}

/// Which keys of tags a site takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TagMode {
    /// Any; a new one gets the type that it is first seen with.
    Reject,
    /// Declared ones alone.
    Strict,
}

macro_rules! stored {
    ($type:ident { $($variant:ident = $code:literal),+ $(,)? }) => {
        impl $type {
            /// The stored form.
            #[must_use]
            pub fn code(self) -> i16 {
                match self { $(Self::$variant => $code,)+ }
            }

            /// From the stored form; an unknown code is the first of the list.
            #[must_use]
            pub fn from_code(code: i16) -> Self {
                let known = [$(($code, Self::$variant)),+];
                known.iter().find(|one| one.0 == code).unwrap_or(&known[0]).1
            }
        }
    };
}
pub(crate) use stored;

stored!(ActionPolicy { Free = 0, ContextActivity = 1 });
stored!(IpPolicy { Truncated = 0, Whole = 1, None = 2 });
stored!(IdentityPeriod { Day = 0, Week = 1, Month = 2, Never = 3 });
stored!(TagMode { Reject = 0, Strict = 1 });

/// A web property or application whose events are kept apart.
#[derive(Debug, Clone)]
pub struct Site {
    /// Internal number.
    pub id: i64,
    /// What callers name it by.
    pub name: String,
    /// The zone in which its days begin.
    pub time_zone: TimeZone,
    /// Which actions it takes.
    pub action_policy: ActionPolicy,
    /// How much of an IP address it keeps.
    pub ip_policy: IpPolicy,
    /// How long its unnamed actors stay the same.
    pub identity_period: IdentityPeriod,
    /// Older events are refused; none means no limit.
    pub max_event_age_seconds: Option<i64>,
    /// Days after which raw events go; none keeps them.
    pub raw_retention_days: Option<i64>,
    /// Days after which rollups go; none keeps them.
    pub rollup_retention_days: Option<i64>,
    /// Raw events before this nanosecond are gone.
    pub raw_floor: i64,
    /// Rollups before this nanosecond are gone.
    pub rollup_floor: i64,
    /// When it was made.
    pub created: Timestamp,
    /// Where its pages are: the origins that browsers may call from.
    pub origins: Vec<OriginPattern>,
    /// The hosts of its share links, in lower case; none takes the server's.
    pub share_hosts: Option<Vec<String>>,
    /// What its script for pages is called besides `script`; none for nothing else.
    pub script_name: Option<String>,
    /// Which keys of tags it takes.
    pub tag_mode: TagMode,
    /// Days after which refused events go from quarantine.
    pub quarantine_days: i64,
    /// Megabytes of refused events in quarantine.
    pub quarantine_megabytes: i64,
}

/// Days after which refused events go from quarantine, unless the site says otherwise.
pub const DEFAULT_QUARANTINE_DAYS: i64 = 30;
/// Megabytes of refused events in a site's quarantine, unless it says otherwise.
pub const DEFAULT_QUARANTINE_MEGABYTES: i64 = 64;

impl Shown for Site {
    fn shown(&self) -> Value {
        json!({
            "name": self.name,
            "timeZone": zone::name(&self.time_zone),
            "actionPolicy": self.action_policy,
            "ipPolicy": self.ip_policy,
            "identityPeriod": self.identity_period,
            "maxEventAgeSeconds": self.max_event_age_seconds,
            "rawRetentionDays": self.raw_retention_days,
            "rollupRetentionDays": self.rollup_retention_days,
            "origins": self.origins.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "shareHosts": self.share_hosts,
            "scriptName": self.script_name,
            "tagMode": self.tag_mode,
            "quarantineDays": self.quarantine_days,
            "quarantineMegabytes": self.quarantine_megabytes,
        })
    }
}

/// Thirty days, in seconds: the age past which events are refused unless the site says otherwise.
pub const DEFAULT_MAX_EVENT_AGE_SECONDS: i64 = 30 * 86_400;

/// Checks a site's name: 1–64 letters, digits, `.`, `-` or `_`.
///
/// # Errors
/// `INVALID_ARGUMENT` says what a name may be.
pub fn check_name(name: &str) -> Result<()> {
    let fine = (1..=64).contains(&name.len())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'));
    if fine {
        return Ok(());
    }
    let message =
        "A site's name has 1–64 letters, digits, dots, hyphens or underscores, such as “shop” or “www.example.com”.";
    Err(Error::new(Code::InvalidArgument, message).at("name"))
}

/// Checks what a site calls its script for pages: 1–64 lower-case letters, digits, `-` or `_`.
///
/// # Errors
/// `INVALID_ARGUMENT` says what a name may be.
pub fn check_script_name(name: &str) -> Result<()> {
    let fine = (1..=64).contains(&name.len())
        && name
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '-' | '_'));
    if fine {
        return Ok(());
    }
    let message = "The script's name has 1–64 lower-case letters, digits, hyphens or underscores, such as “hello”, by which it \
                   is at /hello.js and sends to /hello.";
    Err(Error::new(Code::InvalidArgument, message).at("scriptName"))
}
