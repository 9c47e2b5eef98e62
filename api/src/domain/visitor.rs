//! Visitors, as the Profile Store's format tells of them: what the devices of a scope did, what is written of one, and how the
//! two are one answer.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::domain::{
    error::{Code, Error, Result},
    scope_name::check_scope,
};

/// Characters of an id.
const MOST_ID: usize = 256;
/// Characters of a name.
const MOST_NAME: usize = 1_024;
/// Devices of one profile.
pub const MOST_DEVICES: usize = 1_000;

/// What a device did in one scope.
#[derive(Debug, Clone, PartialEq)]
pub struct Seen {
    /// The scope.
    pub scope: String,
    /// The device.
    pub device: String,
    /// When it did something first, in nanoseconds since 1970.
    pub first: i64,
    /// When it did something last.
    pub last: i64,
    /// When the last of it was received.
    pub received: i64,
    /// In how many sessions.
    pub sessions: i64,
    /// What was said last of its user.
    pub user: Option<User>,
}

/// What an event said of its user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// What was said.
    pub said: Value,
    /// When the event happened, in nanoseconds since 1970.
    pub time: i64,
    /// When it was received.
    pub received: i64,
}

impl User {
    fn name(&self) -> Option<Value> {
        self.said.get("Name").filter(|name| !name.is_null()).cloned()
    }

    fn info(&self) -> Map<String, Value> {
        let mut info = self
            .said
            .get("Info")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        if let Some(email) = self.said.get("Email") {
            info.insert("Email".to_owned(), email.clone());
        }
        info
    }
}

/// What is written of a visitor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Content {
    /// The devices that were claimed, in the order in which they were named. Others may have claimed some since.
    pub devices: Vec<String>,
    /// What it is called.
    pub name: Option<String>,
    /// Who takes care of it.
    pub manager: Option<String>,
    /// When it was seen first, in nanoseconds since 1970.
    pub first: Option<i64>,
    /// When it was seen last.
    pub last: Option<i64>,
    /// How often it came.
    pub visits: Option<i64>,
    /// What else is known of it.
    pub info: Map<String, Value>,
    /// Ways to reach it.
    pub contacts: Vec<Value>,
    /// Whatever else.
    pub payload: Option<Map<String, Value>>,
}

/// A profile that is to be written.
#[derive(Debug, Clone, PartialEq)]
pub struct NewVisitor {
    /// The scope.
    pub scope: String,
    /// Its id.
    pub id: String,
    /// Its devices; where none are named, the one of its own id.
    pub devices: Option<Vec<String>>,
    /// The rest.
    pub content: Content,
}

impl NewVisitor {
    /// Completes what is to be written, and refuses what cannot be.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, `TOO_LONG`, `INVALID_TEXT` or `TOO_MANY_ITEMS`, naming the field.
    pub fn complete(mut self) -> Result<Self> {
        check_scope(&self.scope).map_err(|error| error.at("scope"))?;
        check_id(&self.id).map_err(|error| error.at("id"))?;
        let devices = self.devices.take().unwrap_or_else(|| vec![self.id.clone()]);
        if devices.len() > MOST_DEVICES {
            let message = format!(
                "A profile has at most {MOST_DEVICES} devices; this has {}.",
                devices.len()
            );
            return Err(Error::new(Code::TooManyItems, message).at("devices"));
        }
        let mut met = HashSet::new();
        for (index, device) in devices.iter().enumerate() {
            check_id(device).map_err(|error| error.at(format!("devices[{index}]")))?;
            if met.insert(device.as_str()) {
                self.content.devices.push(device.clone());
            }
        }
        for (text, path) in [(&self.content.name, "name"), (&self.content.manager, "manager")] {
            let Some(text) = text else { continue };
            let length = text.chars().count();
            if length > MOST_NAME {
                let message = format!("The text has {length} characters; at most {MOST_NAME} are taken.");
                return Err(Error::new(Code::TooLong, message).at(path));
            }
            check_text(text).map_err(|error| error.at(path))?;
        }
        check_object(&self.content.info, "info")?;
        check_list(&self.content.contacts, "contacts")?;
        check_object(self.content.payload.as_ref().unwrap_or(&Map::new()), "payload")?;
        if self.content.visits.is_some_and(|visits| visits < 0) {
            return Err(Error::new(Code::InvalidArgument, "This is a number that is not negative.").at("visits"));
        }
        if let (Some(first), Some(last)) = (self.content.first, self.content.last)
            && first > last
        {
            let message = "Who was seen last then cannot have been seen first only later.";
            return Err(Error::new(Code::InvalidArgument, message).at("last"));
        }
        Ok(self)
    }
}

fn check_id(id: &str) -> Result<()> {
    let length = id.chars().count();
    if length == 0 || length > MOST_ID {
        let message = format!("An id has 1–{MOST_ID} characters; this has {length}.");
        return Err(Error::new(Code::TooLong, message));
    }
    check_text(id)
}

fn check_text(text: &str) -> Result<()> {
    if text.contains('\0') {
        let message = "The text holds the character U+0000, which cannot be stored.";
        return Err(Error::new(Code::InvalidText, message));
    }
    Ok(())
}

fn check_value(value: &Value, path: &str) -> Result<()> {
    match value {
        Value::Object(object) => check_object(object, path),
        Value::Array(list) => check_list(list, path),
        Value::String(text) => check_text(text).map_err(|error| error.at(path)),
        Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
    }
}

fn check_object(object: &Map<String, Value>, path: &str) -> Result<()> {
    for (key, value) in object {
        check_text(key).map_err(|error| error.at(path))?;
        check_value(value, &format!("{path}.{key}"))?;
    }
    Ok(())
}

fn check_list(list: &[Value], path: &str) -> Result<()> {
    let mut numbered = list.iter().enumerate();
    numbered.try_for_each(|(index, value)| check_value(value, &format!("{path}[{index}]")))
}

/// A profile that is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    /// Its internal number.
    pub number: i64,
    /// The scope.
    pub scope: String,
    /// Its id.
    pub id: String,
    /// What is written.
    pub content: Content,
    /// When it was written, in nanoseconds since 1970.
    pub updated: i64,
}

/// What is known of a visitor.
#[derive(Debug, Clone, PartialEq)]
pub struct Visitor {
    /// The scope.
    pub scope: String,
    /// Its id.
    pub id: String,
    /// Its devices.
    pub devices: Vec<String>,
    /// What it is called.
    pub name: Option<Value>,
    /// Who takes care of it.
    pub manager: Option<String>,
    /// When it was seen first, in nanoseconds since 1970; none where nothing says so.
    pub first: Option<i64>,
    /// When it was seen last.
    pub last: Option<i64>,
    /// How often it came.
    pub visits: i64,
    /// When something was said of it last.
    pub updated: i64,
    /// What else is known of it.
    pub info: Map<String, Value>,
    /// Ways to reach it.
    pub contacts: Vec<Value>,
    /// Whatever else is written.
    pub payload: Option<Map<String, Value>>,
}

impl Visitor {
    /// Of a device of which nothing is written.
    #[must_use]
    pub fn derived(seen: Seen) -> Self {
        Self {
            devices: vec![seen.device.clone()],
            name: seen.user.as_ref().and_then(User::name),
            manager: None,
            first: Some(seen.first),
            last: Some(seen.last),
            visits: visits(&seen),
            updated: seen.received,
            info: seen.user.as_ref().map(User::info).unwrap_or_default(),
            contacts: Vec::new(),
            payload: None,
            scope: seen.scope,
            id: seen.device,
        }
    }

    /// Of what is written, and of what its devices did.
    #[must_use]
    pub fn written(written: Written, seen: &[Seen]) -> Self {
        let content = written.content;
        let counted: i64 = seen.iter().map(visits).sum();
        let said = seen.iter().filter_map(|seen| seen.user.as_ref());
        let said = said.max_by_key(|user| (user.time, user.received));
        let own = (content.name.map(Value::from), content.info);
        let (name, info) = match said {
            // What was said last counts, as far as it says something.
            Some(user) if user.received > written.updated => (user.name().or(own.0), over(own.1, user.info())),
            Some(user) => (own.0.or_else(|| user.name()), over(user.info(), own.1)),
            None => own,
        };
        Self {
            scope: written.scope,
            id: written.id,
            devices: content.devices,
            name,
            manager: content.manager,
            first: seen.iter().map(|seen| seen.first).chain(content.first).min(),
            last: seen.iter().map(|seen| seen.last).chain(content.last).max(),
            visits: counted.max(content.visits.unwrap_or_default()),
            updated: seen.iter().map(|seen| seen.received).fold(written.updated, i64::max),
            info,
            contacts: content.contacts,
            payload: content.payload,
        }
    }
}

/// Without a session it came once.
fn visits(seen: &Seen) -> i64 {
    seen.sessions.max(1)
}

/// The later keys, and those of the earlier that the later have not, in small letters or capitals.
fn over(mut earlier: Map<String, Value>, later: Map<String, Value>) -> Map<String, Value> {
    let said: HashSet<_> = later.keys().map(|key| key.to_ascii_lowercase()).collect();
    earlier.retain(|key, _| !said.contains(&key.to_ascii_lowercase()));
    earlier.extend(later);
    earlier
}

/// Every visitor: the written ones with what their devices did, and each device that is nobody's.
#[must_use]
pub fn join(written: Vec<Written>, seen: Vec<Seen>) -> Vec<Visitor> {
    let mut owners: HashMap<(&str, &str), usize> = HashMap::new();
    for (index, one) in written.iter().enumerate() {
        let devices = one.content.devices.iter();
        owners.extend(devices.map(|device| ((one.scope.as_str(), device.as_str()), index)));
    }
    let mut of_written: Vec<Vec<Seen>> = written.iter().map(|_| Vec::new()).collect();
    let mut visitors = Vec::new();
    for one in seen {
        match owners.get(&(one.scope.as_str(), one.device.as_str())) {
            Some(owner) => of_written[*owner].push(one),
            None => visitors.push(Visitor::derived(one)),
        }
    }
    let joined = written.into_iter().zip(of_written);
    visitors.extend(joined.map(|(written, seen)| Visitor::written(written, &seen)));
    visitors
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn seen(device: &str, time: i64, user: Option<(Value, i64)>) -> Seen {
        Seen {
            scope: "default".to_owned(),
            device: device.to_owned(),
            first: time,
            last: time + 5,
            received: time + 10,
            sessions: 2,
            user: user.map(|(said, received)| User { said, time, received }),
        }
    }

    fn written(id: &str, devices: &[&str], info: Value, updated: i64) -> Written {
        let Value::Object(info) = info else { panic!("an object") };
        Written {
            number: 1,
            scope: "default".to_owned(),
            id: id.to_owned(),
            content: Content {
                devices: devices.iter().map(|device| (*device).to_owned()).collect(),
                name: Some("Written".to_owned()),
                info,
                ..Content::default()
            },
            updated,
        }
    }

    #[test]
    fn what_was_said_last_wins_key_by_key() {
        let user = json!({"Name": "Said", "Email": "said@a.b", "Info": {"City": "Ulm"}});
        let of = |received: i64, info: Value| {
            let seen = seen("d", 100, Some((user.clone(), received)));
            Visitor::written(written("p", &["d"], info, 500), &[seen])
        };
        let earlier = of(499, json!({"email": "own@a.b", "Company": "A"}));
        assert_eq!(earlier.name, Some(json!("Written")));
        assert_eq!(
            Value::from(earlier.info),
            json!({"email": "own@a.b", "Company": "A", "City": "Ulm"})
        );
        let later = of(501, json!({"email": "own@a.b", "Company": "A"}));
        assert_eq!(later.name, Some(json!("Said")));
        assert_eq!(
            Value::from(later.info),
            json!({"Email": "said@a.b", "Company": "A", "City": "Ulm"})
        );
    }

    #[test]
    fn a_device_is_of_whoever_has_it() {
        let devices = vec![seen("a", 10, None), seen("b", 20, None), seen("c", 30, None)];
        let found = join(vec![written("p", &["a", "c", "x"], json!({}), 25)], devices);
        let shown = |one: &Visitor| {
            (
                one.id.clone(),
                one.devices.len(),
                one.first,
                one.last,
                one.visits,
                one.updated,
            )
        };
        let shown: Vec<_> = found.iter().map(shown).collect();
        assert_eq!(
            shown,
            [
                ("b".to_owned(), 1, Some(20), Some(25), 2, 30),
                ("p".to_owned(), 3, Some(10), Some(35), 4, 40)
            ]
        );
    }

    #[test]
    fn what_is_written_moves_the_bounds_outwards_alone() {
        let mut own = written("p", &["d"], json!({}), 1);
        (own.content.first, own.content.last, own.content.visits) = (Some(50), Some(60), Some(9));
        let found = Visitor::written(own.clone(), &[seen("d", 40, None)]);
        assert_eq!((found.first, found.last, found.visits), (Some(40), Some(60), 9));
        let found = Visitor::written(own, &[]);
        assert_eq!((found.first, found.last, found.visits), (Some(50), Some(60), 9));
        let found = Visitor::written(written("p", &[], json!({}), 1), &[]);
        assert_eq!((found.first, found.last, found.visits), (None, None, 0));
    }

    #[test]
    fn what_cannot_be_kept_is_named() {
        let new = |devices: Option<Vec<String>>, content: Content| NewVisitor {
            scope: "default".to_owned(),
            id: "p".to_owned(),
            devices,
            content,
        };
        let complete = new(None, Content::default()).complete().expect("it is fine");
        assert_eq!(complete.content.devices, ["p"]);
        let twice = Some(vec!["a".to_owned(), "b".to_owned(), "a".to_owned()]);
        assert_eq!(
            new(twice, Content::default())
                .complete()
                .expect("it is fine")
                .content
                .devices,
            ["a", "b"]
        );
        let info = |value: Value| Content {
            info: Map::from_iter([("x".to_owned(), value)]),
            ..Content::default()
        };
        for (devices, content, path) in [
            (Some(vec![String::new()]), Content::default(), "devices[0]"),
            (Some(vec!["x".repeat(257)]), Content::default(), "devices[0]"),
            (Some(vec!["d".to_owned(); 1_001]), Content::default(), "devices"),
            (None, info(json!(["\0"])), "info.x[0]"),
            (
                None,
                Content {
                    visits: Some(-1),
                    ..Content::default()
                },
                "visits",
            ),
            (
                None,
                Content {
                    first: Some(2),
                    last: Some(1),
                    ..Content::default()
                },
                "last",
            ),
        ] {
            let error = new(devices, content).complete().expect_err(path);
            assert_eq!(error.path.as_deref(), Some(path));
        }
    }
}
