//! What the script's messages mean: most are events, in the words of GraphQL's `EventInput`; one that identifies tells of
//! a user.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::domain::{
    error::{Code, Error, Result},
    event::NewEvent,
    profile::{Message, NewProfile, ProfileKind},
};

/// What comes in one request.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sent {
    pub(super) key: Option<String>,
    /// The page's clock when it sent this.
    sent: Option<String>,
    pub(super) messages: Vec<Value>,
}

impl Sent {
    /// Of a body.
    ///
    /// # Errors
    /// `MALFORMED_REQUEST` where it is something else.
    pub(super) fn read(body: Value) -> Result<Self> {
        serde_json::from_value(body).map_err(|error| {
            let message = format!("A body is an object of `key`, `sent` and a list `messages`: {error}.");
            Error::new(Code::MalformedRequest, message)
        })
    }
}

/// Something that happened on a page.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Happened {
    id: Option<String>,
    action: String,
    time: Option<String>,
    label: Option<String>,
    url: Option<String>,
    referrer: Option<String>,
    actor: Option<String>,
    device: Option<String>,
    session: Option<String>,
    company: Option<String>,
    language: Option<String>,
    tag: Option<Value>,
}

/// What a page says of its user.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Identified {
    identify: String,
    traits: Option<Value>,
    company: Option<String>,
    device: Option<String>,
    session: Option<String>,
    time: Option<String>,
}

/// What the address of the pixel says.
#[derive(Debug, Default)]
pub(super) struct Looked {
    pub(super) key: Option<String>,
    action: Option<String>,
    label: Option<String>,
    url: Option<String>,
    referrer: Option<String>,
    without: Option<String>,
}

impl Looked {
    /// Of a query. What it says twice counts the first time, and what else is in it not at all: caches are got past by that.
    pub(super) fn read(query: &str) -> Self {
        let mut looked = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match &*name {
                "key" => &mut looked.key,
                "action" => &mut looked.action,
                "label" => &mut looked.label,
                "url" => &mut looked.url,
                "referrer" => &mut looked.referrer,
                "without" => &mut looked.without,
                _ => continue,
            };
            place.get_or_insert_with(|| value.into_owned());
        }
        looked
    }

    /// Whether it logs also those who do not want to be followed: it says so as the script's `data-without` does.
    pub(super) fn ignores_signals(&self) -> bool {
        let mut left_out = self.without.as_deref().unwrap_or_default().split_whitespace();
        left_out.any(|what| what == "signals")
    }

    /// As an event; `page` is where the browser says that the image stands.
    pub(super) fn event(self, page: Option<&str>) -> NewEvent {
        NewEvent {
            action: self.action.unwrap_or_else(|| "pageview".to_owned()),
            label: self.label,
            url: self.url.or_else(|| page.map(str::to_owned)),
            referrer: self.referrer,
            ..NewEvent::default()
        }
    }
}

/// Translates everything that came in one request.
pub(super) fn all(sent: Sent) -> Vec<Message> {
    let time = sent.sent;
    let one = |(index, message): (usize, Value)| {
        read(&message, time.clone()).unwrap_or_else(|error| {
            let told = format!("The message cannot be read: {error}.");
            let fault = Error::new(Code::MalformedRequest, told).at(format!("messages[{index}]"));
            let event = NewEvent {
                tag: Some(Map::from_iter([("message".to_owned(), message)]).into()),
                ..NewEvent::default()
            };
            Message::Unreadable(Box::new(event), fault)
        })
    };
    sent.messages.into_iter().enumerate().map(one).collect()
}

fn read(message: &Value, sent: Option<String>) -> serde_json::Result<Message> {
    if message.get("identify").is_some() {
        let said = Identified::deserialize(message)?;
        let profile = NewProfile {
            name: said.identify,
            traits: said.traits,
            company: said.company,
            device: said.device,
            sessions: said.session.into_iter().collect(),
            time: said.time,
            sent,
            ..NewProfile::default()
        };
        return Ok(Message::Profile(ProfileKind::User, Box::new(profile)));
    }
    let said = Happened::deserialize(message)?;
    let event = NewEvent {
        id: said.id,
        action: said.action,
        label: said.label,
        time: said.time,
        url: said.url,
        referrer: said.referrer,
        tag: said.tag,
        actor: said.actor,
        device: said.device,
        session: said.session,
        company: said.company,
        language: said.language,
        sent,
        ..NewEvent::default()
    };
    Ok(Message::Event(Box::new(event)))
}
