//! Reading a filter.

use super::ast::{Comparison, Function, Kind, Literal, Node};
use crate::domain::syntax::{Read, Syntax, shown};

/// How deep parentheses and calls may nest.
const MOST_NESTING: usize = 100;
/// How deep what was read may nest.
const MOST_DEPTH: usize = 50;
/// Values and fields of one filter, and names on the way to one field.
const MOST_TERMS: usize = 500;
const MOST_NAMES: usize = 32;

/// How close an operator binds.
const OR: u8 = 1;
const AND: u8 = 2;
const EQUALITY: u8 = 3;
const ORDER: u8 = 4;
const NOT: u8 = 5;

/// Words that OData has and this language has not.
const UNSUPPORTED: [&str; 33] = [
    "add",
    "sub",
    "mul",
    "div",
    "divby",
    "mod",
    "has",
    "length",
    "indexof",
    "substring",
    "trim",
    "concat",
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "fractionalseconds",
    "date",
    "time",
    "now",
    "round",
    "floor",
    "ceiling",
    "cast",
    "isof",
    "any",
    "all",
    "mindatetime",
    "maxdatetime",
    "matchespattern",
    "substringof",
];

/// Reads a whole filter.
pub(super) fn parse(text: &str) -> Read<Node> {
    let mut parser = Parser {
        text,
        at: 0,
        nesting: 0,
        terms: 0,
    };
    let node = parser.expression(OR, false)?;
    parser.skip();
    if parser.at < text.len() {
        let rest = parser.text[parser.at..].split_whitespace().next().unwrap_or_default();
        let word = parser.peek_word();
        let message = if UNSUPPORTED.iter().any(|one| one.eq_ignore_ascii_case(word)) {
            format!("“{word}” is unsupported; there are eq, ne, gt, ge, lt, le, in, and, or, not")
        } else {
            format!(
                "“{}” is not expected here: “and”, “or”, eq, ne, gt, ge, lt, le, “in” or the end is",
                shown(rest)
            )
        };
        return Err(Syntax::new(parser.at, message));
    }
    if node.depth() > MOST_DEPTH {
        return Err(Syntax::new(
            0,
            format!("The filter nests deeper than {MOST_DEPTH} levels"),
        ));
    }
    Ok(node)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    nesting: usize,
    terms: usize,
}

/// Whether a letter may be in a name.
pub(super) fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '-')
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn skip(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn peek_word(&self) -> &'a str {
        let rest = self.rest();
        &rest[..rest.find(|letter| !is_of_name(letter)).unwrap_or(rest.len())]
    }

    fn take(&mut self, wanted: char) -> bool {
        self.skip();
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Read<()> {
        if self.take(wanted) {
            return Ok(());
        }
        Err(Syntax::new(self.at, format!("“{wanted}” is expected here")))
    }

    fn term(&mut self, at: usize, kind: Kind) -> Read<Node> {
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(Syntax::new(
                at,
                format!("The filter has more than {MOST_TERMS} values and fields"),
            ));
        }
        Ok(Node { at, kind })
    }

    /// What is between parentheses, or the like.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.nesting += 1;
        if self.nesting > MOST_NESTING {
            return Err(Syntax::new(
                self.at,
                format!("The filter nests deeper than {MOST_NESTING} levels"),
            ));
        }
        let read = read(self);
        self.nesting -= 1;
        read
    }

    /// The next operator that binds as close as `least` or closer, and what it is.
    fn operator(&mut self, least: u8) -> Option<(u8, &'a str)> {
        self.skip();
        let word = self.peek_word();
        let level = match word.to_ascii_lowercase().as_str() {
            "or" => OR,
            "and" => AND,
            "eq" | "ne" => EQUALITY,
            "gt" | "ge" | "lt" | "le" | "in" => ORDER,
            _ => return None,
        };
        if level < least {
            return None;
        }
        self.at += word.len();
        Some((level, word))
    }

    fn expression(&mut self, least: u8, is_right: bool) -> Read<Node> {
        let mut left = self.unary(is_right)?;
        if is_right && matches!(left.kind, Kind::Literal(_)) {
            // A value is compared with what is on its left, whatever follows.
            return Ok(left);
        }
        let mut steps = 0;
        while let Some((level, word)) = self.operator(least) {
            steps += 1;
            if steps > MOST_TERMS {
                return Err(Syntax::new(
                    self.at,
                    format!("The filter has more than {MOST_TERMS} values and fields"),
                ));
            }
            let at = left.at;
            if word.eq_ignore_ascii_case("in") {
                let list = self.list()?;
                left = Node {
                    at,
                    kind: Kind::In(Box::new(left), list),
                };
                continue;
            }
            let is_value = level >= EQUALITY;
            let right = self.nested(|parser| parser.expression(level + 1, is_value))?;
            let kind = match Comparison::find(word) {
                Some(comparison) => Kind::Compare(comparison, Box::new(left), Box::new(right)),
                // Chains of the same are one, so that they nest no deeper for being long. What came in parentheses is a
                // chain of its own, and means the same.
                None => {
                    let is_or = level == OR;
                    let mut parts = match left.kind {
                        Kind::Or(parts) if is_or && steps > 1 => parts,
                        Kind::And(parts) if !is_or && steps > 1 => parts,
                        kind => vec![Node { at, kind }],
                    };
                    parts.push(right);
                    if is_or { Kind::Or(parts) } else { Kind::And(parts) }
                }
            };
            left = Node { at, kind };
        }
        Ok(left)
    }

    fn unary(&mut self, is_right: bool) -> Read<Node> {
        self.skip();
        let at = self.at;
        let word = self.peek_word();
        let follows = self.rest()[word.len()..].chars().next();
        let is_not =
            word.eq_ignore_ascii_case("not") && follows.is_some_and(|next| next.is_whitespace() || next == '(');
        if !is_not || (is_right && !self.negates()) {
            return self.primary(is_right);
        }
        self.at += word.len();
        self.skip();
        // The table of precedence says that `not` binds closest; the examples, that it takes the comparison that follows.
        // Both are so, as what is in parentheses or tested by a function is whole by itself.
        let next = self.peek_word();
        let is_whole = match self.peek() {
            Some('(') => true,
            _ => next.eq_ignore_ascii_case("not") || Function::find(next).is_some_and(Function::is_test),
        };
        let least = if is_whole { NOT } else { EQUALITY };
        let inner = self.nested(|parser| parser.expression(least, false))?;
        Ok(Node {
            at,
            kind: Kind::Not(Box::new(inner)),
        })
    }

    /// Whether a “not” on the right of an operator is one, and no bare word.
    fn negates(&self) -> bool {
        let after = self.rest()["not".len()..].trim_start();
        let word = &after[..after.find(|letter| !is_of_name(letter)).unwrap_or(after.len())];
        after.starts_with('(') || Function::find(word).is_some()
    }

    fn primary(&mut self, is_right: bool) -> Read<Node> {
        let at = self.at;
        match self.peek() {
            None => Err(Syntax::new(at, "The filter ends where a value or a field is expected")),
            Some('(') => {
                self.at += 1;
                let inner = self.nested(|parser| parser.expression(OR, false))?;
                self.expect(')')?;
                Ok(inner)
            }
            Some('\'') => {
                let text = self.quoted()?;
                self.term(at, Kind::Literal(Literal::Text(text)))
            }
            Some(_) => {
                if let Some(call) = self.call()? {
                    return Ok(call);
                }
                if is_right { self.word(false) } else { self.left() }
            }
        }
    }

    /// A text in quotes, in which two stand for one.
    fn quoted(&mut self) -> Read<String> {
        let begin = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(end) = rest.find('\'') else {
                return Err(Syntax::new(
                    begin,
                    "The text that begins here has no end; it is missing a quote",
                ));
            };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if self.peek() != Some('\'') {
                return Ok(text);
            }
            text.push('\'');
            self.at += 1;
        }
    }

    /// A call of a function, where one begins here.
    fn call(&mut self) -> Read<Option<Node>> {
        let at = self.at;
        let name = self.peek_word();
        let rest = &self.rest()[name.len()..];
        if name.is_empty() {
            return Ok(None);
        }
        if rest.starts_with('\'')
            && ["datetime", "datetimeoffset", "guid"]
                .iter()
                .any(|one| one.eq_ignore_ascii_case(name))
        {
            self.at += name.len();
            let text = self.quoted()?;
            return self.term(at, Kind::Literal(Literal::Text(text))).map(Some);
        }
        if !rest.starts_with('(') {
            return Ok(None);
        }
        let Some(function) = Function::find(name) else {
            if UNSUPPORTED.iter().any(|one| one.eq_ignore_ascii_case(name)) {
                let message = format!(
                    "The function “{name}” is unsupported; there are contains, startswith, endswith, tolower and toupper"
                );
                return Err(Syntax::new(at, message));
            }
            return Ok(None);
        };
        self.at += name.len();
        self.expect('(')?;
        let mut arguments = Vec::new();
        loop {
            self.skip();
            // A field comes first, and a value after it, so that only what follows can be a bare word.
            let is_value = !arguments.is_empty();
            arguments.push(self.nested(|parser| parser.argument(is_value))?);
            if !self.take(',') {
                break;
            }
        }
        self.expect(')')?;
        if arguments.len() != function.arity() {
            let message = format!(
                "“{}” takes {} values and has {}",
                function.word(),
                function.arity(),
                arguments.len()
            );
            return Err(Syntax::new(at, message));
        }
        Ok(Some(Node {
            at,
            kind: Kind::Call(function, arguments),
        }))
    }

    fn argument(&mut self, is_value: bool) -> Read<Node> {
        let at = self.at;
        if self.peek() == Some('\'') {
            let text = self.quoted()?;
            return self.term(at, Kind::Literal(Literal::Text(text)));
        }
        if let Some(call) = self.call()? {
            return Ok(call);
        }
        if is_value { self.word(true) } else { self.left() }
    }

    /// A bare word: everything up to white space or `)`, and in a list up to a comma.
    fn word(&mut self, in_list: bool) -> Read<Node> {
        let at = self.at;
        let rest = self.rest();
        let ends = |letter: char| letter.is_whitespace() || letter == ')' || (in_list && letter == ',');
        let word = &rest[..rest.find(ends).unwrap_or(rest.len())];
        if word.is_empty() {
            return Err(Syntax::new(at, "A value is expected here"));
        }
        self.at += word.len();
        self.term(at, Kind::Literal(Literal::Word(word.to_owned())))
    }

    /// What stands on the left: a field, a number, or `true`, `false` and `null`.
    fn left(&mut self) -> Read<Node> {
        let at = self.at;
        let first = self.peek().unwrap_or_default();
        let follows_sign = self.rest().chars().nth(1).is_some_and(|next| next.is_ascii_digit());
        if first.is_ascii_digit() || (matches!(first, '+' | '-') && follows_sign) {
            return self.word(true);
        }
        if !first.is_alphabetic() && first != '_' {
            return Err(Syntax::new(
                at,
                format!("“{first}” is not expected here: a field or a value is"),
            ));
        }
        let mut names = vec![self.peek_word().to_owned()];
        self.at += self.peek_word().len();
        while let Some('.' | '/') = self.peek() {
            self.at += 1;
            let name = self.peek_word();
            if name.is_empty() {
                return Err(Syntax::new(self.at, "The name of a field is expected here"));
            }
            names.push(name.to_owned());
            self.at += name.len();
            if names.len() > MOST_NAMES {
                return Err(Syntax::new(at, format!("A field has more than {MOST_NAMES} names")));
            }
        }
        if let [only] = names.as_slice()
            && ["true", "false", "null"]
                .iter()
                .any(|one| one.eq_ignore_ascii_case(only))
        {
            return self.term(at, Kind::Literal(Literal::Word(only.clone())));
        }
        self.term(at, Kind::Path(names))
    }

    fn list(&mut self) -> Read<Vec<Node>> {
        self.expect('(')?;
        let mut list = Vec::new();
        if self.take(')') {
            return Ok(list);
        }
        loop {
            self.skip();
            let at = self.at;
            let item = if self.peek() == Some('\'') {
                let text = self.quoted()?;
                self.term(at, Kind::Literal(Literal::Text(text)))?
            } else {
                self.word(true)?
            };
            list.push(item);
            if self.take(')') {
                return Ok(list);
            }
            self.expect(',')?;
        }
    }
}
