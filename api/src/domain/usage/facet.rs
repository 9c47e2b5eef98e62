//! The state of one facet.

use serde_json::Value;

use super::{Fault, Flaw};

/// Characters of a facet's id.
const MOST_ID: usize = 60;

/// What is wrong with a facet's state, if anything is.
pub(super) fn fault(facet: &Value, path: &str) -> Option<Fault> {
    let Value::Object(fields) = facet else {
        return Some(Fault::new(Flaw::Invalid, path, "A facet's state is an object."));
    };
    for name in ["field", "id", "value", "facetType", "state"] {
        let path = format!("{path}.{name}");
        match fields.get(name) {
            Some(Value::String(text)) if fits(name, text) => {}
            None | Some(Value::Null) => {
                return Some(Fault::new(Flaw::Missing, path, format!("“{name}” is missing.")));
            }
            Some(_) => {
                let wanted = match name {
                    "id" => "1–60 letters, digits, “@”, “-” and “_”",
                    "state" => "auto_selected, selected or excluded",
                    _ => "a text",
                };
                return Some(Fault::new(Flaw::Invalid, path, format!("“{name}” is {wanted}.")));
            }
        }
    }
    let positions = ["valuePosition", "facetPosition"];
    let bad = positions.into_iter().find(|name| {
        let value = fields.get(*name).filter(|value| !value.is_null());
        value.is_some_and(|value| value.as_i64().is_none_or(|number| number < 0))
    });
    bad.map(|name| Fault::new(Flaw::Invalid, format!("{path}.{name}"), "A position is an integer."))
}

fn fits(name: &str, text: &str) -> bool {
    match name {
        "id" => {
            let letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '@' | '-' | '_');
            (1..=MOST_ID).contains(&text.len()) && text.chars().all(letter)
        }
        "state" => matches!(text, "auto_selected" | "selected" | "excluded"),
        _ => true,
    }
}
