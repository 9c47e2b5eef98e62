//! Documented examples, as they lie in `tests/fixtures`: a folder for each system, and in it one for each example.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};

use crate::{
    Client,
    folder::repository,
    kept::{actor, company},
};

/// All times.
const FROM: &str = "2000-01-01T00:00:00Z";
const TO: &str = "2060-01-01T00:00:00Z";

/// The folders of a system's examples, each with its name.
///
/// # Panics
/// When they are not there.
#[must_use]
pub fn examples(system: &str) -> Vec<(String, PathBuf)> {
    let folder = repository().join("tests/fixtures").join(system);
    let entries = fs::read_dir(folder).expect("the folder of fixtures");
    let mut found: Vec<_> = entries
        .map(|entry| entry.expect("a file or a folder"))
        .filter(|entry| entry.path().is_dir())
        .map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
        .collect();
    found.sort();
    found
}

/// A file of an example, byte for byte.
///
/// # Panics
/// When it is not there.
#[must_use]
pub fn bytes(folder: &Path, name: &str) -> Vec<u8> {
    fs::read(folder.join(name)).expect("a file of the example")
}

/// A file of an example that is JSON.
///
/// # Panics
/// When it is not there, or no JSON.
#[must_use]
pub fn json_of(folder: &Path, name: &str) -> Value {
    serde_json::from_slice(&bytes(folder, name)).expect("JSON")
}

/// A file of an example that is JSON, a list.
///
/// # Panics
/// When it is not there, or no list.
#[must_use]
pub fn list_of(folder: &Path, name: &str) -> Vec<Value> {
    json_of(folder, name).as_array().expect("a list").clone()
}

/// Fails unless `found` has every field of `expected`, and in objects inside every field of theirs; tags and traits have
/// those fields and no others.
///
/// # Panics
/// Then.
pub fn contains(found: &Value, expected: &Value, at: &str) {
    match (found, expected) {
        (Value::Object(found), Value::Object(expected)) if at.ends_with("tag") || at.ends_with("traits") => {
            assert_eq!(found, expected, "{at}");
        }
        (Value::Object(all), Value::Object(expected)) => {
            for (name, value) in expected {
                contains(all.get(name).unwrap_or(&Value::Null), value, &format!("{at}.{name}"));
            }
        }
        (Value::Array(all), Value::Array(expected)) => {
            assert_eq!(all.len(), expected.len(), "{at}: {all:?}");
            for (index, (one, expected)) in all.iter().zip(expected).enumerate() {
                contains(one, expected, &format!("{at}[{index}]"));
            }
        }
        _ => assert_eq!(found, expected, "{at}"),
    }
}

/// Fails unless of each actor and company that an example's `profiles.json` names, all that stands there is known.
///
/// # Panics
/// Then.
pub async fn profiles_are_known(client: &Client, expected: &Value, at: &str) {
    for (kind, known) in expected.as_object().expect("an object") {
        for (id, expected) in known.as_object().expect("an object") {
            let found = match kind.as_str() {
                "actors" => actor(client, id).await,
                _ => company(client, id).await,
            };
            contains(&found, expected, &format!("{at}: {id}"));
        }
    }
}

/// Fails unless each of these events, which are all that the client's site has of their actions, is found by `find`,
/// `unique` and `events`.
///
/// # Panics
/// Then.
pub async fn found_by_all_questions(client: &Client, events: &[Value], at: &str) {
    let mut by_action: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for event in events {
        by_action
            .entry(event["action"].as_str().expect("an action"))
            .or_default()
            .push(event);
    }
    for (action, events) in by_action {
        let of_action = json!([{"dimension": "action", "value": action}]);
        let input = json!({"view": "actions", "from": FROM, "to": TO, "where": of_action});
        let total = client.find(input).await["total"].clone();
        assert_eq!(total, events.len(), "{at}: `find` of {action}");
        let actors: BTreeSet<_> = events.iter().filter_map(|event| event["actor"].as_str()).collect();
        let input = json!({"action": action, "from": FROM, "to": TO});
        let unique = client.unique(input).await["count"].clone();
        assert_eq!(unique, actors.len(), "{at}: `unique` of {action}");
        let page = client
            .events(json!({"first": 100, "orderBy": "ARRIVAL_ASCENDING", "filter": {"where": of_action}}))
            .await;
        let edges = page["edges"].as_array().expect("a list");
        assert_eq!(edges.len(), events.len(), "{at}: `events` of {action}");
        for (edge, event) in edges.iter().zip(events) {
            assert_eq!(edge["node"]["time"], event["time"], "{at}: `events` of {action}");
            assert_eq!(edge["node"]["actor"], event["actor"], "{at}: `events` of {action}");
        }
    }
}
