//! A filter that is ready: what is wrong with it was told before, and each value was read once.

use std::cmp::Ordering;

use serde_json::Value;

use super::{
    super::{
        ast::{Comparison, Function, Kind, Literal, Node},
        moment::read_moment,
    },
    Record, Watch, find,
};
use crate::domain::{
    error::Result,
    predicate::Fold,
    syntax::{Read, Syntax, shown},
};

/// What must hold of a record.
#[derive(Debug)]
pub struct Wanted(Test);

#[derive(Debug)]
enum Test {
    Constant(bool),
    All(Vec<Self>),
    One(Vec<Self>),
    Not(Box<Self>),
    /// Both hold, or neither.
    Same(Box<Self>, Box<Self>),
    /// A field is true.
    IsTrue(Vec<String>),
    Missing(Field),
    Looks(Function, Field, String),
    Compare(Comparison, Field, Constant),
}

/// A field; a list is each of its items.
#[derive(Debug, Clone)]
struct Field {
    path: Vec<String>,
    is_time: bool,
    /// How its texts are made alike.
    fold: Option<Fold>,
}

/// A value as it is written, and what it is where the field holds no text.
#[derive(Debug)]
struct Constant {
    text: String,
    moment: Option<i64>,
    number: Option<f64>,
    truth: Option<bool>,
}

impl Wanted {
    pub(super) fn everything() -> Self {
        Self(Test::Constant(true))
    }

    pub(super) fn of(record: &Record, node: &Node) -> Read<Self> {
        Ok(Self(test(record, node)?))
    }

    /// Whether a record fulfils it.
    ///
    /// # Errors
    /// Those of `watch`.
    pub fn fulfils(&self, record: &Value, watch: Watch<'_>) -> Result<bool> {
        self.0.holds(record, watch)
    }
}

impl Test {
    fn holds(&self, record: &Value, watch: Watch<'_>) -> Result<bool> {
        match self {
            Self::Constant(truth) => return Ok(*truth),
            Self::All(parts) => {
                for part in parts {
                    if !part.holds(record, watch)? {
                        return Ok(false);
                    }
                }
                return Ok(true);
            }
            Self::One(parts) => {
                for part in parts {
                    if part.holds(record, watch)? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
            Self::Not(inner) => return Ok(!inner.holds(record, watch)?),
            Self::Same(one, other) => return Ok(one.holds(record, watch)? == other.holds(record, watch)?),
            Self::IsTrue(_) | Self::Missing(_) | Self::Looks(..) | Self::Compare(..) => {}
        }
        // A single field may hold as much as a record has.
        watch()?;
        Ok(self.leaf(record))
    }

    fn leaf(&self, record: &Value) -> bool {
        match self {
            Self::IsTrue(path) => find(path, record) == Some(&Value::Bool(true)),
            Self::Missing(field) => field.values(record).is_empty(),
            Self::Looks(function, field, wanted) => {
                let looks = |text: &str| match function {
                    Function::Contains => text.contains(wanted.as_str()),
                    Function::StartsWith => text.starts_with(wanted.as_str()),
                    _ => text.ends_with(wanted.as_str()),
                };
                let mut texts = field.values(record).iter().filter_map(Value::as_str);
                match field.fold {
                    None => texts.any(looks),
                    Some(fold) => texts.any(|text| looks(&fold.of(text))),
                }
            }
            Self::Compare(comparison, field, wanted) => {
                let values = field.values(record).iter();
                let mut orders = values.filter_map(|value| wanted.compared(field, value));
                match comparison {
                    Comparison::Eq => orders.any(Ordering::is_eq),
                    Comparison::Ne => !orders.any(Ordering::is_eq),
                    Comparison::Gt => orders.any(Ordering::is_gt),
                    Comparison::Ge => orders.any(Ordering::is_ge),
                    Comparison::Lt => orders.any(Ordering::is_lt),
                    Comparison::Le => orders.any(Ordering::is_le),
                }
            }
            Self::Constant(_) | Self::All(_) | Self::One(_) | Self::Not(_) | Self::Same(..) => false,
        }
    }
}

impl Field {
    fn values<'a>(&self, record: &'a Value) -> &'a [Value] {
        match find(&self.path, record) {
            Some(Value::Array(list)) => list,
            Some(value) => std::slice::from_ref(value),
            None => &[],
        }
    }
}

impl Constant {
    fn new(text: String) -> Self {
        Self {
            moment: read_moment(&text),
            number: text.parse().ok(),
            truth: text.to_ascii_lowercase().parse().ok(),
            text,
        }
    }

    /// How a field's value compares with it, where it does.
    fn compared(&self, field: &Field, value: &Value) -> Option<Ordering> {
        match value {
            Value::String(own) if field.is_time => Some(read_moment(own)?.cmp(&self.moment?)),
            Value::String(own) => {
                let wanted = self.text.bytes();
                // The order of bytes is that of code points.
                Some(match field.fold {
                    None => own.as_str().cmp(self.text.as_str()),
                    Some(Fold::Lower) => own.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(wanted),
                    Some(Fold::Upper) => own.bytes().map(|byte| byte.to_ascii_uppercase()).cmp(wanted),
                })
            }
            Value::Number(own) => own.as_f64()?.partial_cmp(&self.number?),
            Value::Bool(own) => Some(own.cmp(&self.truth?)),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }
    }
}

fn test(record: &Record, node: &Node) -> Read<Test> {
    let all = |parts: &[Node]| parts.iter().map(|part| test(record, part)).collect::<Read<Vec<_>>>();
    let no_condition = || Syntax::new(node.at, "A condition is expected here, and this is a value");
    match &node.kind {
        Kind::And(parts) => Ok(Test::All(all(parts)?)),
        Kind::Or(parts) => Ok(Test::One(all(parts)?)),
        Kind::Not(inner) => Ok(Test::Not(Box::new(test(record, inner)?))),
        Kind::Literal(literal) => match word(literal) {
            Some("true") => Ok(Test::Constant(true)),
            Some("false") => Ok(Test::Constant(false)),
            _ => Err(no_condition()),
        },
        Kind::Path(path) => {
            record.check(path, node.at)?;
            Ok(Test::IsTrue(path.clone()))
        }
        Kind::Call(function, arguments) if function.is_test() => {
            let [left, right] = arguments.as_slice() else {
                return Err(Syntax::new(node.at, "A field and a value are expected here"));
            };
            Ok(Test::Looks(*function, field(record, left)?, constant(right)?))
        }
        Kind::Call(..) => Err(no_condition()),
        Kind::In(left, list) => {
            let field = field(record, left)?;
            let one = |one: &Node| compare(Comparison::Eq, &field, one);
            Ok(Test::One(list.iter().map(one).collect::<Read<_>>()?))
        }
        Kind::Compare(comparison, left, right) if is_test(left) || is_test(right) => {
            let same = Test::Same(Box::new(test(record, left)?), Box::new(test(record, right)?));
            match comparison {
                Comparison::Eq => Ok(same),
                Comparison::Ne => Ok(Test::Not(Box::new(same))),
                _ => Err(Syntax::new(node.at, "Conditions are compared by “eq” and “ne” alone")),
            }
        }
        Kind::Compare(comparison, left, right) => compare(*comparison, &field(record, left)?, right),
    }
}

fn compare(comparison: Comparison, field: &Field, right: &Node) -> Read<Test> {
    if matches!(&right.kind, Kind::Literal(literal) if word(literal) == Some("null")) {
        return Ok(match comparison {
            Comparison::Eq => Test::Missing(field.clone()),
            Comparison::Ne => Test::Not(Box::new(Test::Missing(field.clone()))),
            // Nothing comes before or after what is not there.
            _ => Test::Constant(false),
        });
    }
    let wanted = Constant::new(constant(right)?);
    if field.is_time && wanted.moment.is_none() {
        let message = format!("“{}” is no time, such as 2017-09-15T07:16:34Z", shown(&wanted.text));
        return Err(Syntax::new(right.at, message));
    }
    Ok(Test::Compare(comparison, field.clone(), wanted))
}

fn field(record: &Record, node: &Node) -> Read<Field> {
    match &node.kind {
        Kind::Path(path) => {
            record.check(path, node.at)?;
            Ok(Field {
                is_time: record.is_time(path),
                path: path.clone(),
                fold: None,
            })
        }
        Kind::Call(function, arguments) if !function.is_test() => {
            let Some(inner) = arguments.first() else {
                return Err(Syntax::new(node.at, "A field is expected here"));
            };
            // Whatever is within, the outermost says how letters are in the end.
            Ok(Field {
                is_time: false,
                fold: Some(fold(*function)),
                ..field(record, inner)?
            })
        }
        _ => Err(Syntax::new(node.at, "A field is expected here")),
    }
}

/// The text of a value.
fn constant(node: &Node) -> Read<String> {
    match &node.kind {
        Kind::Literal(Literal::Text(text) | Literal::Word(text)) => Ok(text.clone()),
        Kind::Call(function, arguments) if !function.is_test() => match arguments.first() {
            Some(inner) => Ok(fold(*function).of(&constant(inner)?)),
            None => Err(Syntax::new(node.at, "A value is expected here")),
        },
        _ => Err(Syntax::new(node.at, "A value is expected here, and this is a field")),
    }
}

fn fold(function: Function) -> Fold {
    if function == Function::ToLower {
        Fold::Lower
    } else {
        Fold::Upper
    }
}

fn is_test(node: &Node) -> bool {
    match &node.kind {
        Kind::Literal(_) | Kind::Path(_) => false,
        Kind::Call(function, _) => function.is_test(),
        _ => true,
    }
}

/// The keyword that a bare word is.
fn word(literal: &Literal) -> Option<&'static str> {
    let Literal::Word(word) = literal else { return None };
    ["true", "false", "null"]
        .into_iter()
        .find(|one| one.eq_ignore_ascii_case(word))
}
