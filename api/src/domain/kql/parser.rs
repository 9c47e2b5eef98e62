//! Reading a query: its steps, and in `expression` what stands in them.

mod expression;

use super::{
    ast::{Expression, Key, Kind, Literal, Named, Query, RESERVED, Step, StepKind},
    lexer::{self, Kind as Word, Token},
};
use crate::domain::syntax::{Read, Syntax, shown};

/// How deep a query may nest.
const MOST_NESTING: usize = 60;
/// Steps of a query, and expressions of one step.
const MOST_STEPS: usize = 50;
const MOST_LIST: usize = 1_000;

/// Steps that the whole language has and this has not.
const UNSUPPORTED: [&str; 24] = [
    "join",
    "union",
    "lookup",
    "evaluate",
    "parse",
    "mv-expand",
    "mvexpand",
    "make-series",
    "render",
    "let",
    "invoke",
    "serialize",
    "externaldata",
    "find",
    "search",
    "facet",
    "fork",
    "partition",
    "scan",
    "reduce",
    "sample-distinct",
    "top-nested",
    "top-hitters",
    "as",
];

/// Reads a whole query.
pub(super) fn parse(text: &str) -> Read<Query> {
    let tokens = lexer::tokens(text)?;
    let mut parser = Parser {
        tokens,
        next: 0,
        nesting: 0,
    };
    parser.query()
}

struct Parser {
    tokens: Vec<Token>,
    next: usize,
    nesting: usize,
}

impl Parser {
    fn peek(&self) -> &Word {
        &self.tokens[self.next].kind
    }

    fn at(&self) -> usize {
        self.tokens[self.next].at
    }

    fn advance(&mut self) -> Token {
        let token = self.tokens[self.next].clone();
        // The last is the end, and stays.
        self.next = (self.next + 1).min(self.tokens.len() - 1);
        token
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Word::Word(own) if own == word)
    }

    fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Word::Sign(own) if *own == sign)
    }

    fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
        if found {
            self.advance();
        }
        found
    }

    fn take_sign(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.advance();
        }
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Read<()> {
        if self.take_sign(sign) {
            return Ok(());
        }
        Err(self.unexpected(&format!("“{sign}”")))
    }

    fn unexpected(&self, wanted: &str) -> Syntax {
        let found = match self.peek() {
            Word::End => "the query ends".to_owned(),
            Word::Word(word) => format!("“{}” is found", shown(word)),
            Word::Sign(sign) => format!("“{sign}” is found"),
            Word::Parameter(name) => format!("the placeholder “{}” is found", shown(name)),
            _ => "a value is found".to_owned(),
        };
        Syntax::new(self.at(), format!("{wanted} is expected here, and {found}"))
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.nesting += 1;
        if self.nesting > MOST_NESTING {
            return Err(Syntax::new(
                self.at(),
                format!("The query nests deeper than {MOST_NESTING} levels"),
            ));
        }
        let read = read(self);
        self.nesting -= 1;
        read
    }

    fn query(&mut self) -> Read<Query> {
        if self.is_sign(".") {
            return Err(Syntax::new(
                self.at(),
                "Commands that begin with “.” are not taken: questions alone are asked here",
            ));
        }
        match self.peek() {
            Word::Word(word) if word == "Events" => {}
            Word::Word(word) if UNSUPPORTED.contains(&word.as_str()) => {
                return Err(Syntax::new(self.at(), format!("“{word}” is not supported")));
            }
            Word::Word(word) => {
                let message = format!("There is no table “{}”; there is Events alone", shown(word));
                return Err(Syntax::new(self.at(), message));
            }
            _ => return Err(self.unexpected("The table “Events”")),
        }
        self.advance();
        let mut steps = Vec::new();
        while self.take_sign("|") {
            if steps.len() == MOST_STEPS {
                return Err(Syntax::new(
                    self.at(),
                    format!("The query has more than {MOST_STEPS} steps"),
                ));
            }
            steps.push(self.step()?);
        }
        self.take_sign(";");
        if *self.peek() != Word::End {
            return Err(self.unexpected("“|” or the end"));
        }
        Ok(Query { steps })
    }

    /// The name of a step; some have a dash within.
    fn step_name(&mut self) -> Read<String> {
        let first = self.advance();
        let Word::Word(mut name) = first.kind else {
            self.next = self.next.saturating_sub(1);
            return Err(self.unexpected("A step, such as “where” or “take”,"));
        };
        let mut end = first.end;
        while let [
            Token {
                at,
                kind: Word::Sign("-"),
                ..
            },
            Token {
                at: word_at,
                end: word_end,
                kind: Word::Word(word),
            },
            ..,
        ] = &self.tokens[self.next..]
        {
            if *at != end || *word_at != end + 1 {
                break;
            }
            name = format!("{name}-{word}");
            end = *word_end;
            self.next += 2;
        }
        Ok(name)
    }

    fn step(&mut self) -> Read<Step> {
        let at = self.at();
        let name = self.step_name()?;
        let kind = match name.as_str() {
            "where" | "filter" => StepKind::Where(self.expression()?),
            "take" | "limit" => StepKind::Take(self.count()?),
            "sample" => StepKind::Sample(self.count()?),
            "count" => StepKind::Count,
            "top" => {
                let number = self.count()?;
                self.expect_by()?;
                StepKind::Top(number, self.key()?)
            }
            "sort" | "order" => {
                self.expect_by()?;
                StepKind::Sort(self.listed(Self::key)?)
            }
            "project" => StepKind::Project(self.listed(Self::named)?),
            "extend" => StepKind::Extend(self.listed(Self::named)?),
            "project-away" => StepKind::ProjectAway(self.listed(Self::pattern)?),
            "project-rename" => StepKind::ProjectRename(self.listed(Self::renamed)?),
            "distinct" if self.take_sign("*") => StepKind::Distinct(Vec::new()),
            "distinct" => StepKind::Distinct(self.listed(Self::named)?),
            "summarize" => self.summarize()?,
            name if UNSUPPORTED.contains(&name) => {
                return Err(Syntax::new(at, format!("The step “{name}” is not supported")));
            }
            name => {
                let message = format!(
                    "There is no step “{}”; there are where, take, top, sort, project, project-away, project-rename, extend, \
                     distinct, count, summarize and sample",
                    shown(name)
                );
                return Err(Syntax::new(at, message));
            }
        };
        Ok(Step { at, kind })
    }

    fn expect_by(&mut self) -> Read<()> {
        if self.take_word("by") {
            return Ok(());
        }
        Err(self.unexpected("“by”"))
    }

    /// How many rows: a number, or a placeholder, whose value is known when the query is made ready.
    fn count(&mut self) -> Read<Expression> {
        let kind = match self.peek() {
            Word::Long(number) => Kind::Literal(Literal::Long(*number)),
            Word::Parameter(name) => Kind::Parameter(name.clone()),
            _ => return Err(self.unexpected("A whole number, or a placeholder for one,")),
        };
        let at = self.advance().at;
        Ok(Expression { at, kind })
    }

    fn listed<T>(&mut self, read: impl Fn(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut list = vec![read(self)?];
        while self.take_sign(",") {
            if list.len() == MOST_LIST {
                return Err(Syntax::new(
                    self.at(),
                    format!("A list has more than {MOST_LIST} items"),
                ));
            }
            list.push(read(self)?);
        }
        Ok(list)
    }

    fn summarize(&mut self) -> Read<StepKind> {
        let measures = if self.is_word("by") {
            Vec::new()
        } else {
            self.listed(Self::named)?
        };
        let groups = if self.take_word("by") {
            self.listed(Self::named)?
        } else {
            Vec::new()
        };
        Ok(StepKind::Summarize(measures, groups))
    }

    /// A name; one that is none by itself stands in brackets and quotes.
    fn name(&mut self) -> Read<String> {
        match self.peek() {
            Word::Word(word)
                if !RESERVED.contains(&word.as_str()) && !word.starts_with('!') && !word.ends_with('~') =>
            {
                let word = word.clone();
                self.advance();
                Ok(word)
            }
            Word::Sign("[") => {
                let open = self.next;
                self.advance();
                if let Word::Text(text) = self.peek() {
                    let text = text.clone();
                    self.advance();
                    self.expect_sign("]")?;
                    return Ok(text);
                }
                self.next = open;
                Err(self.unexpected("A name"))
            }
            _ => Err(self.unexpected("A name")),
        }
    }

    fn pattern(&mut self) -> Read<(usize, String)> {
        let at = self.at();
        if self.take_sign("*") {
            return Ok((at, "*".to_owned()));
        }
        let name = self.name()?;
        // With a star right behind it, it is the beginning of names.
        let ends = self.tokens[self.next - 1].end;
        if self.is_sign("*") && self.at() == ends {
            self.advance();
            return Ok((at, format!("{name}*")));
        }
        Ok((at, name))
    }

    fn renamed(&mut self) -> Read<(usize, String, String)> {
        let at = self.at();
        let new = self.name()?;
        self.expect_sign("=")?;
        Ok((at, new, self.name()?))
    }

    fn named(&mut self) -> Read<Named> {
        let start = self.next;
        if let Ok(name) = self.name()
            && self.take_sign("=")
        {
            let name = Some(name);
            let expression = self.expression()?;
            return Ok(Named { name, expression });
        }
        self.next = start;
        Ok(Named {
            name: None,
            expression: self.expression()?,
        })
    }

    fn key(&mut self) -> Read<Key> {
        let expression = self.expression()?;
        let descending = !self.take_word("asc");
        if descending {
            self.take_word("desc");
        }
        let mut nulls_first = !descending;
        if self.take_word("nulls") {
            nulls_first = self.take_word("first");
            if !nulls_first && !self.take_word("last") {
                return Err(self.unexpected("“first” or “last”"));
            }
        }
        Ok(Key {
            expression,
            descending,
            nulls_first,
        })
    }
}
