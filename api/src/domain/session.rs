//! Sessions: a sign-in and all that follows from it.

use std::time::Duration;

use jiff::Timestamp;

/// A session ends after this, however often it is refreshed: a machine that was forgotten is not signed in for ever.
pub const LONGEST_LIFE: Duration = Duration::from_secs(90 * 24 * 60 * 60);
/// For so long a refresh token that was spent still renews. Two tabs that wake at once send the same token, and an
/// answer may be lost on its way; both look like re-use, and are not. A thief has as long to go unnoticed.
pub const GRACE: Duration = Duration::from_secs(10);
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
