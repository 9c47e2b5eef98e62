//! A part of a query, ready to be reckoned.

use regex::Regex;
use serde_json::Value as Json;

use super::{
    function::{Function, truth_of},
    meter::{Meter, TooCostly},
    value::Value,
};
use crate::domain::{condition::Op, predicate::in_order};

/// How a text is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Anywhere.
    Contains,
    /// At the beginning.
    Starts,
    /// At the end.
    Ends,
    /// As a whole word.
    Has,
    /// At the beginning of a word.
    HasPrefix,
}

/// A part of a query, ready to be reckoned.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Value),
    Column(usize),
    /// What an aggregate found.
    Slot(usize),
    Member(Box<Node>, String),
    Item(Box<Node>, i64),
    Or(Box<Node>, Box<Node>),
    And(Box<Node>, Box<Node>),
    Equal {
        negated: bool,
        fold: bool,
        left: Box<Node>,
        right: Box<Node>,
    },
    Order(Op, Box<Node>, Box<Node>),
    Match {
        negated: bool,
        look: Look,
        fold: bool,
        left: Box<Node>,
        right: Box<Node>,
    },
    Regex(Box<Node>, Box<Regex>),
    Among {
        negated: bool,
        fold: bool,
        left: Box<Node>,
        list: Vec<Node>,
    },
    /// Whether a text has one of some words, or all of them.
    HasWords {
        all: bool,
        left: Box<Node>,
        list: Vec<Node>,
    },
    Between {
        negated: bool,
        inner: Box<Node>,
        from: Box<Node>,
        to: Box<Node>,
    },
    Minus(Box<Node>),
    Reckon(char, Box<Node>, Box<Node>),
    Call(Function, Vec<Node>),
}

/// What a part of a query is reckoned of.
pub(super) struct Around<'a> {
    pub(super) row: &'a [Value],
    pub(super) slots: &'a [Value],
    /// The present moment.
    pub(super) now: i64,
}

impl Node {
    /// Reckons it.
    pub(super) fn value(&self, around: &Around<'_>, meter: &mut Meter) -> Result<Value, TooCostly> {
        meter.step(1)?;
        let bool_of = |truth: Option<bool>| truth.map_or(Value::Null, Value::Bool);
        Ok(match self {
            Self::Constant(value) => value.clone(),
            Self::Column(index) => around.row.get(*index).cloned().unwrap_or(Value::Null),
            Self::Slot(index) => around.slots.get(*index).cloned().unwrap_or(Value::Null),
            Self::Member(..) | Self::Item(..) => {
                let mut path = Vec::new();
                let root = self.root(&mut path);
                return match root {
                    Self::Column(index) => Ok(found(around.row.get(*index), &path)),
                    other => Ok(found(Some(&other.value(around, meter)?), &path)),
                };
            }
            Self::Or(left, right) => {
                let left = truth_of(&left.value(around, meter)?);
                if left == Some(true) {
                    return Ok(Value::Bool(true));
                }
                let right = truth_of(&right.value(around, meter)?);
                bool_of(if right == Some(true) { right } else { left.and(right) })
            }
            Self::And(left, right) => {
                let left = truth_of(&left.value(around, meter)?);
                if left == Some(false) {
                    return Ok(Value::Bool(false));
                }
                let right = truth_of(&right.value(around, meter)?);
                bool_of(if right == Some(false) { right } else { left.and(right) })
            }
            Self::Equal {
                negated,
                fold,
                left,
                right,
            } => {
                let (left, right) = (left.value(around, meter)?, right.value(around, meter)?);
                meter.step((left.size() + right.size()) / 64)?;
                bool_of(equal(&left, &right, *fold).map(|same| same != *negated))
            }
            Self::Order(op, left, right) => {
                let (left, right) = (left.value(around, meter)?, right.value(around, meter)?);
                bool_of(compare(&left, &right).map(|order| in_order(*op, order)))
            }
            Self::Match {
                negated,
                look,
                fold,
                left,
                right,
            } => {
                let (left, right) = (
                    left.value(around, meter)?.written(),
                    right.value(around, meter)?.written(),
                );
                meter.step((left.len() + right.len()) / 32)?;
                Value::Bool(look.finds(&left, &right, *fold) != *negated)
            }
            Self::Regex(left, regex) => {
                let left = left.value(around, meter)?.written();
                meter.step(left.len() / 8)?;
                Value::Bool(regex.is_match(&left))
            }
            Self::Among {
                negated,
                fold,
                left,
                list,
            } => Value::Bool(among(left, list, *fold, around, meter)? != *negated),
            Self::HasWords { all, left, list } => Value::Bool(has_words(left, list, *all, around, meter)?),
            Self::Between {
                negated,
                inner,
                from,
                to,
            } => bool_of(between([inner, from, to], around, meter)?.map(|within| within != *negated)),
            Self::Minus(inner) => match inner.value(around, meter)? {
                Value::Long(number) => number.checked_neg().map_or(Value::Null, Value::Long),
                Value::Span(length) => length.checked_neg().map_or(Value::Null, Value::Span),
                other => other.number().map_or(Value::Null, |number| Value::Real(-number)),
            },
            Self::Reckon(sign, left, right) => reckon(*sign, &left.value(around, meter)?, &right.value(around, meter)?),
            Self::Call(function, arguments) => return call(*function, arguments, around, meter),
        })
    }

    /// The part that a field is of, and the way to it.
    fn root<'a>(&'a self, path: &mut Vec<Way<'a>>) -> &'a Self {
        let (inner, way) = match self {
            Self::Member(inner, key) => (inner, Way::Key(key)),
            Self::Item(inner, index) => (inner, Way::Index(*index)),
            other => return other,
        };
        let root = inner.root(path);
        path.push(way);
        root
    }
}

/// Whether a value is one of a list; a list within stands for its items.
fn among(left: &Node, list: &[Node], fold: bool, around: &Around<'_>, meter: &mut Meter) -> Result<bool, TooCostly> {
    let left = left.value(around, meter)?;
    for one in list {
        let right = one.value(around, meter)?;
        let is_one = match &right {
            Value::Dynamic(Json::Array(items)) => {
                meter.step(items.len())?;
                let same = |item: &Json| equal(&left, &Value::of_json(item.clone()), fold) == Some(true);
                items.iter().any(same)
            }
            right => equal(&left, right, fold) == Some(true),
        };
        if is_one {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether a text has one of some words, or all of them.
fn has_words(left: &Node, list: &[Node], all: bool, around: &Around<'_>, meter: &mut Meter) -> Result<bool, TooCostly> {
    let left = left.value(around, meter)?.written();
    let mut holds = all;
    for one in list {
        let words = match one.value(around, meter)? {
            Value::Dynamic(Json::Array(items)) => {
                items.into_iter().map(|item| Value::of_json(item).written()).collect()
            }
            other => vec![other.written()],
        };
        meter.step(words.len() * (1 + left.len() / 32))?;
        for word in words {
            let found = Look::Has.finds(&left, &word, true);
            holds = if all { holds && found } else { holds || found };
        }
    }
    Ok(holds)
}

/// Whether a value lies between two, where it can be compared with both.
fn between([inner, from, to]: [&Node; 3], around: &Around<'_>, meter: &mut Meter) -> Result<Option<bool>, TooCostly> {
    let inner = inner.value(around, meter)?;
    let (from, to) = (from.value(around, meter)?, to.value(around, meter)?);
    // A stretch of time behind a time reaches so far.
    let to = match (&from, to) {
        (Value::Time(from), Value::Span(length)) => Value::Time(from.saturating_add(length)),
        (_, to) => to,
    };
    let within = compare(&inner, &from).zip(compare(&inner, &to));
    Ok(within.map(|(from, to)| from.is_ge() && to.is_le()))
}

/// A step on the way to a field.
enum Way<'a> {
    Key(&'a str),
    Index(i64),
}

fn found(value: Option<&Value>, path: &[Way<'_>]) -> Value {
    let Some(Value::Dynamic(json)) = value else {
        return Value::Null;
    };
    let mut at = json;
    for way in path {
        let next = match way {
            Way::Key(key) => at.get(*key),
            Way::Index(index) => at.as_array().and_then(|list| {
                let length = i64::try_from(list.len()).ok()?;
                let index = if *index < 0 {
                    length.checked_add(*index)?
                } else {
                    *index
                };
                list.get(usize::try_from(index).ok()?)
            }),
        };
        match next {
            Some(next) => at = next,
            None => return Value::Null,
        }
    }
    Value::of_json(at.clone())
}

/// What chooses reckons no more than it gives.
fn call(function: Function, arguments: &[Node], around: &Around<'_>, meter: &mut Meter) -> Result<Value, TooCostly> {
    match function {
        Function::Iff | Function::Iif | Function::Case => {
            let (last, pairs) = match arguments.split_last() {
                Some((last, pairs)) => (last, pairs),
                None => return Ok(Value::Null),
            };
            for pair in pairs.chunks_exact(2) {
                if truth_of(&pair[0].value(around, meter)?) == Some(true) {
                    return pair[1].value(around, meter);
                }
            }
            last.value(around, meter)
        }
        Function::Coalesce => {
            let mut last = Value::Null;
            for one in arguments {
                last = one.value(around, meter)?;
                if last.text() != Some("") {
                    return Ok(last);
                }
            }
            Ok(last)
        }
        _ => {
            let mut given = Vec::with_capacity(arguments.len());
            for one in arguments {
                given.push(one.value(around, meter)?);
            }
            function.call(&given, around.now, meter)
        }
    }
}

/// Whether two values are the same: of nothing and something that is false, and of nothing twice it is nothing. Where one
/// is a text, nothing is the empty one.
fn equal(one: &Value, other: &Value, fold: bool) -> Option<bool> {
    if matches!(one, Value::Text(_)) || matches!(other, Value::Text(_)) {
        return Some(match (one.text(), other.text()) {
            (Some(one), Some(other)) if fold => one.to_lowercase() == other.to_lowercase(),
            (Some(one), Some(other)) => one == other,
            _ => false,
        });
    }
    match (one, other) {
        (Value::Null, Value::Null) => None,
        (Value::Null, _) | (_, Value::Null) => Some(false),
        (Value::Long(one), Value::Long(other)) => Some(one == other),
        (Value::Time(one), Value::Time(other)) | (Value::Span(one), Value::Span(other)) => Some(one == other),
        _ => match (one.number(), other.number()) {
            (Some(one), Some(other)) => Some(one == other),
            _ => match (truth_of(one), truth_of(other)) {
                (Some(one), Some(other)) => Some(one == other),
                _ => Some(one.identity() == other.identity()),
            },
        },
    }
}

/// The order of two values, where they have one.
fn compare(one: &Value, other: &Value) -> Option<std::cmp::Ordering> {
    match (one, other) {
        (Value::Null, Value::Text(_)) | (Value::Text(_), Value::Null) => Some(one.text()?.cmp(other.text()?)),
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Long(_), Value::Long(_)) | (Value::Time(_), Value::Time(_)) | (Value::Span(_), Value::Span(_)) => {
            Some(one.order(other))
        }
        _ => match (one.number(), other.number()) {
            (Some(one), Some(other)) => one.partial_cmp(&other),
            (None, None) => Some(one.text()?.cmp(other.text()?)),
            _ => None,
        },
    }
}

fn reckon(sign: char, left: &Value, right: &Value) -> Value {
    match (sign, left, right) {
        ('+', Value::Time(time), Value::Span(length)) | ('+', Value::Span(length), Value::Time(time)) => {
            time.checked_add(*length).map_or(Value::Null, Value::Time)
        }
        ('-', Value::Time(time), Value::Span(length)) => time.checked_sub(*length).map_or(Value::Null, Value::Time),
        ('-', Value::Time(one), Value::Time(other)) => one.checked_sub(*other).map_or(Value::Null, Value::Span),
        ('+', Value::Span(one), Value::Span(other)) => one.checked_add(*other).map_or(Value::Null, Value::Span),
        ('-', Value::Span(one), Value::Span(other)) => one.checked_sub(*other).map_or(Value::Null, Value::Span),
        ('/', Value::Span(one), Value::Span(other)) => Value::Real(*one as f64 / *other as f64),
        ('*' | '/', Value::Span(length), factor) | ('*', factor, Value::Span(length)) => {
            let Some(factor) = factor.number() else {
                return Value::Null;
            };
            let length = if sign == '*' {
                *length as f64 * factor
            } else {
                *length as f64 / factor
            };
            if length.abs() < 9.0e18 {
                Value::Span(length.round() as i64)
            } else {
                Value::Null
            }
        }
        (_, Value::Long(left), Value::Long(right)) => {
            let whole = match sign {
                '+' => left.checked_add(*right),
                '-' => left.checked_sub(*right),
                '*' => left.checked_mul(*right),
                '/' => left.checked_div(*right),
                // Never negative, whatever the signs are.
                _ => left.checked_rem_euclid(*right),
            };
            whole.map_or(Value::Null, Value::Long)
        }
        _ => match (left.number(), right.number()) {
            (Some(left), Some(right)) => Value::Real(match sign {
                '+' => left + right,
                '-' => left - right,
                '*' => left * right,
                '/' => left / right,
                // Zero is without a sign.
                _ => left.rem_euclid(right) + 0.0,
            }),
            _ => Value::Null,
        },
    }
}

impl Look {
    /// Whether a text has another where it is looked for.
    fn finds(self, text: &str, wanted: &str, fold: bool) -> bool {
        if fold {
            return self.finds(&text.to_lowercase(), &wanted.to_lowercase(), false);
        }
        match self {
            Self::Contains => text.contains(wanted),
            Self::Starts => text.starts_with(wanted),
            Self::Ends => text.ends_with(wanted),
            Self::Has | Self::HasPrefix => {
                let is_word = |letter: Option<char>| letter.is_some_and(char::is_alphanumeric);
                let (first, last) = (wanted.chars().next(), wanted.chars().last());
                text.match_indices(wanted).any(|(at, _)| {
                    let (before, after) = (text[..at].chars().last(), text[at + wanted.len()..].chars().next());
                    let begins = !(is_word(before) && is_word(first));
                    let ends = self == Self::HasPrefix || !(is_word(after) && is_word(last));
                    begins && ends
                })
            }
        }
    }
}
