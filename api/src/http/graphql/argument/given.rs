//! A value as it was given, whichever way it came.

use async_graphql::{Name, Variables};
use async_graphql_value::{ConstValue, Value};

/// A value: written in the document, or sent as a variable.
#[derive(Clone, Copy)]
pub(super) enum Given<'a> {
    Written(&'a Value),
    Sent(&'a ConstValue),
}

impl<'a> Given<'a> {
    /// What a variable stands for; null where it has no value.
    pub(super) fn resolved(self, variables: &'a Variables) -> Self {
        match self {
            Self::Written(Value::Variable(name)) => Self::Sent(variables.get(name).unwrap_or(&ConstValue::Null)),
            other => other,
        }
    }

    pub(super) fn items(self) -> Option<Box<dyn Iterator<Item = Self> + 'a>> {
        match self {
            Self::Written(Value::List(items)) => Some(Box::new(items.iter().map(Self::Written))),
            Self::Sent(ConstValue::List(items)) => Some(Box::new(items.iter().map(Self::Sent))),
            _ => None,
        }
    }

    pub(super) fn is_object(self) -> bool {
        matches!(
            self,
            Self::Written(Value::Object(_)) | Self::Sent(ConstValue::Object(_))
        )
    }

    pub(super) fn field(self, name: &Name) -> Option<Self> {
        match self {
            Self::Written(Value::Object(fields)) => fields.get(name).map(Self::Written),
            Self::Sent(ConstValue::Object(fields)) => fields.get(name).map(Self::Sent),
            _ => None,
        }
    }

    pub(super) fn whole_number(self) -> Option<i64> {
        match self {
            Self::Written(Value::Number(number)) | Self::Sent(ConstValue::Number(number)) => number.as_i64(),
            _ => None,
        }
    }

    /// What it is, in words; none for null.
    pub(super) fn what(self) -> Option<&'static str> {
        match self {
            Self::Written(Value::Null) | Self::Sent(ConstValue::Null) => None,
            Self::Written(Value::Number(_)) | Self::Sent(ConstValue::Number(_)) => Some("a number"),
            Self::Written(Value::Boolean(_)) | Self::Sent(ConstValue::Boolean(_)) => Some("a boolean"),
            Self::Written(Value::List(_)) | Self::Sent(ConstValue::List(_)) => Some("a list"),
            Self::Written(Value::Object(_)) | Self::Sent(ConstValue::Object(_)) => Some("an object"),
            _ => Some("a text"),
        }
    }
}
