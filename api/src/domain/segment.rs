//! Saved segments: a query that yields devices, with placeholders.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::domain::{
    audit::Shown,
    error::{Code, Error, Result},
    kql::{self, Parameters, Plan},
};

/// The types of placeholders.
pub const TYPES: [&str; 8] = [
    "bool", "datetime", "guid", "int", "long", "double", "string", "timespan",
];
/// Placeholders of one segment.
const MOST_PARAMETERS: usize = 50;

/// A placeholder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placeholder {
    /// Its name.
    pub name: String,
    /// The type of what stands for it: one of [`TYPES`].
    #[serde(rename = "type")]
    pub kind: String,
}

/// What a segment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Definition {
    /// Its name: letters, digits, dots, underscores and hyphens.
    pub name: String,
    /// The query, whose answer has a column `DeviceId`.
    pub query: String,
    /// Its placeholders.
    pub parameters: Vec<Placeholder>,
}

/// A saved segment.
#[derive(Debug, Clone)]
pub struct Segment {
    /// Internal number.
    pub id: i64,
    /// The site.
    pub site: i64,
    /// What it is.
    pub definition: Definition,
    /// When it was saved.
    pub created: Timestamp,
}

impl Shown for Segment {
    /// Without its query, which may hold what somebody is known by.
    fn shown(&self) -> Value {
        json!({"name": self.definition.name, "parameters": self.definition.parameters})
    }
}

impl Definition {
    /// Refuses what is no segment.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, or `INVALID_QUERY` with its place.
    pub fn check(&self, now: i64) -> Result<()> {
        let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        if !(1..=64).contains(&self.name.len()) || !self.name.bytes().all(fine) {
            let message = "A segment is named by 1–64 letters, digits, dots, underscores and hyphens.";
            return Err(Error::new(Code::InvalidArgument, message).at("name"));
        }
        if self.parameters.len() > MOST_PARAMETERS {
            let message = format!("A segment has at most {MOST_PARAMETERS} parameters.");
            return Err(Error::new(Code::TooManyItems, message).at("parameters"));
        }
        let mut samples = Map::new();
        for (index, one) in self.parameters.iter().enumerate() {
            let bad = |message: String, field: &str| {
                Err(Error::new(Code::InvalidArgument, message).at(format!("parameters[{index}].{field}")))
            };
            let is_name = |name: &str| {
                name.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_')
                    && name.len() <= 64
                    && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
            };
            if !is_name(&one.name) {
                return bad(
                    "A parameter is named by a letter, and letters, digits and underscores.".to_owned(),
                    "name",
                );
            }
            if samples.contains_key(&one.name) {
                return bad(format!("There are two parameters “{}”.", one.name), "name");
            }
            let sample = match one.kind.as_str() {
                "bool" => json!(true),
                "int" | "long" => json!(1),
                "double" => json!(1.5),
                "string" => json!("a"),
                "guid" => json!("00000000-0000-0000-0000-000000000000"),
                "datetime" => json!("2026-01-01T00:00:00Z"),
                "timespan" => json!("1h"),
                _ => {
                    return bad(
                        format!("There is no such type; there are {}.", TYPES.join(", ")),
                        "type",
                    );
                }
            };
            samples.insert(one.name.clone(), sample);
        }
        let plan = self.plan(&samples, now)?;
        drop(plan);
        Ok(())
    }

    /// The query that yields its devices, with these values in the places of its placeholders.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` names the value that is missing, unknown or of another type; `INVALID_QUERY`.
    pub fn plan(&self, given: &Map<String, Value>, now: i64) -> Result<Plan> {
        let bad = |name: &str, message: String| {
            Err(Error::new(Code::InvalidArgument, message).at(format!("parameters.{name}")))
        };
        if let Some(name) = given
            .keys()
            .find(|name| !self.parameters.iter().any(|one| one.name == **name))
        {
            let shown: String = name.chars().take(64).collect();
            return bad(&shown, "The segment has no such parameter.".to_owned());
        }
        let mut parameters = Parameters::new();
        for one in &self.parameters {
            let Some(value) = given.get(&one.name) else {
                return bad(&one.name, format!("The parameter is missing; it is a {}.", one.kind));
            };
            let Some(value) = kql::parameter(&one.kind, value) else {
                return bad(&one.name, format!("The value is no {}.", one.kind));
            };
            parameters.insert(one.name.clone(), value);
        }
        kql::read_devices(&self.query, &parameters, now).map_err(|error| error.at("query"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(query: &str, parameters: &[(&str, &str)]) -> Definition {
        let placeholder = |(name, kind): &(&str, &str)| Placeholder {
            name: (*name).to_owned(),
            kind: (*kind).to_owned(),
        };
        Definition {
            name: "a.b-c_1".to_owned(),
            query: query.to_owned(),
            parameters: parameters.iter().map(placeholder).collect(),
        }
    }

    #[test]
    fn a_segment_yields_devices_and_knows_its_placeholders() {
        for (query, parameters, path) in [
            ("Events | where Payload.n > {{least}}", vec![("least", "long")], None),
            ("Events | summarize count() by DeviceId", vec![], None),
            ("Events | where EventTime > {{from}};", vec![("from", "datetime")], None),
            // The manual's own.
            (
                "Events | where EventType == {{eventType}} | take {{takeTop}}",
                vec![("eventType", "string"), ("takeTop", "int")],
                None,
            ),
            ("Events | sample {{n}}", vec![("n", "long")], None),
            ("Events | take {{n}}", vec![("n", "double")], Some("query")),
            ("Events | top {{n}} by EventTime", vec![("n", "string")], Some("query")),
            ("Events | project EventType", vec![], Some("query")),
            ("Events | project DeviceId = 5", vec![], Some("query")),
            ("Events | where Value == {{name}}", vec![], Some("query")),
            (
                "Events | where EventTime > {{name}}",
                vec![("name", "string")],
                Some("query"),
            ),
            ("Events", vec![("a b", "string")], Some("parameters[0].name")),
            ("Events", vec![("a", "text")], Some("parameters[0].type")),
            (
                "Events",
                vec![("a", "string"), ("a", "string")],
                Some("parameters[1].name"),
            ),
        ] {
            let checked = definition(query, &parameters).check(0);
            let found = checked.as_ref().err().and_then(|error| error.path.as_deref());
            assert_eq!(found, path, "{query}: {checked:?}");
        }
        for name in ["", "a b", "ä", "x'", &"x".repeat(65)] {
            let mut odd = definition("Events", &[]);
            odd.name = name.to_owned();
            assert!(odd.check(0).is_err(), "{name}");
        }
    }

    #[test]
    fn values_are_of_the_types_that_are_declared() {
        for (kind, value, fits) in [
            ("bool", json!(true), true),
            ("bool", json!("true"), false),
            ("int", json!(5), true),
            ("int", json!(3_000_000_000_i64), false),
            ("long", json!(3_000_000_000_i64), true),
            ("long", json!(1.5), false),
            ("double", json!(1), true),
            ("string", json!("' or 1 == 1"), true),
            ("string", json!(5), false),
            ("guid", json!("eab5eb81-7ba5-4ce5-8a2c-1a4a0b2f7b47"), true),
            ("guid", json!("x"), false),
            ("datetime", json!("2026-01-01"), true),
            ("datetime", json!("soon"), false),
            ("timespan", json!("1.02:00:00"), true),
            ("timespan", json!("1x"), false),
        ] {
            let segment = definition("Events", &[("p", kind)]);
            let given = Map::from_iter([("p".to_owned(), value.clone())]);
            assert_eq!(segment.plan(&given, 0).is_ok(), fits, "{kind} {value}");
        }
        let segment = definition("Events", &[("p", "long")]);
        assert!(segment.plan(&Map::new(), 0).is_err());
        assert!(
            definition("Events", &[])
                .plan(&Map::from_iter([("p".to_owned(), json!(1))]), 0)
                .is_err()
        );
    }
}
