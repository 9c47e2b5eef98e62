//! Custom data: keys of small letters, digits and `_`, and texts.

use serde_json::{Map, Value};

use super::{Fault, Flaw, Manner, Notes, rule::bound};

/// Makes custom data what it is kept as. Of two keys that become one the last counts.
pub(super) fn tidy(
    data: Map<String, Value>,
    manner: Manner,
    notes: &mut Notes,
    faults: &mut Vec<Fault>,
) -> Map<String, Value> {
    let mut tidy = Map::new();
    for (name, value) in data {
        let key = name.replace(' ', "_").to_lowercase();
        let fits = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        if key.is_empty() || !key.chars().all(fits) {
            let path = format!("customData.{name}");
            match manner {
                Manner::Lenient => notes.dropped.push(path),
                Manner::Strict => {
                    let message = "A key of custom data is made of letters, digits, “_” and spaces.";
                    faults.push(Fault::new(Flaw::Invalid, path, message));
                }
            }
            continue;
        }
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
