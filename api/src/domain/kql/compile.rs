//! What an expression means: each name is found, and each type fits.

use std::collections::HashMap;

use regex::RegexBuilder;
use serde_json::Value as Json;

use super::{
    aggregate::{Aggregate, Measure},
    ast::{Binary, Expression, Kind, Literal},
    function::{self, Function, common},
    meter::Meter,
    node::{Around, Look, Node},
    value::{Type, Value},
};
use crate::domain::{
    condition::Op,
    syntax::{Read, Syntax, shown},
};

/// What a placeholder stands for.
pub type Parameters = HashMap<String, Value>;

/// Bytes of a compiled regular expression.
const MOST_REGEX: usize = 1 << 20;

/// A column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: Type,
}

/// What an expression is compiled against.
pub(super) struct Compiler<'a> {
    pub(super) columns: &'a [Column],
    pub(super) parameters: &'a Parameters,
    pub(super) now: i64,
    /// Where aggregates are allowed: those found so far.
    pub(super) measures: Option<Vec<Measure>>,
}

/// A part that is ready, and its type.
pub(super) type Typed = (Node, Type);

impl Compiler<'_> {
    /// A condition.
    pub(super) fn condition(&mut self, expression: &Expression) -> Read<Node> {
        let (node, kind) = self.compile(expression)?;
        match kind {
            Type::Bool | Type::Dynamic => Ok(node),
            other => Err(Syntax::new(
                expression.at,
                format!("A condition is expected here, and this is a {}", other.name()),
            )),
        }
    }

    /// Any expression; what depends on no event is reckoned at once.
    pub(super) fn compile(&mut self, expression: &Expression) -> Read<Typed> {
        let (node, kind) = self.part(expression)?;
        if is_constant(&node) && !matches!(node, Node::Constant(_)) {
            let around = Around {
                row: &[],
                slots: &[],
                now: self.now,
            };
            let mut meter = Meter::new(100_000, 1 << 20);
            let value = node
                .value(&around, &mut meter)
                .map_err(|reason| Syntax::new(expression.at, format!("This is not reckoned, as {}", reason.0)))?;
            return Ok((Node::Constant(value), kind));
        }
        Ok((node, kind))
    }

    fn part(&mut self, expression: &Expression) -> Read<Typed> {
        let at = expression.at;
        match &expression.kind {
            Kind::Literal(literal) => Ok(constant(literal)),
            Kind::Parameter(name) => match self.parameters.get(name) {
                Some(value) => Ok((Node::Constant(value.clone()), type_of(value))),
                None => Err(Syntax::new(
                    at,
                    format!("The placeholder “{}” stands for nothing here", shown(name)),
                )),
            },
            Kind::Name(name) => self.column(name, at),
            Kind::Member(inner, key) => {
                let (inner, kind) = self.compile(inner)?;
                if kind != Type::Dynamic {
                    return Err(Syntax::new(at, format!("A {} has no fields", kind.name())));
                }
                // As keys of tags are kept.
                Ok((Node::Member(Box::new(inner), key.replace('.', "_")), Type::Dynamic))
            }
            Kind::Item(inner, index) => {
                let (inner, kind) = self.compile(inner)?;
                if kind != Type::Dynamic {
                    return Err(Syntax::new(at, format!("A {} has no items", kind.name())));
                }
                Ok((Node::Item(Box::new(inner), *index), Type::Dynamic))
            }
            Kind::Minus(inner) => {
                let (node, kind) = self.compile(inner)?;
                match kind {
                    Type::Long | Type::Real | Type::Span => Ok((Node::Minus(Box::new(node)), kind)),
                    Type::Dynamic => Ok((Node::Minus(Box::new(node)), Type::Real)),
                    other => Err(Syntax::new(at, format!("A {} has no negative", other.name()))),
                }
            }
            Kind::Call(name, arguments) => self.call(name, arguments, at),
            Kind::Binary(Binary::Or, left, right) => {
                let (left, right) = (self.condition(left)?, self.condition(right)?);
                Ok((Node::Or(Box::new(left), Box::new(right)), Type::Bool))
            }
            Kind::Binary(Binary::And, left, right) => {
                let (left, right) = (self.condition(left)?, self.condition(right)?);
                Ok((Node::And(Box::new(left), Box::new(right)), Type::Bool))
            }
            Kind::Binary(Binary::Compare(word), left, right) => self.comparison(word, left, right, at),
            Kind::Binary(Binary::Reckon(sign), left, right) => self.reckoning(*sign, left, right, at),
            Kind::Among(word, left, list) => self.among(word, left, list, at),
            Kind::Between(negated, inner, from, to) => {
                let (inner, kind) = self.compile(inner)?;
                let (from_node, from_kind) = self.compile(from)?;
                let (to_node, to_kind) = self.compile(to)?;
                comparable(kind, from_kind, from.at)?;
                if !(from_kind == Type::Time && to_kind == Type::Span) {
                    comparable(kind, to_kind, to.at)?;
                }
                let node = Node::Between {
                    negated: *negated,
                    inner: Box::new(inner),
                    from: Box::new(from_node),
                    to: Box::new(to_node),
                };
                Ok((node, Type::Bool))
            }
        }
    }

    fn column(&self, name: &str, at: usize) -> Read<Typed> {
        if let Some(index) = self.columns.iter().position(|column| column.name == name) {
            return Ok((Node::Column(index), self.columns[index].kind));
        }
        let near = self
            .columns
            .iter()
            .find(|column| column.name.eq_ignore_ascii_case(name));
        let hint = match near {
            Some(near) => format!("; there is {}", near.name),
            None => {
                let names: Vec<_> = self
                    .columns
                    .iter()
                    .take(30)
                    .map(|column| column.name.as_str())
                    .collect();
                format!("; there are {}", names.join(", "))
            }
        };
        Err(Syntax::new(at, format!("There is no column “{}”{hint}", shown(name))))
    }

    fn call(&mut self, name: &str, arguments: &[Expression], at: usize) -> Read<Typed> {
        if let Some(aggregate) = Aggregate::find(name) {
            return self.aggregate(aggregate, arguments, at);
        }
        let Some(function) = Function::find(name) else {
            let message = format!(
                "There is no function “{}”; there are {}, and in summarize {}",
                shown(name),
                function::NAMES.join(", "),
                super::aggregate::NAMES.join(", ")
            );
            return Err(Syntax::new(at, message));
        };
        let (least, most) = function.arity();
        if !(least..=most).contains(&arguments.len()) {
            let wanted = if least == most {
                least.to_string()
            } else {
                format!("{least} to {most}")
            };
            let message = format!(
                "The function “{name}” takes {wanted} values, and has {}",
                arguments.len()
            );
            return Err(Syntax::new(at, message));
        }
        let (mut nodes, mut kinds) = (Vec::new(), Vec::new());
        for argument in arguments {
            let (node, kind) = self.compile(argument)?;
            nodes.push(node);
            kinds.push(kind);
        }
        let kind = function
            .result(&kinds)
            .map_err(|message| Syntax::new(at, format!("The function “{name}” {message}")))?;
        Ok((Node::Call(function, nodes), kind))
    }

    fn aggregate(&mut self, aggregate: Aggregate, arguments: &[Expression], at: usize) -> Read<Typed> {
        // What an aggregate is of is of single events.
        let Some(mut measures) = self.measures.take() else {
            let message = "This is counted over many events: it stands in “summarize”, and not within another such";
            return Err(Syntax::new(at, message));
        };
        let mut parts = Vec::new();
        for argument in arguments {
            parts.push(self.compile(argument)?);
        }
        let measure = Measure::new(aggregate, parts).map_err(|message| Syntax::new(at, message))?;
        let kind = measure.kind;
        measures.push(measure);
        let slot = measures.len() - 1;
        self.measures = Some(measures);
        Ok((Node::Slot(slot), kind))
    }

    fn comparison(&mut self, word: &str, left: &Expression, right: &Expression, at: usize) -> Read<Typed> {
        let right_at = right.at;
        let (left, left_kind) = self.compile(left)?;
        let (right, right_kind) = self.compile(right)?;
        let (left, right) = (Box::new(left), Box::new(right));
        let order = match word {
            "<" => Some(Op::Lt),
            "<=" => Some(Op::Lte),
            ">" => Some(Op::Gt),
            ">=" => Some(Op::Gte),
            _ => None,
        };
        let node = match word {
            _ if order.is_some() => {
                comparable(left_kind, right_kind, right_at)?;
                if left_kind == Type::Bool || right_kind == Type::Bool {
                    return Err(Syntax::new(right_at, "What is true or false has no order"));
                }
                Node::Order(order.unwrap_or(Op::Lt), left, right)
            }
            "==" | "!=" => {
                comparable(left_kind, right_kind, right_at)?;
                Node::Equal {
                    negated: word == "!=",
                    fold: false,
                    left,
                    right,
                }
            }
            "=~" | "!~" => {
                text(left_kind, at)?;
                text(right_kind, right_at)?;
                Node::Equal {
                    negated: word == "!~",
                    fold: true,
                    left,
                    right,
                }
            }
            "matches" => {
                text(left_kind, at)?;
                let Node::Constant(Value::Text(pattern)) = *right else {
                    return Err(Syntax::new(right_at, "A regular expression is a text in quotes"));
                };
                let regex = RegexBuilder::new(&pattern)
                    .size_limit(MOST_REGEX)
                    .dfa_size_limit(MOST_REGEX)
                    .build();
                let regex = regex.map_err(|_| {
                    Syntax::new(
                        right_at,
                        format!("“{}” is no regular expression, or too large a one", shown(&pattern)),
                    )
                })?;
                Node::Regex(left, Box::new(regex))
            }
            word => {
                text(left_kind, at)?;
                text(right_kind, right_at)?;
                let plain = word.strip_prefix('!').unwrap_or(word);
                let own = plain.strip_suffix("_cs");
                let look = match own.unwrap_or(plain) {
                    "contains" => Look::Contains,
                    "startswith" => Look::Starts,
                    "endswith" => Look::Ends,
                    "hasprefix" => Look::HasPrefix,
                    _ => Look::Has,
                };
                Node::Match {
                    negated: word.starts_with('!'),
                    look,
                    fold: own.is_none(),
                    left,
                    right,
                }
            }
        };
        Ok((node, Type::Bool))
    }

    fn among(&mut self, word: &str, left: &Expression, list: &[Expression], at: usize) -> Read<Typed> {
        let (left, left_kind) = self.compile(left)?;
        let mut nodes = Vec::with_capacity(list.len());
        for one in list {
            let (node, kind) = self.compile(one)?;
            let is_list = kind == Type::Dynamic;
            if !is_list {
                comparable(left_kind, kind, one.at)?;
            }
            nodes.push(node);
        }
        let left = Box::new(left);
        let node = match word {
            "has_any" | "has_all" => {
                text(left_kind, at)?;
                Node::HasWords {
                    all: word == "has_all",
                    left,
                    list: nodes,
                }
            }
            word => {
                let fold = word.ends_with('~');
                if fold {
                    text(left_kind, at)?;
                }
                Node::Among {
                    negated: word.starts_with('!'),
                    fold,
                    left,
                    list: nodes,
                }
            }
        };
        Ok((node, Type::Bool))
    }

    fn reckoning(&mut self, sign: char, left: &Expression, right: &Expression, at: usize) -> Read<Typed> {
        let (left, one) = self.compile(left)?;
        let (right, other) = self.compile(right)?;
        let is_number = |kind| matches!(kind, Type::Long | Type::Real | Type::Dynamic);
        let kind = match (sign, one, other) {
            ('+' | '-', Type::Time, Type::Span) | ('+', Type::Span, Type::Time) => Type::Time,
            ('-', Type::Time, Type::Time) | ('+' | '-', Type::Span, Type::Span) => Type::Span,
            ('/', Type::Span, Type::Span) => Type::Real,
            ('*' | '/', Type::Span, other) if is_number(other) => Type::Span,
            ('*', one, Type::Span) if is_number(one) => Type::Span,
            (_, Type::Long, Type::Long) => Type::Long,
            (_, one, other) if is_number(one) && is_number(other) => Type::Real,
            (_, one, other) => {
                let message = format!("“{sign}” is not reckoned of a {} and a {}", one.name(), other.name());
                return Err(Syntax::new(at, message));
            }
        };
        Ok((Node::Reckon(sign, Box::new(left), Box::new(right)), kind))
    }
}

fn constant(literal: &Literal) -> Typed {
    let value = match literal {
        Literal::Bool(truth) => Value::Bool(*truth),
        Literal::Long(number) => Value::Long(*number),
        Literal::Real(number) => Value::Real(*number),
        Literal::Text(text) => Value::Text(text.clone()),
        Literal::Time(None) => return (Node::Constant(Value::Null), Type::Time),
        Literal::Time(Some(time)) => Value::Time(*time),
        Literal::Span(span) => Value::Span(*span),
        Literal::Dynamic(json) => Value::of_json(json.clone()),
    };
    let kind = type_of(&value);
    (Node::Constant(value), kind)
}

/// The type of a value; of nothing, any.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Null | Value::Dynamic(_) => Type::Dynamic,
        Value::Bool(_) => Type::Bool,
        Value::Long(_) => Type::Long,
        Value::Real(_) => Type::Real,
        Value::Text(_) => Type::Text,
        Value::Time(_) => Type::Time,
        Value::Span(_) => Type::Span,
    }
}

fn comparable(one: Type, other: Type, at: usize) -> Read<()> {
    if common(one, other).is_some() {
        return Ok(());
    }
    let hint = match (one, other) {
        (Type::Time, Type::Text) | (Type::Text, Type::Time) => "; make the text a datetime by todatetime()",
        (Type::Text, _) | (_, Type::Text) => "; make the other a text by tostring()",
        _ => "",
    };
    Err(Syntax::new(
        at,
        format!("A {} is not compared with a {}{hint}", one.name(), other.name()),
    ))
}

fn text(kind: Type, at: usize) -> Read<()> {
    match kind {
        Type::Text | Type::Dynamic => Ok(()),
        other => Err(Syntax::new(
            at,
            format!(
                "A text is expected here, and this is a {}; use tostring()",
                other.name()
            ),
        )),
    }
}

/// Whether a part is the same for every event.
fn is_constant(node: &Node) -> bool {
    match node {
        Node::Constant(_) => true,
        Node::Column(_) | Node::Slot(_) => false,
        Node::Member(inner, _) | Node::Item(inner, _) | Node::Minus(inner) | Node::Regex(inner, _) => {
            is_constant(inner)
        }
        Node::Or(left, right) | Node::And(left, right) | Node::Order(_, left, right) | Node::Reckon(_, left, right) => {
            is_constant(left) && is_constant(right)
        }
        Node::Equal { left, right, .. } | Node::Match { left, right, .. } => is_constant(left) && is_constant(right),
        Node::Among { left, list, .. } | Node::HasWords { left, list, .. } => {
            is_constant(left) && list.iter().all(is_constant)
        }
        Node::Between { inner, from, to, .. } => is_constant(inner) && is_constant(from) && is_constant(to),
        Node::Call(_, arguments) => arguments.iter().all(is_constant),
    }
}

/// The name that an expression gets where it has none.
pub(super) fn default_name(expression: &Expression) -> Option<String> {
    match &expression.kind {
        Kind::Name(name) => Some(name.clone()),
        Kind::Member(inner, key) => Some(format!("{}_{key}", default_name(inner)?)),
        Kind::Item(inner, index) => Some(format!("{}_{index}", default_name(inner)?)),
        Kind::Call(name, arguments) => {
            let first = arguments.first().and_then(default_name);
            match name.as_str() {
                "count" | "countif" => Some(format!("{name}_")),
                "make_set" => Some(format!("set_{}", first.unwrap_or_default())),
                "make_list" => Some(format!("list_{}", first.unwrap_or_default())),
                "percentile" => {
                    let part = match arguments.get(1).map(|part| &part.kind) {
                        Some(Kind::Literal(Literal::Long(part))) => part.to_string(),
                        _ => String::new(),
                    };
                    Some(format!("percentile_{}_{part}", first.unwrap_or_default()))
                }
                _ if Aggregate::find(name).is_some() => Some(format!("{name}_{}", first.unwrap_or_default())),
                "bin" | "floor" | "tostring" | "toint" | "tolong" | "todouble" | "toreal" | "tobool" | "todatetime"
                | "startofday" | "startofweek" | "startofmonth" | "startofyear" => first,
                _ => None,
            }
        }
        _ => None,
    }
}

/// A parameter from JSON, of the type that its definition says.
#[must_use]
pub fn parameter(kind: &str, value: &Json) -> Option<Value> {
    use crate::domain::odata::read_moment;
    match (kind, value) {
        ("bool", Json::Bool(truth)) => Some(Value::Bool(*truth)),
        ("int", Json::Number(number)) => number
            .as_i64()
            .filter(|number| i32::try_from(*number).is_ok())
            .map(Value::Long),
        ("long", Json::Number(number)) => number.as_i64().map(Value::Long),
        ("double", Json::Number(number)) => number.as_f64().map(Value::Real),
        ("string", Json::String(text)) => Some(Value::Text(text.clone())),
        ("guid", Json::String(text)) => uuid::Uuid::parse_str(text).ok().map(|_| Value::Text(text.clone())),
        ("datetime", Json::String(text)) => read_moment(text).map(Value::Time),
        ("timespan", Json::String(text)) => super::lexer::read_span(text).map(Value::Span),
        _ => None,
    }
}
