//! Views: declared rollups, and those that are there from the start.

use serde_json::{Value, json};

use crate::domain::{
    audit::Shown,
    dimension::Dimension,
    error::{Code, Error, Result},
};

/// The view that is answered from raw events and has every dimension.
pub const RAW: &str = "events";
/// Dimensions of one view: the columns of a rollup's key.
pub const MOST_DIMENSIONS: usize = 8;
/// Measured fields of one view.
pub const MOST_MEASURES: usize = 4;
/// Actions that one view may list.
pub const MOST_ACTIONS: usize = 100;

/// A declared rollup: optional actions × dimensions × measures.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    /// Unique within the site.
    pub name: String,
    /// The actions it counts; none counts all.
    pub actions: Option<Vec<String>>,
    /// What it can be filtered and grouped by.
    pub dimensions: Vec<Dimension>,
    /// Numeric tag fields, for sum, average, least and greatest.
    pub measures: Vec<Dimension>,
}

/// A view of one site.
#[derive(Debug, Clone)]
pub struct View {
    /// Internal number.
    pub id: i64,
    /// The site.
    pub site: i64,
    /// What it holds.
    pub definition: Definition,
    /// Whether it is there from the start.
    pub built_in: bool,
    /// When it was declared.
    pub created: jiff::Timestamp,
}

impl Shown for View {
    fn shown(&self) -> Value {
        let names = |list: &[Dimension]| list.iter().map(ToString::to_string).collect::<Vec<_>>();
        json!({
            "name": self.definition.name,
            "actions": self.definition.actions,
            "dimensions": names(&self.definition.dimensions),
            "measures": names(&self.definition.measures),
        })
    }
}

impl Definition {
    /// Checks what somebody declares.
    ///
    /// # Errors
    /// `RESERVED_NAME`, or `INVALID_ARGUMENT` naming the field.
    pub fn check(&self) -> Result<()> {
        check_name(&self.name)?;
        let bad = |path: &str, message: String| Err(Error::new(Code::InvalidArgument, message).at(path));
        if self.name == RAW || built_in().iter().any(|one| one.name == self.name) {
            let message = format!("“{}” is the name of a built-in view; choose another.", self.name);
            return Err(Error::new(Code::ReservedName, message).at("name"));
        }
        if self.dimensions.len() > MOST_DIMENSIONS {
            return bad(
                "dimensions",
                format!("A view has at most {MOST_DIMENSIONS} dimensions."),
            );
        }
        if self.measures.len() > MOST_MEASURES {
            return bad("measures", format!("A view has at most {MOST_MEASURES} measures."));
        }
        if has_twins(&self.dimensions) {
            return bad("dimensions", "A dimension is named twice.".to_owned());
        }
        if has_twins(&self.measures) {
            return bad("measures", "A measure is named twice.".to_owned());
        }
        if !self.measures.iter().all(|one| matches!(one, Dimension::Tag(_))) {
            return bad(
                "measures",
                "A measure is a numeric field of the tag, such as “tag.price”.".to_owned(),
            );
        }
        let possible = |action: &String| (1..=256).contains(&action.chars().count()) && !action.contains('\0');
        let impossible = self.actions.iter().flatten().position(|action| !possible(action));
        if let Some(index) = impossible {
            return bad(
                &format!("actions[{index}]"),
                "An action has 1–256 characters, none of them U+0000.".to_owned(),
            );
        }
        match &self.actions {
            Some(actions) if actions.is_empty() || actions.len() > MOST_ACTIONS => bad(
                "actions",
                format!("List 1–{MOST_ACTIONS} actions, or leave the list out to count all."),
            ),
            _ => Ok(()),
        }
    }
}

fn has_twins<T: PartialEq>(list: &[T]) -> bool {
    list.iter().enumerate().any(|(index, one)| list[..index].contains(one))
}

fn check_name(name: &str) -> Result<()> {
    let fine = (1..=64).contains(&name.len())
        && name
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_'));
    if fine {
        return Ok(());
    }
    let message = "A view's name has 1–64 letters, digits, dots, hyphens or underscores, such as “signups-by-plan”.";
    Err(Error::new(Code::InvalidArgument, message).at("name"))
}

/// The views that every site has from the start, besides [`RAW`].
#[must_use]
pub fn built_in() -> Vec<Definition> {
    let tag = |key: &str| Dimension::Tag(vec![key.to_owned()]);
    let view = |name: &str, dimensions: Vec<Dimension>| Definition {
        name: name.to_owned(),
        actions: None,
        dimensions,
        measures: Vec::new(),
    };
    vec![
        view("actions", vec![Dimension::Action]),
        Definition {
            actions: Some(vec!["pageview".to_owned(), "page.visit".to_owned()]),
            ..view("pages", vec![Dimension::UrlHost, Dimension::UrlPath])
        },
        view("referrers", vec![Dimension::TrafficSource, Dimension::ReferrerHost]),
        view("networks", vec![Dimension::Action, tag("network")]),
        view("groups", vec![Dimension::Action, tag("group")]),
        view("devices", vec![Dimension::Device, Dimension::Browser, Dimension::Os]),
        view("countries", vec![Dimension::Country]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_built_in_views_are_reserved() {
        let mut view = Definition {
            name: "pages".into(),
            actions: None,
            dimensions: vec![],
            measures: vec![],
        };
        assert!(view.check().is_err_and(|error| error.code == Code::ReservedName));
        view.name = RAW.into();
        assert!(view.check().is_err_and(|error| error.code == Code::ReservedName));
        view.name = "mine".into();
        assert!(view.check().is_ok());
        view.measures = vec![Dimension::Action];
        assert!(
            view.check()
                .is_err_and(|error| error.path.as_deref() == Some("measures"))
        );
    }
}
