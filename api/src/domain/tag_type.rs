//! The types of a tag's fields. A name has one type, organisation-wide and at every depth; this tells the type of a value
//! and whether it fits, and leaves to others which types are known.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::domain::{
    audit::Shown,
    error::{Code, Error, Result},
};

/// Names that can have a type.
pub const MOST_NAMES: usize = 10_000;
/// Names that a public key may introduce on one site in one day of the site.
pub const MOST_NAMES_A_DAY: usize = 100;
/// Characters of a name that has a type.
pub const MOST_LETTERS: usize = 512;

/// A type that is no array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plain {
    String,
    Number,
    Boolean,
    Object,
}

impl Plain {
    const ALL: [Self; 4] = [Self::String, Self::Number, Self::Boolean, Self::Object];

    fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Object => "object",
        }
    }
}

/// Begins the name of a type once for each level of arrays.
const ARRAY: &str = "array of ";
/// Levels of arrays in a declared type.
const MOST_ARRAYS: u8 = 8;

/// The type of a field: `string`, `number`, `boolean`, `object`, or `array of` one of these or of arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TagType {
    arrays: u8,
    plain: Plain,
}

impl TagType {
    /// Reads a type's name, such as `array of string`.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` lists what can be written.
    pub fn parse(name: &str) -> Result<Self> {
        let fitting = Self::read(name).filter(|kind| kind.arrays <= MOST_ARRAYS);
        fitting.ok_or_else(|| {
            let shown: String = name.chars().take(64).collect();
            let message = format!(
                "“{shown}” is no type; write string, number, boolean, object, or array of one of them, such as “array of string”."
            );
            Error::new(Code::InvalidArgument, message).at("type")
        })
    }

    /// Reads the name of a type that was seen, of however many arrays.
    #[must_use]
    pub fn read(name: &str) -> Option<Self> {
        let (mut rest, mut arrays) = (name, 0_u8);
        while let Some(inner) = rest.strip_prefix(ARRAY) {
            rest = inner;
            arrays = arrays.checked_add(1)?;
        }
        let plain = Plain::ALL.into_iter().find(|plain| plain.name() == rest)?;
        Some(Self { arrays, plain })
    }

    /// Turns a value into one of this type where that loses nothing: a number or boolean into its text, a text into the
    /// number or boolean that it writes, a single value into an array of it; none where it cannot be.
    #[must_use]
    pub fn coerce(self, value: &Value) -> Option<Value> {
        if Shape::of(value).is_ok_and(|shape| shape.fits(self)) {
            return Some(value.clone());
        }
        if let Some(inner) = self.arrays.checked_sub(1) {
            let inner = Self { arrays: inner, ..self };
            return match value {
                Value::Array(list) => list.iter().map(|one| inner.coerce(one)).collect(),
                other => inner.coerce(other).map(|one| Value::Array(vec![one])),
            };
        }
        match (self.plain, value) {
            (Plain::String, Value::Number(number)) => Some(number.to_string().into()),
            (Plain::String, Value::Bool(flag)) => Some(flag.to_string().into()),
            (Plain::Number, Value::String(text)) => serde_json::from_str::<serde_json::Number>(text.trim())
                .ok()
                .filter(|number| number.as_f64().is_some_and(f64::is_finite))
                .map(Value::Number),
            (Plain::Boolean, Value::String(text)) => match text.trim() {
                "true" => Some(true.into()),
                "false" => Some(false.into()),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Display for TagType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for _ in 0..self.arrays {
            f.write_str(ARRAY)?;
        }
        f.write_str(self.plain.name())
    }
}

/// What a value tells of its type: `null` tells nothing, `[]` that it is an array.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape {
    arrays: u8,
    plain: Option<Plain>,
}

/// An array whose elements are of several types.
#[derive(Debug, Clone, Copy)]
pub struct Mixed<'a> {
    /// The first element that does not fit those before it.
    pub value: &'a Value,
    /// What those before it are.
    pub expected: Shape,
    /// What it is.
    pub received: Shape,
}

impl Shape {
    /// The shape of a value.
    ///
    /// # Errors
    /// An array that holds values of several types is of none.
    pub fn of(value: &Value) -> std::result::Result<Self, Mixed<'_>> {
        let plain = match value {
            Value::Null => None,
            Value::Bool(_) => Some(Plain::Boolean),
            Value::Number(_) => Some(Plain::Number),
            Value::String(_) => Some(Plain::String),
            Value::Object(_) => Some(Plain::Object),
            Value::Array(list) => return Self::of_array(list),
        };
        Ok(Self { arrays: 0, plain })
    }

    fn of_array(list: &[Value]) -> std::result::Result<Self, Mixed<'_>> {
        let mut inner = Self { arrays: 0, plain: None };
        for value in list {
            let received = Self::of(value)?;
            inner = inner.joined(received).ok_or(Mixed {
                value,
                expected: inner,
                received,
            })?;
        }
        Ok(Self {
            arrays: inner.arrays.saturating_add(1),
            plain: inner.plain,
        })
    }

    /// What is both; none where nothing can be.
    fn joined(self, other: Self) -> Option<Self> {
        match (self.plain, other.plain) {
            _ if self == other => Some(self),
            (None, _) if self.arrays <= other.arrays => Some(other),
            (_, None) if other.arrays <= self.arrays => Some(self),
            _ => None,
        }
    }

    /// Whether the value tells nothing: it matches everything.
    #[must_use]
    pub fn is_nothing(self) -> bool {
        self.arrays == 0 && self.plain.is_none()
    }

    /// The type, where the value tells all of it.
    #[must_use]
    pub fn kind(self) -> Option<TagType> {
        self.plain.map(|plain| TagType {
            arrays: self.arrays,
            plain,
        })
    }

    /// Whether a value of this shape can be of a type.
    #[must_use]
    pub fn fits(self, kind: TagType) -> bool {
        match self.plain {
            Some(plain) => plain == kind.plain && self.arrays == kind.arrays,
            None => self.arrays <= kind.arrays,
        }
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.kind(), self.arrays) {
            (Some(kind), _) => kind.fmt(f),
            (None, 0) => f.write_str("null"),
            (None, arrays) => {
                for _ in 1..arrays {
                    f.write_str(ARRAY)?;
                }
                f.write_str("array")
            }
        }
    }
}

/// A name with its type.
#[derive(Debug, Clone)]
pub struct TagKey {
    /// Internal number.
    pub id: i64,
    /// The name.
    pub name: String,
    /// Its type.
    pub kind: TagType,
    /// When somebody declared it; none where it was only seen.
    pub declared: Option<Timestamp>,
    /// When it got its type.
    pub created: Timestamp,
    /// The site whose event gave it its type; none where it was declared.
    pub site: Option<i64>,
}

impl Shown for TagKey {
    fn shown(&self) -> Value {
        json!({
            "name": self.name,
            "type": self.kind.to_string(),
            "declaredAt": self.declared.map(|time| time.to_string()),
        })
    }
}

/// Meets every field of a tag, at every depth, until one is refused.
///
/// # Errors
/// What `meet` says.
pub fn each_field<'a, E>(
    object: &'a Map<String, Value>,
    meet: &mut impl FnMut(&'a str, &'a Value) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    for (name, value) in object {
        meet(name, value)?;
        each_inside(value, meet)?;
    }
    Ok(())
}

fn each_inside<'a, E>(
    value: &'a Value,
    meet: &mut impl FnMut(&'a str, &'a Value) -> std::result::Result<(), E>,
) -> std::result::Result<(), E> {
    match value {
        Value::Object(object) => each_field(object, meet),
        Value::Array(list) => list.iter().try_for_each(|one| each_inside(one, meet)),
        _ => Ok(()),
    }
}

/// The path of a value that is somewhere in the tag, such as `some_object.some_list[1].name`.
#[must_use]
pub fn path_of(object: &Map<String, Value>, target: &Value) -> String {
    for (name, value) in object {
        if let Some(rest) = rest_of(value, target) {
            return format!("{name}{rest}");
        }
    }
    String::new()
}

fn rest_of(value: &Value, target: &Value) -> Option<String> {
    if std::ptr::eq(value, target) {
        return Some(String::new());
    }
    match value {
        Value::Object(object) => object
            .iter()
            .find_map(|(name, inner)| rest_of(inner, target).map(|rest| format!(".{name}{rest}"))),
        Value::Array(list) => list
            .iter()
            .enumerate()
            .find_map(|(index, inner)| rest_of(inner, target).map(|rest| format!("[{index}]{rest}"))),
        _ => None,
    }
}

/// Why the tag schema refuses an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The code.
    pub code: Code,
    /// The name of the field.
    pub name: String,
    /// Where in the tag it is.
    pub path: String,
    /// The type that it would have to be; none where that is not the point.
    pub expected: Option<String>,
    /// The type that it is.
    pub received: Option<String>,
}

impl Refusal {
    /// The same as an error for the caller, at the event's field.
    #[must_use]
    pub fn error(&self) -> Error {
        let path: String = self.path.chars().take(256).collect();
        let (expected, received) = (
            self.expected.as_deref().unwrap_or_default(),
            self.received.as_deref().unwrap_or_default(),
        );
        let message = match self.code {
            Code::TagTypeConflict => format!(
                "“{path}” is expected to be of the type {expected}, and is of the type {received}. The event is kept in quarantine."
            ),
            Code::TagKeyUndeclared => {
                format!(
                    "“{path}” is not declared, and this site takes declared keys alone. The event is kept in quarantine."
                )
            }
            Code::TagKeyLimit => format!(
                "“{path}” is a new key, and no more can be taken: there are at most {MOST_NAMES} of at most {MOST_LETTERS} characters, \
                 and a public key may introduce {MOST_NAMES_A_DAY} a day. The event is kept in quarantine."
            ),
            // What another rule refuses says so itself, by its code.
            other => return Error::new(other, other.meaning()).at(path),
        };
        Error::new(self.code, message).at(format!("tag.{path}"))
    }
}

impl From<&Error> for Refusal {
    /// A refusal by another rule than those of types. Its path is that of the event's field, with the code that says
    /// what is wrong with it.
    fn from(error: &Error) -> Self {
        Self {
            code: error.code,
            name: String::new(),
            path: error.path.clone().unwrap_or_default(),
            expected: None,
            received: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shape(value: &Value) -> Option<String> {
        Shape::of(value).ok().map(|shape| shape.to_string())
    }

    #[test]
    fn values_have_the_types_of_json() {
        for (value, name, locks) in [
            (json!("a"), "string", true),
            (json!(77), "number", true),
            (json!(77.23), "number", true),
            (json!(true), "boolean", true),
            (json!({}), "object", true),
            (json!(null), "null", false),
            (json!([]), "array", false),
            (json!([null]), "array", false),
            (json!([[], []]), "array of array", false),
            (json!(["a", null]), "array of string", true),
            (json!([{"a": 1}, {"b": "x"}]), "array of object", true),
            (json!([[], [1], [2.5]]), "array of array of number", true),
        ] {
            assert_eq!(shape(&value).as_deref(), Some(name), "{value}");
            let kind = Shape::of(&value).expect("one type").kind();
            assert_eq!(kind.is_some(), locks, "{value}");
            if let Some(kind) = kind {
                assert_eq!(TagType::parse(name).expect(name), kind);
            }
        }
    }

    #[test]
    fn an_array_of_several_types_is_of_none() {
        for (value, expected, received) in [
            (json!([1, "a"]), "number", "string"),
            (json!([1, []]), "number", "array"),
            (json!([[], 1]), "array", "number"),
            (json!([[1], ["a"]]), "array of number", "array of string"),
            (json!([[1, true]]), "number", "boolean"),
        ] {
            let mixed = Shape::of(&value).expect_err("several");
            assert_eq!(
                (mixed.expected.to_string(), mixed.received.to_string()),
                (expected.to_owned(), received.to_owned()),
                "{value}"
            );
        }
    }

    #[test]
    fn what_tells_less_fits_more() {
        let fits = |value: Value, kind: &str| {
            let kind = TagType::parse(kind).expect("a type");
            Shape::of(&value).expect("one type").fits(kind)
        };
        assert!(fits(json!(null), "string") && fits(json!(null), "array of number"));
        assert!(fits(json!([]), "array of string") && fits(json!([]), "array of array of string"));
        assert!(!fits(json!([]), "string") && !fits(json!([[]]), "array of string"));
        assert!(fits(json!(77.23), "number") && !fits(json!("77"), "number"));
    }

    #[test]
    fn fields_are_met_at_every_depth_and_have_a_path() {
        let tag = json!({"a": {"b": 1}, "c": [{"d": "x"}, [{"e": null}]]});
        let tag = tag.as_object().expect("an object");
        let mut met = Vec::new();
        let end: std::result::Result<(), ()> = each_field(tag, &mut |name, value| {
            met.push((name.to_owned(), path_of(tag, value)));
            Ok(())
        });
        assert!(end.is_ok());
        let met: Vec<_> = met.iter().map(|(name, path)| (name.as_str(), path.as_str())).collect();
        assert_eq!(
            met,
            [
                ("a", "a"),
                ("b", "a.b"),
                ("c", "c"),
                ("d", "c[0].d"),
                ("e", "c[1][0].e")
            ]
        );
    }

    #[test]
    fn coercing_loses_nothing() {
        let coerce = |value: Value, kind: &str| TagType::parse(kind).expect("a type").coerce(&value);
        for (value, kind, expected) in [
            (json!(77), "string", Some(json!("77"))),
            (json!(true), "string", Some(json!("true"))),
            (json!("77.5"), "number", Some(json!(77.5))),
            (json!(" 12 "), "number", Some(json!(12))),
            (json!("1e999"), "number", None),
            (json!("seven"), "number", None),
            (json!("true"), "boolean", Some(json!(true))),
            (json!("yes"), "boolean", None),
            (json!(1), "boolean", None),
            (json!({"a": 1}), "string", None),
            (json!([1]), "string", None),
            (json!(1), "array of string", Some(json!(["1"]))),
            (json!([1, "a"]), "array of string", Some(json!(["1", "a"]))),
            (json!(null), "number", Some(json!(null))),
        ] {
            assert_eq!(coerce(value.clone(), kind), expected, "{value} as {kind}");
        }
    }

    #[test]
    fn only_types_have_names() {
        for name in [
            "",
            "String",
            "array",
            "array of",
            "array of null",
            "null",
            "array of  string",
        ] {
            assert!(TagType::parse(name).is_err(), "{name}");
        }
    }
}
