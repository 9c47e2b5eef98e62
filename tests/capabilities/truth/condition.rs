//! Conditions, judged value by value.

use serde_json::{Value, json};

use super::Event;

/// One condition.
#[derive(Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) dimension: String,
    pub(crate) op: &'static str,
    pub(crate) value: Value,
}

impl Condition {
    pub(crate) fn new(dimension: &str, op: &'static str, value: Value) -> Self {
        Self {
            dimension: dimension.to_owned(),
            op,
            value,
        }
    }

    pub(crate) fn input(&self) -> Value {
        json!({"dimension": self.dimension, "op": self.op, "value": self.value})
    }

    pub(crate) fn holds(&self, event: &Event) -> bool {
        let value = event.value(&self.dimension);
        let wanted = &self.value;
        match self.op {
            "EQ" => value.is_some_and(|value| equal(&value, wanted)),
            "NE" => !value.is_some_and(|value| equal(&value, wanted)),
            "IN" => value.is_some_and(|value| among(&value, wanted)),
            "NOT_IN" => !value.is_some_and(|value| among(&value, wanted)),
            "EXISTS" => value.is_some() == wanted.as_bool().unwrap_or(true),
            "PREFIX" => texts(value.as_ref(), wanted).is_some_and(|(value, wanted)| value.starts_with(wanted)),
            "CONTAINS" => texts(value.as_ref(), wanted).is_some_and(|(value, wanted)| value.contains(wanted)),
            "GT" => order(value.as_ref(), wanted).is_some_and(|order| order > 0),
            "GTE" => order(value.as_ref(), wanted).is_some_and(|order| order >= 0),
            "LT" => order(value.as_ref(), wanted).is_some_and(|order| order < 0),
            "LTE" => order(value.as_ref(), wanted).is_some_and(|order| order <= 0),
            other => panic!("no operator: {other}"),
        }
    }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one.as_f64(), other.as_f64()) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

fn among(value: &Value, list: &Value) -> bool {
    let list = list.as_array().expect("a list");
    list.iter().any(|one| equal(value, one))
}

fn texts<'a>(value: Option<&'a Value>, wanted: &'a Value) -> Option<(&'a str, &'a str)> {
    value.and_then(Value::as_str).zip(wanted.as_str())
}

fn order(value: Option<&Value>, wanted: &Value) -> Option<i8> {
    if let Some((one, other)) = texts(value, wanted) {
        return Some(one.cmp(other) as i8);
    }
    let (one, other) = value.and_then(Value::as_f64).zip(wanted.as_f64())?;
    one.partial_cmp(&other).map(|order| order as i8)
}
