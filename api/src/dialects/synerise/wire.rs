//! What Synerise's clients send: JSON with a token, each event at the path of its action.

use actix_web::http::header::{self, HeaderMap};
use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::{error::Wrong, translate::path};
use crate::{
    domain::error::{Code, Error, Result},
    extract::body::unsupported,
    service::client::ClientIds,
};

/// The actions of recommendations and searches, which have a short form, too.
pub(super) const SHORT_ACTIONS: [&str; 3] = ["item.search.click", "recommendation.click", "recommendation.view"];
/// Bytes of an action, which are its characters.
pub(super) const MOST_ACTION: usize = 32;

/// The action of the events at a path; `None` where they say it themselves.
///
/// # Errors
/// `UNKNOWN_PATH`.
pub(super) fn action(name: &str) -> Result<Option<&'static str>> {
    Ok(Some(match name {
        "custom" => return Ok(None),
        "added-to-cart" => "product.addToCart",
        "removed-from-cart" => "product.removeFromCart",
        "added-to-favorites" => "product.addToFavorite",
        "product-view" => "product.view",
        "registered" => "client.register",
        "logged-in" => "client.login",
        "logged-out" => "client.logout",
        "searched" => "client.search",
        "shared" => "client.shared",
        "visited-screen" => "screen.view",
        "application-started" => "client.applicationStarted",
        "hit-timer" => "client.hitTimer",
        "appeared-in-location" => "client.location",
        "assigned-to-company" => "client.assignToCompany",
        "cancelled-transaction" => "transaction.cancel",
        "item-search-click" => "item.search.click",
        "page-visit" => "page.visit",
        _ => return Err(unknown()),
    }))
}

/// The action of the events of push messages at a path.
///
/// # Errors
/// `UNKNOWN_PATH`.
pub(super) fn action_of_push(name: &str) -> Result<&'static str> {
    Ok(match name {
        "viewed" => "push.view",
        "clicked" => "push.click",
        "cancelled" => "push.cancel",
        "received" => "push.receiveInBackground",
        _ => return Err(unknown()),
    })
}

/// An action that has a short form.
pub(super) fn short_action(name: &str) -> Option<&'static str> {
    SHORT_ACTIONS.into_iter().find(|action| *action == name)
}

/// There are no events at a path.
pub(super) fn unknown() -> Error {
    Error::new(Code::UnknownPath, "There are no events at this path.")
}

/// An event in the short form as one in the other: it names its client by the uuid alone, needs no label, and has its
/// parameters beside.
pub(super) fn lengthen(mut fields: Map<String, Value>, action: &str) -> Map<String, Value> {
    let mut long = Map::new();
    for name in ["client", "label", "time", "eventSalt", "params", "action"] {
        if let Some(value) = fields.remove(name) {
            long.insert(name.to_owned(), value);
        }
    }
    if let Some(uuid) = fields.remove("clientUUID")
        && !long.contains_key("client")
    {
        long.insert("client".to_owned(), json!({"uuid": uuid}));
    }
    for name in ["EventTimestamp", "eventTimestamp"] {
        if let Some(time) = fields.remove(name) {
            long.entry("time").or_insert(time);
        }
    }
    long.entry("label").or_insert_with(|| action.into());
    if let Value::Object(params) = long.entry("params").or_insert_with(|| Map::new().into()) {
        for (name, value) in fields {
            // What is among the parameters already counts.
            params.entry(name).or_insert(value);
        }
    }
    long
}

/// The token of a request: `Bearer`, the key of `Basic`, or `token` in the query, as pages' trackers send it; and whether it
/// is the last.
pub(super) fn token(headers: &HeaderMap, query: &str) -> (Option<String>, bool) {
    let header = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let (scheme, text) = header.and_then(|text| text.trim().split_once(' ')).unwrap_or_default();
    if scheme.eq_ignore_ascii_case("bearer") {
        return (Some(text.trim().to_owned()), false);
    }
    if scheme.eq_ignore_ascii_case("basic") {
        let decoded = base64::engine::general_purpose::STANDARD.decode(text.trim()).ok();
        let decoded = decoded
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .unwrap_or_default();
        // The workspace stands before the key, which alone says what it opens.
        let key = decoded.split_once(':').map(|(_, key)| key.to_owned());
        return (key.or(Some(decoded)), false);
    }
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    let token = pairs.find(|(name, _)| name == "token");
    (token.map(|(_, token)| token.into_owned()), true)
}

/// Refuses what is not sent as JSON by its name.
///
/// # Errors
/// `UNSUPPORTED_MEDIA_TYPE`.
pub(super) fn check_type(headers: &HeaderMap) -> Result<()> {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return Ok(());
    };
    let kind = kind.to_str().unwrap_or_default();
    let name = kind.split(';').next().unwrap_or_default().trim();
    if name.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    Err(unsupported("A body is sent as application/json."))
}

/// Whether a sender wants to be told of what the site's lists refuse.
pub(super) fn is_strict(query: &str) -> bool {
    url::form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "strict" && (value == "1" || value == "true"))
}

/// Whether a text is an action: 1–32 letters, digits, `.`, `-` and `_`.
pub(super) fn is_action(text: &str) -> bool {
    (1..=MOST_ACTION).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'))
}

/// Whether a text may name a client.
fn is_id(text: &str) -> bool {
    let odd = |letter: char| {
        u32::from(letter) > 0xffff
            || matches!(
                letter,
                '\r' | '\n' | '\u{2028}' | '\u{2029}' | '\u{ad}' | '\u{fe00}'..='\u{fe0f}' | '\0'
            )
    };
    !text.is_empty() && text.chars().count() <= 256 && !text.contains(odd)
}

/// Whether a text looks like an e-mail address.
pub(super) fn is_address(text: &str) -> bool {
    let Some((local, host)) = text.rsplit_once('@') else {
        return false;
    };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let odd = |letter: char| letter.is_whitespace() || "<>()[]\\,;:@\"".contains(letter);
    let plain = !local.is_empty() && !local.contains(odd) && local.split('.').all(|part| !part.is_empty());
    let of_number = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let host_fits = match of_number {
        Some(number) => number.parse::<std::net::Ipv4Addr>().is_ok(),
        None => {
            let labels: Vec<&str> = host.split('.').collect();
            let fits = |label: &&str| {
                !label.is_empty()
                    && label
                        .chars()
                        .all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
            };
            let last = labels.last().copied().unwrap_or_default();
            labels.len() >= 2
                && labels.iter().all(fits)
                && last.len() >= 2
                && last.chars().all(|letter| letter.is_ascii_alphabetic())
        }
    };
    (plain || quoted) && host_fits
}

/// Reads what names a client; adds what is wrong with it.
pub(super) fn client(said: Option<&Value>, at: &str, wrong: &mut Vec<Wrong>) -> ClientIds {
    let Some(Value::Object(fields)) = said.filter(|said| !said.is_null()) else {
        if let Some(other) = said.filter(|said| !said.is_null()) {
            wrong.push(Wrong::new(at, "must be an object", Some(other)));
        }
        return ClientIds::default();
    };
    let mut ids = ClientIds::default();
    for (name, place) in [
        ("uuid", &mut ids.uuid),
        ("customId", &mut ids.custom_id),
        ("email", &mut ids.email),
    ] {
        match fields.get(name).filter(|value| !value.is_null()) {
            None => {}
            Some(Value::String(text)) if text.is_empty() => {}
            Some(Value::String(text)) if is_id(text) && (name != "email" || is_address(text)) => {
                *place = Some(text.clone());
            }
            Some(other) => {
                let message = if name == "email" {
                    "must be an e-mail address"
                } else {
                    "must be a text of 1–256 characters, without line breaks, soft hyphens, variation selectors, U+0000 and \
                     signs beyond U+FFFF"
                };
                wrong.push(Wrong::new(path(at, name), message, Some(other)));
            }
        }
    }
    match fields.get("id").filter(|value| !value.is_null()) {
        None => {}
        Some(id) if id.as_i64().is_some() => ids.number = id.as_i64(),
        Some(other) => wrong.push(Wrong::new(path(at, "id"), "must be an integer", Some(other))),
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_action_is_matched_whole() {
        for fine in ["a", "page.visit", "A-b_9", &"x".repeat(32)] {
            assert!(is_action(fine), "{fine}");
        }
        for bad in ["", "a b", "a\n", "ä", &"x".repeat(33)] {
            assert!(!is_action(bad), "{bad:?}");
        }
    }

    #[test]
    fn addresses_are_usual_ones() {
        for fine in ["a@b.co", "a.b+c@x-y.example", "\"a b\"@b.co", "a@[192.0.2.1]"] {
            assert!(is_address(fine), "{fine}");
        }
        for bad in [
            "", "a", "@b.co", "a@b", "a@b.c", "a b@b.co", "a@b..co", "a@[1.2]", "a@@b.co", ".a@b.co",
        ] {
            assert!(!is_address(bad), "{bad}");
        }
    }

    #[test]
    fn ids_hold_no_odd_signs() {
        for bad in ["", "a\u{1f600}", "a\nb", "a\u{ad}", "a\u{fe0f}", "a\u{2028}", "a\0"] {
            assert!(!is_id(bad), "{bad:?}");
        }
        assert!(is_id("Ada Łovelace"));
    }
}
