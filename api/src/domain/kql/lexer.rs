//! The words of a query.

use serde_json::Value as Json;

use crate::domain::{
    odata::read_moment,
    syntax::{Read, Syntax, shown},
    zone,
};

/// A word, and where it begins, in bytes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) at: usize,
    /// Where it ends.
    pub(super) end: usize,
    pub(super) kind: Kind,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// A name or a keyword; `in~` and `!contains` are such.
    Word(String),
    /// A text.
    Text(String),
    /// A whole number.
    Long(i64),
    /// Another number.
    Real(f64),
    /// A stretch of time, in nanoseconds.
    Span(i64),
    /// A time, in nanoseconds since 1970; none is no time.
    Time(Option<i64>),
    /// A JSON value.
    Dynamic(Json),
    /// A placeholder.
    Parameter(String),
    /// A sign.
    Sign(&'static str),
    /// The end of the query.
    End,
}

/// Words of one query.
const MOST_TOKENS: usize = 5_000;
/// Levels of a JSON value in a query.
const MOST_LEVELS: usize = 32;

/// Signs, the longer ones first.
const SIGNS: [&str; 24] = [
    "==", "!=", "=~", "!~", "<=", ">=", "<>", "..", "<", ">", "=", "+", "-", "*", "/", "%", "(", ")", "[", "]", ",",
    ".", "|", ";",
];

/// Words by which a text begins that the query has in a notation of its own: `datetime(2019-01-01)`.
const FRAMED: [&str; 11] = [
    "datetime", "date", "timespan", "time", "dynamic", "long", "int", "real", "double", "bool", "guid",
];

/// Reads the words of a query.
pub(super) fn tokens(text: &str) -> Read<Vec<Token>> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.skip();
        let at = lexer.at;
        if tokens.len() >= MOST_TOKENS {
            return Err(Syntax::new(
                at,
                format!("The query has more than {MOST_TOKENS} words and signs"),
            ));
        }
        let kind = lexer.next()?;
        let is_end = kind == Kind::End;
        tokens.push(Token {
            at,
            end: lexer.at,
            kind,
        });
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
}

fn begins_name(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_' || letter == '$'
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_' || letter == '$'
}

/// Whether a text can be written as a name.
pub(super) fn is_name(text: &str) -> bool {
    text.starts_with(begins_name) && text.chars().all(is_of_name)
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Passes over white space, and over comments to the end of their lines.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            self.at += rest.len() - rest.trim_start().len();
            if !self.rest().starts_with("//") {
                return;
            }
            self.at += self.rest().find('\n').unwrap_or(self.rest().len());
        }
    }

    fn take(&mut self, fits: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|letter| !fits(letter)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn next(&mut self) -> Read<Kind> {
        let begin = self.at;
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return Ok(Kind::End);
        };
        if rest.starts_with("{{") {
            return self.parameter();
        }
        if first.is_ascii_digit() {
            return self.number();
        }
        if matches!(first, '\'' | '"') {
            return self.quoted(first).map(Kind::Text);
        }
        if first == '@' && rest[1..].starts_with(['\'', '"']) {
            self.at += 1;
            let quote = self.rest().chars().next().unwrap_or('"');
            return self.verbatim(quote).map(Kind::Text);
        }
        if begins_name(first) {
            return self.name();
        }
        let after = &rest[first.len_utf8()..];
        if first == '!' && after.starts_with(begins_name) {
            self.at += 1;
            let word = self.take(is_of_name);
            let fold = if self.rest().starts_with('~') { "~" } else { "" };
            self.at += fold.len();
            return Ok(Kind::Word(format!("!{word}{fold}")));
        }
        match SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            Some(sign) => {
                self.at += sign.len();
                Ok(Kind::Sign(sign))
            }
            None => Err(Syntax::new(begin, format!("“{first}” is not expected here"))),
        }
    }

    fn parameter(&mut self) -> Read<Kind> {
        let begin = self.at;
        self.at += 2;
        let rest = self.rest();
        let Some(end) = rest.find("}}") else {
            return Err(Syntax::new(
                begin,
                "The placeholder that begins here has no end; it is missing “}}”",
            ));
        };
        let name = rest[..end].trim();
        if !is_name(name) {
            return Err(Syntax::new(begin, "A placeholder is a name between “{{” and “}}”"));
        }
        self.at += end + 2;
        Ok(Kind::Parameter(name.to_owned()))
    }

    fn name(&mut self) -> Read<Kind> {
        let begin = self.at;
        let name = self.take(is_of_name);
        if name == "in" && self.rest().starts_with('~') {
            self.at += 1;
            return Ok(Kind::Word("in~".to_owned()));
        }
        if FRAMED.contains(&name) && self.rest().starts_with('(') {
            return self.framed(name, begin);
        }
        Ok(Kind::Word(name.to_owned()))
    }

    /// `datetime(…)` and the like.
    fn framed(&mut self, name: &str, begin: usize) -> Read<Kind> {
        self.at += 1;
        let inner = self.inner(begin)?;
        let plain = inner.trim().trim_matches(['\'', '"']).trim();
        let is_null = plain == "null" || plain.is_empty();
        let wrong = |wanted: &str| Syntax::new(begin, format!("“{}” is no {wanted}", shown(plain)));
        match name {
            "datetime" | "date" if is_null => Ok(Kind::Time(None)),
            "datetime" | "date" => {
                let time = read_moment(plain).ok_or_else(|| wrong("time, such as 2019-01-01T10:00:00Z"))?;
                Ok(Kind::Time(Some(time)))
            }
            "timespan" | "time" => read_span(plain)
                .map(Kind::Span)
                .ok_or_else(|| wrong("stretch of time, such as 1d, 2h, 30m or 1.02:30:00")),
            "long" | "int" => plain.parse().map(Kind::Long).map_err(|_| wrong("whole number")),
            "real" | "double" => {
                let float = plain.parse::<f64>().ok().filter(|float| float.is_finite());
                float.map(Kind::Real).ok_or_else(|| wrong("number"))
            }
            "bool" => match plain {
                "true" | "1" => Ok(Kind::Word("true".to_owned())),
                "false" | "0" => Ok(Kind::Word("false".to_owned())),
                _ => Err(wrong("“true” and no “false”")),
            },
            "guid" => Ok(Kind::Text(plain.to_owned())),
            _ if inner.trim() == "null" => Ok(Kind::Dynamic(Json::Null)),
            _ => {
                let value: Json = serde_json::from_str(inner).map_err(|_| wrong("JSON value"))?;
                if levels(&value) > MOST_LEVELS {
                    return Err(Syntax::new(
                        begin,
                        format!("The JSON value nests deeper than {MOST_LEVELS} levels"),
                    ));
                }
                Ok(Kind::Dynamic(value))
            }
        }
    }

    /// What is between here and the parenthesis that closes, quotes passed over.
    fn inner(&mut self, begin: usize) -> Read<&'a str> {
        let start = self.at;
        let (mut depth, mut quote) = (1_usize, None);
        let mut letters = self.rest().char_indices();
        while let Some((offset, letter)) = letters.next() {
            match (quote, letter) {
                (Some(_), '\\') => {
                    letters.next();
                }
                (Some(open), letter) if open == letter => quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => quote = Some(letter),
                (None, '(') => depth += 1,
                (None, ')') => {
                    depth -= 1;
                    if depth == 0 {
                        self.at = start + offset + 1;
                        return Ok(&self.text[start..start + offset]);
                    }
                }
                (None, _) => {}
            }
        }
        Err(Syntax::new(begin, "What begins here has no end; it is missing “)”"))
    }

    fn number(&mut self) -> Read<Kind> {
        let begin = self.at;
        let digits = |letter: char| letter.is_ascii_digit();
        self.take(digits);
        let mut is_real = false;
        if self
            .rest()
            .strip_prefix('.')
            .is_some_and(|rest| rest.starts_with(digits))
        {
            is_real = true;
            self.at += 1;
            self.take(digits);
        }
        let exponent = self
            .rest()
            .strip_prefix(['e', 'E'])
            .map(|rest| rest.trim_start_matches(['+', '-']));
        if exponent.is_some_and(|rest| rest.starts_with(digits)) {
            is_real = true;
            self.at += 1;
            self.take(|letter| matches!(letter, '+' | '-'));
            self.take(digits);
        }
        let number = &self.text[begin..self.at];
        let unit = self.take(is_of_name);
        let wrong = || {
            Syntax::new(
                begin,
                format!(
                    "“{}” is no number and no stretch of time",
                    shown(&self.text[begin..self.at])
                ),
            )
        };
        if !unit.is_empty() {
            return unit_nanoseconds(unit)
                .and_then(|unit| scaled(number, unit))
                .map(Kind::Span)
                .ok_or_else(wrong);
        }
        if is_real {
            let float = number.parse::<f64>().ok().filter(|float| float.is_finite());
            return float.map(Kind::Real).ok_or_else(wrong);
        }
        number.parse().map(Kind::Long).map_err(|_| wrong())
    }

    fn quoted(&mut self, quote: char) -> Read<String> {
        let begin = self.at;
        let mut text = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((offset, letter)) = letters.next() {
            match letter {
                _ if letter == quote => {
                    self.at = begin + offset + 1;
                    return Ok(text);
                }
                '\n' => break,
                '\\' => {
                    let Some((_, escaped)) = letters.next() else { break };
                    match escaped {
                        'n' => text.push('\n'),
                        't' => text.push('\t'),
                        'r' => text.push('\r'),
                        '\\' | '\'' | '"' => text.push(escaped),
                        'u' => {
                            let digits: String = letters.by_ref().take(4).map(|(_, digit)| digit).collect();
                            let code = u32::from_str_radix(&digits, 16).ok().filter(|_| digits.len() == 4);
                            let Some(letter) = code.and_then(char::from_u32) else {
                                return Err(Syntax::new(
                                    begin + offset,
                                    "“\\u” is followed by four hexadecimal digits of a character",
                                ));
                            };
                            text.push(letter);
                        }
                        _ => {
                            let message = format!(
                                "There is no “\\{escaped}”; write “\\\\” for a backslash, or @ before the text"
                            );
                            return Err(Syntax::new(begin + offset, message));
                        }
                    }
                }
                _ => text.push(letter),
            }
        }
        Err(Syntax::new(
            begin,
            "The text that begins here has no end; it is missing a quote",
        ))
    }

    /// A text without escapes, in which two quotes stand for one.
    fn verbatim(&mut self, quote: char) -> Read<String> {
        let begin = self.at;
        let mut text = String::new();
        self.at += 1;
        loop {
            let rest = self.rest();
            let Some(end) = rest.find(quote) else {
                return Err(Syntax::new(
                    begin,
                    "The text that begins here has no end; it is missing a quote",
                ));
            };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            if !self.rest().starts_with(quote) {
                return Ok(text);
            }
            text.push(quote);
            self.at += 1;
        }
    }
}

fn levels(value: &Json) -> usize {
    1 + match value {
        Json::Array(list) => list.iter().map(levels).max().unwrap_or(0),
        Json::Object(fields) => fields.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

fn unit_nanoseconds(unit: &str) -> Option<i64> {
    Some(match unit {
        "d" | "day" | "days" => zone::DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => zone::HOUR,
        "m" | "min" | "minute" | "minutes" => 60_000_000_000,
        "s" | "sec" | "second" | "seconds" => 1_000_000_000,
        "ms" | "milli" | "millis" | "millisecond" | "milliseconds" => 1_000_000,
        "micro" | "micros" | "microsecond" | "microseconds" => 1_000,
        "tick" | "ticks" => 100,
        _ => return None,
    })
}

fn scaled(number: &str, unit: i64) -> Option<i64> {
    if let Ok(whole) = number.parse::<i64>() {
        return whole.checked_mul(unit);
    }
    let nanoseconds = number.parse::<f64>().ok()? * unit as f64;
    // Within what an integer holds, and far from where floats have gaps of more than a tick.
    (nanoseconds.abs() < 9.0e18).then(|| nanoseconds.round() as i64)
}

/// A stretch of time as it is written: `1d`, `-90m`, or days, hours, minutes and seconds as `1.02:30:00.5`.
pub(super) fn read_span(text: &str) -> Option<i64> {
    let (sign, plain) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let at = plain
        .find(|letter: char| !letter.is_ascii_digit() && letter != '.')
        .unwrap_or(plain.len());
    if !plain.contains(':') {
        let unit = if at == plain.len() { "d" } else { &plain[at..] };
        return scaled(&plain[..at], unit_nanoseconds(unit)?)?.checked_mul(sign);
    }
    let (days, clock) = match plain.split_once(':')?.0.split_once('.') {
        Some((days, _)) => (days.parse::<i64>().ok()?, &plain[days.len() + 1..]),
        None => (0, plain),
    };
    let mut parts = clock.split(':');
    let number = |part: &str| part.parse::<i64>().ok().filter(|number| (0..60).contains(number));
    let hours = parts
        .next()?
        .parse::<i64>()
        .ok()
        .filter(|hours| (0..24).contains(hours))?;
    let minutes = number(parts.next()?)?;
    let seconds = parts.next().unwrap_or("0");
    let whole = number(seconds.split('.').next()?)?;
    let fraction = match seconds.split_once('.') {
        Some((_, digits)) if digits.len() <= 9 && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            format!("{digits:0<9}").parse::<i64>().ok()?
        }
        Some(_) => return None,
        None => 0,
    };
    if parts.next().is_some() {
        return None;
    }
    let total = days
        .checked_mul(24)?
        .checked_add(hours)?
        .checked_mul(60)?
        .checked_add(minutes)?;
    let total = total
        .checked_mul(60)?
        .checked_add(whole)?
        .checked_mul(1_000_000_000)?
        .checked_add(fraction)?;
    total.checked_mul(sign)
}
