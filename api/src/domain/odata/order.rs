//! `$orderby`: fields, each with a direction.

use super::{
    MOST_BYTES,
    compile::{Column, column},
    parser::is_of_name,
};
use crate::domain::{
    error::{Code, Error, Result},
    syntax::{Syntax, shown},
};

/// Fields to order by.
const MOST_KEYS: usize = 10;

/// Which comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// The least, what is missing before it.
    Ascending,
    /// The greatest; what is missing last.
    Descending,
}

/// A field to order by.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// The field.
    pub column: Column,
    /// Which way.
    pub direction: Direction,
}

/// The fields of events to order by; of an empty text, the time, the latest first.
///
/// # Errors
/// `INVALID_QUERY` says what is wrong, and where.
pub fn read_order(text: &str) -> Result<Vec<Key>> {
    let named = read_names(text)?;
    if named.is_empty() {
        return Ok(vec![Key {
            column: Column::Time,
            direction: Direction::Descending,
        }]);
    }
    let keys = named.into_iter().map(|(at, path, direction)| {
        let column = column(&path).map_err(|message| Syntax::new(at, message).refuse(text))?;
        if matches!(column, Column::Payload) {
            let message = "The whole Payload has no order; name a key of it";
            return Err(Syntax::new(at, message).refuse(text));
        }
        Ok(Key { column, direction })
    });
    keys.collect()
}

/// The names of the fields to order by, each with its place in the text.
///
/// # Errors
/// As of [`read_order`].
pub(super) fn read_names(text: &str) -> Result<Vec<(usize, Vec<String>, Direction)>> {
    if text.len() > MOST_BYTES {
        let message = format!("The text has {} bytes; at most {MOST_BYTES} are taken.", text.len());
        return Err(Error::new(Code::TooLong, message));
    }
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    let mut keys = Vec::new();
    let mut at = 0;
    for part in text.split(',') {
        let begin = at + part.len() - part.trim_start().len();
        at += part.len() + 1;
        let mut words = part.split_whitespace();
        let wrong = |message: String| Err(Syntax::new(begin, message).refuse(text));
        let Some(name) = words.next() else {
            return wrong("A field is expected here".to_owned());
        };
        let direction = match words.next().map(str::to_ascii_lowercase).as_deref() {
            None | Some("asc") => Direction::Ascending,
            Some("desc") => Direction::Descending,
            Some(word) => return wrong(format!("“{}” is no direction; write asc or desc", shown(word))),
        };
        let path: Vec<String> = name.split(['.', '/']).map(str::to_owned).collect();
        let is_name = |name: &String| !name.is_empty() && name.chars().all(is_of_name);
        if words.next().is_some() || !path.iter().all(is_name) {
            return wrong(format!("“{}” is no field with a direction", shown(part.trim())));
        }
        if keys.len() == MOST_KEYS {
            return wrong(format!("At most {MOST_KEYS} fields are ordered by"));
        }
        keys.push((begin, path, direction));
    }
    Ok(keys)
}
