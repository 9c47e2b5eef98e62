//! A web site of a test's own: pages at another origin than the server's.

use crate::stand_in::{Says, StandIn};

/// A site that is there until it is dropped.
#[derive(Debug)]
pub struct Pages(StandIn);

impl Pages {
    /// Starts one without pages on a free port.
    ///
    /// # Panics
    /// When it cannot listen.
    pub async fn start() -> Self {
        Self(StandIn::start().await)
    }

    /// Its origin.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.0.origin()
    }

    /// The address of one of its pages.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        self.0.url(path)
    }

    /// Puts a page there.
    pub fn put(&self, path: &str, html: &str) {
        self.0.say(path, Says::page(html));
    }

    /// Puts a script there.
    pub fn put_script(&self, path: &str, text: &str) {
        let says = Says::body(text).with("Content-Type", "text/javascript; charset=utf-8");
        self.0.say(path, says);
    }
}
