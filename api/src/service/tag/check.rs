//! Whether a tag fits the types that this process remembers. It runs before the append, which needs to look again only
//! where a name was new to it or the configuration has moved.

use serde_json::{Map, Value};

use super::memory::{Known, Names};
use crate::{
    domain::{
        error::Code,
        site::TagMode,
        tag_type::{Refusal, Shape, each_field, path_of},
    },
    service::registry::Configuration,
};

/// What was found out of a tag, and by which generation of the configuration.
#[derive(Debug, Default)]
pub(in crate::service) struct Typed {
    pub(super) generation: i64,
    pub(super) found: Found,
}

/// What was found out of a tag.
#[derive(Debug, Default)]
pub(super) enum Found {
    /// Nothing yet, or it has names that are not remembered.
    #[default]
    Open,
    /// It fits; its names, by their numbers.
    Fits(Vec<i64>),
    /// It does not.
    Refused(Box<Refusal>),
}

/// Looks at a tag with what is remembered.
pub(in crate::service) fn check(
    configuration: &Configuration,
    mode: TagMode,
    tag: Option<&Map<String, Value>>,
) -> Typed {
    let found = match tag {
        None => Found::Fits(Vec::new()),
        Some(tag) => look(&configuration.tags.read(), mode, tag),
    };
    Typed {
        generation: configuration.generation,
        found,
    }
}

fn look(known: &Names, mode: TagMode, tag: &Map<String, Value>) -> Found {
    let (mut numbers, mut open) = (Vec::with_capacity(tag.len()), false);
    let end = each_field(tag, &mut |name, value| {
        match meet(known.get(name), mode, tag, (name, value))? {
            Met::Known(id) => numbers.push(id),
            Met::New(_) => open = true,
            Met::Nothing => {}
        }
        Ok(())
    });
    match end {
        Err(refusal) => Found::Refused(refusal),
        Ok(()) if open => Found::Open,
        Ok(()) => {
            numbers.sort_unstable();
            numbers.dedup();
            Found::Fits(numbers)
        }
    }
}

/// What a field is to the schema.
pub(super) enum Met {
    /// A name that has its type.
    Known(i64),
    /// A name that is not known, and what its value tells.
    New(Shape),
    /// Nothing is told.
    Nothing,
}

/// Meets one field, whose name is `known` or not.
pub(super) fn meet(
    known: Option<&Known>,
    mode: TagMode,
    tag: &Map<String, Value>,
    (name, value): (&str, &Value),
) -> Result<Met, Box<Refusal>> {
    let shape = match Shape::of(value) {
        Ok(shape) => shape,
        Err(mixed) => {
            let expected = Some(mixed.expected.to_string());
            let refusal = refuse(Code::TagTypeConflict, tag, (name, mixed.value), expected);
            return Err(refusal);
        }
    };
    // Every declared name is remembered: a declaration raises the generation.
    if mode == TagMode::Strict && !known.is_some_and(|known| known.declared) {
        return Err(refuse(Code::TagKeyUndeclared, tag, (name, value), None));
    }
    match known {
        Some(known) if shape.fits(known.kind) => Ok(Met::Known(known.id)),
        Some(known) => {
            let expected = Some(known.kind.to_string());
            Err(refuse(Code::TagTypeConflict, tag, (name, value), expected))
        }
        None if shape.is_nothing() => Ok(Met::Nothing),
        None => Ok(Met::New(shape)),
    }
}

/// Why a value is refused.
pub(super) fn refuse(
    code: Code,
    tag: &Map<String, Value>,
    (name, value): (&str, &Value),
    expected: Option<String>,
) -> Box<Refusal> {
    Box::new(Refusal {
        code,
        name: name.to_owned(),
        path: path_of(tag, value),
        expected,
        received: Shape::of(value).ok().map(|shape| shape.to_string()),
    })
}
