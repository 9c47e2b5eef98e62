//! Filter and order of records of JSON: what is no event and is worked out from several.
//!
//! A text is read whole, each field found and each value read, before any record is looked at; what is ready borrows from
//! the records, stops where its answer is certain, and asks at each step whether there is time left.

mod filter;
#[cfg(test)]
mod tests;

use std::cmp::Ordering;

use serde_json::Value;

pub use self::filter::Wanted;
use super::{
    check_length,
    order::{Direction, read_names},
    parser,
};
use crate::domain::{
    error::Result,
    syntax::{Read, Syntax, shown},
};

/// Asked while records are looked through: an error ends it, as of a question that takes too long.
pub type Watch<'a> = &'a dyn Fn() -> Result<()>;

/// The fields of a kind of record.
#[derive(Debug)]
pub struct Record {
    /// Their names.
    pub fields: &'static [&'static str],
    /// Those that are times.
    pub times: &'static [&'static str],
    /// Those that hold any keys.
    pub open: &'static [&'static str],
}

/// By what records are ordered.
#[derive(Debug)]
pub struct Keys(Vec<(Vec<String>, Direction)>);

impl Record {
    /// What must hold of a record, by a text of the language; of an empty one, nothing.
    ///
    /// # Errors
    /// `INVALID_QUERY` says what is wrong, and where; `TOO_LONG`.
    pub fn read_filter(&self, text: &str) -> Result<Wanted> {
        check_length(text)?;
        if text.trim().is_empty() {
            return Ok(Wanted::everything());
        }
        let node = parser::parse(text).map_err(|wrong| wrong.refuse(text))?;
        Wanted::of(self, &node).map_err(|wrong| wrong.refuse(text))
    }

    /// The order of an `$orderby`.
    ///
    /// # Errors
    /// `INVALID_QUERY` says what is wrong, and where; `TOO_LONG`.
    pub fn read_order(&self, text: &str) -> Result<Keys> {
        let keys = read_names(text)?.into_iter().map(|(at, path, direction)| {
            self.check(&path, at).map_err(|wrong| wrong.refuse(text))?;
            Ok((path, direction))
        });
        Ok(Keys(keys.collect::<Result<_>>()?))
    }

    /// Refuses a path that leads to no field.
    fn check(&self, path: &[String], at: usize) -> Read<()> {
        let is = |list: &[&str]| {
            path.first()
                .is_some_and(|first| list.iter().any(|name| name.eq_ignore_ascii_case(first)))
        };
        if !is(self.fields) {
            let first = path.first().map(String::as_str).unwrap_or_default();
            let message = format!(
                "There is no field “{}”; there are {}",
                shown(first),
                self.fields.join(", ")
            );
            return Err(Syntax::new(at, message));
        }
        if path.len() > 1 && !is(self.open) {
            return Err(Syntax::new(at, "This field has no fields of its own"));
        }
        Ok(())
    }

    fn is_time(&self, path: &[String]) -> bool {
        matches!(path, [only] if self.times.iter().any(|name| name.eq_ignore_ascii_case(only)))
    }
}

impl Keys {
    /// Puts records in this order. Those that are equal in it stay as they are.
    ///
    /// # Errors
    /// Those of `watch`.
    pub fn sort(&self, records: Vec<Value>, watch: Watch<'_>) -> Result<Vec<Value>> {
        let mut places = Vec::with_capacity(records.len());
        for (index, record) in records.iter().enumerate() {
            watch()?;
            // Each value is looked up once, and not at each comparison.
            let values: Vec<_> = self.0.iter().map(|(path, _)| find(path, record)).collect();
            places.push((index, values));
        }
        places.sort_by(|(_, one), (_, other)| {
            let pairs = one.iter().zip(other).zip(&self.0);
            let mut orders = pairs.map(|((one, other), (_, direction))| match direction {
                Direction::Ascending => order(*one, *other),
                Direction::Descending => order(*other, *one),
            });
            orders.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        });
        let places: Vec<usize> = places.into_iter().map(|(index, _)| index).collect();
        watch()?;
        let mut records: Vec<_> = records.into_iter().map(Some).collect();
        Ok(places.into_iter().filter_map(|index| records[index].take()).collect())
    }
}

/// The value at a path; names of fields are the same in small letters and capitals.
fn find<'a>(path: &[String], record: &'a Value) -> Option<&'a Value> {
    let mut at = record;
    for (depth, name) in path.iter().enumerate() {
        let fields = at.as_object()?;
        at = match fields.get(name) {
            Some(found) => found,
            None if depth < 2 => fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name))?.1,
            None => return None,
        };
    }
    Some(at).filter(|value| !value.is_null())
}

fn order(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let rank = |value: Option<&Value>| match value {
        None => 0,
        Some(Value::Bool(_)) => 1,
        Some(Value::Number(_)) => 2,
        Some(Value::String(_)) => 3,
        Some(_) => 4,
    };
    match (one, other) {
        (Some(Value::Number(one)), Some(Value::Number(other))) => {
            one.as_f64().partial_cmp(&other.as_f64()).unwrap_or(Ordering::Equal)
        }
        (Some(Value::String(one)), Some(Value::String(other))) => one.cmp(other),
        (Some(Value::Bool(one)), Some(Value::Bool(other))) => one.cmp(other),
        _ => rank(one).cmp(&rank(other)),
    }
}
