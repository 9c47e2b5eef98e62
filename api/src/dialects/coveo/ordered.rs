//! Reads JSON as it is read everywhere, except for the custom data of events: of its keys that become one the last that
//! was sent counts, and a map once read has no order any more.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::{
    domain::{error::Result, usage::Pairs},
    extract::body::not_json,
};

/// The field of an event that holds its custom data.
const CUSTOM: &str = "customData";

/// What is read.
#[derive(Debug, Clone, Copy)]
enum Part {
    /// A body: an event, or a list of them.
    Body,
    /// An event of a list.
    Event,
    /// An event's custom data.
    Custom,
}

/// Reads an event, or a list of them.
///
/// # Errors
/// `MALFORMED_JSON`, saying where.
pub(super) fn json(bytes: &[u8]) -> Result<Value> {
    let mut text = serde_json::Deserializer::from_slice(bytes);
    let read = Part::Body.deserialize(&mut text);
    let whole = read.and_then(|value| text.end().map(|()| value));
    whole.map_err(|error| not_json(&error))
}

impl<'de> DeserializeSeed<'de> for Part {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> std::result::Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON")
    }

    fn visit_bool<E>(self, value: bool) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E: serde::de::Error>(self, value: &str) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> std::result::Result<Value, E> {
        Ok(value.into())
    }

    fn visit_unit<E>(self) -> std::result::Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut items: S) -> std::result::Result<Value, S::Error> {
        let mut list = Vec::new();
        match self {
            Self::Body => {
                while let Some(item) = items.next_element_seed(Self::Event)? {
                    list.push(item);
                }
            }
            Self::Event | Self::Custom => {
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
            }
        }
        Ok(list.into())
    }

    fn visit_map<M: MapAccess<'de>>(self, mut fields: M) -> std::result::Result<Value, M::Error> {
        if matches!(self, Self::Custom) {
            let mut pairs = Pairs::default();
            while let Some((name, value)) = fields.next_entry()? {
                pairs.push(name, value);
            }
            return Ok(pairs.into_map().into());
        }
        let mut map = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            let value = match name.as_str() {
                CUSTOM => fields.next_value_seed(Self::Custom)?,
                _ => fields.next_value()?,
            };
            map.insert(name, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::domain::usage::tests::any_json;

    fn read(text: &str) -> Value {
        json(text.as_bytes()).expect("JSON")
    }

    #[test]
    fn the_last_of_the_keys_that_become_one_counts() {
        for (sent, kept) in [
            (r#"{"my_key":1,"My Key":2}"#, json!({"My Key": 2})),
            (r#"{"My Key":2,"my_key":1}"#, json!({"my_key": 1})),
        ] {
            let event = format!(r#"{{"a":{{"b":1}},"customData":{sent},"c":[{sent}]}}"#);
            let whole: Value = serde_json::from_str(sent).expect("JSON");
            let expected = json!({"a": {"b": 1}, "customData": kept, "c": [whole]});
            assert_eq!(read(&event), expected);
            assert_eq!(read(&format!("[7,{event}]")), json!([7, expected]));
            // Nowhere else are such keys one.
            let deeper = format!(r#"{{"a":{event},"customData":{{"in":{event}}}}}"#);
            let whole: Value = serde_json::from_str(&event).expect("JSON");
            assert_eq!(read(&deeper), json!({"a": whole, "customData": {"in": whole}}));
        }
    }

    #[test]
    fn what_is_no_json_is_told_so() {
        for text in ["", "{", "{} x", "[1,]", "{\"customData\":{\"a\":}}", "nul"] {
            let error = json(text.as_bytes()).expect_err(text);
            assert_eq!(
                error.message,
                crate::extract::body::json(text.as_bytes()).expect_err(text).message
            );
        }
    }

    proptest! {
        #[test]
        fn all_else_is_read_as_it_is_everywhere(said in any_json()) {
            let bytes = said.to_string().into_bytes();
            prop_assert_eq!(json(&bytes).expect("JSON"), crate::extract::body::json(&bytes).expect("JSON"));
        }
    }
}
