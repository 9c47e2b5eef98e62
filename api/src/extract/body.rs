//! Reading a request's body: what it is sent as, how it is packed, and no more bytes than allowed, packed or not.

use std::{io::Read, time::Duration};

use actix_web::{
    HttpRequest,
    http::header::{self, HeaderMap},
    web,
};
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt;

use super::room::{Measure, Place, Room};
use crate::{
    config,
    domain::error::{Code, Error, Result, whole_seconds},
};

/// Bytes that are kept where a body turns out to be no longer, so that it is unpacked once.
const KEPT: usize = 64 << 10;
/// Where no settings say how long a body may take to come in.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not at all.
    Identity,
    /// With gzip.
    Gzip,
}

impl Encoding {
    /// That of a request.
    ///
    /// # Errors
    /// `UNSUPPORTED_MEDIA_TYPE` for any other.
    pub fn of(headers: &HeaderMap) -> Result<Self> {
        match headers.get(header::CONTENT_ENCODING).map(|value| value.as_bytes()) {
            None => Ok(Self::Identity),
            Some(name) if name.eq_ignore_ascii_case(b"identity") => Ok(Self::Identity),
            Some(name) if name.eq_ignore_ascii_case(b"gzip") => Ok(Self::Gzip),
            Some(_) => Err(unsupported("A body may be packed with gzip, and not otherwise.")),
        }
    }
}

/// What clients of other systems send, by what they call it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Media {
    /// JSON, under any of the names that it is sent by: `text/plain` among them, which spares a page the question
    /// beforehand.
    Json,
    /// The fields of a form.
    Form,
}

/// How much of a body is taken.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Bytes, packed and unpacked.
    pub bytes: usize,
    /// JSON values and names: in all of it, or in one item of a list that is read part by part.
    pub values: usize,
    /// Whether it is a list that is read part by part, so that there may be any number of them in all.
    pub in_parts: bool,
    /// How long it may take to come in.
    pub timeout: Duration,
}

impl Bounds {
    fn check(&self, measure: &Measure) -> Result<()> {
        if self.in_parts {
            measure.check_items(self.values)
        } else {
            measure.check(self.values)
        }
    }

    /// What takes memory of a body.
    fn at_once(&self, measure: Measure) -> Measure {
        if self.in_parts { measure.at_once() } else { measure }
    }
}

/// A body, whole and unpacked. To be kept for as long as what was made of it.
#[derive(Debug)]
pub struct Body {
    /// What it is sent as; where nothing was said, what it looks like.
    pub media: Media,
    /// Its bytes.
    pub bytes: Bytes,
    _place: Place,
}

impl Body {
    /// A body without a place of its own.
    #[cfg(test)]
    pub(crate) fn of(media: Media, bytes: impl Into<Bytes>) -> Self {
        Self {
            media,
            bytes: bytes.into(),
            _place: Place::default(),
        }
    }

    /// Reads a request's body, of so many bytes and JSON values at most.
    ///
    /// # Errors
    /// `UNSUPPORTED_MEDIA_TYPE` for a type, a charset or an encoding that nothing is read of; those of [`read`].
    pub async fn read(request: &HttpRequest, payload: web::Payload, most: (usize, usize)) -> Result<Self> {
        Self::read_as(request, payload, most, false).await
    }

    /// Reads the body of a request that is a list of any number of items, to be read part by part: of so many bytes, and
    /// so many JSON values in one item at most.
    ///
    /// # Errors
    /// As of [`Body::read`].
    pub async fn read_list(request: &HttpRequest, payload: web::Payload, most: (usize, usize)) -> Result<Self> {
        Self::read_as(request, payload, most, true).await
    }

    async fn read_as(
        request: &HttpRequest,
        payload: web::Payload,
        (most_bytes, most_values): (usize, usize),
        in_parts: bool,
    ) -> Result<Self> {
        let said = media(request.headers())?;
        let encoding = Encoding::of(request.headers())?;
        // No longer than the whole request, so that whoever waits for more of it is told of the body.
        let timeout = request
            .app_data::<web::Data<config::Http>>()
            .map_or(TIMEOUT, |config| config.body_timeout.min(config.request_deadline));
        let bounds = Bounds {
            bytes: most_bytes,
            values: most_values,
            in_parts,
            timeout,
        };
        let (bytes, place) = read(payload, request, encoding, bounds).await?;
        Ok(Self {
            media: said.unwrap_or_else(|| looks_like(&bytes)),
            bytes,
            _place: place,
        })
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// `MALFORMED_JSON`, saying where.
    pub fn json(&self) -> Result<serde_json::Value> {
        if self.media != Media::Json {
            return Err(unsupported("A body is sent as JSON here."));
        }
        json(&self.bytes)
    }

    /// Whether it is JSON by its name, or by its looks: some programs call whatever they send a form.
    #[must_use]
    pub fn looks_like_json(&self) -> bool {
        self.media == Media::Json || looks_like(&self.bytes) == Media::Json
    }

    /// The body as JSON, also where it is called a form.
    ///
    /// # Errors
    /// `MALFORMED_JSON`, saying where; `UNSUPPORTED_MEDIA_TYPE` for what is a form.
    pub fn json_by_looks(&self) -> Result<serde_json::Value> {
        if self.looks_like_json() {
            json(&self.bytes)
        } else {
            self.json()
        }
    }
}

impl AsRef<[u8]> for Body {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Reads a JSON text.
///
/// # Errors
/// `MALFORMED_JSON`, saying where.
pub fn json(bytes: &[u8]) -> Result<serde_json::Value> {
    serde_json::from_slice(bytes).map_err(|error| not_json(&error))
}

/// The error of a text that is no JSON, saying where that shows.
#[must_use]
pub fn not_json(error: &serde_json::Error) -> Error {
    let (line, column) = (error.line(), error.column());
    let message = format!("The body is not JSON: what is wrong shows at line {line}, column {column}.");
    Error::new(Code::MalformedJson, message)
}

/// What a request says that its body is; none where it says nothing.
fn media(headers: &HeaderMap) -> Result<Option<Media>> {
    let Some(value) = headers.get(header::CONTENT_TYPE) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or("?").to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default();
    let foreign = |part: &str| {
        part.split_once('=')
            .is_some_and(|(key, value)| key.trim() == "charset" && !is_utf8(value))
    };
    if parts.any(foreign) {
        return Err(unsupported("A body is sent in UTF-8."));
    }
    match name {
        "" => Ok(None),
        "application/json" | "text/json" | "text/plain" => Ok(Some(Media::Json)),
        "application/x-www-form-urlencoded" => Ok(Some(Media::Form)),
        name if name.starts_with("application/") && name.ends_with("+json") => Ok(Some(Media::Json)),
        _ => Err(unsupported(
            "A body is sent as application/json, text/plain or application/x-www-form-urlencoded.",
        )),
    }
}

fn looks_like(bytes: &[u8]) -> Media {
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        Some(b'{' | b'[') | None => Media::Json,
        Some(_) => Media::Form,
    }
}

/// Whether a charset parameter names UTF-8.
#[must_use]
pub fn is_utf8(charset: &str) -> bool {
    let charset = charset.trim().trim_matches('"');
    charset.eq_ignore_ascii_case("utf-8") || charset.eq_ignore_ascii_case("utf8")
}

/// An error about what a body is sent as.
#[must_use]
pub fn unsupported(message: &str) -> Error {
    Error::new(Code::UnsupportedMediaType, message)
}

/// Reads a body, and takes the place that it needs among all that are read at once: to be kept for as long as what is
/// made of it.
///
/// # Errors
/// It is longer or holds more than the bounds allow, packed or not, breaks off, or takes too long to come in; `OVERLOADED`
/// where there is no place for it.
pub async fn read(
    payload: web::Payload,
    request: &HttpRequest,
    encoding: Encoding,
    bounds: Bounds,
) -> Result<(Bytes, Place)> {
    let gathered = gather(payload, request.headers(), bounds.bytes);
    let packed = tokio::time::timeout(bounds.timeout, gathered).await;
    let packed = packed.map_err(|_| too_slow(bounds.timeout))??;
    let room = Room::of(request);
    if encoding == Encoding::Identity {
        let measure = Measure::of(&packed);
        bounds.check(&measure)?;
        return Ok((packed, room.take(bounds.at_once(measure)).await?));
    }
    // Whoever waits for a place holds the few bytes that came in, and not the many that they come to.
    let (measure, unpacked) = unfold(&packed, bounds)?;
    let place = room.take(bounds.at_once(measure)).await?;
    let unpacked = match unpacked {
        Some(unpacked) => unpacked,
        None => inflate(&packed, measure.bytes)?,
    };
    Ok((unpacked, place))
}

/// The refusal of a body that was not there in time.
#[must_use]
pub fn too_slow(limit: Duration) -> Error {
    let message = format!(
        "The body did not come in within {} s; send it again.",
        whole_seconds(limit)
    );
    Error::new(Code::RequestTimeout, message)
}

/// The bytes as they come in.
async fn gather(mut payload: web::Payload, headers: &HeaderMap, limit_bytes: usize) -> Result<Bytes> {
    let length = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok());
    let announced: usize = length.and_then(|value| value.parse().ok()).unwrap_or_default();
    if announced > limit_bytes {
        return Err(too_large(limit_bytes));
    }
    let mut first = Bytes::new();
    let mut all = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| {
            Error::new(
                Code::MalformedRequest,
                "The body ended before it was whole; send it again.",
            )
        })?;
        if first.len() + all.len() + chunk.len() > limit_bytes {
            return Err(too_large(limit_bytes));
        }
        // Most bodies come in one piece, which then needs no copy.
        if first.is_empty() && all.is_empty() {
            first = chunk;
            continue;
        }
        if all.is_empty() {
            all.reserve(announced.max(first.len() + chunk.len()));
            all.extend_from_slice(&std::mem::take(&mut first));
        }
        all.extend_from_slice(&chunk);
    }
    Ok(if all.is_empty() { first } else { all.freeze() })
}

/// Measures what a packed body comes to, and ends as soon as that is too much; gives a short one with it.
fn unfold(packed: &[u8], bounds: Bounds) -> Result<(Measure, Option<Bytes>)> {
    let mut reader = MultiGzDecoder::new(packed);
    let (mut measure, mut kept, mut part) = (Measure::default(), Vec::new(), [0; 16 << 10]);
    loop {
        let length = reader.read(&mut part).map_err(|_| no_gzip())?;
        if length == 0 {
            break;
        }
        measure.add(&part[..length]);
        if measure.bytes > bounds.bytes {
            return Err(too_large(bounds.bytes));
        }
        bounds.check(&measure)?;
        if measure.bytes <= KEPT {
            kept.extend_from_slice(&part[..length]);
        }
    }
    let unpacked = (measure.bytes <= KEPT).then(|| kept.into());
    Ok((measure, unpacked))
}

/// Unpacks a body of so many bytes.
fn inflate(packed: &[u8], bytes: usize) -> Result<Bytes> {
    let mut text = Vec::with_capacity(bytes);
    let limit = u64::try_from(bytes).unwrap_or(u64::MAX);
    let read = MultiGzDecoder::new(packed).take(limit).read_to_end(&mut text);
    read.map_err(|_| no_gzip())?;
    Ok(text.into())
}

fn no_gzip() -> Error {
    Error::new(
        Code::MalformedRequest,
        "The body is sent as gzip, and does not unpack as such.",
    )
}

fn too_large(limit_bytes: usize) -> Error {
    Error::new(
        Code::BodyTooLarge,
        format!(
            "A body may be {limit_bytes} bytes long, packed and unpacked; without a key less is taken than with one."
        ),
    )
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderMap, HeaderValue};

    use super::*;

    fn said(kind: Option<&str>) -> std::result::Result<Option<Media>, Code> {
        let mut headers = HeaderMap::new();
        if let Some(kind) = kind {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_str(kind).expect("a header"));
        }
        media(&headers).map_err(|error| error.code)
    }

    #[test]
    fn what_clients_call_json_is_json() {
        for kind in [
            "application/json",
            "Application/JSON; charset=UTF-8",
            "application/json-patch+json",
            "application/vnd.api+json",
            "text/plain",
            "text/plain;charset=\"utf-8\"",
            "text/json",
        ] {
            assert_eq!(said(Some(kind)), Ok(Some(Media::Json)), "{kind}");
        }
        assert_eq!(said(Some("application/x-www-form-urlencoded")), Ok(Some(Media::Form)));
        assert_eq!(said(None), Ok(None));
        for kind in [
            "text/html",
            "application/xml",
            "application/json; charset=latin1",
            "json",
        ] {
            assert_eq!(said(Some(kind)), Err(Code::UnsupportedMediaType), "{kind}");
        }
    }

    #[test]
    fn what_is_sent_without_a_name_is_known_by_its_first_letter() {
        assert_eq!(looks_like(b" \n{\"a\": 1}"), Media::Json);
        assert_eq!(looks_like(b"[]"), Media::Json);
        assert_eq!(looks_like(b""), Media::Json);
        assert_eq!(looks_like(b"a=1"), Media::Form);
    }
}
