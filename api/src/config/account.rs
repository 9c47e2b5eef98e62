//! Settings of accounts, sessions, and what is sealed.

use std::{path::PathBuf, time::Duration};

use url::Url;

use super::Config;

/// Accounts, sessions, and what is sealed.
#[derive(Debug, Clone)]
pub struct Account {
    /// A file whose content further seals what the database keeps secret.
    pub sealing_key_file: Option<PathBuf>,
    /// Where people reach this server.
    pub public_url: Option<Url>,
    /// How long an access token holds.
    pub access_token_life: Duration,
    /// A session that is not refreshed for so long ends.
    pub session_idle: Duration,
}

impl Account {
    /// Whether browsers reach this server by HTTPS, so that cookies are for HTTPS alone.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.public_url.as_ref().is_some_and(|url| url.scheme() == "https")
    }
}

impl Config {
    /// Settings of accounts.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            sealing_key_file: self.sealing_key_file.clone(),
            public_url: self.public_url.clone(),
            access_token_life: self.access_token_life.unsigned_abs(),
            session_idle: self.session_idle.unsigned_abs(),
        }
    }

    /// Checks the settings of accounts.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub(super) fn check_account(&self) -> Result<(), String> {
        let hour = Duration::from_secs(60 * 60);
        if !(Duration::from_secs(1)..=hour).contains(&self.access_token_life.unsigned_abs()) {
            // What was revoked is gone at once; this bounds what is known of somebody by a token alone.
            return Err("--access-token-life must be from 1s to 1h".into());
        }
        if !(Duration::from_secs(1)..=90 * 24 * hour).contains(&self.session_idle.unsigned_abs()) {
            return Err("--session-idle must be from 1s to 90 days (2160h)".into());
        }
        let fits = |url: &Url| matches!(url.scheme(), "http" | "https") && url.has_host() && url.path() == "/";
        let plain = |url: &Url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
        match &self.public_url {
            Some(url) if !fits(url) || !plain(url) => {
                Err("--public-url must look like https://stats.example.com, with no path".into())
            }
            _ => Ok(()),
        }
    }
}
