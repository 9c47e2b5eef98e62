//! What a filter asks of an event, plainly.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::Value;

use super::{Asked, alike};

fn found<'a>(event: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(event, |value, name| &value[*name])
}

pub(super) fn holds(asked: &Asked, event: &Value) -> bool {
    match asked {
        Asked::All(list) => list.iter().all(|one| holds(one, event)),
        Asked::One(list) => list.iter().any(|one| holds(one, event)),
        Asked::Not(inner) => !holds(inner, event),
        Asked::Is(inner, wanted) => holds(inner, event) == *wanted,
        Asked::Same(one, other, wanted) => (holds(one, event) == holds(other, event)) == *wanted,
        Asked::Compare((_, path), fold, operator, value) => {
            compare(found(event, path), *fold, operator, value, path[0] == "EventTime")
        }
        Asked::In((_, path), fold, list) => list
            .iter()
            .any(|value| compare(found(event, path), *fold, "eq", value, path[0] == "EventTime")),
        Asked::Call(test, (_, path), fold, value) => {
            let Some(text) = found(event, path).as_str() else {
                return false;
            };
            let text = alike(*fold, text);
            match *test {
                "contains" => text.contains(value.as_str()),
                "startswith" => text.starts_with(value.as_str()),
                _ => text.ends_with(value.as_str()),
            }
        }
    }
}

fn compare(found: &Value, fold: Option<&str>, operator: &str, value: &Value, is_time: bool) -> bool {
    let order = match (found, value) {
        (Value::Null, Value::Null) => return operator == "eq",
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Number(one), Value::Number(other)) => one.as_f64().partial_cmp(&other.as_f64()),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::String(one), Value::String(other)) if is_time => {
            let time = |text: &str| text.parse::<Timestamp>().expect("a time");
            Some(time(one).cmp(&time(other)))
        }
        (Value::String(one), Value::String(other)) => Some(alike(fold, one).cmp(other)),
        _ => None,
    };
    match operator {
        "eq" => order.is_some_and(Ordering::is_eq),
        "ne" => !order.is_some_and(Ordering::is_eq),
        "gt" => order.is_some_and(Ordering::is_gt),
        "ge" => order.is_some_and(Ordering::is_ge),
        "lt" => order.is_some_and(Ordering::is_lt),
        _ => order.is_some_and(Ordering::is_le),
    }
}
