//! Which of the media types that we can answer with the caller wants.

use actix_web::http::header::{self, HeaderMap};

use crate::{
    domain::error::{Code, Error, Result},
    extract::body::is_utf8,
};

/// The media type of an answer that is one JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`: a request that was understood is answered 200, whatever became of it.
    Json,
    /// `application/graphql-response+json`: the status tells what became of the request.
    GraphqlResponse,
}

impl Media {
    pub(super) fn content_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// How much a media type is wanted: quality in thousandths, then how exactly it was named.
type Wish = (u16, u8);

/// How exactly `*/*`, `application/*` and `application/json` name a type.
const ANYTHING: u8 = 1;
const FAMILY: u8 = 2;
const EXACT: u8 = 3;

/// What the `Accept` header comes to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Accept {
    media: Option<(Media, Wish)>,
    stream: Option<Wish>,
}

impl Accept {
    /// Reads the header; without one, JSON is wanted.
    ///
    /// # Errors
    ///
    /// Nothing that we can answer with is wanted.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self> {
        let mut ranges = headers
            .get_all(header::ACCEPT)
            .filter_map(|value| value.to_str().ok())
            .peekable();
        if ranges.peek().is_none() {
            return Ok(Self {
                media: Some((Media::Json, (1_000, ANYTHING))),
                stream: None,
            });
        }
        let (mut json, mut graphql, mut stream) = (None, None, None);
        for range in ranges.flat_map(|value| value.split(',')) {
            let Some((name, quality)) = read_range(range) else {
                continue;
            };
            wish(&mut json, "application/json", &name, quality);
            wish(&mut graphql, "application/graphql-response+json", &name, quality);
            wish(&mut stream, "text/event-stream", &name, quality);
        }
        let wanted = |wish: Option<Wish>| wish.filter(|(quality, _)| *quality > 0);
        let (json, graphql) = (wanted(json), wanted(graphql));
        // Asked for alike by a wildcard, most clients expect JSON; named alike, the newer type says more.
        let prefers_json = json > graphql || (json == graphql && json.is_some_and(|(_, exactness)| exactness < EXACT));
        let media = if prefers_json {
            json.map(|j| (Media::Json, j))
        } else {
            graphql.map(|g| (Media::GraphqlResponse, g))
        };
        // `*/*` is sent by those that have never heard of streams.
        let stream = wanted(stream).filter(|(_, exactness)| *exactness > ANYTHING);
        if media.is_none() && stream.is_none() {
            let message = "This path answers with application/graphql-response+json, application/json or \
                           text/event-stream.";
            return Err(Error::new(Code::NotAcceptable, message));
        }
        Ok(Self { media, stream })
    }

    /// The type of an answer that is no stream.
    pub(super) fn media(self) -> Media {
        self.media.map_or(Media::Json, |(media, _)| media)
    }

    /// Whether to answer with a stream: only a subscription has to.
    pub(super) fn prefers_stream(self, has_to: bool) -> bool {
        match (self.stream, self.media) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some((stream, _)), Some((_, (media, _)))) => has_to || stream > media,
        }
    }
}

/// Notes how much a range wants a type, unless a range that names it more exactly has spoken.
fn wish(known: &mut Option<Wish>, media: &str, range: &str, quality: u16) {
    let exactness = if range == media {
        EXACT
    } else if range == "*/*" {
        ANYTHING
    } else if range
        .strip_suffix('*')
        .is_some_and(|family| family.ends_with('/') && media.starts_with(family))
    {
        FAMILY
    } else {
        return;
    };
    if known.is_none_or(|(_, before)| exactness >= before) {
        *known = Some((quality, exactness));
    }
}

/// The lower-case name and the quality of one range; `None` when it is malformed or wants another charset.
fn read_range(range: &str) -> Option<(String, u16)> {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?.to_ascii_lowercase();
    let mut quality = 1_000;
    for part in parts {
        let (key, value) = part.split_once('=').unwrap_or((part, ""));
        if key.eq_ignore_ascii_case("q") {
            let value: f32 = value.parse().ok().filter(|q| (0.0..=1.0).contains(q))?;
            // At most 1,000, so nothing is cut off.
            quality = (value * 1_000.0) as u16;
        } else if key.eq_ignore_ascii_case("charset") && !is_utf8(value) {
            return None;
        }
    }
    Some((name, quality))
}
