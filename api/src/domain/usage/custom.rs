//! Custom data: keys of small letters, digits and `_`, and texts.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{Fault, Flaw, Manner, Notes, rule::bound};

/// Custom data as it comes in, pair by pair: of keys that become one the last that was sent counts. A map has no order, so
/// whoever reads the text that was sent gathers its pairs here.
#[derive(Debug, Default)]
pub struct Pairs {
    kept: Map<String, Value>,
    /// How the keys were written that become others, by what they become.
    written: HashMap<String, String>,
}

impl Pairs {
    /// The next pair.
    pub fn push(&mut self, name: String, value: Value) {
        if name.chars().all(fits) {
            if let Some(earlier) = self.written.remove(&name) {
                self.kept.remove(&earlier);
            }
        } else if let Some(key) = key(&name) {
            self.kept.remove(&key);
            if let Some(earlier) = self.written.insert(key, name.clone()) {
                self.kept.remove(&earlier);
            }
        }
        // What no key can be is told of as it was written.
        self.kept.insert(name, value);
    }

    /// The pairs that count, their keys as they were written.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.kept
    }
}

fn fits(letter: char) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_'
}

/// What a name becomes; none where it can be no key.
fn key(name: &str) -> Option<String> {
    let key = name.replace(' ', "_").to_lowercase();
    (!key.is_empty() && key.chars().all(fits)).then_some(key)
}

/// Makes custom data what it is kept as. Whoever has its pairs in order has seen to it by [`Pairs`] that no two keys
/// become one.
pub(super) fn tidy(
    data: Map<String, Value>,
    manner: Manner,
    notes: &mut Notes,
    faults: &mut Vec<Fault>,
) -> Map<String, Value> {
    let mut tidy = Map::new();
    for (name, value) in data {
        let Some(key) = key(&name) else {
            let path = format!("customData.{name}");
            match manner {
                Manner::Lenient => notes.dropped.push(path),
                Manner::Strict => {
                    let message = "A key of custom data is made of letters, digits, “_” and spaces.";
                    faults.push(Fault::new(Flaw::Invalid, path, message));
                }
            }
            continue;
        };
        let mut text = match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        let most = match key.as_str() {
            "contentidkey" => Some(128),
            "contentidvalue" => Some(512),
            _ => None,
        };
        if let Some(most) = most {
            bound(&format!("customData.{key}"), &mut text, most, manner, (notes, faults));
        }
        tidy.insert(key, text.into());
    }
    tidy
}
