//! What a filter asks of events: each field is found, and each value made what its field holds.

use std::net::IpAddr;

use serde_json::Value;

use super::{
    ast::{Comparison, Function, Kind, Literal, Node},
    moment::read_moment,
};
use crate::domain::{
    condition::{Condition, Op},
    dimension::Dimension,
    predicate::{Fold, Predicate, RESERVED_KEYS, Test, Text},
    syntax::{Read, Syntax, shown},
};

/// A field of events.
#[derive(Debug, Clone, PartialEq)]
pub enum Column {
    /// A text.
    Text(Text),
    /// When it happened.
    Time,
    /// The address.
    Address,
    /// Any JSON value of the tag.
    Any(Dimension),
    /// The whole of what was sent along.
    Payload,
}

/// The names of the fields.
const NAMES: &str = "TrackId, DeviceId, EventType, EventTime, Value, Scope, PageUri, PageTitle, RemoteAddress, SessionId, \
                     CountryCode, City, User.Name, User.Email, User.Info.<key> and Payload.<key>";

/// The field of a path. Names of fields are the same in small letters and capitals; keys of a payload are not.
///
/// # Errors
/// A sentence that names those there are.
pub fn column(path: &[String]) -> Result<Column, String> {
    let [first, rest @ ..] = path else {
        return Err("A field has a name.".to_owned());
    };
    let tag = |keys: Vec<String>| Dimension::Tag(keys);
    let text = |dimension| Column::Text(Text::Of(dimension));
    let plain = match first.to_ascii_lowercase().as_str() {
        "trackid" => Column::Text(Text::Id),
        "deviceid" => Column::Text(Text::Device),
        "eventtype" => text(Dimension::Action),
        "eventtime" => Column::Time,
        "value" => text(Dimension::Label),
        "scope" => Column::Text(Text::Scope),
        "pageuri" => Column::Text(Text::Url),
        "pagetitle" => text(tag(vec!["title".to_owned()])),
        "remoteaddress" => Column::Address,
        "sessionid" => Column::Text(Text::OrEmpty(Dimension::Session)),
        "countrycode" => Column::Text(Text::Country),
        "city" => Column::Text(Text::OrEmpty(Dimension::City)),
        "user" => return user(rest),
        "payload" => return Ok(payload(rest)),
        _ => return Err(format!("There is no field “{}”; there are {NAMES}", shown(first))),
    };
    if rest.is_empty() {
        return Ok(plain);
    }
    Err(format!("The field “{}” has no fields of its own", shown(first)))
}

fn user(rest: &[String]) -> Result<Column, String> {
    let keys = |names: &[&str], more: &[String]| {
        let own = names.iter().map(|name| (*name).to_owned());
        Dimension::Tag(
            std::iter::once("User".to_owned())
                .chain(own)
                .chain(more.iter().cloned())
                .collect(),
        )
    };
    let Some((first, more)) = rest.split_first() else {
        return Ok(Column::Any(keys(&[], &[])));
    };
    match (first.to_ascii_lowercase().as_str(), more) {
        ("name", []) => Ok(Column::Text(Text::Of(keys(&["Name"], &[])))),
        ("email", []) => Ok(Column::Text(Text::Of(keys(&["Email"], &[])))),
        ("info" | "information", more) => Ok(Column::Any(keys(&["Info"], more))),
        _ => Err(format!(
            "A user has no field “{}”; there are User.Name, User.Email and User.Info.<key>",
            shown(first)
        )),
    }
}

fn payload(rest: &[String]) -> Column {
    let Some((first, more)) = rest.split_first() else {
        return Column::Payload;
    };
    if first == "traffic_source" && more.is_empty() {
        return Column::Any(Dimension::TrafficSource);
    }
    let keys = std::iter::once(stored_key(first)).chain(more.iter().cloned()).collect();
    Column::Any(Dimension::Tag(keys))
}

/// The key of a tag under which a key of a payload is kept: what the format has fields of its own for is set apart.
#[must_use]
pub fn stored_key(key: &str) -> String {
    if RESERVED_KEYS.contains(&key) || is_set_apart(key) {
        format!("{APART}{key}")
    } else {
        key.to_owned()
    }
}

/// The key of a payload that is kept under a key of a tag.
#[must_use]
pub fn payload_key(key: &str) -> &str {
    if is_set_apart(key) { &key[APART.len()..] } else { key }
}

const APART: &str = "Payload_";

/// Whether a key is one that [`stored_key`] makes.
fn is_set_apart(key: &str) -> bool {
    key.strip_prefix(APART)
        .is_some_and(|rest| RESERVED_KEYS.contains(&rest) || is_set_apart(rest))
}

/// What a side of a comparison is.
enum Side<'a> {
    Field(Column, Option<Fold>),
    Value(&'a Literal, Option<Fold>),
}

/// What a filter asks.
pub(super) fn predicate(node: &Node) -> Read<Predicate> {
    match &node.kind {
        Kind::And(parts) => Ok(Predicate::All(parts.iter().map(predicate).collect::<Read<_>>()?)),
        Kind::Or(parts) => Ok(Predicate::Any(parts.iter().map(predicate).collect::<Read<_>>()?)),
        Kind::Not(inner) => Ok(predicate(inner)?.negated()),
        Kind::Literal(literal) => match truth(literal) {
            Some(truth) => Ok(Predicate::constant(truth)),
            None => Err(Syntax::new(
                node.at,
                "A condition is expected here, and this is a value",
            )),
        },
        Kind::Path(path) => match find(path, node.at)? {
            Column::Any(dimension) => holds(dimension, Op::Eq, true.into(), node.at),
            _ => Err(Syntax::new(
                node.at,
                "A condition is expected here, and this is a field; compare it with a value",
            )),
        },
        Kind::Call(function, arguments) => call(*function, arguments, node.at),
        Kind::In(left, list) => within(left, list),
        Kind::Compare(comparison, left, right) => compare(*comparison, left, right, node.at),
    }
}

fn find(path: &[String], at: usize) -> Read<Column> {
    column(path).map_err(|message| Syntax::new(at, message))
}

fn truth(literal: &Literal) -> Option<bool> {
    match literal {
        Literal::Word(word) if word.eq_ignore_ascii_case("true") => Some(true),
        Literal::Word(word) if word.eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

fn is_null(literal: &Literal) -> bool {
    matches!(literal, Literal::Word(word) if word.eq_ignore_ascii_case("null"))
}

/// Whether a part says yes or no by itself.
fn is_test(node: &Node) -> bool {
    match &node.kind {
        Kind::Literal(_) | Kind::Path(_) => false,
        Kind::Call(function, _) => function.is_test(),
        Kind::Not(_) | Kind::And(_) | Kind::Or(_) | Kind::Compare(..) | Kind::In(..) => true,
    }
}

fn side(node: &Node) -> Read<Side<'_>> {
    match &node.kind {
        Kind::Literal(literal) => Ok(Side::Value(literal, None)),
        Kind::Path(path) => Ok(Side::Field(find(path, node.at)?, None)),
        Kind::Call(function, arguments) if !function.is_test() => {
            let fold = if *function == Function::ToLower {
                Fold::Lower
            } else {
                Fold::Upper
            };
            let inner = arguments.first().map(side).transpose()?;
            match inner {
                Some(Side::Field(column @ (Column::Text(_) | Column::Any(_)), _)) => {
                    Ok(Side::Field(column, Some(fold)))
                }
                Some(Side::Value(literal, _)) => Ok(Side::Value(literal, Some(fold))),
                _ => Err(Syntax::new(node.at, format!("“{}” takes a text", function.word()))),
            }
        }
        _ => Err(Syntax::new(
            node.at,
            "A field or a value is expected here, and this is a condition",
        )),
    }
}

/// The text of a value, made alike.
fn text_of(literal: &Literal, fold: Option<Fold>) -> String {
    let (Literal::Text(text) | Literal::Word(text)) = literal;
    fold.map_or_else(|| text.clone(), |fold| fold.of(text))
}

fn call(function: Function, arguments: &[Node], at: usize) -> Read<Predicate> {
    let [left, right] = arguments else {
        return Err(Syntax::new(at, "A condition is expected here, and this is a value"));
    };
    let (column, fold) = match side(left)? {
        Side::Field(column, fold) => (column, fold),
        Side::Value(..) => return Err(Syntax::new(left.at, "A field is expected here, and this is a value")),
    };
    let Side::Value(literal, own) = side(right)? else {
        return Err(Syntax::new(right.at, "A value is expected here, and this is a field"));
    };
    if is_null(literal) {
        return Err(Syntax::new(right.at, format!("“{}” takes a text", function.word())));
    }
    let value = text_of(literal, own);
    let test = match function {
        Function::Contains => Test::Contains(value),
        Function::StartsWith => Test::Prefix(value),
        _ => Test::Suffix(value),
    };
    match column {
        Column::Text(text) => tested(text, fold, test, right.at),
        Column::Any(dimension) => tested(Text::Of(dimension), fold, test, right.at),
        Column::Time | Column::Address | Column::Payload => Err(Syntax::new(
            left.at,
            format!("“{}” takes a text, and this is none", function.word()),
        )),
    }
}

fn within(left: &Node, list: &[Node]) -> Read<Predicate> {
    let Side::Field(..) = side(left)? else {
        return Err(Syntax::new(left.at, "A field is expected here, and this is a value"));
    };
    let one = |value: &Node| compare(Comparison::Eq, left, value, left.at);
    Ok(Predicate::Any(list.iter().map(one).collect::<Read<_>>()?))
}

fn compare(comparison: Comparison, left: &Node, right: &Node, at: usize) -> Read<Predicate> {
    if is_test(left) || is_test(right) {
        return compare_tests(comparison, left, right, at);
    }
    let (field, value, comparison, value_at) = match (side(left)?, side(right)?) {
        (field @ Side::Field(..), value @ Side::Value(..)) => (field, value, comparison, right.at),
        (value @ Side::Value(..), field @ Side::Field(..)) => (field, value, flipped(comparison), left.at),
        // What stands on the right of a value is a field, where there is one of that name.
        (value @ Side::Value(..), Side::Value(Literal::Word(name), fold)) => {
            let path: Vec<String> = name.split(['.', '/']).map(str::to_owned).collect();
            match column(&path) {
                Ok(column) => (Side::Field(column, fold), value, flipped(comparison), left.at),
                Err(_) => {
                    return Err(Syntax::new(
                        at,
                        "Two values are compared here; compare a field with a value",
                    ));
                }
            }
        }
        (Side::Value(..), Side::Value(..)) => {
            return Err(Syntax::new(
                at,
                "Two values are compared here; compare a field with a value",
            ));
        }
        (Side::Field(..), Side::Field(..)) => {
            return Err(Syntax::new(
                right.at,
                "A field is compared with a value here, and not with another field",
            ));
        }
    };
    let (Side::Field(column, fold), Side::Value(literal, own)) = (field, value) else {
        return Err(Syntax::new(at, "Compare a field with a value"));
    };
    compare_column(comparison, (column, fold), (literal, own), value_at)
}

/// `x eq true` and the like: both hold, or neither.
fn compare_tests(comparison: Comparison, left: &Node, right: &Node, at: usize) -> Read<Predicate> {
    let same = match comparison {
        Comparison::Eq => true,
        Comparison::Ne => false,
        _ => return Err(Syntax::new(at, "Conditions are compared by “eq” and “ne” alone")),
    };
    let (left, right) = (predicate(left)?, predicate(right)?);
    let never = Predicate::constant(false);
    let always = Predicate::constant(true);
    let both = match (left, right) {
        (one, other) if other == always => one,
        (one, other) if one == always => other,
        (one, other) if other == never => one.negated(),
        (one, other) if one == never => other.negated(),
        (one, other) => Predicate::Same(Box::new(one), Box::new(other)),
    };
    Ok(if same { both } else { both.negated() })
}

fn flipped(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Eq | Comparison::Ne => comparison,
        Comparison::Gt => Comparison::Lt,
        Comparison::Ge => Comparison::Le,
        Comparison::Lt => Comparison::Gt,
        Comparison::Le => Comparison::Ge,
    }
}

/// The operator of order.
fn order(comparison: Comparison) -> Option<Op> {
    match comparison {
        Comparison::Eq | Comparison::Ne => None,
        Comparison::Gt => Some(Op::Gt),
        Comparison::Ge => Some(Op::Gte),
        Comparison::Lt => Some(Op::Lt),
        Comparison::Le => Some(Op::Lte),
    }
}

fn compare_column(
    comparison: Comparison,
    (column, fold): (Column, Option<Fold>),
    (literal, own): (&Literal, Option<Fold>),
    at: usize,
) -> Read<Predicate> {
    let negated = comparison == Comparison::Ne;
    let order = order(comparison);
    if is_null(literal) {
        // Nothing comes before or after what is not there.
        let missing = match (order, column) {
            (Some(_), _) | (None, Column::Time) => Predicate::constant(false),
            (None, Column::Text(text)) => Predicate::Missing(text),
            (None, Column::Address) => Predicate::HasAddress.negated(),
            (None, Column::Payload) => Predicate::HasPayload.negated(),
            (None, Column::Any(dimension)) => Predicate::Any(vec![
                holds(dimension.clone(), Op::Exists, false.into(), at)?,
                holds(dimension, Op::Eq, Value::Null, at)?,
            ]),
        };
        return Ok(if negated { missing.negated() } else { missing });
    }
    let found = match column {
        Column::Text(text) => {
            let value = text_of(literal, own);
            tested(
                text,
                fold,
                order.map_or_else(|| Test::OneOf(vec![value.clone()]), |op| Test::Order(op, value.clone())),
                at,
            )
        }
        Column::Time => {
            let written = text_of(literal, None);
            let Some(time) = read_moment(&written) else {
                let message = format!("“{}” is no time, such as 2017-09-15T07:16:34Z", shown(&written));
                return Err(Syntax::new(at, message));
            };
            Ok(Predicate::Time(order.unwrap_or(Op::Eq), time))
        }
        Column::Address => {
            if order.is_some() {
                return Err(Syntax::new(at, "RemoteAddress takes “eq”, “ne” and “in”"));
            }
            // What is no address is none of those that are kept.
            let address = text_of(literal, None).parse::<IpAddr>();
            Ok(Predicate::Address(address.into_iter().collect()))
        }
        Column::Payload => Err(Syntax::new(
            at,
            "The whole Payload is compared with “null” alone; name a key of it",
        )),
        Column::Any(dimension) => compare_any(dimension, order, fold, (literal, own), at),
    }?;
    Ok(if negated { found.negated() } else { found })
}

/// A comparison with a field that may hold anything: the value says of which type.
fn compare_any(
    dimension: Dimension,
    order: Option<Op>,
    fold: Option<Fold>,
    (literal, own): (&Literal, Option<Fold>),
    at: usize,
) -> Read<Predicate> {
    let number = match literal {
        Literal::Word(word) => read_number(word),
        Literal::Text(_) => None,
    };
    if fold.is_some() || own.is_some() || (truth(literal).is_none() && number.is_none()) {
        let value = text_of(literal, own);
        let test = order.map_or_else(|| Test::OneOf(vec![value.clone()]), |op| Test::Order(op, value.clone()));
        return tested(Text::Of(dimension), fold, test, at);
    }
    if let Some(number) = number {
        return holds(dimension, order.unwrap_or(Op::Eq), number, at);
    }
    if order.is_some() {
        return Err(Syntax::new(
            at,
            "“true” and “false” have no order; compare them by “eq” or “ne”",
        ));
    }
    holds(dimension, Op::Eq, truth(literal).unwrap_or_default().into(), at)
}

/// A number as it is written, where it is one.
fn read_number(word: &str) -> Option<Value> {
    let digits = word.strip_prefix(['+', '-']).unwrap_or(word);
    if !digits.starts_with(|letter: char| letter.is_ascii_digit()) {
        return None;
    }
    let fine = |letter: char| letter.is_ascii_digit() || matches!(letter, '.' | 'e' | 'E' | '+' | '-');
    if !digits.chars().all(fine) {
        return None;
    }
    let plain = word.strip_prefix('+').unwrap_or(word);
    if let Ok(whole) = plain.parse::<i64>() {
        return Some(whole.into());
    }
    let float: f64 = plain.parse().ok().filter(|float: &f64| float.is_finite())?;
    serde_json::Number::from_f64(float).map(Value::Number)
}

fn holds(dimension: Dimension, op: Op, value: Value, at: usize) -> Read<Predicate> {
    let condition = Condition::new(dimension, op, value).map_err(|error| Syntax::new(at, error.message))?;
    Ok(Predicate::Holds(condition))
}

fn tested(text: Text, fold: Option<Fold>, test: Test, at: usize) -> Read<Predicate> {
    let values: &[String] = match &test {
        Test::OneOf(list) => list,
        Test::Prefix(text) | Test::Suffix(text) | Test::Contains(text) | Test::Order(_, text) => {
            std::slice::from_ref(text)
        }
    };
    if values.iter().any(|value| value.contains('\0')) {
        return Err(Syntax::new(
            at,
            "The text holds the character U+0000, which no event can hold",
        ));
    }
    Ok(Predicate::Text { text, fold, test })
}
