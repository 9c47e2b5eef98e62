//! `schema`: print the GraphQL schema.

use std::io::{self, Write};

use super::output::written;

/// Prints the schema in the schema definition language.
pub(super) fn run() {
    written(io::stdout().write_all(crate::startup::schema().as_bytes()));
}
