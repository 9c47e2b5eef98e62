//! The types of traits. Users', companies' and subscriptions' traits have a map each, for all sites; it has nothing to do
//! with that of tags.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{
    domain::{
        error::{Code, Error, Result},
        profile::ProfileKind,
        tag_type::{MOST_LETTERS, MOST_NAMES, Refusal, Shape, TagType, each_field, path_of},
    },
    store::{Transaction, profile},
};

/// Checks that traits have the types that their names have, and gives new names theirs. Users' and companies' traits have
/// a map each, for all sites.
pub(super) async fn check_types(tx: &Transaction, kind: ProfileKind, traits: &Map<String, Value>) -> Result<()> {
    let mut shapes: BTreeMap<&str, Vec<(&Value, Shape)>> = BTreeMap::new();
    each_field(traits, &mut |name, value| {
        let shape = Shape::of(value).map_err(|mixed| {
            conflict(
                traits,
                name,
                value,
                &mixed.expected.to_string(),
                &mixed.received.to_string(),
            )
        })?;
        if !shape.is_nothing() {
            shapes.entry(name).or_default().push((value, shape));
        }
        Ok::<_, Error>(())
    })?;
    if shapes.is_empty() {
        return Ok(());
    }
    let names: Vec<_> = shapes.keys().copied().collect();
    let known: BTreeMap<_, _> = profile::types(tx, kind, &names).await?.into_iter().collect();
    // Only what is kept gives types, so that the others come after this.
    fits(traits, &shapes, &known)?;
    let new = first_types(&shapes, &known);
    if new.is_empty() {
        return Ok(());
    }
    let too_long = new.iter().any(|(name, _)| name.chars().count() > MOST_LETTERS);
    if too_long || profile::count_types(tx, kind).await? + new.len() > MOST_NAMES {
        let message = format!("At most {MOST_NAMES} names of at most {MOST_LETTERS} characters are taken for traits.");
        return Err(Error::new(Code::TagKeyLimit, message).at("traits"));
    }
    let own: BTreeMap<_, _> = new.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect();
    fits(traits, &shapes, &own)?;
    profile::lock_types(tx, kind, &new).await?;
    // Another transaction may have been first.
    let known = profile::types(tx, kind, &names).await?.into_iter().collect();
    fits(traits, &shapes, &known)
}

/// Checks every value whose name has a type.
fn fits(
    traits: &Map<String, Value>,
    shapes: &BTreeMap<&str, Vec<(&Value, Shape)>>,
    known: &BTreeMap<String, TagType>,
) -> Result<()> {
    for (name, values) in shapes {
        let Some(expected) = known.get(*name) else { continue };
        if let Some((value, shape)) = values.iter().find(|(_, shape)| !shape.fits(*expected)) {
            return Err(conflict(traits, name, value, &expected.to_string(), &shape.to_string()));
        }
    }
    Ok(())
}

/// The first type of each name that has none.
fn first_types<'a>(
    shapes: &BTreeMap<&'a str, Vec<(&Value, Shape)>>,
    known: &BTreeMap<String, TagType>,
) -> Vec<(&'a str, TagType)> {
    let new = shapes.iter().filter(|(name, _)| !known.contains_key(**name));
    new.filter_map(|(name, values)| Some((*name, values.iter().find_map(|(_, shape)| shape.kind())?)))
        .collect()
}

fn conflict(traits: &Map<String, Value>, name: &str, value: &Value, expected: &str, received: &str) -> Error {
    let refusal = Refusal {
        code: Code::TagTypeConflict,
        name: name.to_owned(),
        path: path_of(traits, value),
        expected: Some(expected.to_owned()),
        received: Some(received.to_owned()),
    };
    let error = refusal.error();
    let path = format!("traits.{}", refusal.path);
    error.at(path)
}
