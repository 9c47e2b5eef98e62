//! What Segment's libraries send: one message, or a batch with what all of its messages have in common around it.

use actix_web::http::header::{self, HeaderMap};
use base64::{
    Engine,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use serde_json::{Map, Value, json};

use crate::domain::error::{Code, Error, Result};

/// What a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Somebody did something.
    Track,
    /// Somebody saw a page.
    Page,
    /// Somebody saw a screen of an app.
    Screen,
    /// Somebody is so.
    Identify,
    /// A company is so, and somebody is of it.
    Group,
    /// Two ids are one person's.
    Alias,
}

impl Kind {
    /// By the name that a message of a batch has.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "track" => Self::Track,
            "page" => Self::Page,
            "screen" => Self::Screen,
            "identify" => Self::Identify,
            "group" => Self::Group,
            "alias" => Self::Alias,
            _ => return None,
        })
    }
}

/// What came in one request.
#[derive(Debug)]
pub(super) struct Sent {
    /// The messages as they came.
    pub(super) messages: Vec<Value>,
    /// What the path says that they are; none where each says so itself.
    pub(super) kind: Option<Kind>,
    /// What stands around a batch.
    pub(super) envelope: Map<String, Value>,
}

impl Sent {
    /// Reads a body.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` for what is no object, or no batch where one belongs.
    pub(super) fn read(body: Value, kind: Option<Kind>) -> Result<Self> {
        let bad = |message: &str| Error::new(Code::MalformedRequest, message);
        let Value::Object(mut envelope) = body else {
            return Err(bad("The body is a JSON object."));
        };
        let messages = match (kind, envelope.remove("batch")) {
            (None, Some(Value::Array(messages))) => messages,
            (None, _) => return Err(bad("A batch is sent as {\"batch\": [ … ]}.").at("batch")),
            (Some(_), batch) => {
                if let Some(batch) = batch {
                    let _ = envelope.insert("batch".to_owned(), batch);
                }
                vec![Value::Object(std::mem::take(&mut envelope))]
            }
        };
        Ok(Self {
            messages,
            kind,
            envelope,
        })
    }

    /// The key in the body: around a batch, or in a message.
    fn key(&self) -> Option<&str> {
        let around = self.envelope.get("writeKey").and_then(Value::as_str);
        around.or_else(|| self.messages.iter().find_map(|one| one.get("writeKey")?.as_str()))
    }

    /// How many messages are longer than so many bytes of JSON.
    pub(super) fn larger_than(&self, most_bytes: usize) -> usize {
        let large = |message: &&Value| message.to_string().len() > most_bytes;
        self.messages.iter().filter(large).count()
    }
}

/// Base 64 with or without its padding, as libraries send both.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The key that a request is sent with: `Basic` with the key as its user, with or without a colon behind it; else the
/// `writeKey` of the body; else `Bearer`.
pub(super) fn credential(headers: &HeaderMap, sent: Option<&Sent>) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, text) = header.and_then(|text| text.trim().split_once(' ')).unwrap_or_default();
    let text = text.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = BASE64.decode(text).ok().and_then(|bytes| String::from_utf8(bytes).ok());
        // What cannot be read is no key, and is refused as one.
        let decoded = decoded.unwrap_or_else(|| text.to_owned());
        let user = decoded.split_once(':').map_or(decoded.as_str(), |(user, _)| user);
        if !user.is_empty() {
            return Some(user.to_owned());
        }
    }
    let in_body = sent.and_then(Sent::key).map(str::to_owned);
    in_body.or_else(|| scheme.eq_ignore_ascii_case("bearer").then(|| text.to_owned()))
}

/// What the browser library is told of where to send to.
pub(super) fn settings(key: &str, scheme: &str, address: &str) -> Value {
    json!({
        "integrations": {"Segment.io": {"apiKey": key, "apiHost": address, "protocol": scheme}},
        "plan": {"track": {"__default": {"enabled": true}}},
    })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn key(authorization: Option<&str>, body: Value, kind: Option<Kind>) -> Option<String> {
        let mut headers = HeaderMap::new();
        if let Some(text) = authorization {
            headers.insert(header::AUTHORIZATION, HeaderValue::from_str(text).expect("a header"));
        }
        credential(&headers, Sent::read(body, kind).ok().as_ref())
    }

    #[test]
    fn a_key_is_found_wherever_libraries_put_it() {
        let track = Some(Kind::Track);
        // `k1:`, `k1` and `k1` without padding.
        assert_eq!(key(Some("Basic azE6"), json!({}), track).as_deref(), Some("k1"));
        assert_eq!(key(Some("basic azE="), json!({}), track).as_deref(), Some("k1"));
        assert_eq!(key(Some("Basic azE"), json!({}), track).as_deref(), Some("k1"));
        assert_eq!(key(None, json!({"writeKey": "k2"}), track).as_deref(), Some("k2"));
        let batch = json!({"batch": [{"type": "track"}], "writeKey": "k3"});
        assert_eq!(key(None, batch.clone(), None).as_deref(), Some("k3"));
        assert_eq!(key(Some("Bearer token"), batch, None).as_deref(), Some("k3"));
        assert_eq!(key(Some("Bearer token"), json!({}), track).as_deref(), Some("token"));
        assert_eq!(
            key(Some("Basic Og=="), json!({"writeKey": "k2"}), track).as_deref(),
            Some("k2")
        );
        assert_eq!(key(None, json!({}), track), None);
    }

    #[test]
    fn a_batch_is_a_list_and_a_message_an_object() {
        assert!(Sent::read(json!([]), None).is_err());
        assert!(Sent::read(json!({"batch": {}}), None).is_err());
        assert!(Sent::read(json!({}), None).is_err());
        assert!(Sent::read(json!("x"), Some(Kind::Track)).is_err());
        assert_eq!(
            Sent::read(json!({"batch": [1, {}]}), None)
                .expect("a list")
                .messages
                .len(),
            2
        );
    }
}
