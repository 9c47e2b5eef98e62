//! Names of the parts that a site's events are divided into, where a wire format has such.

use serde_json::{Value, json};

use crate::domain::{
    audit::Shown,
    error::{Code, Error, Result},
};

/// Refuses a name that is none: small letters, digits, `.` and `_`, 1–64 of them.
///
/// # Errors
/// `INVALID_ARGUMENT`.
pub fn check_scope(name: &str) -> Result<()> {
    let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'.' | b'_');
    if (1..=64).contains(&name.len()) && name.bytes().all(fine) {
        return Ok(());
    }
    let message = "A scope is named by 1–64 small letters, digits, dots and underscores.";
    Err(Error::new(Code::InvalidArgument, message))
}

/// A part of a site's events, and what it is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventScope {
    /// Its name.
    pub name: String,
    /// What it is for, in up to 256 characters.
    pub description: String,
}

impl EventScope {
    /// Refuses what is none.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT`, `TOO_LONG` or `INVALID_TEXT`.
    pub fn check(&self) -> Result<()> {
        check_scope(&self.name).map_err(|error| error.at("name"))?;
        let length = self.description.chars().count();
        if length > 256 {
            let message = format!("The text has {length} characters; at most 256 are taken.");
            return Err(Error::new(Code::TooLong, message).at("description"));
        }
        if self.description.contains('\0') {
            let message = "The text holds the character U+0000, which cannot be stored.";
            return Err(Error::new(Code::InvalidText, message).at("description"));
        }
        Ok(())
    }
}

impl Shown for EventScope {
    fn shown(&self) -> Value {
        json!({"name": self.name, "description": self.description})
    }
}
