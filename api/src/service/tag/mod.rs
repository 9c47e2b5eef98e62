//! The tag schema: which type each name has, who gives it, and how it is used.

mod check;
mod list;
mod manage;
mod memory;
mod schema;
mod usage;

pub(in crate::service) use check::{Typed, check};
pub use list::{Listed, Names, Page};
pub(in crate::service) use manage::{read_name, retype};
pub use memory::TagTypes;
pub(in crate::service) use schema::{Purpose, Schema, Subject};
pub use usage::Uses;
