//! What Synerise's events mean to us: the action is that of the path or the event's own, the parameters are the tag, and the
//! client is the actor.

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    error::Wrong,
    wire::{self, is_action},
};
use crate::{
    domain::event::{MOST_LABEL, NewEvent},
    service::client::ClientIds,
};

/// How far ahead a client's clock may be before its time does not count.
const MOST_AHEAD: SignedDuration = SignedDuration::from_secs(60);
/// Parameters that the system sets, and whoever sends does not.
const RESERVED: [&str; 6] = ["modifiedBy", "apiKey", "eventUUID", "ip", "time", "businessProfileId"];

/// One event, read.
#[derive(Debug)]
pub(super) struct Item {
    /// The event, still without its actor.
    pub(super) event: NewEvent,
    /// Who did it; nothing where the token says so.
    pub(super) client: ClientIds,
    /// All that is wrong with it.
    pub(super) wrong: Vec<Wrong>,
    /// What makes it overwrite another.
    salt: Option<String>,
    /// The moment that it says it happened at, in milliseconds since 1970.
    moment: Option<i64>,
}

/// What is known of how an event came.
#[derive(Debug, Clone)]
pub(super) struct Around {
    /// Whether it need not say whose it is.
    pub(super) knows_client: bool,
    /// Whether it comes in the short form of recommendations and searches.
    pub(super) is_short: bool,
    /// The present.
    pub(super) now: Timestamp,
    /// The zone of times that tell none: the site's.
    pub(super) time_zone: Option<TimeZone>,
}

/// What the system tells of an event by itself.
#[derive(Debug, Clone, Default)]
pub(super) struct System {
    /// The site that it is kept on.
    pub(super) site: Option<String>,
    /// Where it came from, as far as that is kept.
    pub(super) address: Option<IpAddr>,
}

/// The path of a field of an event at `at` of a list, or of one that is alone.
pub(super) fn path(at: &str, name: &str) -> String {
    if at.is_empty() {
        name.to_owned()
    } else {
        format!("{at}.{name}")
    }
}

/// Reads one event with this action, or with its own, which is at `at` of a list or alone.
pub(super) fn one(said: Value, action: Option<&'static str>, around: &Around, at: &str) -> Item {
    let mut wrong = Vec::new();
    let Value::Object(mut fields) = said else {
        wrong.push(Wrong::new(at, "must be an object", Some(&said)));
        let event = NewEvent {
            tag: Some(json!({"item": said})),
            ..NewEvent::default()
        };
        return Item {
            event,
            client: ClientIds::default(),
            wrong,
            salt: None,
            moment: None,
        };
    };
    fields.retain(|_, value| !value.is_null());
    // PHP writes what is empty as a list, whatever it was to hold.
    for name in ["client", "params"] {
        if let Some(value) = fields.get_mut(name)
            && value.as_array().is_some_and(Vec::is_empty)
        {
            *value = Map::new().into();
        }
    }
    if let (true, Some(action)) = (around.is_short, action) {
        fields = wire::lengthen(fields, action);
    }
    let action = match action {
        Some(action) => action.to_owned(),
        None => own_action(fields.get("action"), &path(at, "action"), &mut wrong),
    };
    let label = label(fields.get("label"), &path(at, "label"), &mut wrong);
    let before = wrong.len();
    let client = wire::client(fields.get("client"), &path(at, "client"), &mut wrong);
    if client.is_empty() && !around.knows_client && wrong.len() == before {
        let message = "must have an id, a customId, a uuid or an email";
        wrong.push(Wrong::new(path(at, "client"), message, fields.get("client")));
    }
    let salt = match fields.get("eventSalt") {
        Some(Value::String(salt)) => Some(salt.clone()).filter(|salt| !salt.is_empty()),
        None => None,
        given => {
            wrong.push(Wrong::new(path(at, "eventSalt"), "must be a text", given));
            None
        }
    };
    let mut tag = match fields.remove("params") {
        Some(Value::Object(params)) => params,
        None => Map::new(),
        Some(other) => {
            wrong.push(Wrong::new(path(at, "params"), "must be an object", Some(&other)));
            Map::from_iter([("params".to_owned(), other)])
        }
    };
    for name in RESERVED {
        tag.remove(name);
    }
    let time = time(fields.get("time"), around, &mut tag);
    if let Some(number) = client.number {
        tag.insert("clientId".to_owned(), number.into());
    }
    let text = |name: &str| tag.get(name).and_then(Value::as_str).map(str::to_owned);
    let url = ["url", "uri", "pageUrl"].iter().find_map(|name| text(name));
    let event = NewEvent {
        action,
        label,
        time: time.map(|time| time.to_string()),
        url,
        referrer: text("referrer"),
        tag: Some(tag.into()),
        ..NewEvent::default()
    };
    Item {
        event,
        client,
        wrong,
        salt,
        moment: time.map(Timestamp::as_millisecond),
    }
}

fn own_action(given: Option<&Value>, path: &str, wrong: &mut Vec<Wrong>) -> String {
    let text = given.and_then(Value::as_str).unwrap_or_default();
    if is_action(text) {
        return text.to_owned();
    }
    let message = match given {
        None => "must not be null",
        Some(_) if text.len() > wire::MOST_ACTION => "must have 1–32 characters",
        Some(_) => "must match \"^[a-zA-Z0-9.\\-_]+$\"",
    };
    wrong.push(Wrong::new(path, message, given));
    text.chars().take(256).collect()
}

fn label(given: Option<&Value>, path: &str, wrong: &mut Vec<Wrong>) -> Option<String> {
    match given {
        Some(Value::String(text)) if !text.is_empty() && text.chars().count() <= MOST_LABEL => Some(text.clone()),
        given => {
            let message = match given {
                None => "must not be null",
                Some(_) => "must be a text of 1–1024 characters",
            };
            wrong.push(Wrong::new(path, message, given));
            None
        }
    }
}

/// When it happened. What lies ahead, and what is no time, happened when it came, and its parameters keep what was said.
fn time(given: Option<&Value>, around: &Around, tag: &mut Map<String, Value>) -> Option<Timestamp> {
    let given = given?;
    let text = match given {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let zone = around.time_zone.clone().unwrap_or(TimeZone::UTC);
    let exact = || text.parse::<Timestamp>().ok();
    let local = move |text: &str| {
        let local = text.parse::<DateTime>().ok()?;
        Some(local.to_zoned(zone).ok()?.timestamp())
    };
    let time = exact()
        .or_else(|| local(&text))
        .filter(|time| time.duration_since(around.now) <= MOST_AHEAD);
    if time.is_none() {
        tag.insert("snr-original-time".to_owned(), text.into());
    }
    time
}

impl Item {
    /// Whether a parameter tells the client's e-mail address.
    pub(super) fn says_address(&self) -> bool {
        self.tag().is_some_and(|tag| tag.contains_key("email"))
    }

    /// Takes the parameter away that tells another e-mail address than the client's, which is this.
    pub(super) fn keep_address_of(&mut self, known: Option<&str>) {
        let fits = |said: &Value| match (said.as_str(), known) {
            (Some(said), Some(known)) => said.to_lowercase() == known.to_lowercase(),
            _ => false,
        };
        if self
            .tag()
            .and_then(|tag| tag.get("email"))
            .is_some_and(|said| !fits(said))
            && let Some(Value::Object(tag)) = &mut self.event.tag
        {
            tag.remove("email");
        }
    }

    fn tag(&self) -> Option<&Map<String, Value>> {
        self.event.tag.as_ref()?.as_object()
    }

    /// Gives it its id: whatever has the same salt, client, action and moment has the same, and takes its place; otherwise
    /// `own`.
    pub(super) fn set_id(&mut self, who: &str, own: Uuid) {
        self.event.made_id = Some(own);
        if let (Some(salt), Some(moment)) = (&self.salt, self.moment) {
            let id = salted([salt, who, &self.event.action], moment);
            self.event.id = Some(id.to_string());
            self.event.overwrites = true;
        }
    }

    /// Adds the parameters that the system sets.
    pub(super) fn tell(&mut self, system: &System, who: Option<String>) {
        let own = self.event.made_id.map(|id| id.to_string());
        let id = self.event.id.clone().or(own);
        let told = [
            ("eventUUID", id),
            ("uuid", who),
            ("businessProfileId", system.site.clone()),
            ("ip", system.address.map(|address| address.to_canonical().to_string())),
        ];
        let told = told
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
        if let Some(Value::Object(tag)) = &mut self.event.tag {
            tag.extend(told);
        }
    }
}

/// The id of what has this salt, client and action at a moment.
fn salted(parts: [&str; 3], moment: i64) -> Uuid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    hash.update(moment.to_le_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.finalize()[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::usage::tests::any_json;

    fn around() -> Around {
        Around {
            knows_client: false,
            is_short: false,
            now: "2026-11-21T12:00:00Z".parse().expect("a time"),
            time_zone: None,
        }
    }

    fn fields(with: Value) -> Value {
        let mut fields = json!({"action": "a.b", "label": "l", "client": {"uuid": "u"}});
        for (name, value) in with.as_object().expect("an object") {
            fields[name] = value.clone();
        }
        fields
    }

    fn custom(with: Value) -> Item {
        one(fields(with), None, &around(), "")
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (with, field) in [
            (json!({"action": null}), "action"),
            (json!({"action": "a b"}), "action"),
            (json!({"action": "a".repeat(33)}), "action"),
            (json!({"action": 5}), "action"),
            (json!({"label": ""}), "label"),
            (json!({"label": null}), "label"),
            (json!({"label": "x".repeat(1_025)}), "label"),
            (json!({"client": {}}), "client"),
            (json!({"client": null}), "client"),
            (json!({"client": "u"}), "client"),
            (json!({"client": {"id": "5"}}), "client.id"),
            (json!({"client": {"email": "a@b"}}), "client.email"),
            (json!({"client": {"customId": "a\nb"}}), "client.customId"),
            (json!({"client": []}), "client"),
            (json!({"params": [1]}), "params"),
            (json!({"params": ""}), "params"),
            (json!({"eventSalt": 5}), "eventSalt"),
            (json!({"eventSalt": []}), "eventSalt"),
        ] {
            let item = custom(with.clone());
            let fields: Vec<_> = item.wrong.iter().map(|wrong| wrong.field.as_str()).collect();
            assert_eq!(fields, [field], "{with}");
        }
        for fine in [
            json!({}),
            json!({"label": "ä".repeat(1_024), "action": "x".repeat(32)}),
            json!({"client": {"id": 5}, "params": null, "time": null, "eventSalt": null}),
        ] {
            assert_eq!(custom(fine.clone()).wrong, [], "{fine}");
        }
        let empty = custom(json!({"params": [], "eventSalt": ""}));
        assert_eq!(
            (empty.wrong.len(), empty.event.tag, empty.salt),
            (0, Some(json!({})), None)
        );
        let item = one(fields(json!({"action": "a b"})), None, &around(), "[3]");
        assert_eq!(item.wrong[0].field, "[3].action");
        let item = one(fields(json!({"action": 7})), Some("push.view"), &around(), "[2]");
        assert_eq!((item.wrong.len(), item.event.action.as_str()), (0, "push.view"));
    }

    #[test]
    fn a_salt_tells_client_action_and_moment_apart() {
        let id = |with: Value, who: &str| {
            let mut with = with;
            if with.get("eventSalt").is_none() {
                with["eventSalt"] = "s".into();
            }
            let mut item = custom(with);
            item.set_id(who, Uuid::nil());
            assert_eq!(item.event.overwrites, item.event.id.is_some());
            item.event.id
        };
        let noon = || json!({"time": "2026-11-21T11:00:00Z"});
        let first = id(noon(), "ada");
        assert!(first.is_some());
        for same in [
            "2026-11-21T12:00:00.0004+01:00",
            "2026-11-21T11:00:00",
            "2026-11-21T00:00:00-11:00",
        ] {
            assert_eq!(id(json!({"time": same}), "ada"), first, "{same}");
        }
        let others = [
            id(json!({"time": "2026-11-21T11:00:00.001Z"}), "ada"),
            id(noon(), "bob"),
            id(json!({"time": "2026-11-21T11:00:00Z", "action": "c"}), "ada"),
            id(json!({"time": "2026-11-21T11:00:00Z", "eventSalt": "t"}), "ada"),
        ];
        for other in others {
            assert!(other.is_some() && other != first);
        }
        // Without a time, or with one that does not count, there is nothing to go by.
        for none in [
            json!({}),
            json!({"time": "2026-11-21T13:00:00Z"}),
            json!({"time": "noon"}),
        ] {
            assert_eq!(id(none, "ada"), None);
        }
    }

    #[test]
    fn a_time_without_an_offset_is_one_of_the_sites_zone() {
        let around = Around {
            time_zone: Some(TimeZone::get("America/New_York").expect("a zone")),
            ..around()
        };
        let item = one(fields(json!({"time": "2026-11-21T06:30:00"})), None, &around, "");
        assert_eq!(item.event.time.as_deref(), Some("2026-11-21T11:30:00Z"));
        // Noon in New York is five hours ahead.
        let item = one(fields(json!({"time": "2026-11-21T12:00:00"})), None, &around, "");
        assert_eq!(item.event.time, None);
        assert_eq!(
            item.event.tag,
            Some(json!({"snr-original-time": "2026-11-21T12:00:00"}))
        );
    }

    #[test]
    fn the_system_sets_its_own_parameters() {
        let mut item = custom(
            json!({"time": "2026-11-21T12:01:01Z", "client": {"uuid": "u", "email": "A@b.co", "id": 7},
            "params": {"ip": "1", "apiKey": "k", "eventUUID": "e", "modifiedBy": "m", "businessProfileId": 1, "time": 2,
                "email": "x@b.co", "n": 1, "source": "KIOSK"}}),
        );
        assert!(item.says_address());
        item.keep_address_of(Some("a@b.co"));
        item.set_id("u", Uuid::nil());
        let system = System {
            site: Some("shop".into()),
            address: Some([192, 0, 2, 0].into()),
        };
        item.tell(&system, Some("u".into()));
        assert_eq!(
            item.event.tag,
            Some(
                json!({"n": 1, "source": "KIOSK", "clientId": 7, "snr-original-time": "2026-11-21T12:01:01Z",
                "ip": "192.0.2.0", "businessProfileId": "shop", "uuid": "u", "eventUUID": Uuid::nil().to_string()})
            )
        );
        assert_eq!(item.event.time, None);
        let mut near = custom(json!({"time": "2026-11-21T13:01:00+01:00", "params": {"email": "A@B.co"}}));
        near.keep_address_of(Some("a@b.CO"));
        assert_eq!(near.event.time.as_deref(), Some("2026-11-21T12:01:00Z"));
        assert_eq!(near.event.tag, Some(json!({"email": "A@B.co"})));
        // Whoever has none that is known tells none.
        near.keep_address_of(None);
        assert!(!near.says_address());
        for (said, kept) in [(json!("noon"), "noon"), (json!(5), "5")] {
            let odd = custom(json!({"time": said}));
            assert_eq!((odd.wrong.len(), odd.event.time), (0, None));
            assert_eq!(odd.event.tag, Some(json!({"snr-original-time": kept})));
        }
    }

    #[test]
    fn the_short_form_is_the_same_in_fewer_words() {
        let around = Around {
            is_short: true,
            ..around()
        };
        let said = json!({"clientUUID": "u", "correlationId": "c", "campaignId": "k", "items": ["i"],
            "EventTimestamp": "2026-11-21T11:00:00Z"});
        let item = one(said, Some("recommendation.view"), &around, "");
        assert_eq!(item.wrong, []);
        assert_eq!(item.client.uuid.as_deref(), Some("u"));
        assert_eq!(item.event.label.as_deref(), Some("recommendation.view"));
        assert_eq!(item.event.time.as_deref(), Some("2026-11-21T11:00:00Z"));
        let tag = json!({"correlationId": "c", "campaignId": "k", "items": ["i"]});
        assert_eq!(item.event.tag, Some(tag));
        let said = json!({"clientUUID": "u", "params": [], "campaignId": "k"});
        let empty = one(said, Some("recommendation.view"), &around, "");
        assert_eq!(
            (empty.wrong.len(), empty.event.tag),
            (0, Some(json!({"campaignId": "k"})))
        );
        let long = one(
            fields(json!({"params": {"n": 1}})),
            Some("recommendation.view"),
            &around,
            "",
        );
        assert_eq!((long.wrong.len(), long.event.tag), (0, Some(json!({"n": 1}))));
    }

    proptest! {
        #[test]
        fn nothing_that_is_json_is_too_odd(
            said in any_json(),
            is_short in any::<bool>(),
            fields in prop::collection::btree_map(
                prop::sample::select(vec!["action", "label", "client", "time", "eventSalt", "params", "clientUUID"]),
                any_json(),
                0..6,
            ),
        ) {
            let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>();
            for said in [said, fields.into()] {
                let is_object = said.is_object();
                let action = is_short.then_some("item.search.click");
                let mut item = one(said, action, &Around { is_short, ..around() }, "[0]");
                prop_assert!(is_object || !item.wrong.is_empty());
                prop_assert!(!item.wrong.is_empty() || is_action(&item.event.action));
                item.keep_address_of(None);
                item.set_id("u", Uuid::nil());
                item.tell(&System::default(), None);
                prop_assert!(!item.says_address());
            }
        }
    }
}
