//! The event protocol, which Relay speaks: lists of events, each with what is known around it in `meta`, each answered for
//! itself.

use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    super::{agent, moment, text},
    error::kind,
};
use crate::domain::{
    event::{MOST_ADDRESS, NewEvent, Outcome},
    profile::Message,
    usage::{Fault, Flaw, Notes},
};

/// The event that a click on a result is.
const CLICK: &str = "itemClick";
/// The fields of a click: as they are named here, and where they are there.
const FIELDS_OF_CLICK: [(&str, &[&str]); 7] = [
    ("documentPosition", &["position"]),
    ("contentIDKey", &["itemMetadata", "uniqueFieldName"]),
    ("contentIDValue", &["itemMetadata", "uniqueFieldValue"]),
    ("documentTitle", &["itemMetadata", "title"]),
    ("title", &["itemMetadata", "title"]),
    ("documentUrl", &["itemMetadata", "url"]),
    ("documentAuthor", &["itemMetadata", "author"]),
];

/// Characters of what is known around an event: as many as the fields of the usage analytics have that say the same.
const LENGTHS_OF_META: [(&str, usize); 4] = [
    ("type", 256),
    ("location", MOST_ADDRESS),
    ("referrer", MOST_ADDRESS),
    ("userAgent", 1_024),
];

/// One event, translated.
pub(super) struct Translated {
    pub(super) message: Message,
    /// The client that sent it.
    pub(super) client: Option<String>,
    /// All that is wrong with it.
    pub(super) faults: Vec<Fault>,
}

/// Translates one event.
pub(super) fn translate(said: Value) -> Translated {
    let Value::Object(mut fields) = said else {
        let event = NewEvent {
            tag: Some(Map::from_iter([("item".to_owned(), said)]).into()),
            ..NewEvent::default()
        };
        return refused(event, vec![Fault::new(Flaw::Invalid, "", "An event is a JSON object.")]);
    };
    let faults = faults(&fields);
    let mut meta = match fields.remove("meta") {
        Some(Value::Object(meta)) => meta,
        _ => Map::new(),
    };
    let mut notes = Notes::default();
    notes.cut(&mut meta, &LENGTHS_OF_META);
    if !notes.truncated.is_empty() {
        let cut: Vec<_> = notes.truncated.iter().map(|name| format!("meta.{name}")).collect();
        fields.insert("truncated".to_owned(), cut.into());
    }
    let action = text(meta.get("type")).unwrap_or_default();
    let client = text(meta.get("clientId")).and_then(|id| Uuid::parse_str(&id).ok());
    let client = client.map(|id| id.hyphenated().to_string());
    if action == CLICK {
        name_fields_of_click(&mut fields);
    }
    let tracking = meta.get("config").and_then(|config| config.get("trackingId"));
    for (name, value) in [("trackingId", tracking), ("source", meta.get("source"))] {
        if let Some(value) = value.filter(|value| !value.is_null()) {
            fields.entry(name).or_insert(value.clone());
        }
    }
    let event = NewEvent {
        action,
        time: moment(meta.get("ts")),
        url: text(meta.get("location")),
        referrer: text(meta.get("referrer")),
        user_agent: agent(meta.get("userAgent")),
        device: client.clone(),
        tag: Some(fields.into()),
        ..NewEvent::default()
    };
    if faults.is_empty() {
        return Translated {
            message: Message::Event(Box::new(event)),
            client,
            faults,
        };
    }
    refused(event, faults)
}

fn refused(event: NewEvent, faults: Vec<Fault>) -> Translated {
    let client = event.device.clone();
    let first = faults.first().cloned();
    let fault = first.unwrap_or_else(|| Fault::new(Flaw::Invalid, "", "The event cannot be read."));
    Translated {
        message: Message::Unreadable(Box::new(event), super::error::Failure::from(fault).error),
        client,
        faults,
    }
}

/// Gives the fields of a click the names that those of the usage analytics have.
fn name_fields_of_click(fields: &mut Map<String, Value>) {
    let query = ["responseId", "searchUid"]
        .iter()
        .find_map(|name| fields.get(*name).cloned());
    if let Some(query) = query {
        fields.entry("searchQueryUid").or_insert(query);
    }
    for (name, path) in FIELDS_OF_CLICK {
        let (first, rest) = path.split_first().unwrap_or((&"", &[]));
        let found = fields
            .get(*first)
            .and_then(|found| rest.iter().try_fold(found, |found, name| found.get(name)));
        if let Some(found) = found.filter(|found| !found.is_null()).cloned() {
            fields.entry(name).or_insert(found);
        }
    }
}

fn missing(path: &str) -> Fault {
    Fault::new(Flaw::Missing, path, format!("“{path}” is missing."))
}

fn invalid(path: &str, wanted: &str) -> Fault {
    Fault::new(Flaw::Invalid, path, format!("“{path}” is {wanted}."))
}

/// What is wrong with an event.
fn faults(fields: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let meta = match fields.get("meta") {
        Some(Value::Object(meta)) => meta,
        None | Some(Value::Null) => return vec![missing("meta")],
        Some(_) => return vec![invalid("meta", "an object")],
    };
    let given = |name: &str| meta.get(name).filter(|value| !value.is_null());
    match given("type") {
        Some(Value::String(name)) if !name.is_empty() => {}
        None => faults.push(missing("meta.type")),
        Some(_) => faults.push(invalid("meta.type", "a text that is not empty")),
    }
    match given("clientId") {
        Some(Value::String(id)) if Uuid::parse_str(id).is_ok() => {}
        None => faults.push(missing("meta.clientId")),
        Some(_) => faults.push(invalid("meta.clientId", "a UUID")),
    }
    match given("ts") {
        None => faults.push(missing("meta.ts")),
        Some(Value::Number(_)) => {}
        Some(_) => faults.push(invalid("meta.ts", "a number of milliseconds since 1970")),
    }
    for name in ["location", "referrer", "userAgent"] {
        if given(name).is_some_and(|value| !value.is_string()) {
            faults.push(invalid(&format!("meta.{name}"), "a text"));
        }
    }
    if given("type").and_then(Value::as_str) == Some(CLICK) {
        faults.extend(faults_of_click(fields));
    }
    faults
}

fn faults_of_click(fields: &Map<String, Value>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let given = |name: &str| fields.get(name).filter(|value| !value.is_null());
    let query = given("responseId")
        .map(|id| ("responseId", id))
        .or(given("searchUid").map(|id| ("searchUid", id)));
    match query {
        None => faults.push(missing("responseId")),
        Some((name, id)) => {
            if id.as_str().is_none_or(|id| Uuid::parse_str(id).is_err()) {
                faults.push(invalid(name, "a UUID"));
            }
        }
    }
    match given("position") {
        None => faults.push(missing("position")),
        Some(position) if position.as_i64().is_some_and(|position| position >= 1) => {}
        Some(_) => faults.push(invalid("position", "an integer from 1 on")),
    }
    match given("itemMetadata") {
        Some(Value::Object(item)) => {
            for name in ["uniqueFieldName", "uniqueFieldValue"] {
                let path = format!("itemMetadata.{name}");
                match item.get(name) {
                    Some(Value::String(_)) => {}
                    None | Some(Value::Null) => faults.push(missing(&path)),
                    Some(_) => faults.push(invalid(&path, "a text")),
                }
            }
        }
        None => faults.push(missing("itemMetadata")),
        Some(_) => faults.push(invalid("itemMetadata", "an object")),
    }
    faults
}

/// What Relay is told of an event: what is wrong with it by the words of its protocol, else why the site refuses it by ours.
pub(super) fn outcome(fault: Option<&Fault>, outcome: &Outcome) -> Value {
    let refused = |code: &str, message: &str| json!({"accepted": false, "errorCode": code, "errorMessage": message});
    match (fault, outcome) {
        (Some(fault), _) => refused(kind(fault.flaw), &fault.message),
        (None, Outcome::Refused(error)) => match &error.path {
            Some(path) => refused(error.code.name(), &format!("{path}: {}", error.message)),
            None => refused(error.code.name(), &error.message),
        },
        (None, Outcome::Accepted(_) | Outcome::Duplicate { .. }) => json!({"accepted": true}),
    }
}

/// What a validation tells.
pub(super) fn verdict(faults: &[Fault]) -> Value {
    let errors = faults
        .iter()
        .map(|fault| json!({"type": kind(fault.flaw), "message": fault.message, "path": fault.path}));
    json!({"valid": faults.is_empty(), "errors": errors.collect::<Vec<_>>()})
}
