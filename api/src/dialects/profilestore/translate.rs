//! What a tracked event means.

use std::net::IpAddr;

use serde_json::{Map, Value};

use super::{
    super::{label, read_address},
    wire::{Fields, MOST_ITEM_BYTES},
};
use crate::domain::{
    error::{Code, Error, Result},
    event::NewEvent,
    odata::stored_key,
    scope_name::check_scope,
};

/// Who sends events.
#[derive(Debug)]
pub(super) struct Sender<'a> {
    /// The visitor's address, where a header tells it.
    pub(super) told: Option<&'a str>,
    /// The device, where a cookie tells it.
    pub(super) visitor: Option<&'a str>,
    /// The connection's address.
    pub(super) address: Option<IpAddr>,
    /// Whether it is a person's browser.
    pub(super) is_browser: bool,
}

/// The event of one object. What cannot be taken for one is told with as much of it as can be counted.
pub(super) fn event(sent: Value, sender: &Sender<'_>) -> Result<NewEvent, Box<(NewEvent, Error)>> {
    let action = |value: &Value| {
        let fields = value.as_object()?;
        let (_, found) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("EventType"))?;
        found.as_str().map(str::to_owned)
    };
    let counted = NewEvent {
        action: action(&sent).unwrap_or_default(),
        tag: Some(sent.clone()),
        ..NewEvent::default()
    };
    read(sent, sender).map_err(|error| Box::new((counted, error)))
}

fn read(sent: Value, sender: &Sender<'_>) -> Result<NewEvent> {
    let bytes = sent.to_string().len();
    if bytes > MOST_ITEM_BYTES {
        let message = format!("An event has at most {MOST_ITEM_BYTES} bytes; this has {bytes}.");
        return Err(Error::new(Code::BodyTooLarge, message));
    }
    let mut fields = Fields::read(sent, "An event")?;
    let missing = |name: &str| Error::new(Code::MalformedRequest, format!("{name} is missing.")).at(name);
    let device = fields.take_text("DeviceId")?;
    // The .NET tracker's cookie names the device of whoever sends it.
    let by_cookie = || sender.visitor.map(str::to_owned);
    let device = device.or_else(by_cookie).ok_or_else(|| missing("DeviceId"))?;
    let mut required = |name: &str| fields.take_text(name)?.ok_or_else(|| missing(name));
    let action = required("EventType")?;
    let (label, whole) = label(Some(required("Value")?));
    for (name, text) in [("DeviceId", &device), ("EventType", &action)] {
        if text.is_empty() {
            return Err(Error::new(Code::MalformedRequest, format!("{name} is empty.")).at(name));
        }
    }
    let scope = fields.take_text("Scope")?.filter(|scope| !scope.is_empty());
    scope
        .as_deref()
        .map_or(Ok(()), check_scope)
        .map_err(|error| error.at("Scope"))?;
    let mut payload = fields.take_object("Payload")?.unwrap_or_default();
    let title = fields.take_text("PageTitle")?;
    let user = fields
        .take_object("User")?
        .map(|user| read_user(user.into()))
        .transpose()?;
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let written = some(fields.take_text("RemoteAddress")?);
    let given = written.as_deref().and_then(read_address);
    let told = || sender.told.and_then(read_address);
    // What is no address tells of none, and is kept beside the event.
    let odd = written.filter(|_| given.is_none());
    let event = NewEvent {
        action,
        label,
        device: Some(device),
        scope,
        url: some(fields.take_text("PageUri")?),
        ip: given
            .or_else(told)
            .or(sender.address)
            .map(|address| address.to_string()),
        session: some(fields.take_text("SessionId")?),
        time: some(fields.take_text("EventTime")?),
        country: some(fields.take_text("CountryCode")?),
        city: some(fields.take_text("City")?),
        actor: user.as_ref().and_then(actor),
        relayed: !sender.is_browser,
        ..NewEvent::default()
    };
    // The server makes it.
    fields.take("TrackId");
    for (name, value) in fields.rest() {
        payload.entry(name).or_insert(value);
    }
    // What the event's own fields do not hold as it was written.
    for (name, written) in [("RemoteAddress", odd), ("Value", whole)] {
        if let Some(written) = written {
            payload.entry(name).or_insert(written.into());
        }
    }
    let mut tag: Map<String, Value> = payload
        .into_iter()
        .map(|(key, value)| (stored_key(&key), value))
        .collect();
    if let Some(title) = title {
        tag.insert("title".to_owned(), title.into());
    }
    if let Some(user) = user.filter(|user| !user.is_empty()) {
        tag.insert("User".to_owned(), user.into());
    }
    Ok(NewEvent {
        tag: (!tag.is_empty()).then(|| tag.into()),
        ..event
    })
}

/// A user under the names that events keep.
fn read_user(user: Value) -> Result<Map<String, Value>> {
    let mut fields = Fields::read(user, "User")?;
    let mut kept = Map::new();
    let below = |error: Error| error.below("User");
    for name in ["Name", "Email"] {
        if let Some(text) = fields.take_text(name).map_err(below)? {
            kept.insert(name.to_owned(), text.into());
        }
    }
    let older = fields.take_object("Information").map_err(below)?;
    if let Some(info) = fields.take_object("Info").map_err(below)?.or(older) {
        kept.insert("Info".to_owned(), info.into());
    }
    for (name, value) in fields.rest() {
        kept.insert(name, value);
    }
    Ok(kept)
}

fn actor(user: &Map<String, Value>) -> Option<String> {
    let text = |name: &str| {
        user.get(name)?
            .as_str()
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    text("Email").or_else(|| text("Name"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const SERVER: Sender<'_> = Sender {
        told: None,
        visitor: None,
        address: None,
        is_browser: false,
    };

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        let name = prop_oneof![
            Just("DeviceId".to_owned()),
            Just("eventType".to_owned()),
            Just("Value".to_owned()),
            Just("User".to_owned()),
            Just("Payload".to_owned()),
            Just("Scope".to_owned()),
            Just("PageTitle".to_owned()),
            any::<String>(),
        ];
        leaf.prop_recursive(4, 32, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((name.clone(), inner), 0..8)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_that_is_json_is_too_odd(sent in any_json()) {
            let _ = event(sent, &SERVER);
        }
    }

    #[test]
    fn fields_find_their_places() {
        let sent = json!({"deviceId": "d1", "EventType": "epiPageView", "value": "Viewed", "Scope": "shop", "PageUri": "https://a/b",
            "PageTitle": "Home", "RemoteAddress": "81.2.69.142", "SessionId": "", "EventTime": "2017-09-15T07:16:34.7957819Z",
            "User": {"name": "Ada", "email": "ada@example.com", "information": {"company": "A"}},
            "Payload": {"price": 5, "title": "own"}, "TrackId": "ignored", "Extra": 1});
        let event = event(sent, &SERVER).expect("it is fine");
        assert_eq!(event.action, "epiPageView");
        assert_eq!(
            (event.label.as_deref(), event.device.as_deref()),
            (Some("Viewed"), Some("d1"))
        );
        assert_eq!((event.scope.as_deref(), event.session.as_deref()), (Some("shop"), None));
        assert_eq!(
            (event.actor.as_deref(), event.id.as_deref()),
            (Some("ada@example.com"), None)
        );
        let wanted = json!({"price": 5, "Payload_title": "own", "title": "Home", "extra": 1,
            "User": {"Name": "Ada", "Email": "ada@example.com", "Info": {"company": "A"}}});
        assert_eq!(event.tag, Some(wanted));
    }

    #[test]
    fn an_address_is_the_first_that_is_one() {
        let far: IpAddr = "203.0.113.9".parse().expect("an address");
        for (written, told, wanted, odd) in [
            ("81.2.69.142", Some("192.0.2.9"), "81.2.69.142", None),
            (" ::1 ", None, "::1", None),
            ("81.2.69.142:50123", None, "81.2.69.142", None),
            ("[2001:db8::1]:443", None, "2001:db8::1", None),
            ("81.2.69.142, 10.0.0.1", None, "81.2.69.142", None),
            ("", Some("192.0.2.9:80"), "192.0.2.9", None),
            ("", Some("unknown"), "203.0.113.9", None),
            (
                "client IP address",
                Some("192.0.2.9"),
                "192.0.2.9",
                Some("client IP address"),
            ),
            ("unknown", None, "203.0.113.9", Some("unknown")),
        ] {
            let sender = Sender {
                told,
                address: Some(far),
                ..SERVER
            };
            let sent = json!({"DeviceId": "d", "EventType": "a", "Value": "v", "RemoteAddress": written});
            let event = event(sent, &sender).expect("it is fine");
            assert_eq!(event.ip.as_deref(), Some(wanted), "{written} {told:?}");
            assert_eq!(
                event.tag,
                odd.map(|odd| json!({"RemoteAddress": odd})),
                "{written} {told:?}"
            );
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        for (sent, path) in [
            (json!({"EventType": "a", "Value": "v"}), Some("DeviceId")),
            (json!({"DeviceId": "d", "Value": "v"}), Some("EventType")),
            (json!({"DeviceId": "d", "EventType": "a"}), Some("Value")),
            (
                json!({"DeviceId": "d", "EventType": "a", "Value": "v", "Scope": "A b"}),
                Some("Scope"),
            ),
            (
                json!({"DeviceId": "d", "EventType": "a", "Value": "v", "Payload": []}),
                Some("Payload"),
            ),
            (
                json!({"DeviceId": "d", "EventType": "a", "Value": "v", "User": {"Name": {}}}),
                Some("User.Name"),
            ),
            (
                json!({"DeviceId": {}, "EventType": "a", "Value": "v"}),
                Some("DeviceId"),
            ),
            (json!([]), None),
            (
                json!({"DeviceId": "d", "EventType": "a", "Value": "v", "Payload": {"x": "y".repeat(256 << 10)}}),
                None,
            ),
        ] {
            let (_, error) = *event(sent.clone(), &SERVER).expect_err("it is wrong");
            assert_eq!(error.path.as_deref(), path, "{sent}");
        }
    }
}
