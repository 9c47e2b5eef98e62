//! The rules of a tag that can be judged from the tag alone.

use std::{fmt::Write, io};

use serde::Serialize as _;
use serde_json::{
    Map, Serializer, Value,
    ser::{CompactFormatter, Formatter},
};

use crate::domain::error::{Code, Error, Result};

/// How large a tag may be.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of its JSON text.
    pub bytes: usize,
    /// Levels of objects and arrays, the tag itself being the first.
    pub levels: usize,
    /// Keys in all its objects.
    pub keys: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 1 << 20,
            levels: 64,
            keys: 4_096,
        }
    }
}

/// A tag as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Tag {
    /// Its fields; there is at least one.
    pub object: Map<String, Value>,
    /// The same as JSON text.
    pub text: String,
}

/// The field that is always computed, and never taken from the client.
pub const COMPUTED: &str = "traffic_source";

/// A tag as it is kept, or nothing where it holds nothing. An array becomes an object with the keys `0`, `1`, …; dots
/// in keys become `_` at every level; values stay untouched; `traffic_source` is left out, as it is always computed.
///
/// # Errors
/// `INVALID_TAG` where it is no object or past a limit, `TAG_KEY_COLLISION` where two keys become equal,
/// `INVALID_TEXT` where a text holds U+0000, which no database column can.
pub fn normalise(tag: Value, limits: Limits) -> Result<Option<Tag>> {
    let object = match tag {
        Value::Null => return Ok(None),
        Value::Object(object) => object,
        Value::Array(list) => list
            .into_iter()
            .enumerate()
            .map(|(index, value)| (index.to_string(), value))
            .collect(),
        _ => {
            return Err(Error::new(Code::InvalidTag, "A tag is a JSON object, such as {\"plan\": \"pro\"}.").at("tag"));
        }
    };
    let mut object = walked(object, limits, Keys::Renamed)?;
    object.remove(COMPUTED);
    kept(object, limits)
}

/// What is said of users and companies as it is kept: by the rules of tags, but for `traffic_source`, which is computed of
/// events alone, and is a name like any other here.
///
/// # Errors
/// As of [`normalise`].
pub fn normalise_traits(traits: Map<String, Value>, limits: Limits) -> Result<Option<Tag>> {
    kept(walked(traits, limits, Keys::Renamed)?, limits)
}

/// An object with every key as it was sent, as far as it keeps to the limits of a tag.
///
/// # Errors
/// `INVALID_TAG` or `INVALID_TEXT`, as of [`normalise`].
pub fn verbatim(object: Map<String, Value>, limits: Limits) -> Result<Option<Tag>> {
    kept(walked(object, limits, Keys::AsSent)?, limits)
}

fn walked(object: Map<String, Value>, limits: Limits, form: Keys) -> Result<Map<String, Value>> {
    let mut walk = Walk {
        limits,
        form,
        keys: 0,
        path: "tag".to_owned(),
    };
    walk.check_level(1)?;
    walk.object(object, 1)
}

/// What has been walked, with its text, where that is not too long.
fn kept(object: Map<String, Value>, limits: Limits) -> Result<Option<Tag>> {
    if object.is_empty() {
        return Ok(None);
    }
    let text = write(&object)?;
    if text.len() > limits.bytes {
        let message = format!(
            "The tag has {} bytes of JSON; at most {} are taken.",
            text.len(),
            limits.bytes
        );
        return Err(Error::new(Code::InvalidTag, message).at("tag"));
    }
    Ok(Some(Tag { object, text }))
}

/// The text in which a tag is stored. PostgreSQL's `jsonb` keeps a number with its digits and its scale, and not how it
/// was written: 1e16 would come back as 10000000000000000, which is an integer. Written with a fraction it stays a float.
fn write(object: &Map<String, Value>) -> Result<String> {
    let mut text = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut text, Floats);
    object.serialize(&mut serializer).map_err(Error::internal)?;
    String::from_utf8(text).map_err(Error::internal)
}

/// Writes floats that an integer of 64 bits could hold, and that would be written with an exponent, with a fraction.
struct Floats;

impl Formatter for Floats {
    fn write_f64<W: io::Write + ?Sized>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        // Doubles of this size have no fraction of their own.
        if (1e16..18_446_744_073_709_551_616.0).contains(&value.abs()) {
            write!(writer, "{value:.1}")
        } else {
            CompactFormatter.write_f64(writer, value)
        }
    }
}

/// What becomes of dots in keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// They become underscores.
    Renamed,
    /// They stay.
    AsSent,
}

struct Walk {
    limits: Limits,
    form: Keys,
    keys: usize,
    path: String,
}

impl Walk {
    /// Puts what is inside an object or array of `level` into its kept form.
    fn walk(&mut self, value: &mut Value, level: usize) -> Result<()> {
        match value {
            Value::Object(object) => {
                self.check_level(level + 1)?;
                *object = self.object(std::mem::take(object), level + 1)?;
                Ok(())
            }
            Value::Array(list) => {
                self.check_level(level + 1)?;
                self.list(list, level + 1)
            }
            Value::String(text) => self.text(text),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn object(&mut self, mut object: Map<String, Value>, level: usize) -> Result<Map<String, Value>> {
        self.keys += object.len();
        if self.keys > self.limits.keys {
            let message = format!("The tag has more than {} keys.", self.limits.keys);
            return Err(Error::new(Code::InvalidTag, message).at("tag"));
        }
        if self.form == Keys::Renamed && object.keys().any(|key| key.contains('.')) {
            object = self.rename(object)?;
        }
        for (key, value) in &mut object {
            self.text(key)?;
            let length = self.path.len();
            self.path.push('.');
            self.path.push_str(key);
            self.walk(value, level)?;
            self.path.truncate(length);
        }
        Ok(object)
    }

    /// The object with underscores for the dots in its own keys.
    fn rename(&self, object: Map<String, Value>) -> Result<Map<String, Value>> {
        let mut kept = Map::new();
        for (key, value) in object {
            let key = key.replace('.', "_");
            if kept.contains_key(&key) {
                let message = format!("Two keys become “{key}” once dots are replaced by underscores.");
                return Err(Error::new(Code::TagKeyCollision, message).at(format!("{}.{key}", self.path)));
            }
            kept.insert(key, value);
        }
        Ok(kept)
    }

    fn list(&mut self, list: &mut [Value], level: usize) -> Result<()> {
        let length = self.path.len();
        for (index, one) in list.iter_mut().enumerate() {
            // Most lists hold numbers and the like, of which nothing can be said.
            if matches!(one, Value::Object(_) | Value::Array(_) | Value::String(_)) {
                // Writing to a text cannot fail.
                let _ = write!(self.path, "[{index}]");
                self.walk(one, level)?;
                self.path.truncate(length);
            }
        }
        Ok(())
    }

    fn check_level(&self, level: usize) -> Result<()> {
        if level <= self.limits.levels {
            return Ok(());
        }
        let message = format!("The tag nests deeper than {} levels.", self.limits.levels);
        Err(Error::new(Code::InvalidTag, message).at("tag"))
    }

    fn text(&self, text: &str) -> Result<()> {
        if text.contains('\0') {
            let message = "The text holds the character U+0000, which cannot be stored.";
            return Err(Error::new(Code::InvalidText, message).at(self.path.clone()));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn tag_of(tag: Value) -> Result<Value> {
        let tag = normalise(tag, Limits::default())?;
        if let Some(tag) = &tag {
            assert_eq!(serde_json::from_str::<Map<_, _>>(&tag.text).expect("JSON"), tag.object);
        }
        Ok(tag.map_or(Value::Null, |tag| Value::Object(tag.object)))
    }

    fn object(value: Value) -> Map<String, Value> {
        match value {
            Value::Object(object) => object,
            other => panic!("{other} is no object"),
        }
    }

    #[test]
    fn dots_in_keys_become_underscores_at_every_level() {
        let tag = tag_of(json!({"so.me": {"str.ing": "a.b"}})).expect("a fine tag");
        assert_eq!(tag, json!({"so_me": {"str_ing": "a.b"}}));
    }

    #[test]
    fn an_array_becomes_an_object() {
        assert_eq!(tag_of(json!(["a", 2])).expect("a fine tag"), json!({"0": "a", "1": 2}));
    }

    #[test]
    fn nothing_is_kept_of_what_holds_nothing() {
        for tag in [json!(null), json!({}), json!([]), json!({"traffic_source": "search"})] {
            assert_eq!(tag_of(tag).expect("a fine tag"), Value::Null);
        }
        let tag = tag_of(json!({"a": {"traffic_source": 1}, "traffic_source": 2})).expect("a fine tag");
        assert_eq!(tag, json!({"a": {"traffic_source": 1}}));
    }

    #[test]
    fn nothing_is_computed_of_traits() {
        let traits = object(json!({"traffic_source": "mail", "a.b": {"c.d": 1}}));
        let kept = normalise_traits(traits, Limits::default()).expect("fine traits");
        let expected = object(json!({"traffic_source": "mail", "a_b": {"c_d": 1}}));
        assert_eq!(kept.map(|kept| kept.object), Some(expected));
    }

    #[test]
    fn what_is_kept_verbatim_keeps_its_keys_and_the_limits() {
        let sent = object(json!({"traffic_source": 1, "a.b": {"c.d": null, "c_d": 1}, "a_b": null}));
        let kept = verbatim(sent.clone(), Limits::default()).expect("it is fine");
        assert_eq!(kept.map(|kept| kept.object), Some(sent));
        for (wrong, code) in [
            (json!({"a.b": ["x\u{0}y"]}), Code::InvalidText),
            (json!({"a": "x".repeat(1 << 20)}), Code::InvalidTag),
        ] {
            let error = verbatim(object(wrong), Limits::default()).expect_err("it breaks a rule");
            assert_eq!(error.code, code);
        }
    }

    #[test]
    fn what_breaks_a_rule_is_refused_by_its_name() {
        let nested = (0..100).fold(json!(1), |inner, _| json!({ "a": inner }));
        let many: Map<String, Value> = (0..5_000).map(|key| (key.to_string(), json!(1))).collect();
        for (tag, code, path) in [
            (json!({"x": {"a.b": 1, "a_b": 2}}), Code::TagKeyCollision, "tag.x.a_b"),
            (json!("text"), Code::InvalidTag, "tag"),
            (nested, Code::InvalidTag, "tag"),
            (Value::Object(many), Code::InvalidTag, "tag"),
            (json!({"a": "x".repeat(1 << 20)}), Code::InvalidTag, "tag"),
            (json!({"a": "x\u{0}y"}), Code::InvalidText, "tag.a"),
            (json!({"a": [1, {"b": "\u{0}"}]}), Code::InvalidText, "tag.a[1].b"),
        ] {
            let error = tag_of(tag).expect_err("it breaks a rule");
            assert_eq!((error.code, error.path.as_deref()), (code, Some(path)));
        }
    }
}
