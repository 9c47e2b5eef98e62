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
    /// Not named: one and the same each day by each user agent, as all tests come from one address.
    Unnamed,
}

/// A user agent with what it tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Agent {
    text: &'static str,
    /// The kind of device.
    device: &'static str,
    browser: Option<&'static str>,
    os: Option<&'static str>,
}

/// User agents that differ in all that they tell, in one thing, and that tell little.
pub(crate) const AGENTS: [Agent; 6] = [
    Agent {
        text: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
        device: "desktop",
        browser: Some("Chrome"),
        os: Some("Windows"),
    },
    Agent {
        text: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
        device: "desktop",
        browser: Some("Chrome"),
        os: Some("Linux"),
    },
    Agent {
        text: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
        device: "mobile",
        browser: Some("Mobile Safari"),
        os: Some("iOS"),
    },
    Agent {
        text: "Mozilla/5.0 (iPad; CPU OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1",
        device: "tablet",
        browser: Some("Mobile Safari"),
        os: Some("iOS"),
    },
    Agent {
        text: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        device: "bot",
        browser: Some("Googlebot"),
        os: None,
    },
    Agent {
        text: "nothing that anybody knows",
        device: "other",
        browser: None,
        os: None,
    },
];

/// Countries that events come from.
pub(crate) const COUNTRIES: [&str; 3] = ["AT", "DE", "SE"];

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
    pub(crate) agent: Option<Agent>,
    pub(crate) country: Option<&'static str>,
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
            agent: None,
            country: None,
            actor: Actor::User("somebody".to_owned()),
            hidden: false,
        }
    }

    pub(crate) fn by(mut self, user: &str) -> Self {
        self.actor = Actor::User(user.to_owned());
        self
    }

    /// From one user agent and country after the other as `number` rises, and from none.
    pub(crate) fn roaming(mut self, number: usize) -> Self {
        self.agent = AGENTS.get(number % (AGENTS.len() + 1)).copied();
        self.country = COUNTRIES.get(number % (COUNTRIES.len() + 1)).copied();
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
        set("userAgent", &self.agent.map(|agent| agent.text.to_owned()));
        set("country", &self.country.map(str::to_owned));
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
            "device" => text(self.agent.map(|agent| agent.device)),
            "browser" => text(self.agent.and_then(|agent| agent.browser)),
            "os" => text(self.agent.and_then(|agent| agent.os)),
            "country" => text(self.country),
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
