//! What the Profile Store's clients send and are told.

use actix_web::http::header::{self, HeaderMap};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    dialects::cookie,
    domain::{
        error::{Code, Error, Result},
        event::Event,
        kql,
        odata::payload_key,
        predicate::RESERVED_KEYS,
        scope_name::EventScope,
        visitor::Visitor,
        zone::timestamp,
    },
};

/// Bytes of one event or profile.
pub(super) const MOST_ITEM_BYTES: usize = 256 << 10;
/// Events of one list.
pub(super) const MOST_ITEMS: usize = 100;
/// Events of one answer where nothing is said.
const TOP: usize = 100;
/// The header in which a server tells its visitor's address.
const USER_ADDRESS: &str = "epi-user-ip-address";
/// The cookies in which the .NET tracker keeps its device: as it sends it, and as its manual spells it.
const COOKIES: [&str; 2] = ["_madid", "__madid"];

/// The key of a request: `Authorization: epi-single KEY`; as a bearer's it is as good.
pub(super) fn key(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?.trim();
    let (scheme, key) = value.split_once(char::is_whitespace)?;
    let known = ["epi-single", "bearer"]
        .iter()
        .any(|one| scheme.eq_ignore_ascii_case(one));
    known.then(|| key.trim())
}

/// The visitor's address, where a server tells it beside the event.
pub(super) fn user_address(headers: &HeaderMap) -> Option<&str> {
    headers
        .get(USER_ADDRESS)?
        .to_str()
        .ok()
        .map(str::trim)
        .filter(|text| !text.is_empty())
}

/// The device, where the .NET tracker's cookie names it.
pub(super) fn visitor(headers: &HeaderMap) -> Option<&str> {
    let named = COOKIES.iter().find_map(|name| cookie(headers, name));
    named.filter(|device| !device.is_empty())
}

/// What is asked of a list.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// What must hold.
    pub(super) filter: String,
    /// The order.
    pub(super) order: String,
    /// Past so many.
    pub(super) skip: usize,
    /// At most so many.
    pub(super) top: usize,
}

impl Options {
    /// Reads a query string. Names go in small letters or capitals, with `$` or without; the last of the same counts.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` names the option that there is not, or that is no number.
    pub(super) fn read(query: &str) -> Result<Self> {
        let mut options = Self {
            top: TOP,
            ..Self::default()
        };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let plain = name.strip_prefix('$').unwrap_or(&name).to_ascii_lowercase();
            match plain.as_str() {
                "filter" => options.filter = value.into_owned(),
                "orderby" => options.order = value.into_owned(),
                "skip" => options.skip = number("$skip", &value)?,
                "top" => options.top = number("$top", &value)?,
                // The whole number is told anyway.
                "count" => {}
                _ if name.starts_with('$') => {
                    let message = "This option is not supported; there are $filter, $orderby, $skip, $top and $count.";
                    return Err(Error::new(Code::InvalidArgument, message).at(name.into_owned()));
                }
                // Clients and caches put marks of their own into addresses.
                _ => {}
            }
        }
        Ok(options)
    }
}

fn number(name: &str, value: &str) -> Result<usize> {
    let digits = value.trim();
    let fine = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let bad = || Error::new(Code::InvalidArgument, "This is a whole number, and not negative.").at(name);
    if !fine {
        return Err(bad());
    }
    // What no number of ours holds lies too deep anyway.
    Ok(digits.parse().unwrap_or(usize::MAX))
}

/// An object whose names are the same in small letters and capitals.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Of a JSON value.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` where it is no object.
    pub(super) fn read(value: Value, what: &str) -> Result<Self> {
        match value {
            Value::Object(fields) => {
                let lower = fields
                    .into_iter()
                    .map(|(name, value)| (name.to_ascii_lowercase(), value));
                Ok(Self(lower.collect()))
            }
            _ => Err(Error::new(Code::MalformedRequest, format!("{what} is a JSON object."))),
        }
    }

    /// Takes a field out; none where it is null.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.0
            .remove(&name.to_ascii_lowercase())
            .filter(|value| !value.is_null())
    }

    /// Takes a text out. Numbers are texts, too.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` where it is neither.
    pub(super) fn take_text(&mut self, name: &str) -> Result<Option<String>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(_) => Err(Error::new(Code::MalformedRequest, format!("{name} is a text.")).at(name)),
        }
    }

    /// Takes an object out.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` where it is none.
    pub(super) fn take_object(&mut self, name: &str) -> Result<Option<Map<String, Value>>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Object(object)) => Ok(Some(object)),
            Some(_) => Err(Error::new(Code::MalformedRequest, format!("{name} is a JSON object.")).at(name)),
        }
    }

    /// Whether there is nothing left.
    pub(super) fn rest(self) -> Map<String, Value> {
        self.0
    }
}

/// A time with seven digits of a second, as the Profile Store writes it.
pub(super) fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S").to_string()
        + &format!(".{:07}Z", time.as_nanosecond().rem_euclid(1_000_000_000) / 100)
}

/// An event as it is answered.
pub(super) fn event(event: &Event) -> Value {
    let tag = event.tag.as_ref();
    let payload: Map<String, Value> = tag
        .into_iter()
        .flatten()
        .filter(|(key, _)| !RESERVED_KEYS.contains(&key.as_str()))
        .map(|(key, value)| (payload_key(key).to_owned(), value.clone()))
        .collect();
    json!({
        "TrackId": event.id,
        "DeviceId": event.device,
        "EventType": event.action,
        "EventTime": time(event.time),
        "Value": event.label,
        "Scope": event.scope(),
        "CountryCode": event.country_or_local(),
        "City": event.city.as_deref().unwrap_or_default(),
        "PageUri": event.url.as_ref().map(|url| url.value.as_str()),
        "PageTitle": tag.and_then(|tag| tag.get("title")).filter(|title| title.is_string()),
        "RemoteAddress": event.ip.map(|ip| ip.to_string()),
        "SessionId": event.session.as_deref().unwrap_or_default(),
        "User": tag.and_then(|tag| tag.get("User")).map(user),
        "Payload": if payload.is_empty() { Value::Null } else { payload.into() },
    })
}

/// A scope as it is answered.
pub(super) fn scope(scope: &EventScope) -> Value {
    json!({"ScopeId": scope.name, "Description": scope.description})
}

/// A profile as it is answered.
pub(super) fn profile(visitor: &Visitor) -> Value {
    let moment = |nanoseconds: Option<i64>| nanoseconds.map(|time| self::time(timestamp(time)));
    json!({
        "ProfileId": visitor.id,
        "DeviceIds": visitor.devices,
        "Name": visitor.name,
        "ProfileManager": visitor.manager,
        "FirstSeen": moment(visitor.first),
        "LastSeen": moment(visitor.last),
        "Visits": visitor.visits,
        "UpdateTime": moment(Some(visitor.updated)),
        "Scope": visitor.scope,
        "Info": visitor.info,
        "ContactInformation": visitor.contacts,
        "Payload": visitor.payload,
    })
}

/// A row of an answer, its values by the names of their columns.
pub(super) fn row(columns: &[kql::Column], row: &[kql::Value]) -> Value {
    let named = columns
        .iter()
        .zip(row)
        .map(|(column, value)| (column.name.clone(), value.json()));
    Value::Object(named.collect())
}

fn user(user: &Value) -> Value {
    let text = |name: &str| user.get(name).filter(|value| value.is_string()).cloned();
    json!({
        "Name": text("Name"),
        "Email": text("Email"),
        "Info": user.get("Info").cloned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_however_they_are_spelt() {
        let read = |query: &str| Options::read(query).expect("it is fine");
        let options = read("$filter=DeviceId%20eq%20x&%24orderBy=EventTime&$skip=5&$top=7&$count=true&_=1");
        assert_eq!(
            (options.filter.as_str(), options.order.as_str()),
            ("DeviceId eq x", "EventTime")
        );
        assert_eq!((options.skip, options.top), (5, 7));
        let options = read("filter=a&$FILTER=b&orderby=c&top=0");
        assert_eq!(
            (options.filter.as_str(), options.order.as_str(), options.top),
            ("b", "c", 0)
        );
        assert_eq!(read("").top, 100);
        for query in ["$top=-1", "$skip=x", "$top=", "$top=1.5", "$expand=a"] {
            assert!(Options::read(query).is_err(), "{query}");
        }
    }

    #[test]
    fn times_have_seven_digits() {
        let written = "2017-09-15T07:16:34.7957819Z";
        assert_eq!(time(written.parse().expect("a time")), written);
        let early = "1969-12-31T23:59:59.5Z".parse().expect("a time");
        assert_eq!(time(early), "1969-12-31T23:59:59.5000000Z");
    }

    #[test]
    fn the_scheme_is_known_in_small_letters_and_capitals() {
        let mut headers = HeaderMap::new();
        for (value, wanted) in [
            ("epi-single tm_1", Some("tm_1")),
            ("EPI-Single   tm_1", Some("tm_1")),
            ("Bearer tm_1", Some("tm_1")),
            ("Basic tm_1", None),
            ("epi-single", None),
        ] {
            headers.insert(header::AUTHORIZATION, header::HeaderValue::from_static(value));
            assert_eq!(key(&headers), wanted, "{value}");
        }
    }
}
