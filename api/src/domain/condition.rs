//! Conditions on dimensions, and their meaning. Stores compile the same meaning to SQL.

use serde_json::Value;

use crate::domain::{
    dimension::Dimension,
    error::{Code, Error, Result},
};

/// How a dimension's value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Op {
    /// Equal.
    Eq,
    /// Not equal; a missing value is not equal to anything.
    Ne,
    /// Equal to one of a list.
    In,
    /// Equal to none of a list.
    NotIn,
    /// A text that begins so.
    Prefix,
    /// A text that contains it.
    Contains,
    /// There is a value (`true`), or there is none (`false`).
    Exists,
    /// Greater; numbers with numbers, texts with texts by code point.
    Gt,
    /// Greater or equal.
    Gte,
    /// Less.
    Lt,
    /// Less or equal.
    Lte,
}

/// One condition; several are all to hold. It is stored in the words of the API.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(into = "(Dimension, Op, Value)", try_from = "(Dimension, Op, Value)")]
pub struct Condition {
    /// What is compared.
    pub dimension: Dimension,
    /// How.
    pub op: Op,
    /// With what: a scalar, or a list of scalars for `In` and `NotIn`.
    pub value: Value,
}

impl From<Condition> for (Dimension, Op, Value) {
    fn from(condition: Condition) -> Self {
        (condition.dimension, condition.op, condition.value)
    }
}

impl TryFrom<(Dimension, Op, Value)> for Condition {
    type Error = Error;

    fn try_from((dimension, op, value): (Dimension, Op, Value)) -> Result<Self> {
        Self::new(dimension, op, value)
    }
}

/// Values in one list: what a person could have meant; longer lists are a join in disguise.
const MOST_VALUES: usize = 1_000;

impl Condition {
    /// A condition whose value fits its operator.
    ///
    /// # Errors
    /// `INVALID_CONDITION` says what the operator takes.
    pub fn new(dimension: Dimension, op: Op, value: Value) -> Result<Self> {
        let scalar = |value: &Value| !value.is_array() && !value.is_object();
        let complaint = match (op, &value) {
            (Op::Eq | Op::Ne, value) if !scalar(value) => "EQ and NE compare with a text, a number, a boolean or null",
            (Op::In | Op::NotIn, Value::Array(list)) if list.len() > MOST_VALUES => {
                "IN and NOT_IN take at most 1,000 values"
            }
            (Op::In | Op::NotIn, Value::Array(list)) if list.iter().all(scalar) => "",
            (Op::In | Op::NotIn, _) => "IN and NOT_IN take a list of texts, numbers, booleans or nulls",
            (Op::Prefix | Op::Contains, value) if !value.is_string() => "PREFIX and CONTAINS take a text",
            (Op::Exists, value) if !(value.is_boolean() || value.is_null()) => "EXISTS takes true or false",
            (Op::Gt | Op::Gte | Op::Lt | Op::Lte, value) if !(value.is_number() || value.is_string()) => {
                "GT, GTE, LT and LTE take a number or a text"
            }
            _ => "",
        };
        if !complaint.is_empty() {
            return Err(Error::new(Code::InvalidCondition, format!("{complaint}.")).at("value"));
        }
        if has_nul(&value) {
            return Err(Error::new(
                Code::InvalidText,
                "The text holds the character U+0000, which no event can hold.",
            )
            .at("value"));
        }
        Ok(Self { dimension, op, value })
    }

    /// Whether an event with this value of the dimension (`None`: missing) fulfils the condition.
    #[must_use]
    pub fn holds(&self, actual: Option<&Value>) -> bool {
        let among = |list: &Value| {
            list.as_array()
                .is_some_and(|list| actual.is_some_and(|one| list.iter().any(|other| equal(one, other))))
        };
        let text = |test: fn(&str, &str) -> bool| {
            actual
                .and_then(Value::as_str)
                .zip(self.value.as_str())
                .is_some_and(|(one, other)| test(one, other))
        };
        let order = || actual.and_then(|one| compare(one, &self.value));
        match self.op {
            Op::Eq => actual.is_some_and(|one| equal(one, &self.value)),
            Op::Ne => !actual.is_some_and(|one| equal(one, &self.value)),
            Op::In => among(&self.value),
            Op::NotIn => !among(&self.value),
            Op::Prefix => text(|one, other| one.starts_with(other)),
            Op::Contains => text(|one, other| one.contains(other)),
            Op::Exists => actual.is_some() == self.value.as_bool().unwrap_or(true),
            Op::Gt => order().is_some_and(std::cmp::Ordering::is_gt),
            Op::Gte => order().is_some_and(std::cmp::Ordering::is_ge),
            Op::Lt => order().is_some_and(std::cmp::Ordering::is_lt),
            Op::Lte => order().is_some_and(std::cmp::Ordering::is_le),
        }
    }
}

fn has_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(list) => list.iter().any(has_nul),
        _ => false,
    }
}

fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64() == other.as_f64(),
        _ => one == other,
    }
}

fn compare(one: &Value, other: &Value) -> Option<std::cmp::Ordering> {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => one.as_f64()?.partial_cmp(&other.as_f64()?),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        _ => None,
    }
}

/// The one text of a value: numbers that are equal look equal (`1.0` becomes `1`).
#[must_use]
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => whole(float).unwrap_or_else(|| number.to_string()),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

/// The digits of a float that an integer of 64 bits could hold.
fn whole(float: f64) -> Option<String> {
    let least = -9_223_372_036_854_775_808.0;
    if float.fract() != 0.0 || !(least..18_446_744_073_709_551_616.0).contains(&float) {
        return None;
    }
    Some(if float < 0.0 {
        (float as i64).to_string()
    } else {
        (float as u64).to_string()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(op: Op, value: Value, actual: Option<Value>) -> bool {
        Condition::new(Dimension::Action, op, value)
            .expect("a fine condition")
            .holds(actual.as_ref())
    }

    #[test]
    fn values_are_typed() {
        assert!(holds(Op::Eq, json!(7), Some(json!(7.0))));
        assert!(!holds(Op::Eq, json!(7), Some(json!("7"))));
        assert!(!holds(Op::Eq, json!(""), None) && !holds(Op::Eq, json!(null), None));
        assert!(holds(Op::Eq, json!(null), Some(json!(null))));
        assert!(!holds(Op::Gt, json!(5), Some(json!("6"))));
    }

    #[test]
    fn a_missing_value_is_unequal_to_all_and_in_no_order() {
        assert!(holds(Op::Ne, json!("x"), None) && holds(Op::NotIn, json!(["x"]), None));
        assert!(!holds(Op::Lt, json!("x"), None) && !holds(Op::Prefix, json!(""), None));
        assert!(holds(Op::Exists, json!(false), None) && holds(Op::Exists, json!(true), Some(json!(null))));
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused() {
        for (op, value) in [
            (Op::Eq, json!([1])),
            (Op::In, json!(1)),
            (Op::In, json!([[1]])),
            (Op::Prefix, json!(1)),
            (Op::Exists, json!("yes")),
            (Op::Gt, json!(true)),
            (Op::Eq, json!("a\u{0}")),
        ] {
            assert!(Condition::new(Dimension::Action, op, value).is_err(), "{op:?}");
        }
    }

    #[test]
    fn equal_numbers_have_one_text() {
        assert_eq!(
            (canonical(&json!(1.0)), canonical(&json!(1)), canonical(&json!(1.5))),
            ("1".into(), "1".into(), "1.5".into())
        );
        for (float, text) in [
            (-0.0, "0"),
            (1e16, "10000000000000000"),
            (-9_223_372_036_854_775_808.0, "-9223372036854775808"),
            (18_446_744_073_709_549_568.0, "18446744073709549568"),
        ] {
            assert_eq!(canonical(&json!(float)), text);
        }
        // No integer of 64 bits is so large.
        for float in [-1e19, 18_446_744_073_709_551_616.0, 1e21] {
            assert_eq!(canonical(&json!(float)), json!(float).to_string());
        }
        assert_eq!(canonical(&json!(u64::MAX)), "18446744073709551615");
    }
}
