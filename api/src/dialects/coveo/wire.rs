//! What Coveo's clients send: JSON or a beacon's form, a token in one of three places, and a visitor's id in one of four.

use actix_web::http::header::{self, HeaderMap};
use base64::Engine as _;
use serde_json::{Map, Value};

use super::{error::Failure, ordered, translate::Form};
use crate::{
    domain::error::{Code, Error},
    extract::body::{Body, Media, json},
};

/// The cookie that remembers a visitor.
pub(super) const VISITOR: &str = "visitor";
/// The cookie that remembers a visit.
pub(super) const VISIT: &str = "visit";
/// The cookie that clients of Coveo set themselves.
const VISITOR_OF_PAGES: &str = "coveo_visitorId";
/// Characters of a visitor's id that is no UUID.
const MOST_VISITOR: usize = 128;

/// The query of a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) access_token: Option<String>,
    pub(super) org: Option<String>,
    /// The visitor, as far as it can be one.
    pub(super) visitor: Option<String>,
    /// The client's own id of `GET /visit`.
    pub(super) client: Option<String>,
    /// Whether the visitor of the query goes before that of the cookie.
    pub(super) prioritizes: bool,
    /// Whether the browser is not to remember the visit.
    pub(super) discards_visit: bool,
}

impl Query {
    pub(super) fn read(text: &str) -> Self {
        let mut query = Self::default();
        for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
            let given = Some(value.to_string()).filter(|value| !value.is_empty());
            match &*name {
                "access_token" => query.access_token = given,
                // Pages of the manual write it in either way, and clients after them.
                "org" | "organizationId" | "organizationid" => query.org = given,
                "visitor" | "visitorId" => query.visitor = visitor(&value).or(query.visitor),
                "clientId" => query.client = visitor(&value),
                "prioritizeVisitorParameter" => query.prioritizes = value == "true",
                "discardVisitInfo" => query.discards_visit = value == "true",
                _ => {}
            }
        }
        query
    }
}

/// A visitor's id: a UUID, or another text that a cookie can hold.
fn visitor(text: &str) -> Option<String> {
    let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.');
    let fits = (1..=MOST_VISITOR).contains(&text.len()) && text.chars().all(fits);
    fits.then(|| text.to_owned())
}

/// The id in a cookie.
pub(super) fn cookie(headers: &HeaderMap, wanted: &str) -> Option<String> {
    visitor(crate::dialects::cookie(headers, wanted)?)
}

/// The visitor that the cookies remember.
pub(super) fn visitor_of_cookies(headers: &HeaderMap) -> Option<String> {
    cookie(headers, VISITOR).or_else(|| cookie(headers, VISITOR_OF_PAGES))
}

/// What a body says: its JSON, and the token beside it where it is a form.
#[derive(Debug)]
pub(super) struct Sent {
    pub(super) token: Option<String>,
    pub(super) said: Result<Value, Error>,
}

/// Reads a body of events of a form, or of none; that of a beacon has its JSON in the form's field.
pub(super) fn read(body: &Body, form: Option<Form>) -> Sent {
    let json = |bytes: &[u8]| match form {
        Some(Form::Usage(_)) => ordered::json(bytes),
        Some(Form::Collected) | None => json(bytes),
    };
    if body.media == Media::Json {
        return Sent {
            token: None,
            said: json(&body.bytes),
        };
    }
    let name = form.map_or("", Form::field);
    // Beacons are encoded component by component, where `+` is no space.
    let text = String::from_utf8_lossy(&body.bytes).replace('+', "%2B");
    let (mut token, mut said) = (None, None);
    for (field, value) in url::form_urlencoded::parse(text.as_bytes()) {
        if field == "access_token" {
            token = Some(value.into_owned());
        } else if field == name {
            said = Some(json(value.as_bytes()));
        }
    }
    let said = said.unwrap_or_else(|| {
        let message = format!("A form has its JSON in the field “{name}”.");
        Err(Error::new(Code::MalformedJson, message))
    });
    Sent { token, said }
}

/// The token of a request: of its header, its query or its form.
pub(super) fn token(headers: &HeaderMap, query: &Query, sent: Option<&Sent>) -> Option<String> {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, text) = header.and_then(|text| text.trim().split_once(' ')).unwrap_or_default();
    let of_header = scheme.eq_ignore_ascii_case("bearer").then(|| text.trim().to_owned());
    of_header
        .filter(|text| !text.is_empty())
        .or_else(|| query.access_token.clone())
        .or_else(|| sent.and_then(|sent| sent.token.clone()))
}

/// Refuses what looks like a token and cannot be one.
///
/// # Errors
/// `InvalidToken`.
pub(super) fn check_token(text: &str) -> Result<(), Failure> {
    let parts: Vec<_> = text.split('.').collect();
    if parts.len() != 3 {
        return Ok(());
    }
    let is_object = |part: &str| {
        let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
    };
    let fine = parts[..2].iter().all(|part| is_object(part).is_some());
    fine.then_some(()).ok_or_else(Failure::token)
}

/// The objects of a body: itself, or those of its list.
///
/// # Errors
/// `MALFORMED_REQUEST` for another shape.
pub(super) fn objects(said: Value, is_list: bool) -> Result<Vec<Value>, Error> {
    let bad = |message: &str| Err(Error::new(Code::MalformedRequest, message));
    match (said, is_list) {
        (Value::Array(items), true) => Ok(items),
        (said @ Value::Object(_), false) => Ok(vec![said]),
        (_, true) => bad("The body is a list of JSON objects."),
        (_, false) => bad("The body is a JSON object."),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::usage::Kind;

    const CLICK: Option<Form> = Some(Form::Usage(Kind::Click));

    fn form(text: &str) -> Body {
        Body::of(Media::Form, text.as_bytes().to_vec())
    }

    #[test]
    fn a_beacon_holds_json_in_which_a_plus_is_a_plus() {
        let body = form("access_token=xx&clickEvent=%7B%22a%22%3A%22b%2Bc+d%20e%22%7D");
        let sent = read(&body, CLICK);
        assert_eq!(sent.token.as_deref(), Some("xx"));
        assert_eq!(sent.said.expect("JSON"), serde_json::json!({"a": "b+c+d e"}));
        assert!(read(&form("a=b"), CLICK).said.is_err());
        assert!(read(&form("clickEvent=%7B"), CLICK).said.is_err());
    }

    #[test]
    fn a_token_is_known_by_its_shape() {
        for fine in ["xx-token", "tm_1", "eyJhIjoxfQ.e30.signature", ""] {
            assert!(check_token(fine).is_ok(), "{fine}");
        }
        for bad in ["a.b.c", "eyJhIjoxfQ.W10.x", ".."] {
            assert!(check_token(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_visitor_is_what_a_cookie_can_hold() {
        let query = Query::read("visitor=28s6g49d-f81s-1435-2r5x153dle72&discardVisitInfo=true&org=acme");
        assert_eq!(query.visitor.as_deref(), Some("28s6g49d-f81s-1435-2r5x153dle72"));
        assert!(query.discards_visit && !query.prioritizes);
        assert_eq!(Query::read("visitor=a%3Bb").visitor, None);
        assert_eq!(Query::read(&format!("visitor={}", "a".repeat(129))).visitor, None);
    }

    proptest! {
        #[test]
        fn no_form_query_or_token_is_too_odd(text in "\\PC{0,200}", body in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = Query::read(&text);
            let _ = check_token(&text);
            let mut with_name = b"clickEvent=".to_vec();
            with_name.extend_from_slice(&body);
            for bytes in [body, with_name] {
                for media in [Media::Form, Media::Json] {
                    let sent = read(&Body::of(media, bytes.clone()), CLICK);
                    let _ = sent.said.and_then(|said| objects(said, false));
                }
            }
        }
    }
}
