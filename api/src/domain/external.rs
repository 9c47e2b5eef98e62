//! What others say about a site's pages: figures of networks, how they change, and when to ask again.

use std::{fmt, time::Duration};

use serde_json::{Value, json};
use url::Url;

use super::{
    audit::Shown,
    error::{Code, Error, Result},
};

/// Pages of one site of which figures are kept.
pub const MOST_URLS: usize = 10_000;
/// Pages or figures of one request.
pub const MOST_AT_ONCE: usize = 1_000;
/// Bytes of a page's address.
pub const MOST_URL_BYTES: usize = 2_048;
/// Letters of a network's name.
const MOST_NAME_LETTERS: usize = 32;
/// No network is left alone for longer after failures, whatever it says.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// The largest figure: what a JSON number holds in every language.
pub const MOST: i64 = 1 << 53;

/// A network that is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    /// Hacker News, by Algolia's search.
    HackerNews,
    /// Reddit.
    Reddit,
    /// A server of Mastodon.
    Mastodon,
    /// Bluesky.
    Bluesky,
    /// Pinterest.
    Pinterest,
    /// Facebook, which wants a token.
    Facebook,
}

impl Network {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::HackerNews,
        Self::Reddit,
        Self::Mastodon,
        Self::Bluesky,
        Self::Pinterest,
        Self::Facebook,
    ];

    /// Its name in settings, questions and answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::HackerNews => "hackernews",
            Self::Reddit => "reddit",
            Self::Mastodon => "mastodon",
            Self::Bluesky => "bluesky",
            Self::Pinterest => "pinterest",
            Self::Facebook => "facebook",
        }
    }

    /// That of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|network| network.name() == name)
    }

    /// Where it is asked, unless a setting says otherwise.
    #[must_use]
    pub fn home(self) -> &'static str {
        match self {
            Self::HackerNews => "https://hn.algolia.com",
            Self::Reddit => "https://www.reddit.com",
            Self::Mastodon => "https://mastodon.social",
            Self::Bluesky => "https://api.bsky.app",
            Self::Pinterest => "https://api.pinterest.com",
            Self::Facebook => "https://graph.facebook.com",
        }
    }

    /// Whether it answers nobody without a token.
    #[must_use]
    pub fn wants_token(self) -> bool {
        self == Self::Facebook
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a network says of a page at one moment, in all; what it does not tell is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// How often it was shared, posted or saved.
    pub shares: Option<i64>,
    /// How often that was liked, favoured or voted up.
    pub likes: Option<i64>,
    /// How often that was answered.
    pub comments: Option<i64>,
}

impl Figures {
    /// These, and where they say nothing the `others`.
    #[must_use]
    pub fn or(self, others: Self) -> Self {
        Self {
            shares: self.shares.or(others.shares),
            likes: self.likes.or(others.likes),
            comments: self.comments.or(others.comments),
        }
    }

    /// How much more these are than the figures `before`; none for what one of them does not tell.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        self.each(before, |now, then| Some(now?.saturating_sub(then?)))
    }

    /// These and the `others` together.
    #[must_use]
    pub fn and(self, others: Self) -> Self {
        self.each(others, |one, other| match (one, other) {
            (Some(one), Some(other)) => Some(one.saturating_add(other)),
            (one, other) => one.or(other),
        })
    }

    /// These, each held within the bounds of figures.
    #[must_use]
    pub fn bounded(self) -> Self {
        let held = |figure: Option<i64>| figure.map(|figure| figure.clamp(0, MOST));
        Self {
            shares: held(self.shares),
            likes: held(self.likes),
            comments: held(self.comments),
        }
    }

    /// Whether nothing is told.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    fn each(self, other: Self, join: impl Fn(Option<i64>, Option<i64>) -> Option<i64>) -> Self {
        Self {
            shares: join(self.shares, other.shares),
            likes: join(self.likes, other.likes),
            comments: join(self.comments, other.comments),
        }
    }
}

/// Pages that networks begin or cease to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pages(pub Vec<String>);

impl Shown for Pages {
    fn shown(&self) -> Value {
        json!({"urls": self.0})
    }
}

/// What a network says of a page, and since when that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stat {
    /// The page.
    pub url: String,
    /// The network.
    pub network: String,
    /// How the figures changed within the stretch asked for.
    pub change: Figures,
    /// What they came to at its end.
    pub total: Figures,
    /// The moment from which on the change is known, in nanoseconds since 1970: the stretch's begin, or later where the
    /// first figures came later.
    pub since: i64,
    /// When the last figures within the stretch came, in nanoseconds since 1970.
    pub at: i64,
}

/// Reads the address of a page: absolute, of the web, without a fragment, which no network tells apart.
///
/// # Errors
/// `INVALID_ARGUMENT` or `TOO_LONG`.
pub fn read_url(text: &str) -> Result<String> {
    if text.len() > MOST_URL_BYTES {
        let message = format!("The address of a page has at most {MOST_URL_BYTES} bytes.");
        return Err(Error::new(Code::TooLong, message));
    }
    let url = Url::parse(text.trim()).ok();
    let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.username().is_empty());
    let Some(mut url) = url.filter(|url| url.password().is_none() && url.has_host()) else {
        let message = "This is no address of a page, such as “https://example.com/article”.";
        return Err(Error::new(Code::InvalidArgument, message));
    };
    url.set_fragment(None);
    let text = String::from(url);
    // What is not ASCII is longer once it is encoded.
    if text.len() > MOST_URL_BYTES {
        let message = format!("The address of a page has at most {MOST_URL_BYTES} bytes, encoded.");
        return Err(Error::new(Code::TooLong, message));
    }
    Ok(text)
}

/// Reads a network's name: any may have figures pushed.
///
/// # Errors
/// `INVALID_ARGUMENT`.
pub fn read_network(text: &str) -> Result<String> {
    let is_letter =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || matches!(letter, '.' | '-' | '_');
    if (1..=MOST_NAME_LETTERS).contains(&text.len()) && text.chars().all(is_letter) {
        return Ok(text.to_owned());
    }
    let message = format!(
        "A network's name has 1–{MOST_NAME_LETTERS} letters of a–z, 0–9, dot, hyphen and underscore, such as “twitter”."
    );
    Err(Error::new(Code::InvalidArgument, message))
}

/// How long a network is left alone after so many failures in a row: doubled with each, but at least as long as the
/// network asks for, and never longer than a day.
#[must_use]
pub fn wait_after(failures: u32, first: Duration, asked: Option<Duration>) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    let own = first.saturating_mul(1 << doublings);
    own.max(asked.unwrap_or_default()).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form() {
        let read = |text: &str| read_url(text).map_err(|error| error.code);
        assert_eq!(
            read("https://EXAMPLE.com/a?b=1#c").as_deref(),
            Ok("https://example.com/a?b=1")
        );
        assert_eq!(read(" http://example.com ").as_deref(), Ok("http://example.com/"));
        for wrong in [
            "",
            "example.com",
            "ftp://example.com/",
            "https://a@example.com/",
            "https://:b@example.com/",
            "data:,x",
        ] {
            assert_eq!(read(wrong), Err(Code::InvalidArgument), "{wrong}");
        }
        let long = |letter: &str, n: usize| format!("https://example.com/{}", letter.repeat(n));
        assert_eq!(read(&long("a", MOST_URL_BYTES)), Err(Code::TooLong));
        assert_eq!(read(&long("é", 900)), Err(Code::TooLong), "six bytes each once encoded");
    }

    #[test]
    fn a_network_is_left_alone_for_longer_and_longer() {
        let wait = |failures, asked| wait_after(failures, Duration::from_secs(60), asked).as_secs();
        assert_eq!((wait(1, None), wait(2, None), wait(5, None)), (60, 120, 960));
        assert_eq!(wait(1, Some(Duration::from_secs(300))), 300);
        assert_eq!(wait(9, Some(Duration::from_secs(300))), 60 * 256);
        let day = 24 * 60 * 60;
        assert_eq!((wait(u32::MAX, None), wait(1, Some(Duration::MAX))), (day, day));
    }

    #[test]
    fn figures_are_compared_where_both_tell() {
        let figures = |shares, likes, comments| Figures {
            shares,
            likes,
            comments,
        };
        let (now, then) = (figures(Some(5), Some(1), None), figures(Some(2), None, Some(3)));
        assert_eq!(now.since(then), figures(Some(3), None, None));
        assert_eq!(now.or(then), figures(Some(5), Some(1), Some(3)));
        assert_eq!(now.and(then), figures(Some(7), Some(1), Some(3)));
    }
}
