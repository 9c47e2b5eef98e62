//! Which events: conditions on dimensions.

use serde_json::Value;

use super::{scalar::Moment, schema};
use crate::state::question::Question;

#[derive(cynic::Enum, Debug, Clone, Copy)]
pub(crate) enum ConditionOp {
    Eq,
    Ne,
    In,
    NotIn,
    Prefix,
    Contains,
    Exists,
    Gt,
    Gte,
    Lt,
    Lte,
}

/// One condition; several are all to hold.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct Condition {
    pub(crate) dimension: String,
    pub(crate) op: ConditionOp,
    pub(crate) value: Option<Value>,
}

/// Events of a range of time that fulfil conditions.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct EventFilter {
    pub(crate) from: Option<Moment>,
    pub(crate) to: Option<Moment>,
    #[cynic(rename = "where")]
    pub(crate) conditions: Option<Vec<Condition>>,
}

/// The filters of a question as conditions.
pub(crate) fn conditions(question: &Question) -> Vec<Condition> {
    let filters = question.filters.iter();
    filters
        .map(|(dimension, value)| Condition {
            dimension: dimension.clone(),
            op: ConditionOp::Eq,
            value: Some(value.clone()),
        })
        .collect()
}
