//! Client tokens: what a backend lets one of its frontends do for a while, and for whom.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{
    error::{Code, Error, Result},
    key::{ApiKey, Permission, Permissions},
};

/// How long a token holds where nobody says.
pub const DEFAULT_LIFE: Duration = Duration::from_secs(15 * 60);
/// The longest that a token holds: a day, for pages that stay open.
pub const LONGEST_LIFE: Duration = crate::domain::signing::LONGEST_LIFE;
/// What a frontend may be allowed: it is in other people's hands.
pub const MOST_PERMISSIONS: [Permission; 2] = [Permission::Log, Permission::Query];
/// Characters of each text, as the dialects have them.
const MOST_TEXT: usize = 128;
/// Groups of one user.
const MOST_GROUPS: usize = 100;

/// What a token claims, besides what every token does.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClientClaims {
    /// The prefix of the key that minted it: with that it stops.
    pub key: String,
    /// The internal number of the one site that it opens.
    pub site: i64,
    /// Names of what it allows.
    pub permissions: Vec<String>,
    /// The user that it speaks for: the actor of every event that names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// What people call that user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// The search page that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search_hub: Option<String>,
    /// The query pipeline that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// The groups that its user is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<String>,
    /// The device of a frontend whose user nobody knows: that of every event that names no other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Whether a backend holds it in place of its key: then what it says of an actor's address and agent counts.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub workspace: bool,
    /// Until when it may be renewed, in seconds since 1970; none where it may not be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renewable_until: Option<i64>,
    /// The organisation that it is for, where its wire format names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organization: Option<String>,
    /// The same under the names that another system's clients read.
    #[serde(default, flatten, skip_serializing_if = "Option::is_none")]
    pub search: Option<SearchClaims>,
}

/// What a search token claims, as clients of Coveo read it. This server goes by [`ClientClaims`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SearchClaims {
    /// The users that it speaks for.
    pub user_ids: Vec<serde_json::Value>,
    /// What people call its user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_display_name: Option<String>,
    /// The groups that its user is in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub user_groups: Vec<String>,
}

impl ClientClaims {
    /// Checks what somebody asks for.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, `TOO_LONG` or `TOO_MANY_ITEMS`, naming the field.
    pub fn check(&self) -> Result<()> {
        let texts = [
            ("username", &self.username),
            ("displayName", &self.display_name),
            ("searchHub", &self.search_hub),
            ("pipeline", &self.pipeline),
            ("organization", &self.organization),
            ("device", &self.device),
        ];
        for (path, text) in texts {
            text.as_deref().map_or(Ok(()), |text| check_text(text, path))?;
        }
        if self.groups.len() > MOST_GROUPS {
            let message = format!("A user is in at most {MOST_GROUPS} groups.");
            return Err(Error::new(Code::TooManyItems, message).at("groups"));
        }
        let mut groups = self.groups.iter().enumerate();
        groups.try_for_each(|(index, group)| check_text(group, &format!("groups[{index}]")))
    }

    /// For how long it is renewed at `now`: for `life`, and no longer than it may be renewed at all.
    ///
    /// # Errors
    /// `FORBIDDEN` where it may not be renewed, `UNAUTHENTICATED` where it may not be any more.
    pub fn renewed_life(&self, now: Timestamp, life: Duration) -> Result<Duration> {
        let Some(until) = self.renewable_until else {
            let message = "Only a token that a sign-in gave is renewed; have another minted.";
            return Err(Error::new(Code::Forbidden, message));
        };
        // Whole seconds, as tokens have them: none that is left is none at all.
        let left = u64::try_from(until.saturating_sub(now.as_second())).unwrap_or(0);
        if left == 0 {
            let message = "The sign-in is too long ago for its token to be renewed; sign in again.";
            return Err(Error::new(Code::Unauthenticated, message));
        }
        Ok(life.min(Duration::from_secs(left)))
    }

    /// Whether it says anything of a user.
    #[must_use]
    pub fn names_user(&self) -> bool {
        self.username.is_some() || self.display_name.is_some() || !self.groups.is_empty()
    }
}

fn check_text(text: &str, path: &str) -> Result<()> {
    let length = text.chars().count();
    if length > MOST_TEXT {
        let message = format!("This has {length} characters; at most {MOST_TEXT} are taken.");
        return Err(Error::new(Code::TooLong, message).at(path));
    }
    if length == 0 || text.contains('\0') {
        let message =
            "This has at least one character, none of them U+0000; leave it out where there is nothing to say.";
        return Err(Error::new(Code::InvalidArgument, message).at(path));
    }
    Ok(())
}

/// A token that was checked: whose it is, and what it still allows.
#[derive(Debug, Clone)]
pub struct ClientToken {
    /// The key that minted it, as it is now.
    pub key: Arc<ApiKey>,
    /// What it allows, of that what its key still may.
    pub permissions: Permissions,
    /// What it claims.
    pub claims: ClientClaims,
    /// When it stops.
    pub expires: Timestamp,
}

impl ClientToken {
    /// A token with these claims and the key that minted it. What that key lost, the token has lost.
    #[must_use]
    pub fn new(key: Arc<ApiKey>, claims: ClientClaims, expires: Timestamp) -> Self {
        let claimed = MOST_PERMISSIONS
            .into_iter()
            .filter(|one| claims.permissions.iter().any(|name| name == one.name()));
        let permissions = claimed.collect::<Permissions>().and(key.permissions);
        Self {
            key,
            permissions,
            claims,
            expires,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn renewals_end_at_their_bound_and_are_for_sign_ins_alone() {
        let hour = Duration::from_secs(3_600);
        let renewed = |renewable_until, now| {
            let claims = ClientClaims {
                renewable_until,
                ..ClientClaims::default()
            };
            let now = Timestamp::from_millisecond(now).expect("a moment near 1970");
            claims.renewed_life(now, hour).map_err(|error| error.code)
        };
        assert_eq!(renewed(Some(86_400), 0), Ok(hour));
        assert_eq!(renewed(Some(86_400), 82_800_000), Ok(hour));
        assert_eq!(renewed(Some(86_400), 86_340_999), Ok(Duration::from_secs(60)));
        assert_eq!(renewed(Some(86_400), 86_399_999), Ok(Duration::from_secs(1)));
        for late in [86_400_000, 86_400_001, 90_000_000] {
            assert_eq!(renewed(Some(86_400), late), Err(Code::Unauthenticated), "{late}");
        }
        assert_eq!(renewed(Some(i64::MIN), 0), Err(Code::Unauthenticated));
        assert_eq!(renewed(None, 0), Err(Code::Forbidden));
    }
}
