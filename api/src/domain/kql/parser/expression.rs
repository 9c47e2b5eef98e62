//! Reading what stands in a step: values and operators.

use super::{
    super::{
        ast::{Binary, Expression, Kind, Literal},
        lexer::Kind as Word,
    },
    MOST_NESTING, Parser,
};
use crate::domain::syntax::{Read, Syntax};

/// Words that compare, all of one closeness.
const COMPARING: [&str; 18] = [
    "contains",
    "!contains",
    "contains_cs",
    "!contains_cs",
    "startswith",
    "!startswith",
    "startswith_cs",
    "!startswith_cs",
    "endswith",
    "!endswith",
    "endswith_cs",
    "!endswith_cs",
    "has",
    "!has",
    "has_cs",
    "!has_cs",
    "hasprefix",
    "!hasprefix",
];
/// Words that look for something in a list.
const AMONG: [&str; 6] = ["in", "!in", "in~", "!in~", "has_any", "has_all"];

impl Parser {
    pub(super) fn expression(&mut self) -> Read<Expression> {
        self.nested(Self::or)
    }

    /// A chain of operators of one closeness, read from the left.
    fn chain(
        &mut self,
        part: impl Fn(&mut Self) -> Read<Expression>,
        operator: impl Fn(&mut Self) -> Option<Binary>,
    ) -> Read<Expression> {
        let mut left = part(self)?;
        let mut length = 0;
        while let Some(operator) = operator(self) {
            length += 1;
            if length > MOST_NESTING {
                return Err(Syntax::new(
                    self.at(),
                    format!("More than {MOST_NESTING} in a row; use “in” or parentheses"),
                ));
            }
            let right = part(self)?;
            left = Expression {
                at: left.at,
                kind: Kind::Binary(operator, Box::new(left), Box::new(right)),
            };
        }
        Ok(left)
    }

    fn or(&mut self) -> Read<Expression> {
        self.chain(Self::and, |parser| parser.take_word("or").then_some(Binary::Or))
    }

    fn and(&mut self) -> Read<Expression> {
        self.chain(Self::comparison, |parser| {
            parser.take_word("and").then_some(Binary::And)
        })
    }

    fn comparison(&mut self) -> Read<Expression> {
        let mut left = self.sum()?;
        let mut length = 0;
        loop {
            let word = match self.peek() {
                Word::Sign(sign @ ("==" | "!=" | "=~" | "!~" | "<" | ">" | "<=" | ">=" | "<>")) => (*sign).to_owned(),
                Word::Word(word) => word.clone(),
                _ => return Ok(left),
            };
            let at = left.at;
            let is_sign = matches!(self.peek(), Word::Sign(_));
            let kind = if is_sign || COMPARING.contains(&word.as_str()) {
                self.advance();
                let word = if word == "<>" { "!=".to_owned() } else { word };
                Kind::Binary(Binary::Compare(word), Box::new(left), Box::new(self.sum()?))
            } else if AMONG.contains(&word.as_str()) {
                self.advance();
                let list = self.arguments()?;
                Kind::Among(word, Box::new(left), list)
            } else if word == "matches" {
                self.advance();
                if !self.take_word("regex") {
                    return Err(self.unexpected("“regex”"));
                }
                Kind::Binary(Binary::Compare(word), Box::new(left), Box::new(self.sum()?))
            } else if word == "between" || word == "!between" {
                self.advance();
                self.expect_sign("(")?;
                let from = self.nested(Self::sum)?;
                self.expect_sign("..")?;
                let to = self.nested(Self::sum)?;
                self.expect_sign(")")?;
                Kind::Between(word.starts_with('!'), Box::new(left), Box::new(from), Box::new(to))
            } else {
                return Ok(left);
            };
            left = Expression { at, kind };
            length += 1;
            if length > MOST_NESTING {
                return Err(Syntax::new(
                    self.at(),
                    format!("More than {MOST_NESTING} comparisons in a row"),
                ));
            }
        }
    }

    fn sum(&mut self) -> Read<Expression> {
        let operator = |parser: &mut Self| {
            let sign = ['+', '-'].into_iter().find(|sign| parser.is_sign(&sign.to_string()))?;
            parser.advance();
            Some(Binary::Reckon(sign))
        };
        self.chain(Self::product, operator)
    }

    fn product(&mut self) -> Read<Expression> {
        let operator = |parser: &mut Self| {
            let sign = ['*', '/', '%']
                .into_iter()
                .find(|sign| parser.is_sign(&sign.to_string()))?;
            parser.advance();
            Some(Binary::Reckon(sign))
        };
        self.chain(Self::unary, operator)
    }

    fn unary(&mut self) -> Read<Expression> {
        let at = self.at();
        if self.take_sign("+") {
            return self.nested(Self::unary);
        }
        if !self.take_sign("-") {
            return self.postfix();
        }
        // A number with its sign is one value.
        let inner = self.nested(Self::unary)?;
        let kind = match inner.kind {
            Kind::Literal(Literal::Long(number)) if number > 0 => Kind::Literal(Literal::Long(-number)),
            Kind::Literal(Literal::Real(number)) if number > 0.0 => Kind::Literal(Literal::Real(-number)),
            Kind::Literal(Literal::Span(span)) if span > 0 => Kind::Literal(Literal::Span(-span)),
            kind => Kind::Minus(Box::new(Expression { at: inner.at, kind })),
        };
        Ok(Expression { at, kind })
    }

    fn postfix(&mut self) -> Read<Expression> {
        let mut inner = self.primary()?;
        let mut length = 0;
        loop {
            let at = inner.at;
            let kind = if self.is_sign(".") {
                self.advance();
                let Word::Word(name) = self.peek() else {
                    return Err(self.unexpected("The name of a field"));
                };
                let name = name.clone();
                self.advance();
                Kind::Member(Box::new(inner), name)
            } else if self.take_sign("[") {
                let negative = self.take_sign("-");
                let token = self.advance();
                self.expect_sign("]")?;
                match token.kind {
                    Word::Text(key) if !negative => Kind::Member(Box::new(inner), key),
                    Word::Long(index) => Kind::Item(Box::new(inner), if negative { -index } else { index }),
                    _ => {
                        return Err(Syntax::new(
                            token.at,
                            "A key in quotes or the number of an item is expected here",
                        ));
                    }
                }
            } else {
                return Ok(inner);
            };
            inner = Expression { at, kind };
            length += 1;
            if length > MOST_NESTING {
                return Err(Syntax::new(
                    self.at(),
                    format!("A field lies deeper than {MOST_NESTING} levels"),
                ));
            }
        }
    }

    fn primary(&mut self) -> Read<Expression> {
        let at = self.at();
        let kind = match self.peek().clone() {
            Word::Text(text) => Kind::Literal(Literal::Text(text)),
            Word::Long(number) => Kind::Literal(Literal::Long(number)),
            Word::Real(number) => Kind::Literal(Literal::Real(number)),
            Word::Span(span) => Kind::Literal(Literal::Span(span)),
            Word::Time(time) => Kind::Literal(Literal::Time(time)),
            Word::Dynamic(json) => Kind::Literal(Literal::Dynamic(json)),
            Word::Parameter(name) => Kind::Parameter(name),
            Word::Word(word) if word == "true" => Kind::Literal(Literal::Bool(true)),
            Word::Word(word) if word == "false" => Kind::Literal(Literal::Bool(false)),
            Word::Sign("(") => {
                self.advance();
                let inner = self.expression()?;
                self.expect_sign(")")?;
                return Ok(inner);
            }
            Word::Word(word) => {
                let name = self.name()?;
                if name == word && self.is_sign("(") {
                    Kind::Call(name, self.arguments()?)
                } else {
                    Kind::Name(name)
                }
            }
            _ => Kind::Name(self.name().map_err(|_| self.unexpected("A value or a column"))?),
        };
        // What was not taken yet is one word.
        if !matches!(kind, Kind::Name(_) | Kind::Call(..)) {
            self.advance();
        }
        Ok(Expression { at, kind })
    }

    fn arguments(&mut self) -> Read<Vec<Expression>> {
        self.expect_sign("(")?;
        if self.take_sign(")") {
            return Ok(Vec::new());
        }
        let list = self.listed(Self::expression)?;
        self.expect_sign(")")?;
        Ok(list)
    }
}
