//! The rules of a tag that can be judged from the tag alone.

use std::fmt::Write;

use serde_json::{Map, Value};

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

/// A tag as it is kept: an object, or nothing where nothing was given. An array becomes an object with the keys
/// `0`, `1`, …; dots in keys become `_` at every level; values stay untouched.
///
/// # Errors
/// `INVALID_TAG` where it is no object or past a limit, `TAG_KEY_COLLISION` where two keys become equal,
/// `INVALID_TEXT` where a text holds U+0000, which no database column can.
pub fn normalise(tag: Value, limits: Limits) -> Result<Option<Map<String, Value>>> {
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
    let mut walk = Walk {
        limits,
        keys: 0,
        path: "tag".to_owned(),
    };
    let Value::Object(object) = walk.value(Value::Object(object), 1)? else {
        return Ok(None);
    };
    let bytes = serde_json::to_string(&object).map_or(usize::MAX, |text| text.len());
    if bytes > limits.bytes {
        let message = format!("The tag has {bytes} bytes of JSON; at most {} are taken.", limits.bytes);
        return Err(Error::new(Code::InvalidTag, message).at("tag"));
    }
    Ok(Some(object))
}

struct Walk {
    limits: Limits,
    keys: usize,
    path: String,
}

impl Walk {
    fn value(&mut self, value: Value, level: usize) -> Result<Value> {
        match value {
            Value::Object(object) => {
                self.check_level(level)?;
                self.object(object, level).map(Value::Object)
            }
            Value::Array(list) => {
                self.check_level(level)?;
                self.list(list, level).map(Value::Array)
            }
            Value::String(text) => self.text(text).map(Value::String),
            other => Ok(other),
        }
    }

    fn object(&mut self, object: Map<String, Value>, level: usize) -> Result<Map<String, Value>> {
        let mut kept = Map::new();
        for (key, value) in object {
            self.keys += 1;
            if self.keys > self.limits.keys {
                let message = format!("The tag has more than {} keys.", self.limits.keys);
                return Err(Error::new(Code::InvalidTag, message).at("tag"));
            }
            let key = self.text(if key.contains('.') { key.replace('.', "_") } else { key })?;
            let length = self.path.len();
            self.path.push('.');
            self.path.push_str(&key);
            if kept.contains_key(&key) {
                let message = format!("Two keys become “{key}” once dots are replaced by underscores.");
                return Err(Error::new(Code::TagKeyCollision, message).at(self.path.clone()));
            }
            let value = self.value(value, level + 1)?;
            self.path.truncate(length);
            kept.insert(key, value);
        }
        Ok(kept)
    }

    fn list(&mut self, mut list: Vec<Value>, level: usize) -> Result<Vec<Value>> {
        let length = self.path.len();
        for (index, one) in list.iter_mut().enumerate() {
            // Most lists hold numbers and the like, of which nothing can be said.
            if matches!(one, Value::Object(_) | Value::Array(_) | Value::String(_)) {
                // Writing to a text cannot fail.
                let _ = write!(self.path, "[{index}]");
                *one = self.value(one.take(), level + 1)?;
                self.path.truncate(length);
            }
        }
        Ok(list)
    }

    fn check_level(&self, level: usize) -> Result<()> {
        if level <= self.limits.levels {
            return Ok(());
        }
        let message = format!("The tag nests deeper than {} levels.", self.limits.levels);
        Err(Error::new(Code::InvalidTag, message).at("tag"))
    }

    fn text(&self, text: String) -> Result<String> {
        if text.contains('\0') {
            let message = "The text holds the character U+0000, which cannot be stored.";
            return Err(Error::new(Code::InvalidText, message).at(self.path.clone()));
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn kept(tag: Value) -> Result<Value> {
        normalise(tag, Limits::default()).map(|object| object.map_or(Value::Null, Value::Object))
    }

    #[test]
    fn dots_in_keys_become_underscores_at_every_level() {
        let tag = kept(json!({"so.me": {"str.ing": "a.b"}})).expect("a fine tag");
        assert_eq!(tag, json!({"so_me": {"str_ing": "a.b"}}));
    }

    #[test]
    fn an_array_becomes_an_object() {
        assert_eq!(kept(json!(["a", 2])).expect("a fine tag"), json!({"0": "a", "1": 2}));
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
            let error = kept(tag).expect_err("it breaks a rule");
            assert_eq!((error.code, error.path.as_deref()), (code, Some(path)));
        }
    }
}
