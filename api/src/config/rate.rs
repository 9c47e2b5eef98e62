//! Settings of rates: how much each caller may use up.

use super::Config;

/// How much each caller may use up.
#[derive(Debug, Clone)]
pub struct Rate {
    /// Events that a key without a rate of its own, or an account, may log a second.
    pub log_events: u32,
    /// Events that one address may log a minute by one public key, or by client tokens of one key.
    pub visitor_events: u32,
    /// Units of questions that a key or an account may ask a minute.
    pub query_units: u32,
    /// Units of deletions that a key or an account may ask for a minute.
    pub delete_units: u32,
    /// Changes that a key or an account may make a minute.
    pub manage_changes: u32,
    /// Units of each of these that a network without a valid credential has a minute.
    pub anonymous_units: u32,
    /// Attempts to sign in to one account from one network at once.
    pub sign_in_attempts: u32,
}

impl Config {
    /// Settings of rates.
    #[must_use]
    pub fn rate(&self) -> Rate {
        Rate {
            log_events: self.rate_log_events,
            visitor_events: self.rate_visitor_events,
            query_units: self.rate_query_units,
            delete_units: self.rate_delete_units,
            manage_changes: self.rate_manage_changes,
            anonymous_units: self.rate_anonymous_units,
            sign_in_attempts: self.sign_in_attempts,
        }
    }
}
