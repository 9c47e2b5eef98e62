//! `schema`: print the GraphQL schema.

/// Prints the schema in the schema definition language.
pub(super) fn run() {
    print!("{}", crate::startup::schema());
}
