//! Quarantine: events that do not fit the tag schema, kept whole until somebody mends or deletes them.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::domain::{
    error::{Code, Error, Result},
    event::Event,
    tag_type::{Refusal, TagType},
};

/// An event in quarantine.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Internal number, in the order of arrival.
    pub id: i64,
    /// What callers name it by.
    pub public_id: String,
    /// The event as it would have been stored, with the way it came in.
    pub event: Arc<Event>,
    /// Whether it came from somebody whose claims do not count, such as a browser.
    pub public: bool,
    /// Whether trying it again cannot help: it lacks what its wire format requires.
    pub is_final: bool,
    /// Why it was refused.
    pub refusal: Refusal,
    /// How much room it is charged.
    pub bytes: i64,
}

/// Which entries of a site; all of them where nothing is named.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Those of these public ids.
    pub ids: Option<Vec<String>>,
    /// Those refused by this code.
    pub code: Option<Code>,
    /// Those refused for the field at this path.
    pub path: Option<String>,
    /// Those refused for a field of this name, wherever it is.
    pub name: Option<String>,
    /// Those of this action.
    pub action: Option<String>,
}

/// A site's quarantine, all together.
#[derive(Debug, Clone, Copy, Default)]
pub struct Totals {
    /// Events that are there, those hidden by a deletion among them.
    pub count: i64,
    /// How much room they are charged.
    pub bytes: i64,
    /// Events that left for their age, ever.
    pub expired: i64,
    /// Events that left to make room, ever.
    pub displaced: i64,
}

/// The codes by which the tag schema brings an event into quarantine, whatever door it came in by. Of another system's
/// wire format everything that is refused is kept, under whatever code.
pub const SCHEMA_CODES: [Code; 3] = [Code::TagTypeConflict, Code::TagKeyLimit, Code::TagKeyUndeclared];

/// How an event is mended before it is tried again.
#[derive(Debug, Clone, PartialEq)]
pub enum Fix {
    /// Gives a name another type, for all events from here on.
    Retype {
        /// The name.
        name: String,
        /// The type.
        kind: TagType,
    },
    /// Renames a field, at every depth.
    Rename {
        /// The name that it has.
        from: String,
        /// The name that it gets.
        to: String,
    },
    /// Turns the values of a field into those of another type, at every depth.
    Coerce {
        /// The name.
        name: String,
        /// The type.
        kind: TagType,
    },
}

impl Fix {
    /// Mends a tag.
    ///
    /// # Errors
    /// `TAG_KEY_COLLISION` where an object has a field of the new name, `TAG_TYPE_CONFLICT` where a value cannot be
    /// turned into one of the type.
    pub fn apply(&self, tag: Map<String, Value>) -> Result<Map<String, Value>> {
        match self {
            Self::Retype { .. } => Ok(tag),
            Self::Rename { from, to } => object(tag, &mut |name, value, siblings| {
                if name != *from {
                    return Ok((name, value));
                }
                if siblings.contains_key(to) {
                    let message = format!("“{from}” cannot be renamed: there is “{to}” beside it already.");
                    return Err(Error::new(Code::TagKeyCollision, message).at(format!("tag.{to}")));
                }
                Ok((to.clone(), value))
            }),
            Self::Coerce { name: wanted, kind } => object(tag, &mut |name, value, _| {
                if name != *wanted {
                    return Ok((name, value));
                }
                match kind.coerce(&value) {
                    Some(value) => Ok((name, value)),
                    None => {
                        let message = format!("A value of “{name}” cannot be turned into one of the type {kind}.");
                        Err(Error::new(Code::TagTypeConflict, message).at(format!("tag.{name}")))
                    }
                }
            }),
        }
    }
}

type Mend<'a> = dyn FnMut(String, Value, &Map<String, Value>) -> Result<(String, Value)> + 'a;

/// Mends the fields of an object, inside first.
fn object(fields: Map<String, Value>, mend: &mut Mend<'_>) -> Result<Map<String, Value>> {
    let siblings = fields.clone();
    let mut mended = Map::new();
    for (name, inner) in fields {
        let inner = value(inner, mend)?;
        let (name, inner) = mend(name, inner, &siblings)?;
        mended.insert(name, inner);
    }
    Ok(mended)
}

fn value(one: Value, mend: &mut Mend<'_>) -> Result<Value> {
    Ok(match one {
        Value::Object(fields) => Value::Object(object(fields, mend)?),
        Value::Array(list) => list
            .into_iter()
            .map(|inner| value(inner, mend))
            .collect::<Result<_>>()?,
        other => other,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mended(fix: &Fix, tag: Value) -> std::result::Result<Value, Code> {
        let Value::Object(tag) = tag else { panic!("an object") };
        fix.apply(tag).map(Value::Object).map_err(|error| error.code)
    }

    #[test]
    fn a_field_is_renamed_at_every_depth() {
        let fix = Fix::Rename {
            from: "n".into(),
            to: "count".into(),
        };
        let tag = json!({"n": 1, "a": {"n": "x"}, "l": [{"n": {"n": 2}}], "m": "n"});
        let expected = json!({"count": 1, "a": {"count": "x"}, "l": [{"count": {"count": 2}}], "m": "n"});
        assert_eq!(mended(&fix, tag), Ok(expected));
        let taken = json!({"a": {"n": 1, "count": 2}});
        assert_eq!(mended(&fix, taken), Err(Code::TagKeyCollision));
    }

    #[test]
    fn a_field_is_coerced_at_every_depth_or_not_at_all() {
        let fix = Fix::Coerce {
            name: "n".into(),
            kind: TagType::parse("string").expect("a type"),
        };
        let tag = json!({"n": 1, "a": [{"n": true}], "m": 2});
        assert_eq!(mended(&fix, tag), Ok(json!({"n": "1", "a": [{"n": "true"}], "m": 2})));
        assert_eq!(mended(&fix, json!({"n": {"n": 1}})), Err(Code::TagTypeConflict));
    }
}
