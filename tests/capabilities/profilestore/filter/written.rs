//! How a filter can be written: in capitals or small letters, with parentheses that need not be, bare words, and a value before
//! its field.

use serde_json::{Value, json};
use support::random::Random;

use super::{Asked, Field};

/// How close what is written binds: a whole by itself, an order, an equality, `and`, `or`.
fn level(asked: &Asked) -> u8 {
    match asked {
        Asked::Call(..) => 0,
        Asked::In(..) => 1,
        Asked::Compare(_, _, operator, _) if !matches!(*operator, "eq" | "ne") => 1,
        Asked::Compare(..) | Asked::Is(..) | Asked::Same(..) | Asked::Not(_) => 2,
        Asked::All(_) => 3,
        Asked::One(_) => 4,
    }
}

fn keyword(word: &str, random: &mut Random) -> String {
    if random.chance(30) {
        word.to_uppercase()
    } else {
        word.to_owned()
    }
}

/// A part of something, in parentheses where it binds less close, and now and then anyway.
fn part(inner: &Asked, most: u8, random: &mut Random) -> String {
    let text = written(inner, random);
    if level(inner) > most || random.chance(10) {
        format!("({text})")
    } else {
        text
    }
}

fn field((name, _): &Field, fold: Option<&str>) -> String {
    fold.map_or_else(|| (*name).to_owned(), |fold| format!("{fold}({name})"))
}

pub(super) fn written(asked: &Asked, random: &mut Random) -> String {
    match asked {
        Asked::All(list) | Asked::One(list) => {
            let (word, most) = if matches!(asked, Asked::All(_)) {
                ("and", 2)
            } else {
                ("or", 3)
            };
            let parts: Vec<_> = list.iter().map(|one| part(one, most, random)).collect();
            parts.join(&format!(" {} ", keyword(word, random)))
        }
        // It takes the comparison of a field that follows, with parentheses or without.
        Asked::Not(inner) => {
            let plain = matches!(&**inner, Asked::Compare(_, None, ..) | Asked::Call(..)) && random.chance(50);
            let word = keyword("not", random);
            match &**inner {
                Asked::Compare(of, None, operator, value) if plain => {
                    format!("{word} {}", compared(of, None, (operator, value), random))
                }
                inner if plain => format!("{word} {}", written(inner, random)),
                inner => format!("{word} ({})", written(inner, random)),
            }
        }
        Asked::Is(inner, wanted) => format!("{} {} {wanted}", part(inner, 1, random), keyword("eq", random)),
        Asked::Same(one, other, wanted) => {
            let word = keyword(if *wanted { "eq" } else { "ne" }, random);
            format!("({}) {word} ({})", written(one, random), written(other, random))
        }
        Asked::Compare(of, fold, operator, value) => {
            if random.chance(15) {
                return flipped(of, *fold, (operator, value), random);
            }
            compared(of, *fold, (operator, value), random)
        }
        Asked::In(of, fold, list) => {
            let list: Vec<_> = list.iter().map(quoted).collect();
            format!("{} {} ({})", field(of, *fold), keyword("in", random), list.join(","))
        }
        Asked::Call(test, of, fold, value) => {
            let value = quoted(&json!(value));
            // What is alike already stays so.
            let value = match fold {
                Some(fold) if random.chance(30) => format!("{fold}({value})"),
                _ => value,
            };
            format!("{test}({}, {value})", field(of, *fold))
        }
    }
}

fn compared(of: &Field, fold: Option<&str>, (operator, value): (&str, &Value), random: &mut Random) -> String {
    let word = keyword(operator, random);
    format!("{} {word} {}", field(of, fold), literal(of, value, random))
}

/// The value first.
fn flipped(of: &Field, fold: Option<&str>, (operator, value): (&str, &Value), random: &mut Random) -> String {
    let operator = match operator {
        "gt" => "lt",
        "ge" => "le",
        "lt" => "gt",
        "le" => "ge",
        other => other,
    };
    format!("{} {} {}", quoted(value), keyword(operator, random), field(of, fold))
}

fn quoted(value: &Value) -> String {
    match value {
        Value::String(text) => format!("'{}'", text.replace('\'', "''")),
        other => other.to_string(),
    }
}

/// A value as it is written: now and then bare, where nothing ends it too early or makes it something else.
fn literal((_, path): &Field, value: &Value, random: &mut Random) -> String {
    let Value::String(text) = value else {
        return value.to_string();
    };
    let bare = !text.is_empty() && !text.contains([' ', ')', '\'']);
    if bare && (random.chance(30) || (path[0] == "EventTime" && random.chance(50))) {
        text.clone()
    } else {
        quoted(value)
    }
}
