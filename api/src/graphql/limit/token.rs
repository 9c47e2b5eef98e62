//! The text of a document, taken apart just far enough to count it.

use super::{Limits, over};
use crate::domain::error::{Code, Error, Result};

/// Brackets that may be open at once. A tag may nest 64 levels, and stands inside a few fields and arguments; the
/// parser recurses for each, and is safe far beyond this on a stack of 2 MiB.
const OPEN_BRACKETS: usize = 96;

/// Counts the tokens of a document's text.
///
/// # Errors
///
/// There are too many, brackets nest too deep, or a string does not end.
pub fn scan(text: &str, limits: &Limits) -> Result<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut tokens, mut open) = (0, 0, 0_usize);
    while let Some(&byte) = bytes.get(at) {
        let rest = &bytes[at..];
        at += match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b',' => {
                at += 1;
                continue;
            }
            b'#' => {
                at += rest
                    .iter()
                    .position(|&b| matches!(b, b'\n' | b'\r'))
                    .unwrap_or(rest.len());
                continue;
            }
            b'"' => string_length(rest)?,
            b'{' | b'[' | b'(' => {
                open += 1;
                1
            }
            b'}' | b']' | b')' => {
                open = open.saturating_sub(1);
                1
            }
            b'.' if rest.starts_with(b"...") => 3,
            b'-' | b'0'..=b'9' => number_length(rest),
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => rest
                .iter()
                .position(|b| !(b.is_ascii_alphanumeric() || *b == b'_'))
                .unwrap_or(rest.len()),
            _ => 1,
        };
        tokens += 1;
        if open > OPEN_BRACKETS {
            return Err(over(Code::QueryTooDeep, "open brackets", open, OPEN_BRACKETS));
        }
        if tokens > limits.tokens {
            let message = format!(
                "The document holds more than {} tokens; put values into variables.",
                limits.tokens
            );
            return Err(Error::new(Code::TooManyTokens, message));
        }
    }
    Ok(tokens)
}

/// The length of the string or block string that `rest` begins with.
///
/// One that does not end is refused here: the parser would try to read a block string's opening as an empty string,
/// and find brackets in what was skipped as text.
fn string_length(rest: &[u8]) -> Result<usize> {
    let block = rest.starts_with(b"\"\"\"");
    let mut at = if block { 3 } else { 1 };
    while let Some(&byte) = rest.get(at) {
        at += match byte {
            b'\\' if block && rest[at..].starts_with(b"\\\"\"\"") => 4,
            b'\\' if block => 1,
            b'\\' => 2,
            b'"' if !block => return Ok(at + 1),
            b'"' if rest[at..].starts_with(b"\"\"\"") => return Ok(at + 3),
            b'\n' | b'\r' if !block => break,
            _ => 1,
        };
    }
    Err(Error::new(
        Code::GraphqlParseFailed,
        "A string in the document does not end.",
    ))
}

/// The length of the number that `rest` begins with.
fn number_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(&byte) = rest.get(at) {
        let goes_on = match byte {
            b'0'..=b'9' | b'_' | b'a'..=b'z' | b'A'..=b'Z' => true,
            b'.' => rest.get(at + 1).is_some_and(u8::is_ascii_digit),
            b'+' | b'-' => matches!(rest[at - 1], b'e' | b'E'),
            _ => false,
        };
        if !goes_on {
            break;
        }
        at += 1;
    }
    at
}
