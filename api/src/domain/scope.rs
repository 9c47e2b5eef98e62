//! Scopes: declared groups of tag fields by which unique actors are counted.

use serde_json::{Value, json};

use crate::domain::{
    audit::Shown,
    dimension::Dimension,
    error::{Code, Error, Result},
};

/// Fields of one scope. With the action they make the key of a sketch.
pub const MOST_FIELDS: usize = 4;

/// A declared, ordered group of tag fields.
#[derive(Debug, Clone)]
pub struct Scope {
    /// Internal number.
    pub id: i64,
    /// The fields, in order.
    pub fields: Vec<Dimension>,
    /// Whether it is there from the start.
    pub built_in: bool,
    /// When it was declared.
    pub created: jiff::Timestamp,
}

impl Shown for Scope {
    fn shown(&self) -> Value {
        json!({"name": name(&self.fields)})
    }
}

/// The scopes that are there from the start.
#[must_use]
pub fn built_in() -> Vec<Vec<Dimension>> {
    let tag = |key: &str| Dimension::Tag(vec![key.to_owned()]);
    vec![
        vec![],
        vec![tag("network")],
        vec![Dimension::TrafficSource],
        vec![tag("group")],
        vec![tag("group"), Dimension::TrafficSource],
        vec![tag("group"), tag("network")],
    ]
}

/// The name of a scope: its fields as `<tag.group,tag.network>`.
#[must_use]
pub fn name(fields: &[Dimension]) -> String {
    format!("<{}>", fields.iter().map(field_name).collect::<Vec<_>>().join(","))
}

/// A field's name within scopes, where the computed traffic source goes by its tag name.
#[must_use]
pub fn field_name(field: &Dimension) -> String {
    match field {
        Dimension::TrafficSource => "tag.traffic_source".to_owned(),
        other => other.to_string(),
    }
}

/// Reads the fields of a scope, which the caller gave as the argument `path`.
///
/// # Errors
/// `INVALID_ARGUMENT` where a field is not one of the tag, is named twice, or there are too many; `UNKNOWN_DIMENSION`
/// where one is nothing at all.
pub fn parse(names: &[String], path: &str) -> Result<Vec<Dimension>> {
    if names.len() > MOST_FIELDS {
        let message = format!("A scope has at most {MOST_FIELDS} fields.");
        return Err(Error::new(Code::InvalidArgument, message).at(path));
    }
    let mut fields = Vec::new();
    for (index, name) in names.iter().enumerate() {
        let at = || format!("{path}[{index}]");
        let bad = |message: String| Error::new(Code::InvalidArgument, message).at(at());
        let field = Dimension::parse(name).map_err(|error| error.at(at()))?;
        if !matches!(field, Dimension::Tag(_) | Dimension::TrafficSource) {
            return Err(bad(format!(
                "“{name}” is no field of the tag; a scope has fields such as “tag.group”."
            )));
        }
        if fields.contains(&field) {
            return Err(bad(format!("“{name}” is named twice.")));
        }
        fields.push(field);
    }
    Ok(fields)
}
