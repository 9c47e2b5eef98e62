//! Reads Rust source as text, and lists the paths that it names.
//!
//! It knows comments, literals, `use` trees, renames, `self`, `super` and nested modules: enough to say what
//! a file depends on. It does not expand macros and does not follow re-exports.

use std::{collections::HashMap, fmt};

use crate::token::{Token, tokens};

/// A path that a source names, such as `crate::store::event::append`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedPath {
    /// The line it stands on, from 1.
    pub line: usize,
    /// Its segments; the first is `crate` or the name of another crate where that could be told.
    pub segments: Vec<String>,
}

impl NamedPath {
    /// Whether the path begins with the pattern. A `*` at a pattern's end continues a name, so that
    /// `actix*` is every crate of that family; alone it is the `*` of an import.
    #[must_use]
    pub fn begins_with(&self, pattern: &str) -> bool {
        let mut segments = self.segments.iter();
        pattern.split("::").all(|part| {
            segments.next().is_some_and(|segment| match part.strip_suffix('*') {
                Some(start) if !start.is_empty() => segment.starts_with(start),
                _ => segment == part,
            })
        })
    }
}

impl fmt::Display for NamedPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.segments.join("::"))
    }
}

/// Every path in the text of the module, imported or written out. `module` starts with `crate`.
#[must_use]
pub fn paths(text: &str, module: &[String]) -> Vec<NamedPath> {
    let mut reader = Reader {
        tokens: tokens(text),
        at: 0,
        found: Vec::new(),
    };
    reader.read(module);
    let named = |item: &Found| Some((item.name.clone()?, absolute(&item.segments, &item.module)));
    let names: HashMap<_, _> = reader.found.iter().filter_map(named).collect();
    let resolve = |item: &Found| {
        let mut segments = absolute(&item.segments, &item.module);
        if item.name.is_none()
            && let Some(imported) = segments.first().and_then(|first| names.get(first))
        {
            segments.splice(..1, imported.iter().cloned());
        }
        NamedPath {
            line: item.line,
            segments,
        }
    };
    reader.found.iter().map(resolve).collect()
}

/// The path from the crate's root, if it starts with `crate`, `self` or `super`.
fn absolute(segments: &[String], module: &[String]) -> Vec<String> {
    let ups = segments.iter().take_while(|segment| *segment == "super").count();
    let first = segments.first().map(String::as_str);
    let (mut base, rest) = match first {
        Some("self") => (module.to_vec(), &segments[1..]),
        Some("super") => (module[..module.len().saturating_sub(ups)].to_vec(), &segments[ups..]),
        _ => (Vec::new(), segments),
    };
    base.extend_from_slice(rest);
    base
}

/// A path as written, with the module around it and, for an import, the name that it is given.
struct Found {
    line: usize,
    segments: Vec<String>,
    module: Vec<String>,
    name: Option<String>,
}

struct Reader {
    tokens: Vec<(usize, Token)>,
    at: usize,
    found: Vec<Found>,
}

impl Reader {
    fn read(&mut self, module: &[String]) {
        let mut module = module.to_vec();
        let (mut depth, mut opened) = (0_usize, Vec::new());
        while self.at < self.tokens.len() {
            let word = self.word(0).map(str::to_owned);
            match word.as_deref() {
                Some("use") if !self.is(1, &Token::Mark('<')) => {
                    self.at += 1;
                    self.tree(&[], &module);
                }
                Some("mod") if self.is(2, &Token::Mark('{')) => {
                    module.extend(self.word(1).map(str::to_owned));
                    opened.push(depth);
                    depth += 1;
                    self.at += 3;
                }
                Some(_) => self.written_out(&module),
                None => {
                    if self.is(0, &Token::Mark('{')) {
                        depth += 1;
                    } else if self.is(0, &Token::Mark('}')) {
                        depth = depth.saturating_sub(1);
                        if opened.pop_if(|outer| *outer == depth).is_some() {
                            module.pop();
                        }
                    }
                    self.at += 1;
                }
            }
        }
    }

    /// A path in the middle of code. One word alone is no path.
    fn written_out(&mut self, module: &[String]) {
        let line = self.tokens[self.at].0;
        // What follows `Vec::<u8>`, such as `::new`, starts no path.
        let before = &self.tokens[self.at.saturating_sub(2)..self.at];
        let continued = matches!(before, [(_, Token::Mark('>')), (_, Token::Colons)]);
        let mut segments = Vec::new();
        while let Some(word) = self.word(0) {
            segments.push(word.to_owned());
            self.at += 1;
            if !(self.is(0, &Token::Colons) && self.word(1).is_some()) {
                break;
            }
            self.at += 1;
        }
        if segments.len() > 1 && !continued {
            self.found.push(Found {
                line,
                segments,
                module: module.to_vec(),
                name: None,
            });
        }
    }

    /// One branch of what follows `use`.
    fn tree(&mut self, prefix: &[String], module: &[String]) {
        let mut segments = prefix.to_vec();
        let line = self.tokens.get(self.at).map_or(0, |(line, _)| *line);
        loop {
            if self.is(0, &Token::Colons) {
                self.at += 1;
            } else if self.is(0, &Token::Mark('{')) {
                self.at += 1;
                while self.at < self.tokens.len() && !self.is(0, &Token::Mark('}')) {
                    if self.is(0, &Token::Mark(',')) {
                        self.at += 1;
                    } else {
                        self.tree(&segments, module);
                    }
                }
                self.at += 1;
                return;
            } else {
                let word = self.word(0).unwrap_or("*").to_owned();
                self.at += 1;
                // `{self}` names what is in front of the braces.
                if word != "self" || segments.is_empty() {
                    segments.push(word);
                }
                if !self.is(0, &Token::Colons) {
                    break;
                }
            }
        }
        let mut name = segments.last().cloned();
        if self.word(0) == Some("as") {
            name = self.word(1).map(str::to_owned);
            self.at += 2;
        }
        self.found.push(Found {
            line,
            segments,
            module: module.to_vec(),
            name,
        });
    }

    fn word(&self, ahead: usize) -> Option<&str> {
        match self.tokens.get(self.at + ahead) {
            Some((_, Token::Word(word))) => Some(word),
            _ => None,
        }
    }

    fn is(&self, ahead: usize, token: &Token) -> bool {
        self.tokens.get(self.at + ahead).is_some_and(|(_, here)| here == token)
    }
}

#[cfg(test)]
mod tests {
    use super::paths;

    fn read(text: &str) -> Vec<String> {
        let module = ["crate", "service", "event"].map(str::to_owned);
        let show = |path: super::NamedPath| format!("{}: {path}", path.line);
        paths(text, &module).into_iter().map(show).collect()
    }

    #[test]
    fn imports_are_unfolded() {
        let text = "use crate::{domain::{self, event::Event as E},\n store};\nuse ::sqlx::*;";
        let expected = [
            "1: crate::domain",
            "1: crate::domain::event::Event",
            "2: crate::store",
            "3: sqlx::*",
        ];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn relative_and_renamed_paths_become_whole() {
        let text = "use std::env as place;\nuse super::view;\nfn f() { place::var(x); }\n\
                    mod inner {\nuse super::super::rule;\n}\nfn g() { self::h::<u8>::i() }";
        let expected = [
            "1: std::env",
            "2: crate::service::view",
            "3: std::env::var",
            "5: crate::service::rule",
            "7: crate::service::event::h",
        ];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn comments_and_literals_name_nothing() {
        let text = "// a::b\n/* c::d /* e::f */ g::h */ \"i::j\\\" k::l\" r#\"m::n \" o::p\"#\n\
                    '\\'' '\"' b'x' fn f<'a>(x: &'a q::R) {}";
        assert_eq!(read(text), ["3: q::R"]);
    }
}
