//! Walking through the fields of a line, remembering the column for error messages.

use super::line::{Field, LineError};

/// A position within a line.
pub(super) struct Cursor<'line> {
    line: &'line [u8],
    at: usize,
}

impl<'line> Cursor<'line> {
    /// Starts at a byte of the line.
    pub(super) fn at(line: &'line [u8], at: usize) -> Self {
        Self { line, at }
    }

    /// What is left behind the spaces, and where it begins. Moves to there.
    pub(super) fn remaining(&mut self) -> (usize, &'line [u8]) {
        let left = &self.line[self.at..];
        self.at += left.iter().take_while(|byte| **byte == b' ').count();
        (self.at, &self.line[self.at..])
    }

    /// The next word, and where it begins.
    pub(super) fn word(&mut self, field: Field) -> Result<(usize, &'line [u8]), LineError> {
        let (at, left) = self.remaining();
        let width = left.iter().position(|byte| *byte == b' ').unwrap_or(left.len());
        if width == 0 {
            return Err(LineError::Missing { field, column: at + 1 });
        }
        self.at += width;
        Ok((at, &left[..width]))
    }

    /// All that is left, without the spaces around it, and where it begins.
    pub(super) fn rest(&mut self, field: Field) -> Result<(usize, &'line [u8]), LineError> {
        let (at, left) = self.remaining();
        if left.is_empty() {
            return Err(LineError::Missing { field, column: at + 1 });
        }
        self.at = self.line.len();
        Ok((at, left.trim_ascii_end()))
    }

    /// The inside of the next quoted field, still escaped.
    ///
    /// Only a quote before a space or the end of the line closes it: servers that do not escape (Apache before 2.0.46,
    /// nginx with `escape=none`) may have quotes inside.
    pub(super) fn quoted(&mut self, field: Field) -> Result<&'line [u8], LineError> {
        let (at, left) = self.remaining();
        let Some(inside) = left.strip_prefix(b"\"") else {
            return Err(LineError::Missing { field, column: at + 1 });
        };
        let mut end = 0;
        while let Some(byte) = inside.get(end) {
            match byte {
                b'\\' => end += 1,
                b'"' if matches!(inside.get(end + 1), None | Some(b' ')) => {
                    // Both quotes.
                    self.at += end + 2;
                    return Ok(&inside[..end]);
                }
                _ => {}
            }
            end += 1;
        }
        Err(LineError::CutOff {
            field,
            column: self.line.len() + 1,
        })
    }
}
