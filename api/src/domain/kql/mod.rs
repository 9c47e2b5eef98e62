//! The language of `preview` and of saved segments: Kusto's, as far as it asks one table, `Events`.
//!
//! A query is read whole, each name found and each type fitted, before any event is; what of its first conditions a
//! database can judge is told apart, and the rest is done event by event, metered. See `docs/profile-store.md`.

mod aggregate;
mod ast;
mod compile;
mod function;
mod lexer;
mod meter;
mod node;
mod parser;
mod plan;
mod push;
mod run;
#[cfg(test)]
mod tests;
mod value;

pub use compile::{Column, Parameters, parameter};
pub use meter::{Meter, TooCostly};
pub use plan::{MOST_ROWS, Plan};
pub use run::{Answer, Flow, Run};
pub use value::{Type, Value};

use crate::domain::{
    error::{Code, Error, Result},
    syntax::Syntax,
};

/// Bytes of one query.
pub const MOST_BYTES: usize = 32 << 10;

/// Makes a query ready that yields devices: each that its answer has in the column `DeviceId`, once.
///
/// # Errors
/// As of [`read_query`], and where there is no such column of texts.
pub fn read_devices(text: &str, parameters: &Parameters, now: i64) -> Result<Plan> {
    let plan = read_query(text, parameters, now)?;
    let is_device = |column: &Column| column.name == "DeviceId" && column.kind == Type::Text;
    let Some(place) = plan.columns.iter().position(is_device) else {
        let message = "The query of a segment yields devices: its answer has a column DeviceId of texts";
        return Err(Syntax::new(0, message).refuse(text));
    };
    Ok(plan.distinct(place))
}

/// Makes a query ready to be asked at the moment `now`, in nanoseconds since 1970.
///
/// # Errors
/// `INVALID_QUERY` says what is wrong, and where; `TOO_LONG`.
pub fn read_query(text: &str, parameters: &Parameters, now: i64) -> Result<Plan> {
    if text.len() > MOST_BYTES {
        let message = format!("The query has {} bytes; at most {MOST_BYTES} are taken.", text.len());
        return Err(Error::new(Code::TooLong, message));
    }
    let query = parser::parse(text).map_err(|wrong| wrong.refuse(text))?;
    plan::plan(&query, parameters, now).map_err(|wrong| wrong.refuse(text))
}
