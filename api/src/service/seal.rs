//! The seal of this installation: what the database keeps secret and the server must read again.

use std::path::Path;

use crate::domain::{
    error::{Code, Error, Result},
    seal::Seal,
};

/// A shorter key could be guessed.
const FEWEST_KEY_BYTES: usize = 32;

/// The seal under the installation's secret and, where there is one, the operator's key file.
///
/// # Errors
/// `INVALID_ARGUMENT` for a file that cannot be read or is too short.
pub(super) fn make(installation: &[u8], file: Option<&Path>) -> Result<Seal> {
    let Some(file) = file else {
        return Ok(Seal::new(installation, &[]));
    };
    let refuse = |why: String| {
        let message = format!("The sealing key {} {why}.", file.display());
        Error::new(Code::InvalidArgument, message).at("sealing-key-file")
    };
    let content = std::fs::read(file).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let key = content.trim_ascii();
    if key.len() < FEWEST_KEY_BYTES {
        return Err(refuse(format!("is shorter than {FEWEST_KEY_BYTES} bytes")));
    }
    Ok(Seal::new(installation, key))
}

/// What to tell whoever starts a server that lacks the key under which its database was sealed.
pub(super) fn foreign() -> Error {
    let message = "What this database keeps sealed was sealed under another key; give the file that was given before.";
    Error::new(Code::InvalidArgument, message).at("sealing-key-file")
}
