//! Arguments of the wrong kind that async-graphql's validation lets through: something else where an input object is
//! wanted, and whole numbers beyond 32 bits. Execution would refuse them without saying which they were.
//!
//! Only what leads to such an argument is walked through, so that a thousand events cost a thousand glances.

mod given;

use std::collections::{HashMap, HashSet};

use async_graphql::{
    Name, Positioned, ServerError, Variables,
    parser::{
        self,
        types::{
            BaseType, ExecutableDocument, FieldDefinition, FragmentDefinition, InputValueDefinition,
            OperationDefinition, OperationType, Selection, SelectionSet, Type, TypeKind, TypeSystemDefinition,
        },
    },
};
use given::Given;

use super::response::server_error;
use crate::domain::error::{Code, Error};

/// Input values by their names.
type Inputs = HashMap<Name, Type>;

/// A field that has such arguments, or leads to fields that have.
struct Field {
    arguments: Inputs,
    of: Name,
}

/// Where such arguments can stand.
#[derive(Default)]
pub(super) struct Arguments {
    fields: HashMap<Name, HashMap<Name, Field>>,
    /// The fields of each input type that are to be looked at.
    inputs: HashMap<Name, Inputs>,
    query: Option<Name>,
    mutation: Option<Name>,
    subscription: Option<Name>,
}

impl Arguments {
    /// Reads a schema in the schema definition language.
    pub(super) fn of(sdl: &str) -> Result<Self, parser::Error> {
        let mut all = Self::default();
        let named = |name: Option<Positioned<Name>>| name.map(|name| name.node);
        let mut objects = Vec::new();
        for definition in parser::parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    all.query = named(schema.node.query);
                    all.mutation = named(schema.node.mutation);
                    all.subscription = named(schema.node.subscription);
                }
                TypeSystemDefinition::Type(definition) => {
                    let name = definition.node.name.node;
                    match definition.node.kind {
                        TypeKind::Object(object) => objects.push((name, object.fields)),
                        TypeKind::Interface(interface) => objects.push((name, interface.fields)),
                        TypeKind::InputObject(input) => {
                            all.inputs.insert(name, inputs(input.fields));
                        }
                        _ => {}
                    }
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        // Which input types there are is known only now.
        let known: HashSet<Name> = all.inputs.keys().cloned().collect();
        let worth = |kind: &Type| base_name(kind) == "Int" || known.contains(base_name(kind));
        for fields in all.inputs.values_mut() {
            fields.retain(|_, kind| worth(kind));
        }
        for (name, fields) in objects {
            all.fields
                .insert(name, fields.into_iter().map(|one| field(one.node, worth)).collect());
        }
        all.forget_dead_ends();
        Ok(all)
    }

    /// Keeps only the fields that have such arguments, or lead to some.
    fn forget_dead_ends(&mut self) {
        let mut leading = HashSet::new();
        loop {
            let before = leading.len();
            for (owner, fields) in &self.fields {
                let leads = |field: &Field| !field.arguments.is_empty() || leading.contains(&field.of);
                if fields.values().any(leads) {
                    leading.insert(owner.clone());
                }
            }
            if leading.len() == before {
                break;
            }
        }
        for fields in self.fields.values_mut() {
            fields.retain(|_, field| !field.arguments.is_empty() || leading.contains(&field.of));
        }
        self.fields.retain(|_, fields| !fields.is_empty());
    }

    /// Checks the arguments of an operation.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT`, with the path of the first that is wrong.
    pub(super) fn check(
        &self,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
        variables: &Variables,
    ) -> Result<(), ServerError> {
        let root = match operation.ty {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        };
        let walk = Walk {
            known: self,
            fragments: &document.fragments,
            variables,
        };
        match root {
            Some(root) => walk.set(&operation.selection_set.node, root),
            None => Ok(()),
        }
    }
}

fn inputs(list: Vec<Positioned<InputValueDefinition>>) -> Inputs {
    list.into_iter()
        .map(|input| (input.node.name.node, input.node.ty.node))
        .collect()
}

fn field(definition: FieldDefinition, worth: impl Fn(&Type) -> bool) -> (Name, Field) {
    let mut arguments = inputs(definition.arguments);
    arguments.retain(|_, kind| worth(kind));
    let of = base_name(&definition.ty.node).clone();
    (definition.name.node, Field { arguments, of })
}

fn base_name(kind: &Type) -> &Name {
    match &kind.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => base_name(inner),
    }
}

/// A walk through one operation.
struct Walk<'a> {
    known: &'a Arguments,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    variables: &'a Variables,
}

/// What is wrong with a value, and the way to it, from the inside out.
struct Wrong {
    message: String,
    way: Vec<Step>,
}

enum Step {
    Field(Name),
    Index(usize),
}

impl Walk<'_> {
    fn set(&self, set: &SelectionSet, owner: &Name) -> Result<(), ServerError> {
        let Some(fields) = self.known.fields.get(owner) else {
            return Ok(());
        };
        for selection in &set.items {
            match &selection.node {
                Selection::Field(selected) => {
                    let selected = &selected.node;
                    let Some(field) = fields.get(&selected.name.node) else {
                        continue;
                    };
                    for (name, value) in &selected.arguments {
                        if let Some(kind) = field.arguments.get(&name.node) {
                            self.value(kind, Given::Written(&value.node)).map_err(|wrong| {
                                let mut error = wrong.below(Step::Field(name.node.clone())).into_error();
                                error.locations.push(value.pos);
                                error
                            })?;
                        }
                    }
                    self.set(&selected.selection_set.node, &field.of)?;
                }
                Selection::InlineFragment(inline) => {
                    let condition = inline.node.type_condition.as_ref();
                    let on = condition.map_or(owner, |condition| &condition.node.on.node);
                    self.set(&inline.node.selection_set.node, on)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        let on = &fragment.node.type_condition.node.on.node;
                        self.set(&fragment.node.selection_set.node, on)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn value(&self, kind: &Type, given: Given<'_>) -> Result<(), Wrong> {
        let given = given.resolved(self.variables);
        match &kind.base {
            BaseType::List(inner) => match given.items() {
                Some(items) => items
                    .enumerate()
                    .try_for_each(|(at, item)| self.value(inner, item).map_err(|wrong| wrong.below(Step::Index(at)))),
                // A single value stands for a list of one.
                None => self.value(inner, given),
            },
            BaseType::Named(name) => match self.known.inputs.get(name) {
                Some(fields) => self.object(name, fields, given),
                None => whole_number(name, given),
            },
        }
    }

    fn object(&self, name: &Name, fields: &Inputs, given: Given<'_>) -> Result<(), Wrong> {
        if !given.is_object() {
            return match given.what() {
                Some(what) => Err(Wrong::new(format!(
                    "it takes an object of the type {name}, and not {what}"
                ))),
                // Whether it may be missing, validation finds out.
                None => Ok(()),
            };
        }
        for (name, kind) in fields {
            if let Some(value) = given.field(name) {
                self.value(kind, value)
                    .map_err(|wrong| wrong.below(Step::Field(name.clone())))?;
            }
        }
        Ok(())
    }
}

/// Refuses whole numbers that are no `Int`; other values are validation's to judge.
fn whole_number(name: &Name, given: Given<'_>) -> Result<(), Wrong> {
    match given.whole_number() {
        Some(number) if name == "Int" && i32::try_from(number).is_err() => Err(Wrong::new(format!(
            "it takes a whole number from {} to {}",
            i32::MIN,
            i32::MAX
        ))),
        _ => Ok(()),
    }
}

impl Wrong {
    fn new(message: String) -> Self {
        let way = Vec::new();
        Self { message, way }
    }

    fn below(mut self, step: Step) -> Self {
        self.way.push(step);
        self
    }

    fn into_error(self) -> ServerError {
        let mut path = String::new();
        for step in self.way.into_iter().rev() {
            match step {
                Step::Field(name) if path.is_empty() => path.push_str(&name),
                Step::Field(name) => path.extend([".", name.as_str()]),
                Step::Index(at) => path.push_str(&format!("[{at}]")),
            }
        }
        let message = format!("Invalid value for `{path}`: {}.", self.message);
        server_error(&Error::new(Code::InvalidArgument, message).at(path))
    }
}
