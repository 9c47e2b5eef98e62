//! The networks: how each is asked about a page, and what its answer says. A file each; all of them public interfaces.

mod bluesky;
mod facebook;
mod hackernews;
mod mastodon;
mod pinterest;
mod reddit;

use std::time::Duration;

use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::Value;
use url::Url;

use crate::domain::external::{Figures, Network};

/// What a question to a network is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) http: &'a Client,
    /// Where it is asked.
    pub(super) base: &'a Url,
    /// What it is shown, where it wants to be shown something.
    pub(super) token: Option<&'a str>,
    /// The page.
    pub(super) page: &'a str,
}

impl Question<'_> {
    /// A request to a path below the base, showing the token as most want it.
    fn get(&self, path: &str, parameters: &[(&str, &str)]) -> RequestBuilder {
        let request = self.http.get(self.address(path, parameters));
        match self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    fn address(&self, path: &str, parameters: &[(&str, &str)]) -> Url {
        let mut address = self.base.clone();
        address.set_path(&format!("{}{path}", self.base.path().trim_end_matches('/')));
        address.query_pairs_mut().extend_pairs(parameters);
        address
    }
}

/// Why a network said nothing of a page. The texts are shown to admins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Trouble {
    /// It wants to be left alone, for so long if it said so.
    Busy(Option<Duration>),
    /// It cannot be asked, whatever the page.
    Down(String),
    /// It does not say anything of this page.
    Refused(String),
}

impl Trouble {
    /// What a status other than of success means.
    fn of(status: StatusCode) -> Self {
        let text = format!("It answered with the status {}.", status.as_u16());
        match status {
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => Self::Busy(None),
            StatusCode::BAD_REQUEST
            | StatusCode::NOT_FOUND
            | StatusCode::GONE
            | StatusCode::URI_TOO_LONG
            | StatusCode::UNPROCESSABLE_ENTITY => Self::Refused(text),
            // A token that is no good, a fault of its own, or somewhere else than it was.
            _ => Self::Down(text),
        }
    }
}

/// A network that can be asked about a page.
pub(super) trait Connector: Send + Sync {
    /// The request that asks.
    fn ask(&self, question: Question<'_>) -> RequestBuilder;

    /// What an answer says; none where it does not look as it should.
    fn read(&self, page: &str, answer: &[u8]) -> Option<Figures>;

    /// What an answer of another status than success means.
    fn trouble(&self, status: StatusCode, _answer: &[u8]) -> Trouble {
        Trouble::of(status)
    }
}

/// The connector to a network.
pub(super) fn connector(network: Network) -> &'static dyn Connector {
    match network {
        Network::HackerNews => &hackernews::HackerNews,
        Network::Reddit => &reddit::Reddit,
        Network::Mastodon => &mastodon::Mastodon,
        Network::Bluesky => &bluesky::Bluesky,
        Network::Pinterest => &pinterest::Pinterest,
        Network::Facebook => &facebook::Facebook,
    }
}

fn json(answer: &[u8]) -> Option<Value> {
    serde_json::from_slice(answer).ok()
}

/// The sum of a number over things that have it.
fn sum<'a>(things: impl IntoIterator<Item = &'a Value>, name: &str) -> i64 {
    let numbers = things.into_iter().filter_map(|thing| thing[name].as_i64());
    numbers.fold(0, i64::saturating_add)
}

/// A number of things.
fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
