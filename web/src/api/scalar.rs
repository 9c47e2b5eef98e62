//! The schema's own scalars.

use super::schema;

/// A number of events, actors or rows.
pub(crate) type Count = u64;

cynic::impl_scalar!(u64, schema::Count);
cynic::impl_scalar!(serde_json::Value, schema::JSON);

/// A moment in UTC, as the API writes it: `2026-11-21T09:30:00Z`.
#[derive(cynic::Scalar, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[cynic(graphql_type = "DateTime")]
pub(crate) struct Moment(pub(crate) String);

impl Moment {
    /// From milliseconds since 1970.
    pub(crate) fn from_milliseconds(milliseconds: f64) -> Self {
        let date = js_sys::Date::new(&milliseconds.into());
        Self(date.to_iso_string().into())
    }

    /// Milliseconds since 1970.
    pub(crate) fn milliseconds(&self) -> f64 {
        js_sys::Date::parse(&self.0)
    }
}

/// An error that a change answers with: expected, and meant for the person.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserError {
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) path: Option<String>,
}
