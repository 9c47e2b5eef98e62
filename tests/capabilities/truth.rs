//! What the answers should be, worked out from a plain list of events in the plainest way.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

pub(crate) mod calendar;
pub(crate) mod check;
pub(crate) mod condition;
pub(crate) mod find;
pub(crate) mod unique;

/// Who did it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Actor {
    User(String),
    Device(String),
    /// Something a company did: nobody.
    Company(String),
    /// Not named: one and the same each day, as all tests come from one address.
    Unnamed,
}

/// One event as it was logged.
#[derive(Debug, Clone)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) action: String,
    pub(crate) label: Option<String>,
    pub(crate) time: Timestamp,
    pub(crate) url: Option<String>,
    pub(crate) referrer: Option<String>,
    pub(crate) tag: Map<String, Value>,
    pub(crate) actor: Actor,
    /// Deleted and not restored.
    pub(crate) hidden: bool,
}

impl Event {
    pub(crate) fn new(id: &str, action: &str, time: &str, tag: Value) -> Self {
        let Value::Object(tag) = tag else {
            panic!("a tag is an object")
        };
        Self {
            id: id.to_owned(),
            action: action.to_owned(),
            label: None,
            time: instant(time),
            url: None,
            referrer: None,
            tag,
            actor: Actor::User("somebody".to_owned()),
            hidden: false,
        }
    }

    pub(crate) fn by(mut self, user: &str) -> Self {
        self.actor = Actor::User(user.to_owned());
        self
    }

    /// What a client sends.
    pub(crate) fn input(&self) -> Value {
        let mut input = json!({"id": self.id, "action": self.action, "time": self.time.to_string(), "tag": self.tag});
        let mut set = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                input[name] = json!(value);
            }
        };
        set("label", &self.label);
        set("url", &self.url);
        set("referrer", &self.referrer);
        match &self.actor {
            Actor::User(id) => input["actor"] = json!(id),
            Actor::Device(id) => input["device"] = json!(id),
            Actor::Company(id) => input["company"] = json!(id),
            Actor::Unnamed => {}
        }
        input
    }

    /// The value of a dimension.
    pub(crate) fn value(&self, dimension: &str) -> Option<Value> {
        let text = |text: Option<&str>| text.map(Value::from);
        match dimension {
            "action" => text(Some(&self.action)),
            "label" => text(self.label.as_deref()),
            "url.host" => text(self.url.as_deref().map(|url| split(url).0)),
            "url.path" => text(self.url.as_deref().map(|url| split(url).1)),
            "referrer.host" => text(self.referrer.as_deref().map(|url| split(url).0)),
            "traffic_source" | "tag.traffic_source" => text(Some(self.traffic_source())),
            "company" => match &self.actor {
                Actor::Company(id) => text(Some(id)),
                _ => None,
            },
            other => {
                let path = other.strip_prefix("tag.").expect("a dimension of the model");
                let mut keys = path.split('.');
                let first = self.tag.get(keys.next()?)?;
                keys.try_fold(first, |value, key| value.as_object()?.get(key)).cloned()
            }
        }
    }

    fn traffic_source(&self) -> &'static str {
        let own = self.url.as_deref().map(|url| split(url).0);
        match self.referrer.as_deref().map(|url| split(url).0) {
            None => "direct",
            host if host == own => "direct",
            Some("www.google.com") => "search",
            Some("click.st") => "click.st",
            Some(_) => "other",
        }
    }
}

/// Host and path of the model's URLs.
fn split(url: &str) -> (&str, &str) {
    let rest = url.strip_prefix("https://").expect("a URL of the model");
    let slash = rest.find('/').expect("a URL of the model has a path");
    (&rest[..slash], &rest[slash..])
}

/// Events that are there.
pub(crate) fn living(events: &[Event]) -> impl Iterator<Item = &Event> {
    events.iter().filter(|event| !event.hidden)
}

/// How often each action occurs, and when first and last.
pub(crate) fn actions(events: &[Event]) -> BTreeMap<String, (i64, Timestamp, Timestamp)> {
    let mut actions = BTreeMap::new();
    for event in living(events) {
        let (count, first, last) = actions
            .entry(event.action.clone())
            .or_insert((0, event.time, event.time));
        *count += 1;
        *first = event.time.min(*first);
        *last = event.time.max(*last);
    }
    actions
}

/// A moment written down in a test.
pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}
