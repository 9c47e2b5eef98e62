//! Rules: a site's allow and deny lists, what they look at, and what they say of one event.
//!
//! A DENY rule refuses what it matches. Where a site has ALLOW rules for a target, an event must match one of them. DENY
//! beats ALLOW; a shadow rule counts what it matches and never acts; a rule that is off or past its expiry is as if it
//! were not there; a missing value matches nothing.

mod matcher;
mod pattern;
mod text_index;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use jiff::Timestamp;
use serde_json::{Value, json};

pub use matcher::Matcher;
pub use pattern::{MOST_PATTERN, Pattern};

use crate::domain::{
    audit::Shown,
    error::{Code, Error, Result},
    event::Event,
    site::stored,
};

/// Rules of one site: judging stays well below a microsecond, and compiling them below a tenth of a second.
pub const MOST_RULES: usize = 10_000;
/// Characters of a note.
const MOST_NOTE: usize = 1_024;
/// Days for which a rule's hits are told day by day, today among them.
pub const HIT_DAYS: i64 = 30;

/// The list that a rule is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// What it matches is refused.
    Deny,
    /// What matches none of its target's rules is refused.
    Allow,
}

stored!(List { Deny = 0, Allow = 1 });

impl List {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Deny, Self::Allow];

    /// Its public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "DENY",
            Self::Allow => "ALLOW",
        }
    }
}

/// What of an event a rule looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    /// The action.
    Action,
    /// The actor's whole IP address, whatever of it the site keeps.
    Ip,
    /// The user agent, as much of it as is kept.
    UserAgent,
    /// The referrer's host.
    ReferrerHost,
    /// The page's path.
    UrlPath,
    /// The country.
    Country,
    /// Whether the user agent is a program.
    Bot,
}

stored!(Target {
    Action = 0,
    Ip = 1,
    UserAgent = 2,
    ReferrerHost = 3,
    UrlPath = 4,
    Country = 5,
    Bot = 6,
});

impl Target {
    /// Every target, in the order of their codes.
    pub const ALL: [Self; 7] = [
        Self::Action,
        Self::Ip,
        Self::UserAgent,
        Self::ReferrerHost,
        Self::UrlPath,
        Self::Country,
        Self::Bot,
    ];

    /// Its public name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Action => "ACTION",
            Self::Ip => "IP",
            Self::UserAgent => "USER_AGENT",
            Self::ReferrerHost => "REFERRER_HOST",
            Self::UrlPath => "URL_PATH",
            Self::Country => "COUNTRY",
            Self::Bot => "BOT",
        }
    }

    /// What a sentence calls it.
    fn words(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Ip => "IP address",
            Self::UserAgent | Self::Bot => "user agent",
            Self::ReferrerHost => "referrer's host",
            Self::UrlPath => "page's path",
            Self::Country => "country",
        }
    }

    /// The field of an event that it is found in.
    fn field(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Ip => "ip",
            Self::UserAgent | Self::Bot => "userAgent",
            Self::ReferrerHost => "referrer",
            Self::UrlPath => "url",
            Self::Country => "country",
        }
    }

    fn index(self) -> usize {
        usize::try_from(self.code()).unwrap_or_default()
    }
}

/// What somebody declares.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// The list that it is on.
    pub list: List,
    /// What it looks at.
    pub target: Target,
    /// What it matches.
    pub pattern: Pattern,
    /// Why it is there, for those who manage the site.
    pub note: Option<String>,
    /// Whether it is on.
    pub enabled: bool,
    /// Whether it only counts.
    pub shadow: bool,
    /// When it stops by itself.
    pub expires: Option<Timestamp>,
}

impl Definition {
    /// Checks what the pattern does not say itself.
    ///
    /// # Errors
    /// `TOO_LONG` or `INVALID_TEXT` for the note.
    pub fn check(&self) -> Result<()> {
        let note = self.note.as_deref().unwrap_or_default();
        if note.chars().count() > MOST_NOTE {
            let message = format!("A note has at most {MOST_NOTE} characters.");
            return Err(Error::new(Code::TooLong, message).at("note"));
        }
        if note.contains('\0') {
            let message = "The note holds the character U+0000, which cannot be stored.";
            return Err(Error::new(Code::InvalidText, message).at("note"));
        }
        Ok(())
    }

    /// Whether it is over at `now`.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| expires <= now)
    }
}

/// A rule of one site.
#[derive(Debug, Clone)]
pub struct Rule {
    /// Internal number.
    pub id: i64,
    /// What callers name it by.
    pub public_id: String,
    /// The site.
    pub site: i64,
    /// What it says.
    pub definition: Definition,
    /// When it was made.
    pub created: Timestamp,
}

impl Shown for Rule {
    fn shown(&self) -> Value {
        let definition = &self.definition;
        json!({
            "list": definition.list.name(),
            "target": definition.target.name(),
            "pattern": definition.pattern.to_string(),
            "note": definition.note,
            "enabled": definition.enabled,
            "shadow": definition.shadow,
            "expiresAt": definition.expires,
        })
    }
}

/// What rules look at in one event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Subject<'a> {
    /// The action.
    pub action: &'a str,
    /// The whole address.
    pub ip: Option<IpAddr>,
    /// The user agent.
    pub user_agent: Option<&'a str>,
    /// The referrer's host, in lower case.
    pub referrer_host: Option<&'a str>,
    /// The page's path.
    pub url_path: Option<&'a str>,
    /// The country.
    pub country: Option<&'a str>,
    /// Whether the user agent is a program; none where there is no user agent.
    pub bot: Option<bool>,
}

impl<'a> Subject<'a> {
    /// What rules look at in `event`, whose own address may be cut already.
    #[must_use]
    pub fn of(event: &'a Event, whole_ip: Option<IpAddr>) -> Self {
        Self {
            action: &event.action,
            ip: whole_ip,
            user_agent: event.agent.as_ref().map(|agent| agent.value.as_str()),
            referrer_host: event.referrer.as_ref().and_then(|referrer| referrer.host.as_deref()),
            url_path: event.url.as_ref().and_then(|url| url.path.as_deref()),
            country: event.country.as_deref(),
            bot: event.agent.as_ref().map(|agent| agent.bot),
        }
    }
}

/// What a site's rules say of one event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verdict {
    /// The rules that match it, shadow rules among them, by number.
    pub hits: Vec<i64>,
    /// Why it is refused.
    pub refusal: Option<Refusal>,
}

/// Why an event is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// The list that refuses it.
    pub list: List,
    /// What of the event is refused.
    pub target: Target,
    /// The rule that denies it, the oldest of several; none where it matches no ALLOW rule.
    pub rule: Option<i64>,
}

impl From<Refusal> for Error {
    /// The refusal in words for whoever logs: which rule it was, and its note, are not for them.
    fn from(refusal: Refusal) -> Self {
        let (target, words) = (refusal.target.name(), refusal.target.words());
        let message = match refusal.list {
            List::Deny => format!("The site's deny list refuses this event by its {words} ({target})."),
            List::Allow => format!("The site takes only events whose {words} is on its allow list ({target})."),
        };
        Self::new(Code::Denied, message).at(refusal.target.field())
    }
}
