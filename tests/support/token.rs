//! Takes Rust source apart into words and marks, as far as [`crate::source`] needs it.

#[derive(Debug, PartialEq)]
pub(crate) enum Token {
    /// A keyword or a name.
    Word(String),
    /// `::`
    Colons,
    /// Any other character.
    Mark(char),
}

/// The words and marks of a source, each with its line; comments and literals are left out.
pub(crate) fn tokens(text: &str) -> Vec<(usize, Token)> {
    let characters: Vec<char> = text.chars().collect();
    let (mut found, mut at, mut line) = (Vec::new(), 0, 1);
    while at < characters.len() {
        let rest = &characters[at..];
        let length = match rest {
            ['/', '/', ..] => position(rest, |at| rest[at] == '\n'),
            ['/', '*', ..] => block_comment(rest),
            ['"', ..] => string(rest),
            ['\'', ..] => character_or_lifetime(rest),
            [':', ':', ..] => {
                found.push((line, Token::Colons));
                2
            }
            [first, ..] if first.is_alphanumeric() || *first == '_' => {
                let end = position(rest, |at| !rest[at].is_alphanumeric() && rest[at] != '_');
                let word: String = rest[..end].iter().collect();
                match (word.as_str(), &rest[end..]) {
                    ("r" | "br" | "cr", ['"' | '#', ..]) => raw(rest, end),
                    _ => {
                        if !first.is_numeric() {
                            found.push((line, Token::Word(word)));
                        }
                        end
                    }
                }
            }
            [first, ..] => {
                if !first.is_whitespace() {
                    found.push((line, Token::Mark(*first)));
                }
                1
            }
            [] => 1,
        };
        line += rest[..length].iter().filter(|character| **character == '\n').count();
        at += length;
    }
    found
}

fn position(text: &[char], mut ends: impl FnMut(usize) -> bool) -> usize {
    (0..text.len()).find(|at| ends(*at)).unwrap_or(text.len())
}

fn block_comment(text: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < text.len() {
        match text[at..] {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at.min(text.len())
}

fn string(text: &[char]) -> usize {
    let mut at = 1;
    while at < text.len() && text[at] != '"' {
        at += if text[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(text.len())
}

/// A raw string, or the `r#` in front of a raw identifier.
fn raw(text: &[char], prefix: usize) -> usize {
    let hashes = position(&text[prefix..], |at| text[prefix + at] != '#');
    let open = prefix + hashes;
    if text.get(open) != Some(&'"') {
        return open;
    }
    let body = &text[open + 1..];
    let closes = |at: usize| {
        let tail = &body[at + 1..];
        body[at] == '"' && tail.len() >= hashes && tail[..hashes].iter().all(|mark| *mark == '#')
    };
    (open + 1 + position(body, closes) + 1 + hashes).min(text.len())
}

fn character_or_lifetime(text: &[char]) -> usize {
    match text {
        ['\'', '\\', _, rest @ ..] => (3 + position(rest, |at| rest[at] == '\'') + 1).min(text.len()),
        ['\'', _, '\'', ..] => 3,
        _ => 1 + position(&text[1..], |at| !text[at + 1].is_alphanumeric() && text[at + 1] != '_'),
    }
}
