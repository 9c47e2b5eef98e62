//! Settings of asking what others say about pages.

use std::{path::PathBuf, time::Duration};

use super::{Config, parts};

/// Asking what others say about pages.
#[derive(Debug, Clone)]
pub struct External {
    /// Those who are asked, some with where: `reddit`, `mastodon=https://social.example.com`.
    pub networks: Vec<String>,
    /// A file with a token for some of them.
    pub tokens_file: Option<PathBuf>,
    /// How often each is asked about each page.
    pub interval: Duration,
    /// How long each is left alone between two questions.
    pub pause: Duration,
    /// How long each may take to answer.
    pub timeout: Duration,
    /// How long each is left alone after a failure; twice as long after each further one.
    pub back_off: Duration,
}

impl Config {
    /// Settings of asking what others say about pages.
    #[must_use]
    pub fn external(&self) -> External {
        External {
            networks: parts(&self.external_networks).map(str::to_owned).collect(),
            tokens_file: self.external_tokens_file.clone(),
            interval: self.external_interval.unsigned_abs(),
            pause: self.external_pause.unsigned_abs(),
            timeout: self.external_timeout.unsigned_abs(),
            back_off: self.external_back_off.unsigned_abs(),
        }
    }
}
