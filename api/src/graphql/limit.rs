//! Bounds on a GraphQL document, each with a code of its own.
//!
//! `scan` looks at the text, before the parser may recurse into it; `measure` looks at the parsed document, before
//! validation may expand its fragments. What a single resolver may ask for is the service's to bound.

mod token;

use std::collections::HashMap;

use async_graphql::{
    Name, Positioned,
    parser::types::{Directive, ExecutableDocument, Field, FragmentDefinition, Selection, SelectionSet},
};

pub use self::token::scan;
use crate::domain::error::{Code, Error, Result};

/// Selection sets that may be open at once, fragments counted as well: async-graphql's own fixed bound.
const OPEN_SELECTIONS: usize = 32;

/// What a document may cost, all its operations together: validation walks through each.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Fields below one another, fragments resolved. Never more than 32.
    pub depth: usize,
    /// Fields in all, fragments resolved at every spread.
    pub complexity: usize,
    /// Aliased fields, fragments resolved at every spread.
    pub aliases: usize,
    /// Directives, fragments resolved at every spread.
    pub directives: usize,
    /// Lexical tokens of the text.
    pub tokens: usize,
    /// Whether `__schema` and `__type` answer.
    pub introspection: bool,
}

impl Default for Limits {
    fn default() -> Self {
        // The introspection query of GraphiQL is 15 deep and 230 fields; a page of 50 finds is 50 aliases.
        Self {
            depth: 20,
            complexity: 1_000,
            aliases: 100,
            directives: 50,
            tokens: 10_000,
            introspection: true,
        }
    }
}

/// What a selection amounts to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Figures {
    depth: usize,
    selections: usize,
    complexity: usize,
    aliases: usize,
    directives: usize,
    introspects: bool,
}

impl Figures {
    /// Adds what stands beside this.
    fn beside(&mut self, other: Self) {
        self.depth = self.depth.max(other.depth);
        self.selections = self.selections.max(other.selections);
        self.complexity = self.complexity.saturating_add(other.complexity);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.directives = self.directives.saturating_add(other.directives);
        self.introspects |= other.introspects;
    }
}

/// Judges a parsed document; gives its fields, fragments resolved at every spread.
///
/// # Errors
///
/// A limit is passed, introspection is asked for while switched off, or a fragment spreads itself.
pub fn measure(document: &ExecutableDocument, limits: &Limits) -> Result<usize> {
    let mut walk = Walk {
        fragments: &document.fragments,
        known: HashMap::new(),
        level: 0,
    };
    let mut most = Figures::default();
    for (_, operation) in document.operations.iter() {
        let operation = &operation.node;
        let mut figures = walk.set(&operation.selection_set.node)?;
        let of_variables = operation
            .variable_definitions
            .iter()
            .map(|variable| variable.node.directives.len());
        figures.directives = figures
            .directives
            .saturating_add(operation.directives.len() + of_variables.sum::<usize>());
        most.beside(figures);
    }
    // What no operation spreads is refused by validation, which first walks through it.
    for name in document.fragments.keys() {
        if !walk.known.contains_key(name.as_str()) {
            most.beside(walk.fragment(name)?);
        }
    }
    judge(most, limits)?;
    Ok(most.complexity)
}

fn judge(most: Figures, limits: &Limits) -> Result<()> {
    let bounds = [
        (Code::QueryTooDeep, "levels of fields", most.depth, limits.depth),
        (
            Code::QueryTooDeep,
            "levels of selections",
            most.selections,
            OPEN_SELECTIONS,
        ),
        (Code::QueryTooComplex, "fields", most.complexity, limits.complexity),
        (Code::TooManyAliases, "aliases", most.aliases, limits.aliases),
        (
            Code::TooManyDirectives,
            "directives",
            most.directives,
            limits.directives,
        ),
    ];
    for (code, what, found, allowed) in bounds {
        if found > allowed {
            return Err(over(code, what, found, allowed));
        }
    }
    if most.introspects && !limits.introspection {
        return Err(Error::new(
            Code::IntrospectionDisabled,
            "This server does not answer __schema and __type.",
        ));
    }
    Ok(())
}

fn over(code: Code, what: &str, found: usize, allowed: usize) -> Error {
    Error::new(code, format!("The document has {found} {what}; {allowed} are allowed."))
}

/// A walk through a document that enters each fragment once.
struct Walk<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// `None` while the fragment is being entered.
    known: HashMap<&'a str, Option<Figures>>,
    level: usize,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: &'a SelectionSet) -> Result<Figures> {
        self.level += 1;
        if self.level > OPEN_SELECTIONS + 1 {
            return Err(over(
                Code::QueryTooDeep,
                "levels of selections",
                self.level,
                OPEN_SELECTIONS,
            ));
        }
        let mut figures = Figures::default();
        for selection in &set.items {
            figures.beside(self.selection(&selection.node)?);
        }
        self.level -= 1;
        Ok(figures)
    }

    fn selection(&mut self, selection: &'a Selection) -> Result<Figures> {
        let (mut figures, directives) = match selection {
            Selection::Field(field) => return self.field(&field.node),
            Selection::FragmentSpread(spread) => {
                (self.fragment(&spread.node.fragment_name.node)?, &spread.node.directives)
            }
            Selection::InlineFragment(inline) => (self.set(&inline.node.selection_set.node)?, &inline.node.directives),
        };
        figures.selections = figures.selections.saturating_add(1);
        figures.directives = figures.directives.saturating_add(directives.len());
        Ok(figures)
    }

    fn field(&mut self, field: &'a Field) -> Result<Figures> {
        let mut figures = Figures::default();
        if !field.selection_set.node.items.is_empty() {
            figures = self.set(&field.selection_set.node)?;
            figures.selections = figures.selections.saturating_add(1);
        }
        figures.depth = figures.depth.saturating_add(1);
        figures.complexity = figures.complexity.saturating_add(1);
        figures.aliases = figures.aliases.saturating_add(usize::from(field.alias.is_some()));
        figures.directives = figures.directives.saturating_add(field.directives.len());
        figures.introspects |= matches!(field.name.node.as_str(), "__schema" | "__type");
        Ok(figures)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Figures> {
        match self.known.get(name.as_str()) {
            Some(Some(figures)) => return Ok(*figures),
            Some(None) => {
                let message = format!("The fragment {name} spreads itself.");
                return Err(Error::new(Code::GraphqlValidationFailed, message));
            }
            None => {}
        }
        // Validation names what is missing; counted as a field, so that spreading it often is not free.
        let Some(fragment) = self.fragments.get(name) else {
            return Ok(Figures {
                complexity: 1,
                ..Figures::default()
            });
        };
        self.known.insert(name, None);
        let mut figures = self.set(&fragment.node.selection_set.node)?;
        let directives: &[Positioned<Directive>] = &fragment.node.directives;
        figures.directives = figures.directives.saturating_add(directives.len());
        self.known.insert(name, Some(figures));
        Ok(figures)
    }
}
