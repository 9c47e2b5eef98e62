//! The language of `$filter` and `$orderby`: the one of Microsoft's REST guidelines with its quoted texts and small keywords,
//! and the older one of bare words and capitals, read by one parser.
//!
//! ```text
//! or      := and (OR and)*          and := unary (AND unary)*
//! unary   := NOT unary | cmp        cmp := primary [op primary] | primary IN '(' [lit (',' lit)*] ')'
//! primary := '(' or ')' | literal | path | func '(' args ')'
//! op      := eq | ne | gt | ge | lt | le          path := ident (('.'|'/') ident)*
//! literal := 'text with '' escape' | number | true|false|null | datetime | guid | bare-word
//! ```
//!
//! `gt ge lt le` bind closer than `eq ne`, and those closer than `and` and `or`.

mod ast;
mod compile;
mod moment;
mod order;
mod parser;
mod record;
#[cfg(test)]
mod tests;

pub use compile::{Column, column, payload_key, stored_key};
pub use moment::read_moment;
pub use order::{Direction, Key, read_order};
pub use record::{Keys, Record, Wanted, Watch};

use crate::domain::{
    error::{Code, Error, Result},
    predicate::Predicate,
};

/// Bytes of one filter.
pub const MOST_BYTES: usize = 16 << 10;

/// What must hold of an event, by a text of the language; of an empty one, nothing.
///
/// # Errors
/// `INVALID_QUERY` says what is wrong, and where.
pub fn read_filter(text: &str) -> Result<Predicate> {
    check_length(text)?;
    if text.trim().is_empty() {
        return Ok(Predicate::constant(true));
    }
    let node = parser::parse(text).map_err(|wrong| wrong.refuse(text))?;
    compile::predicate(&node).map_err(|wrong| wrong.refuse(text))
}

fn check_length(text: &str) -> Result<()> {
    if text.len() <= MOST_BYTES {
        return Ok(());
    }
    let message = format!("The text has {} bytes; at most {MOST_BYTES} are taken.", text.len());
    Err(Error::new(Code::TooLong, message))
}
