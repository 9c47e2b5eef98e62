//! A query as a tree. What is printed of one is read as the same.

use std::fmt;

use serde_json::Value as Json;

use super::{lexer::is_name, value};

/// A part of a query, and where it begins, in bytes.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub(super) at: usize,
    pub(super) kind: Kind,
}

/// Where it stands does not make it another.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.kind == other.kind
    }
}

/// What a part of a query is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A value.
    Literal(Literal),
    /// A placeholder.
    Parameter(String),
    /// A column.
    Name(String),
    /// A field of a JSON object.
    Member(Box<Expression>, String),
    /// An item of a JSON list.
    Item(Box<Expression>, i64),
    /// A function.
    Call(String, Vec<Expression>),
    /// The negative.
    Minus(Box<Expression>),
    /// An operator between two.
    Binary(Binary, Box<Expression>, Box<Expression>),
    /// Whether it is one of a list, or has one of it: the word says which.
    Among(String, Box<Expression>, Vec<Expression>),
    /// Whether it lies between two, or does not.
    Between(bool, Box<Expression>, Box<Expression>, Box<Expression>),
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Literal {
    Bool(bool),
    Long(i64),
    Real(f64),
    Text(String),
    Time(Option<i64>),
    Span(i64),
    Dynamic(Json),
}

/// An operator between two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Binary {
    Or,
    And,
    /// `==` and the like, or a word such as `contains`.
    Compare(String),
    /// `+`, `-`, `*`, `/` or `%`.
    Reckon(char),
}

/// A step of a query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Step {
    pub(super) at: usize,
    pub(super) kind: StepKind,
}

/// An expression, and the name that it gets.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Named {
    pub(super) name: Option<String>,
    pub(super) expression: Expression,
}

/// An expression to order by.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) expression: Expression,
    pub(super) descending: bool,
    pub(super) nulls_first: bool,
}

/// What a step does.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum StepKind {
    Where(Expression),
    /// So many rows: a number, or a placeholder for one.
    Take(Expression),
    Sample(Expression),
    Top(Expression, Key),
    Sort(Vec<Key>),
    Project(Vec<Named>),
    /// Names, each perhaps with `*` at its end.
    ProjectAway(Vec<(usize, String)>),
    /// The new name and the old.
    ProjectRename(Vec<(usize, String, String)>),
    Extend(Vec<Named>),
    /// Of everything, where there is none.
    Distinct(Vec<Named>),
    Count,
    Summarize(Vec<Named>, Vec<Named>),
}

/// A query.
#[derive(Debug, Clone)]
pub(super) struct Query {
    pub(super) steps: Vec<Step>,
}

impl PartialEq for Query {
    fn eq(&self, other: &Self) -> bool {
        let kinds = |query: &Self| query.steps.iter().map(|step| step.kind.clone()).collect::<Vec<_>>();
        kinds(self) == kinds(other)
    }
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Long(number) => write!(f, "{number}"),
            Self::Real(number) => write!(f, "real({number:?})"),
            Self::Text(text) => quoted(f, text),
            Self::Time(None) => f.write_str("datetime(null)"),
            Self::Time(Some(time)) => write!(f, "datetime({})", crate::domain::zone::timestamp(*time)),
            Self::Span(span) => write!(f, "timespan({})", value::span(*span)),
            Self::Dynamic(json) => write!(f, "dynamic({json})"),
        }
    }
}

fn quoted(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    f.write_str("\"")?;
    for letter in text.chars() {
        match letter {
            '"' => f.write_str("\\\"")?,
            '\\' => f.write_str("\\\\")?,
            '\n' => f.write_str("\\n")?,
            '\r' => f.write_str("\\r")?,
            '\t' => f.write_str("\\t")?,
            _ => write!(f, "{letter}")?,
        }
    }
    f.write_str("\"")
}

/// A name as it is written.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if is_name(self.0) && !RESERVED.contains(&self.0) {
            return f.write_str(self.0);
        }
        f.write_str("[")?;
        quoted(f, self.0)?;
        f.write_str("]")
    }
}

/// Words that are no names by themselves.
pub(super) const RESERVED: [&str; 29] = [
    "and",
    "or",
    "by",
    "asc",
    "desc",
    "nulls",
    "first",
    "last",
    "in",
    "between",
    "contains",
    "contains_cs",
    "has",
    "has_cs",
    "has_any",
    "has_all",
    "startswith",
    "startswith_cs",
    "endswith",
    "endswith_cs",
    "matches",
    "true",
    "false",
    "null",
    "datetime",
    "dynamic",
    "timespan",
    "bool",
    "guid",
];

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            Kind::Literal(literal) => write!(f, "{literal}"),
            Kind::Parameter(name) => write!(f, "{{{{{name}}}}}"),
            Kind::Name(name) => write!(f, "{}", Name(name)),
            Kind::Member(inner, key) => {
                write!(f, "{}[", Framed(inner))?;
                quoted(f, key)?;
                f.write_str("]")
            }
            Kind::Item(inner, index) => write!(f, "{}[{index}]", Framed(inner)),
            Kind::Call(name, arguments) => {
                write!(f, "{name}(")?;
                list(f, arguments)?;
                f.write_str(")")
            }
            Kind::Minus(inner) => write!(f, "-{}", Framed(inner)),
            Kind::Binary(operator, left, right) => {
                let sign = match operator {
                    Binary::Or => "or".to_owned(),
                    Binary::And => "and".to_owned(),
                    Binary::Compare(word) if word == "matches" => "matches regex".to_owned(),
                    Binary::Compare(word) => word.clone(),
                    Binary::Reckon(sign) => sign.to_string(),
                };
                write!(f, "{} {sign} {}", Framed(left), Framed(right))
            }
            Kind::Among(word, left, values) => {
                write!(f, "{} {word} (", Framed(left))?;
                list(f, values)?;
                f.write_str(")")
            }
            Kind::Between(negated, inner, from, to) => {
                let not = if *negated { "!" } else { "" };
                write!(f, "{} {not}between ({} .. {})", Framed(inner), Framed(from), Framed(to))
            }
        }
    }
}

/// A part of something larger, in parentheses where it has parts itself.
struct Framed<'a>(&'a Expression);

impl fmt::Display for Framed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.kind {
            Kind::Minus(_) | Kind::Binary(..) | Kind::Among(..) | Kind::Between(..) => write!(f, "({})", self.0),
            Kind::Literal(Literal::Long(number)) if *number < 0 => write!(f, "({number})"),
            _ => write!(f, "{}", self.0),
        }
    }
}

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index > 0 { ", " } else { "" })?;
    }
    Ok(())
}

impl fmt::Display for Named {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{} = {}", Name(name), self.expression),
            None => write!(f, "{}", self.expression),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let direction = if self.descending { "desc" } else { "asc" };
        let nulls = if self.nulls_first { "first" } else { "last" };
        write!(f, "{} {direction} nulls {nulls}", self.expression)
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StepKind::Where(condition) => write!(f, "where {condition}"),
            StepKind::Take(number) => write!(f, "take {number}"),
            StepKind::Sample(number) => write!(f, "sample {number}"),
            StepKind::Top(number, key) => write!(f, "top {number} by {key}"),
            StepKind::Count => f.write_str("count"),
            StepKind::Sort(keys) => {
                f.write_str("sort by ")?;
                list(f, keys)
            }
            StepKind::Project(named) => {
                f.write_str("project ")?;
                list(f, named)
            }
            StepKind::Extend(named) => {
                f.write_str("extend ")?;
                list(f, named)
            }
            StepKind::Distinct(named) if named.is_empty() => f.write_str("distinct *"),
            StepKind::Distinct(named) => {
                f.write_str("distinct ")?;
                list(f, named)
            }
            StepKind::ProjectAway(names) => {
                f.write_str("project-away ")?;
                let names = names.iter().map(|(_, name)| match name.strip_suffix('*') {
                    Some(start) => format!("{start}*"),
                    None => Name(name).to_string(),
                });
                list(f, &names.collect::<Vec<_>>())
            }
            StepKind::ProjectRename(names) => {
                f.write_str("project-rename ")?;
                let names = names
                    .iter()
                    .map(|(_, new, old)| format!("{} = {}", Name(new), Name(old)));
                list(f, &names.collect::<Vec<_>>())
            }
            StepKind::Summarize(measures, groups) => {
                f.write_str("summarize ")?;
                list(f, measures)?;
                if !groups.is_empty() {
                    f.write_str(if measures.is_empty() { "by " } else { " by " })?;
                    list(f, groups)?;
                }
                Ok(())
            }
        }
    }
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Events")?;
        for step in &self.steps {
            write!(f, " | {step}")?;
        }
        Ok(())
    }
}
