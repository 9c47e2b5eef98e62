//! Nulls for the fields that failed.
//!
//! async-graphql (since 7.1) leaves a failed field out of its object. The GraphQL specification wants `null` there, or,
//! where the schema promises a value, in the nearest place above that may be null. Answers without errors pass untouched.

use std::collections::HashMap;

use async_graphql::{
    Name, PathSegment, Positioned, Response, Value,
    parser::{
        self,
        types::{
            BaseType, ExecutableDocument, FragmentDefinition, OperationDefinition, OperationType, Selection,
            SelectionSet, Type, TypeKind, TypeSystemDefinition,
        },
    },
};

/// Which fields may be null.
#[derive(Default)]
pub(super) struct Shape {
    fields: HashMap<Name, HashMap<Name, Type>>,
    query: Option<Name>,
    mutation: Option<Name>,
    subscription: Option<Name>,
}

/// Selections that stand at one place, each with the type that its fields belong to.
type Selected<'a> = Vec<(&'a SelectionSet, &'a Name)>;

impl Shape {
    /// Reads a schema in the schema definition language.
    pub(super) fn of(sdl: &str) -> Result<Self, parser::Error> {
        let mut shape = Self::default();
        let named = |name: Option<Positioned<Name>>| name.map(|name| name.node);
        for definition in parser::parse_schema(sdl)?.definitions {
            match definition {
                TypeSystemDefinition::Schema(schema) => {
                    shape.query = named(schema.node.query);
                    shape.mutation = named(schema.node.mutation);
                    shape.subscription = named(schema.node.subscription);
                }
                TypeSystemDefinition::Type(definition) => {
                    let fields = match definition.node.kind {
                        TypeKind::Object(object) => object.fields,
                        TypeKind::Interface(interface) => interface.fields,
                        _ => continue,
                    };
                    let fields = fields
                        .into_iter()
                        .map(|field| (field.node.name.node, field.node.ty.node))
                        .collect();
                    shape.fields.insert(definition.node.name.node, fields);
                }
                TypeSystemDefinition::Directive(_) => {}
            }
        }
        Ok(shape)
    }

    /// Puts nulls where the errors of a response say that something failed.
    pub(super) fn complete(
        &self,
        response: &mut Response,
        document: &ExecutableDocument,
        operation: &OperationDefinition,
    ) {
        let root = match operation.ty {
            OperationType::Query => &self.query,
            OperationType::Mutation => &self.mutation,
            OperationType::Subscription => &self.subscription,
        };
        let Some(root) = root else { return };
        let selected = vec![(&operation.selection_set.node, root)];
        let mut nulls: Vec<Vec<PathSegment>> = Vec::new();
        for error in &response.errors {
            let path = error.path.as_slice();
            let Some((PathSegment::Field(key), below)) = path.split_first() else {
                continue;
            };
            if nulls.iter().any(|null| path.starts_with(null)) {
                continue;
            }
            let mut place = Place {
                shape: self,
                fragments: &document.fragments,
                null_at: None,
            };
            if !place.settle_field(&mut response.data, key, &selected, below) {
                response.data = Value::Null;
                return;
            }
            nulls.extend(place.null_at.map(|left| path[..path.len() - left].to_vec()));
        }
    }
}

/// The walk along one error's path.
struct Place<'a> {
    shape: &'a Shape,
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// Where a null came to stand for more than the field itself: so many steps before the path's end.
    null_at: Option<usize>,
}

impl<'a> Place<'a> {
    /// Settles one field of an object; false when the object cannot stand without it.
    fn settle_field(&mut self, object: &mut Value, key: &str, selected: &Selected<'a>, path: &[PathSegment]) -> bool {
        let mut chosen = Vec::new();
        for (set, owner) in selected {
            self.choose(set, owner, key, &mut chosen);
        }
        // What the schema's own text does not describe, such as introspection, is left as it is.
        let Some((kind, _)) = chosen.first().copied() else {
            return true;
        };
        if *object == Value::Null {
            // All of its fields failed.
            *object = Value::Object(Default::default());
        }
        let Value::Object(fields) = object else { return true };
        let below = chosen.into_iter().map(|(kind, set)| (set, base_name(kind))).collect();
        self.settle(fields.entry(Name::new(key)).or_insert(Value::Null), kind, &below, path)
    }

    /// Settles a value of a type; false when it is null and must not be.
    fn settle(&mut self, value: &mut Value, kind: &Type, selected: &Selected<'a>, path: &[PathSegment]) -> bool {
        let Some((step, below)) = path.split_first() else {
            return kind.nullable || *value != Value::Null;
        };
        let stands = match (step, &kind.base, &mut *value) {
            (PathSegment::Field(key), BaseType::Named(_), value) => self.settle_field(value, key, selected, below),
            (PathSegment::Index(index), BaseType::List(inner), Value::List(items)) => items
                .get_mut(*index)
                .is_none_or(|item| self.settle(item, inner, selected, below)),
            // The list was given up for one of its items.
            (PathSegment::Index(_), BaseType::List(_), Value::Null) => false,
            _ => true,
        };
        if !stands {
            *value = Value::Null;
            self.null_at = Some(path.len());
        }
        stands || kind.nullable
    }

    /// Finds the fields that answer under a key, with their types and what is selected of them.
    fn choose(
        &self,
        set: &'a SelectionSet,
        owner: &'a Name,
        key: &str,
        chosen: &mut Vec<(&'a Type, &'a SelectionSet)>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let kind = self
                        .shape
                        .fields
                        .get(owner)
                        .and_then(|fields| fields.get(&field.name.node));
                    if let Some(kind) = kind.filter(|_| field.response_key().node == key) {
                        chosen.push((kind, &field.selection_set.node));
                    }
                }
                Selection::InlineFragment(inline) => {
                    let on = inline
                        .node
                        .type_condition
                        .as_ref()
                        .map_or(owner, |condition| &condition.node.on.node);
                    self.choose(&inline.node.selection_set.node, on, key, chosen);
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.fragments.get(&spread.node.fragment_name.node) {
                        let on = &fragment.node.type_condition.node.on.node;
                        self.choose(&fragment.node.selection_set.node, on, key, chosen);
                    }
                }
            }
        }
    }
}

fn base_name(kind: &Type) -> &Name {
    match &kind.base {
        BaseType::Named(name) => name,
        BaseType::List(inner) => base_name(inner),
    }
}
