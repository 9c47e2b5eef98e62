//! What Segment's messages mean to us: track, page and screen are events, identify and group tell of users and companies,
//! alias makes two ids one.

use serde_json::{Map, Value, map::Entry};

use super::{
    super::{address, agent, label, moment, text, with_short_surroundings},
    wire::{Kind, Sent},
};
use crate::domain::{
    error::{Code, Error},
    event::NewEvent,
    profile::{Message, NewProfile, ProfileKind},
};

/// Characters of a message's id.
const MOST_ID: usize = 100;

/// What is known of who sends.
pub(super) struct Sender {
    /// Whether it is a person's browser; otherwise a server, whose connection is not its users'.
    pub(super) is_browser: bool,
    /// Why nothing of this is taken, as far as that is said of all at once.
    pub(super) fault: Option<Error>,
}

/// Translates everything that came in one request.
pub(super) fn all(sent: Sent, sender: &Sender) -> Vec<Message> {
    let Sent {
        messages,
        kind,
        envelope,
    } = sent;
    let translated = messages.into_iter().enumerate().flat_map(|(index, message)| {
        let at = if kind.is_none() {
            format!("batch[{index}]")
        } else {
            String::new()
        };
        let Value::Object(fields) = message else {
            return vec![unreadable(message, bad("A message is a JSON object.", &at, ""))];
        };
        one(Fields::new(fields, &envelope), kind, sender, &at)
    });
    translated.collect()
}

/// The fields of a message, with those of its batch.
struct Fields {
    own: Map<String, Value>,
    context: Map<String, Value>,
    sent: Option<String>,
}

impl Fields {
    fn new(mut own: Map<String, Value>, envelope: &Map<String, Value>) -> Self {
        let mut context = object(envelope.get("context").cloned());
        merge(&mut context, object(own.remove("context")));
        let sent = moment(own.get("sentAt")).or_else(|| moment(envelope.get("sentAt")));
        Self { own, context, sent }
    }

    fn text(&self, name: &str) -> Option<String> {
        text(self.own.get(name))
    }

    /// A text somewhere in the context.
    fn context(&self, path: &[&str]) -> Option<String> {
        let (first, rest) = path.split_first()?;
        let value = rest
            .iter()
            .try_fold(self.context.get(*first)?, |value, name| value.get(name))?;
        text(Some(value))
    }

    /// What brought somebody here.
    fn campaign(&self) -> Map<String, Value> {
        let mut campaign = object(self.context.get("campaign").cloned());
        if let Some(referrer) = self.context(&["page", "referrer"])
            && !campaign.is_empty()
        {
            campaign.entry("referrer").or_insert(referrer.into());
        }
        campaign
    }
}

/// Puts an object over another, with the objects that are in both: of what both say, `own` counts.
fn merge(around: &mut Map<String, Value>, own: Map<String, Value>) {
    for (name, value) in own {
        match around.entry(name) {
            Entry::Vacant(place) => {
                place.insert(value);
            }
            Entry::Occupied(mut place) => match (place.get_mut(), value) {
                (Value::Object(around), Value::Object(own)) => merge(around, own),
                (around, own) => *around = own,
            },
        }
    }
}

fn object(value: Option<Value>) -> Map<String, Value> {
    match value {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

fn bad(message: &str, at: &str, field: &str) -> Error {
    let path = [at, field].into_iter().filter(|part| !part.is_empty());
    Error::new(Code::MalformedRequest, message).at(path.collect::<Vec<_>>().join("."))
}

fn unreadable(message: Value, fault: Error) -> Message {
    let event = NewEvent {
        tag: Some(Map::from_iter([("message".to_owned(), message)]).into()),
        ..NewEvent::default()
    };
    Message::Unreadable(Box::new(event), fault)
}

fn one(mut fields: Fields, kind: Option<Kind>, sender: &Sender, at: &str) -> Vec<Message> {
    let named = fields.own.get("type").and_then(Value::as_str).and_then(Kind::of);
    let Some(kind) = kind.or(named) else {
        let fault = bad(
            "A message of a batch has a `type`: track, page, screen, identify, group or alias.",
            at,
            "type",
        );
        return vec![unreadable(fields.own.into(), fault)];
    };
    let event = event(&mut fields, kind, sender);
    let fault = match fault(&fields, kind, at) {
        None => sender.fault.clone(),
        fault => fault,
    };
    if let Some(fault) = fault {
        return vec![Message::Unreadable(Box::new(event), fault)];
    }
    match kind {
        Kind::Track | Kind::Page | Kind::Screen => vec![Message::Event(Box::new(event))],
        Kind::Identify => vec![user(&fields, &event, event.tag.clone())],
        // It tells of the company, and that somebody is of it.
        Kind::Group => vec![company(&fields, &event), user(&fields, &event, None)],
        Kind::Alias => vec![Message::Alias {
            previous: fields.text("previousId").unwrap_or_default(),
            actor: event.actor.or(event.device).unwrap_or_default(),
        }],
    }
}

/// What a message tells of its user; where that is not known, of its device.
fn user(fields: &Fields, event: &NewEvent, traits: Option<Value>) -> Message {
    let (user, device) = (event.actor.clone(), event.device.clone());
    let profile = NewProfile {
        device: device.clone().filter(|_| user.is_some()),
        name: user.or(device).unwrap_or_default(),
        traits,
        company: event.company.clone(),
        campaign: fields.campaign(),
        time: event.time.clone(),
        sent: event.sent.clone(),
        ..NewProfile::default()
    };
    Message::Profile(ProfileKind::User, Box::new(profile))
}

/// What a message tells of its company.
fn company(fields: &Fields, event: &NewEvent) -> Message {
    let profile = NewProfile {
        name: event.company.clone().unwrap_or_default(),
        traits: event.tag.clone(),
        campaign: fields.campaign(),
        time: event.time.clone(),
        sent: event.sent.clone(),
        ..NewProfile::default()
    };
    Message::Profile(ProfileKind::Company, Box::new(profile))
}

/// What a message lacks that its kind requires, or has and may not.
fn fault(fields: &Fields, kind: Kind, at: &str) -> Option<Error> {
    let is_event = matches!(kind, Kind::Track | Kind::Page | Kind::Screen);
    let length = fields.text("messageId").map_or(0, |id| id.chars().count());
    // Of the others nothing keeps the id.
    if is_event && length > MOST_ID {
        let message = format!("A `messageId` has at most {MOST_ID} characters; this has {length}.");
        let mut fault = bad(&message, at, "messageId");
        fault.code = Code::TooLong;
        return Some(fault);
    }
    let is_anybody = fields.text("userId").or_else(|| fields.text("anonymousId")).is_some();
    if !is_anybody {
        return Some(bad("A message has a `userId` or an `anonymousId`.", at, "userId"));
    }
    let required = match kind {
        Kind::Track => ("event", "A track has an `event`: the name of what was done."),
        Kind::Group => ("groupId", "A group has a `groupId`."),
        Kind::Alias => ("previousId", "An alias has a `previousId`."),
        Kind::Page | Kind::Screen | Kind::Identify => return None,
    };
    let (name, message) = required;
    fields.text(name).is_none().then(|| bad(message, at, name))
}

/// The message as an event: what it is, or what quarantine keeps of it.
fn event(fields: &mut Fields, kind: Kind, sender: &Sender) -> NewEvent {
    let said = match kind {
        Kind::Identify | Kind::Group => fields.own.remove("traits"),
        _ => fields.own.remove("properties"),
    };
    let is_view = matches!(kind, Kind::Page | Kind::Screen);
    let property = |name: &str| text(said.as_ref().and_then(|said| said.get(name)));
    let url = property("url").filter(|_| is_view);
    let referrer = property("referrer").filter(|_| is_view);
    let direct = fields.context.get("direct") == Some(&Value::Bool(true));
    let action = match kind {
        Kind::Track => fields.text("event").unwrap_or_default(),
        Kind::Page => "page.visit".to_owned(),
        Kind::Screen => "screen.view".to_owned(),
        Kind::Identify => "identify".to_owned(),
        Kind::Group => "group".to_owned(),
        Kind::Alias => "alias".to_owned(),
    };
    let company = match kind {
        Kind::Group => fields.text("groupId"),
        _ => fields.context(&["groupId"]),
    };
    let (label, whole) = label(fields.text("name").filter(|_| is_view));
    let event = NewEvent {
        id: fields.text("messageId"),
        action,
        label,
        time: moment(fields.own.get("timestamp")),
        sent: fields.sent.clone(),
        url: url.or_else(|| fields.context(&["page", "url"])),
        referrer: referrer.or_else(|| fields.context(&["page", "referrer"])),
        tag: tag(fields, said, kind, whole),
        ip: address(fields.context.get("ip")),
        user_agent: agent(fields.context.get("userAgent")),
        actor: fields.text("userId"),
        device: fields.text("anonymousId"),
        session: fields.context(&["sessionId"]),
        company,
        language: fields.context(&["locale"]),
        relayed: !(sender.is_browser || direct),
        ..NewEvent::default()
    };
    with_short_surroundings(event)
}

/// What was said, with what stands beside it and has no field of its own. `whole` is a name that is too long for a label.
fn tag(fields: &Fields, said: Option<Value>, kind: Kind, whole: Option<String>) -> Option<Value> {
    let mut beside = Map::new();
    beside.extend(whole.map(|name| ("name".to_owned(), name.into())));
    if matches!(kind, Kind::Page | Kind::Screen) {
        let category = fields.text("category").map(Value::from);
        let title = fields.context(&["page", "title"]).map(Value::from);
        beside.extend(category.map(|category| ("category".to_owned(), category)));
        beside.extend(title.map(|title| ("title".to_owned(), title)));
    }
    let campaign = object(fields.context.get("campaign").cloned());
    if !campaign.is_empty() && matches!(kind, Kind::Track | Kind::Page | Kind::Screen) {
        beside.insert("campaign".to_owned(), campaign.into());
    }
    match said {
        Some(Value::Object(mut said)) => {
            for (name, value) in beside {
                said.entry(name).or_insert(value);
            }
            Some(said.into())
        }
        None | Some(Value::Null) => (!beside.is_empty()).then(|| beside.into()),
        // Refused further on, by the rule for tags.
        other => other,
    }
}
