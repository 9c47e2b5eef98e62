//! What of a condition the database can judge: comparisons of an event's own values with what is written in the query, by
//! the same meaning. The rest is judged event by event.

use serde_json::Value as Json;

use super::{
    node::{Look, Node},
    plan::SOURCE,
    value::Value,
};
use crate::domain::{
    condition::{Condition, Op},
    dimension::Dimension,
    odata::{Column, column},
    predicate::{Predicate, Test, Text},
};

/// What of a condition can be judged beforehand, and whether that is all of it. An event of which the first does not hold
/// does not fulfil the condition.
pub(super) fn predicate(node: &Node) -> (Option<Predicate>, bool) {
    if let Node::And(left, right) = node {
        let ((one, one_exact), (other, other_exact)) = (predicate(left), predicate(right));
        let both = match (one, other) {
            (Some(one), Some(other)) => Some(Predicate::All(vec![one, other])),
            (one, other) => one.or(other),
        };
        return (both, one_exact && other_exact);
    }
    match whole(node) {
        Some(Judged { predicate, .. }) => (Some(predicate), true),
        None => (None, false),
    }
}

/// A condition as the database judges it.
struct Judged {
    predicate: Predicate,
    /// Whether it always says yes or no, so that its contrary can be asked as well.
    certain: bool,
}

fn certain(predicate: Predicate) -> Option<Judged> {
    Some(Judged {
        predicate,
        certain: true,
    })
}

/// All of a condition.
fn whole(node: &Node) -> Option<Judged> {
    match node {
        Node::Constant(Value::Bool(truth)) => certain(Predicate::constant(*truth)),
        Node::And(left, right) | Node::Or(left, right) => {
            let (left, right) = (whole(left)?, whole(right)?);
            let parts = vec![left.predicate, right.predicate];
            Some(Judged {
                predicate: if matches!(node, Node::And(..)) {
                    Predicate::All(parts)
                } else {
                    Predicate::Any(parts)
                },
                certain: left.certain && right.certain,
            })
        }
        Node::Call(super::function::Function::Not, inner) => {
            let inner = whole(inner.first()?)?;
            if inner.certain {
                certain(inner.predicate.negated())
            } else {
                None
            }
        }
        Node::Equal {
            negated,
            fold: false,
            left,
            right,
        } => {
            let found = match (field(left), &**right, field(right), &**left) {
                (Some(field), Node::Constant(value), _, _) | (_, _, Some(field), Node::Constant(value)) => {
                    equal(&field, value)?
                }
                _ => return None,
            };
            certain(if *negated { found.negated() } else { found })
        }
        Node::Among {
            negated,
            fold: false,
            left,
            list,
        } => {
            let field = field(left)?;
            let each = list.iter().map(|one| match one {
                Node::Constant(Value::Dynamic(Json::Array(_))) => None,
                Node::Constant(value) => equal(&field, value),
                _ => None,
            });
            let found = Predicate::Any(each.collect::<Option<_>>()?);
            certain(if *negated { found.negated() } else { found })
        }
        Node::Order(op, left, right) => match (field(left), &**right, field(right), &**left) {
            (Some(field), Node::Constant(value), _, _) => order(*op, &field, value),
            (_, _, Some(field), Node::Constant(value)) => order(flipped(*op), &field, value),
            _ => None,
        },
        Node::Between {
            negated: false,
            inner,
            from,
            to,
        } => {
            let (Node::Constant(from), Node::Constant(to)) = (&**from, &**to) else {
                return None;
            };
            let to = match (from, to) {
                (Value::Time(from), Value::Span(length)) => Value::Time(from.saturating_add(*length)),
                (_, to) => to.clone(),
            };
            let field = field(inner)?;
            let (from, to) = (order(Op::Gte, &field, from)?, order(Op::Lte, &field, &to)?);
            Some(Judged {
                predicate: Predicate::All(vec![from.predicate, to.predicate]),
                certain: from.certain && to.certain,
            })
        }
        Node::Match {
            negated,
            look: look @ (Look::Contains | Look::Starts | Look::Ends),
            fold: false,
            left,
            right,
        } => {
            let (Field::Text(text), Node::Constant(value)) = (field(left)?, &**right) else {
                return None;
            };
            let wanted = value.written();
            let test = match look {
                Look::Contains => Test::Contains(wanted.clone()),
                Look::Starts => Test::Prefix(wanted.clone()),
                _ => Test::Suffix(wanted.clone()),
            };
            let found = or_missing(text, test, wanted.is_empty())?;
            certain(if *negated { found.negated() } else { found })
        }
        _ => None,
    }
}

/// A value of an event that the database has.
enum Field {
    Text(Text),
    Time,
    Any(Dimension),
}

fn field(node: &Node) -> Option<Field> {
    let mut path = Vec::new();
    let mut at = node;
    while let Node::Member(inner, key) = at {
        path.push(key.clone());
        at = inner;
    }
    let Node::Column(index) = at else { return None };
    path.push(SOURCE.get(*index)?.0.to_owned());
    path.reverse();
    // Keys of a user are themselves here, in small letters or capitals.
    let is_plain = match path.as_slice() {
        [first, second, ..] if first == "User" => matches!(second.as_str(), "Name" | "Email" | "Info"),
        [first, ..] if first == "Payload" => path.get(1).is_some_and(|key| key != "traffic_source"),
        _ => path.len() == 1,
    };
    let fine = path.len() <= 30
        && path
            .iter()
            .all(|key| !key.is_empty() && key.len() < 200 && !key.contains('\0'));
    if !is_plain || !fine {
        return None;
    }
    if let [user, name] = path.as_slice()
        && user == "User"
        && name != "Info"
    {
        return Some(Field::Any(Dimension::Tag(path)));
    }
    match column(&path).ok()? {
        Column::Time => Some(Field::Time),
        Column::Text(text) if path.len() == 1 => Some(Field::Text(text)),
        Column::Any(dimension) if path.len() > 1 => Some(Field::Any(dimension)),
        _ => None,
    }
}

/// A text fulfils it; where there is none, the empty one does or does not.
fn or_missing(text: Text, test: Test, empty: bool) -> Option<Predicate> {
    let values: &[String] = match &test {
        Test::OneOf(list) => list,
        Test::Prefix(one) | Test::Suffix(one) | Test::Contains(one) | Test::Order(_, one) => std::slice::from_ref(one),
    };
    if values.iter().any(|value| value.contains('\0')) {
        return None;
    }
    let missing = Predicate::Missing(text.clone());
    let found = Predicate::Text { text, fold: None, test };
    Some(if empty {
        Predicate::Any(vec![found, missing])
    } else {
        found
    })
}

fn equal(field: &Field, value: &Value) -> Option<Predicate> {
    match (field, value) {
        (Field::Text(text), Value::Text(wanted)) => {
            or_missing(text.clone(), Test::OneOf(vec![wanted.clone()]), wanted.is_empty())
        }
        (Field::Time, Value::Time(time)) => Some(Predicate::Time(Op::Eq, *time)),
        (Field::Any(dimension), value) => {
            let json = match value {
                Value::Text(_) | Value::Bool(_) | Value::Long(_) => value.json(),
                Value::Real(number) if number.is_finite() => value.json(),
                _ => return None,
            };
            let holds = |op, value| Condition::new(dimension.clone(), op, value).ok().map(Predicate::Holds);
            let same = holds(Op::Eq, json.clone())?;
            if json != "" {
                return Some(same);
            }
            // Nothing is the empty text.
            Some(Predicate::Any(vec![
                same,
                holds(Op::Exists, false.into())?,
                holds(Op::Eq, Json::Null)?,
            ]))
        }
        _ => None,
    }
}

fn order(op: Op, field: &Field, value: &Value) -> Option<Judged> {
    match (field, value) {
        (Field::Time, Value::Time(time)) => certain(Predicate::Time(op, *time)),
        (Field::Text(text), Value::Text(wanted)) => {
            let empty = Test::Order(op, wanted.clone()).holds("");
            certain(or_missing(text.clone(), Test::Order(op, wanted.clone()), empty)?)
        }
        (Field::Any(dimension), Value::Long(_) | Value::Real(_)) => {
            let number = Some(value.json()).filter(Json::is_number)?;
            let condition = Condition::new(dimension.clone(), op, number).ok()?;
            Some(Judged {
                predicate: Predicate::Holds(condition),
                certain: false,
            })
        }
        _ => None,
    }
}

fn flipped(op: Op) -> Op {
    match op {
        Op::Gt => Op::Lt,
        Op::Gte => Op::Lte,
        Op::Lt => Op::Gt,
        Op::Lte => Op::Gte,
        other => other,
    }
}
