//! What a query does, step by step, and what of it the database can tell beforehand.

use super::{
    aggregate::Measure,
    ast::{Expression, Key, Named, Query, StepKind},
    compile::{Column, Compiler, Parameters, default_name},
    node::Node,
    push,
    value::{Type, Value},
};
use crate::domain::{
    predicate::Predicate,
    syntax::{Read, Syntax, shown},
};

/// Rows that any query answers at most.
pub const MOST_ROWS: usize = 1_000;
/// Columns of one step.
const MOST_COLUMNS: usize = 200;

/// The columns of `Events`.
pub(super) fn source() -> Vec<Column> {
    let column = |(name, kind): &(&str, Type)| Column {
        name: (*name).to_owned(),
        kind: *kind,
    };
    SOURCE.iter().map(column).collect()
}

/// The columns of `Events`, in the order of their values.
pub(super) const SOURCE: [(&str, Type); 14] = [
    ("TrackId", Type::Text),
    ("DeviceId", Type::Text),
    ("EventType", Type::Text),
    ("EventTime", Type::Time),
    ("Value", Type::Text),
    ("Scope", Type::Text),
    ("CountryCode", Type::Text),
    ("City", Type::Text),
    ("PageUri", Type::Text),
    ("PageTitle", Type::Text),
    ("RemoteAddress", Type::Text),
    ("SessionId", Type::Text),
    ("User", Type::Dynamic),
    ("Payload", Type::Dynamic),
];

/// By what, and which way.
#[derive(Debug, Clone)]
pub(super) struct Order {
    pub(super) node: Node,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
}

/// A step that is ready.
#[derive(Debug, Clone)]
pub(super) enum Step {
    /// What does not fulfil it goes.
    Where(Node),
    /// Each row becomes these values.
    Select(Vec<Node>),
    /// Each row loses the values at some places, and gets others behind what is left.
    Extend {
        gone: Vec<usize>,
        nodes: Vec<Node>,
    },
    Take(usize),
    Sample(usize),
    /// In an order, so many of them.
    Sort(Vec<Order>, Option<usize>),
    /// Rows that are equal in these values are one.
    Distinct(Vec<Node>),
    Count,
    Summarize {
        groups: Vec<Node>,
        measures: Vec<Measure>,
        /// What is made of what was measured.
        results: Vec<Node>,
    },
}

/// A query that is ready.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What must hold of the events that it reads.
    pub predicate: Predicate,
    /// Whether it is nothing but the number of those events.
    pub is_count: bool,
    /// The columns of its answer.
    pub columns: Vec<Column>,
    pub(super) steps: Vec<Step>,
    pub(super) now: i64,
}

impl Plan {
    /// The same, of whose answer one column is told, each value once.
    pub(super) fn distinct(mut self, place: usize) -> Self {
        self.columns = vec![self.columns.swap_remove(place)];
        self.steps.push(Step::Distinct(vec![Node::Column(place)]));
        self.is_count = false;
        self
    }
}

/// Makes a query ready.
pub(super) fn plan(query: &Query, parameters: &Parameters, now: i64) -> Read<Plan> {
    let mut columns = source();
    let mut steps = Vec::new();
    let mut predicates = Vec::new();
    // As long as each row is an event, conditions on it can be the database's.
    let (mut is_source, mut is_exact) = (true, true);
    for step in &query.steps {
        let mut compiler = Compiler {
            columns: &columns,
            parameters,
            now,
            measures: None,
        };
        if let StepKind::Where(condition) = &step.kind {
            let node = compiler.condition(condition)?;
            if is_source {
                let (predicate, exact) = push::predicate(&node);
                predicates.extend(predicate);
                is_exact &= exact;
            }
            steps.push(Step::Where(node));
            continue;
        }
        is_source = false;
        let (ready, then) = step_of(&mut compiler, step.at, &step.kind)?;
        if let Some(then) = then {
            if then.len() > MOST_COLUMNS {
                return Err(Syntax::new(
                    step.at,
                    format!("The step makes more than {MOST_COLUMNS} columns"),
                ));
            }
            columns = then;
        }
        steps.push(ready);
    }
    // Conditions, and then the number of what is left.
    let is_count = match query.steps.split_last() {
        Some((last, before)) => {
            last.kind == StepKind::Count && before.iter().all(|step| matches!(step.kind, StepKind::Where(_)))
        }
        None => false,
    };
    Ok(Plan {
        predicate: Predicate::All(predicates),
        is_count: is_count && is_exact,
        columns,
        steps,
        now,
    })
}

fn step_of(compiler: &mut Compiler<'_>, at: usize, kind: &StepKind) -> Read<(Step, Option<Vec<Column>>)> {
    let kept = |step: Step| Ok((step, None));
    match kind {
        StepKind::Where(condition) => kept(Step::Where(compiler.condition(condition)?)),
        StepKind::Take(number) => kept(Step::Take(count(compiler, number)?)),
        StepKind::Sample(number) => kept(Step::Sample(count(compiler, number)?)),
        StepKind::Top(number, key) => {
            let number = count(compiler, number)?;
            kept(Step::Sort(vec![order(compiler, key)?], Some(number)))
        }
        StepKind::Sort(keys) => {
            let keys = keys.iter().map(|key| order(compiler, key)).collect::<Read<_>>()?;
            kept(Step::Sort(keys, None))
        }
        StepKind::Count => Ok((
            Step::Count,
            Some(vec![Column {
                name: "Count".to_owned(),
                kind: Type::Long,
            }]),
        )),
        StepKind::Project(named) => {
            let (nodes, columns) = select(compiler, named)?;
            Ok((Step::Select(nodes), Some(columns)))
        }
        StepKind::Extend(named) => extend(compiler, named),
        StepKind::ProjectAway(names) => {
            let mut kept = vec![true; compiler.columns.len()];
            for (at, name) in names {
                let fits = |column: &Column| match name.strip_suffix('*') {
                    Some(start) => column.name.starts_with(start),
                    None => column.name == *name,
                };
                let found: Vec<_> = compiler.columns.iter().map(fits).collect();
                if !found.contains(&true) && !name.ends_with('*') {
                    return Err(Syntax::new(*at, format!("There is no column “{}”", shown(name))));
                }
                kept.iter_mut().zip(found).for_each(|(kept, found)| *kept &= !found);
            }
            let left = || {
                kept.iter()
                    .enumerate()
                    .filter_map(|(index, kept)| kept.then_some(index))
            };
            let columns = left().map(|index| compiler.columns[index].clone()).collect();
            Ok((Step::Select(left().map(Node::Column).collect()), Some(columns)))
        }
        StepKind::ProjectRename(names) => {
            let mut columns = compiler.columns.to_vec();
            for (at, new, old) in names {
                let Some(index) = compiler.columns.iter().position(|column| column.name == *old) else {
                    return Err(Syntax::new(*at, format!("There is no column “{}”", shown(old))));
                };
                if columns.iter().any(|column| column.name == *new) {
                    return Err(Syntax::new(*at, format!("There is a column “{}” already", shown(new))));
                }
                columns[index].name.clone_from(new);
            }
            Ok((
                Step::Select((0..columns.len()).map(Node::Column).collect()),
                Some(columns),
            ))
        }
        StepKind::Distinct(named) if named.is_empty() => {
            let all = (0..compiler.columns.len()).map(Node::Column).collect();
            kept(Step::Distinct(all))
        }
        StepKind::Distinct(named) => {
            let (nodes, columns) = select(compiler, named)?;
            Ok((Step::Distinct(nodes), Some(columns)))
        }
        StepKind::Summarize(measures, groups) => summarize(compiler, measures, groups, at),
    }
}

/// How many rows a step takes.
fn count(compiler: &mut Compiler<'_>, number: &Expression) -> Read<usize> {
    match compiler.compile(number)? {
        // More than any number of ours is as many as there are.
        (Node::Constant(Value::Long(number)), _) if number >= 0 => Ok(usize::try_from(number).unwrap_or(usize::MAX)),
        (Node::Constant(Value::Long(negative)), _) => {
            let message = format!("A step takes no rows or more, and this stands for {negative}");
            Err(Syntax::new(number.at, message))
        }
        (_, other) => {
            let message = format!("A whole number is expected here, and this is a {}", other.name());
            Err(Syntax::new(number.at, message))
        }
    }
}

fn order(compiler: &mut Compiler<'_>, key: &Key) -> Read<Order> {
    Ok(Order {
        node: compiler.compile(&key.expression)?.0,
        descending: key.descending,
        nulls_first: key.nulls_first,
    })
}

/// The name of a new column: its own, or one that is still free.
fn name(columns: &[Column], named: &Named) -> Read<String> {
    let is_taken = |name: &str| columns.iter().any(|column| column.name == name);
    if let Some(name) = &named.name {
        if is_taken(name) {
            let message = format!("There is a column “{}” already", shown(name));
            return Err(Syntax::new(named.expression.at, message));
        }
        return Ok(name.clone());
    }
    let (own, first) = match default_name(&named.expression) {
        Some(name) => (name, None),
        None => ("Column".to_owned(), Some(1)),
    };
    if first.is_none() && !is_taken(&own) {
        return Ok(own);
    }
    let free = (1..)
        .map(|number| format!("{own}{number}"))
        .find(|name| !is_taken(name));
    Ok(free.unwrap_or(own))
}

fn select(compiler: &mut Compiler<'_>, list: &[Named]) -> Read<(Vec<Node>, Vec<Column>)> {
    let (mut nodes, mut columns) = (Vec::new(), Vec::new());
    for named in list {
        let (node, kind) = compiler.compile(&named.expression)?;
        let name = name(&columns, named)?;
        nodes.push(node);
        columns.push(Column { name, kind });
    }
    Ok((nodes, columns))
}

/// What gets the name of a column that there is comes last as well, and the column goes.
fn extend(compiler: &mut Compiler<'_>, list: &[Named]) -> Read<(Step, Option<Vec<Column>>)> {
    let mut columns = compiler.columns.to_vec();
    let mut left: Vec<usize> = (0..columns.len()).collect();
    let mut nodes = Vec::new();
    for named in list {
        let (node, kind) = compiler.compile(&named.expression)?;
        let own = named.name.as_ref();
        if let Some(old) = own.and_then(|name| columns.iter().position(|column| column.name == *name)) {
            columns.remove(old);
            match old.checked_sub(left.len()) {
                None => {
                    left.remove(old);
                }
                Some(made) => {
                    nodes.remove(made);
                }
            }
        }
        let name = name(&columns, named)?;
        columns.push(Column { name, kind });
        nodes.push(node);
    }
    let gone = (0..compiler.columns.len())
        .filter(|place| left.binary_search(place).is_err())
        .collect();
    Ok((Step::Extend { gone, nodes }, Some(columns)))
}

fn summarize(
    compiler: &mut Compiler<'_>,
    measures: &[Named],
    groups: &[Named],
    at: usize,
) -> Read<(Step, Option<Vec<Column>>)> {
    if measures.is_empty() && groups.is_empty() {
        return Err(Syntax::new(at, "What is to be summarized is missing"));
    }
    let (group_nodes, mut columns) = select(compiler, groups)?;
    compiler.measures = Some(Vec::new());
    let mut results = Vec::new();
    for named in measures {
        let (node, kind) = compiler.compile(&named.expression)?;
        if uses_columns(&node) {
            let message = "Each value of summarize is made of aggregates, such as count() or avg(Payload.price)";
            return Err(Syntax::new(named.expression.at, message));
        }
        let name = name(&columns, named)?;
        results.push(node);
        columns.push(Column { name, kind });
    }
    let step = Step::Summarize {
        groups: group_nodes,
        measures: compiler.measures.take().unwrap_or_default(),
        results,
    };
    Ok((step, Some(columns)))
}

/// Whether a part asks for a value of a single event.
fn uses_columns(node: &Node) -> bool {
    match node {
        Node::Column(_) => true,
        Node::Constant(_) | Node::Slot(_) => false,
        Node::Member(inner, _) | Node::Item(inner, _) | Node::Minus(inner) | Node::Regex(inner, _) => {
            uses_columns(inner)
        }
        Node::Or(left, right) | Node::And(left, right) | Node::Order(_, left, right) | Node::Reckon(_, left, right) => {
            uses_columns(left) || uses_columns(right)
        }
        Node::Equal { left, right, .. } | Node::Match { left, right, .. } => uses_columns(left) || uses_columns(right),
        Node::Among { left, list, .. } | Node::HasWords { left, list, .. } => {
            uses_columns(left) || list.iter().any(uses_columns)
        }
        Node::Between { inner, from, to, .. } => uses_columns(inner) || uses_columns(from) || uses_columns(to),
        Node::Call(_, arguments) => arguments.iter().any(uses_columns),
    }
}
