//! Where in a text what cannot be read of it is.

use crate::domain::error::{Code, Error};

/// Why a text of a language of questions cannot be read, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syntax {
    /// The offset in bytes.
    pub at: usize,
    /// What is wrong there.
    pub message: String,
}

/// The result of reading a part of such a text.
pub type Read<T> = Result<T, Syntax>;

impl Syntax {
    /// What is wrong, and where.
    pub fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }

    /// The refusal of a text in which this is wrong.
    #[must_use]
    pub fn refuse(self, text: &str) -> Error {
        let (line, column) = position(text, self.at);
        let message = self.message.trim_end_matches('.');
        let mut error = Error::new(Code::InvalidQuery, format!("{message} (line {line}, column {column})."));
        error.position = Some((line, column));
        error
    }
}

/// The line and the column of an offset, in characters counted from 1.
fn position(text: &str, at: usize) -> (u32, u32) {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let before = &text[..at];
    let line = before.matches('\n').count();
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    // Texts are far shorter.
    let from_one = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (from_one(line), from_one(before[start..].chars().count()))
}

/// As much of a word as a message shows.
#[must_use]
pub fn shown(word: &str) -> String {
    let mut shown: String = word.chars().take(60).collect();
    if shown.len() < word.len() {
        shown.push('…');
    }
    shown
}
