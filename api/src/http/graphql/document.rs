//! Parsed documents that are within the limits, kept for when the same text comes again.

use std::sync::Arc;

use async_graphql::{
    Positioned, ServerError, Variables,
    parser::{
        self,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet},
    },
};
use quick_cache::{Weighter, sync::Cache};

use super::response::{coded, server_error};
use crate::{
    domain::{
        error::{Code, Error, Result},
        operation::Operation,
        rate::{Budget, Demand, cost},
    },
    graphql::limit::{self, Limits},
};

/// Longer texts are not kept: they hold values that should have been variables, and hardly ever come again.
const KEPT_TEXT_BYTES: usize = 16 << 10;

/// What a token of text may come to once parsed: a field without anything is one token.
const TOKEN_BYTES: u64 = 320;

/// What the cache reckons a document with, to know how many it is made for.
const USUAL_BYTES: u64 = 16 << 10;

/// How the fields that log events begin; no others do.
const LOGS: &str = "logEvent";

/// Whether a text, be it right or not, may be meant to log events.
pub(super) fn may_log(text: &str) -> bool {
    text.contains(LOGS)
}

/// A document that parses and is within the limits; whether it fits the schema is not known yet.
#[derive(Clone)]
pub(super) struct Document {
    pub(super) parsed: ExecutableDocument,
    /// Whether it may log events.
    pub(super) logs: bool,
    tokens: usize,
    fields: usize,
}

#[derive(Clone)]
struct Weight;

impl Weighter<String, Arc<Document>> for Weight {
    fn weight(&self, text: &String, document: &Arc<Document>) -> u64 {
        let (text, tokens) = (text.len() as u64, document.tokens as u64);
        text.saturating_add(tokens.saturating_mul(TOKEN_BYTES)).max(1)
    }
}

/// The documents met lately.
pub(super) struct Documents {
    limits: Limits,
    known: Option<Cache<String, Arc<Document>, Weight>>,
}

impl Documents {
    pub(super) fn new(limits: Limits, cache_bytes: u64) -> Self {
        let usually = usize::try_from(cache_bytes / USUAL_BYTES).unwrap_or(usize::MAX).max(1);
        let known = (cache_bytes > 0).then(|| Cache::with_weighter(usually, cache_bytes, Weight));
        Self { limits, known }
    }

    /// The parsed document of a text.
    ///
    /// # Errors
    ///
    /// It passes a limit or does not parse.
    pub(super) fn get(&self, text: &str) -> Result<Arc<Document>, ServerError> {
        let known = self.known.as_ref().filter(|_| text.len() <= KEPT_TEXT_BYTES);
        if let Some(document) = known.and_then(|known| known.get(text)) {
            return Ok(document);
        }
        let tokens = limit::scan(text, &self.limits).map_err(|error| server_error(&error))?;
        let parsed = parser::parse_query(text).map_err(parse_failed)?;
        let fields = limit::measure(&parsed, &self.limits).map_err(|error| server_error(&error))?;
        let logs = may_log(text);
        let document = Arc::new(Document {
            parsed,
            logs,
            tokens,
            fields,
        });
        if let Some(known) = known {
            known.insert(text.to_owned(), Arc::clone(&document));
        }
        Ok(document)
    }
}

fn parse_failed(error: parser::Error) -> ServerError {
    let code = match error {
        parser::Error::Syntax { .. } => Code::GraphqlParseFailed,
        parser::Error::RecursionLimitExceeded => Code::QueryTooDeep,
        _ => Code::GraphqlValidationFailed,
    };
    let mut shown = coded(error.into(), code);
    // The parser draws the whole line of the document, with what it expected below; the place is in `locations`.
    if let Some((_, expected)) = shown.message.rsplit_once("\n  = ") {
        shown.message = format!("The document does not parse: {}.", expected.trim_end());
    }
    shown
}

impl Document {
    /// What an operation of the document draws on, as far as its text tells.
    pub(super) fn demand(&self, operation: &OperationDefinition) -> Demand {
        let mut demand = Demand::default();
        self.add_demand(&operation.selection_set.node, operation.ty, &mut demand);
        if demand.draws_on(Budget::Query) {
            demand.add(Budget::Query, cost::of_fields(self.fields));
        }
        if operation.ty == OperationType::Subscription {
            demand.add(Budget::Query, cost::SUBSCRIPTION);
        }
        demand
    }

    /// Follows fragments, which are known to end and to hold no more fields in all than allowed.
    fn add_demand(&self, set: &SelectionSet, kind: OperationType, demand: &mut Demand) {
        for selection in &set.items {
            match &selection.node {
                // `__typename` and the like are asked of the schema.
                Selection::Field(field) if field.node.name.node.starts_with("__") => {}
                Selection::Field(field) if kind == OperationType::Mutation => {
                    if let Some(operation) = Operation::of_door(&format!("Mutation.{}", field.node.name.node)) {
                        demand.add(Budget::of_change(operation), Budget::units_of_change(operation));
                    }
                }
                Selection::Field(_) => demand.add(Budget::Query, 0),
                Selection::InlineFragment(inline) => self.add_demand(&inline.node.selection_set.node, kind, demand),
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = self.parsed.fragments.get(&spread.node.fragment_name.node) {
                        self.add_demand(&fragment.node.selection_set.node, kind, demand);
                    }
                }
            }
        }
    }

    /// The operation that is to be executed.
    ///
    /// # Errors
    ///
    /// The name fits none, or is needed; or a subscription does not select exactly one field.
    pub(super) fn operation(&self, name: Option<&str>) -> Result<&Positioned<OperationDefinition>, ServerError> {
        let failed = |message: String| server_error(&Error::new(Code::GraphqlValidationFailed, message));
        let operation = match (&self.parsed.operations, name) {
            (DocumentOperations::Single(operation), None) => operation,
            (DocumentOperations::Multiple(operations), Some(name)) if operations.contains_key(name) => {
                &operations[name]
            }
            (_, Some(name)) => return Err(failed(format!("The document has no operation named “{name}”."))),
            (DocumentOperations::Multiple(operations), None) => match operations.values().next() {
                Some(operation) if operations.len() == 1 => operation,
                _ => return Err(failed("Say which operation to execute by “operationName”.".to_owned())),
            },
        };
        let selected = &operation.node.selection_set.node.items;
        // async-graphql would run several at once, and answer fragments with silence.
        if operation.node.ty == OperationType::Subscription
            && !matches!(selected.as_slice(), [selection] if matches!(selection.node, Selection::Field(_)))
        {
            return Err(failed(
                "A subscription selects exactly one field, and not by a fragment.".to_owned(),
            ));
        }
        Ok(operation)
    }
}

/// Whether the root field of this response key logs events; also where a fragment hides which field it is.
pub(super) fn logs_at(operation: &OperationDefinition, key: &str) -> bool {
    let mut roots = operation.selection_set.node.items.iter().map(|root| &root.node);
    roots.all(|root| match root {
        Selection::Field(field) => {
            let field = &field.node;
            field.response_key().node != key || field.name.node.starts_with(LOGS)
        }
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => true,
    })
}

/// Checks that each variable that must have a value has one; whether it is of the right type, validation finds out.
///
/// # Errors
///
/// One has none.
pub(super) fn check_variables(operation: &OperationDefinition, variables: &Variables) -> Result<(), ServerError> {
    for definition in &operation.variable_definitions {
        let (name, kind) = (&definition.node.name.node, &definition.node.var_type.node);
        if kind.nullable {
            continue;
        }
        let given = variables.get(name);
        let is_missing = match given {
            Some(value) => *value == async_graphql::Value::Null,
            None => definition.node.default_value.is_none(),
        };
        if is_missing {
            let message = format!("The variable “${name}” of type “{kind}” needs a value.");
            let mut error = server_error(&Error::new(Code::InvalidArgument, message).at(format!("variables.{name}")));
            error.locations.push(definition.pos);
            return Err(error);
        }
    }
    Ok(())
}
