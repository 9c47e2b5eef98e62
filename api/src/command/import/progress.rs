//! Reading a file, with a progress bar where somebody watches.

use std::{
    fs::File,
    io::{IsTerminal, Read},
    path::Path,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::command::Complaint;

/// Opens a file, or standard input for `-`; the bar counts its bytes as they lie on disk.
pub(super) fn open(path: &Path) -> Result<(Box<dyn Read + Send>, ProgressBar), Complaint> {
    if path == Path::new("-") {
        return Ok((Box::new(std::io::stdin()), ProgressBar::hidden()));
    }
    let file = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let size = file
        .metadata()
        .map_err(|error| format!("{}: {error}", path.display()))?
        .len();
    let bar = if std::io::stderr().is_terminal() {
        ProgressBar::new(size)
    } else {
        ProgressBar::hidden()
    };
    if let Ok(style) = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {msg} {eta}") {
        bar.set_style(style);
    }
    Ok((Box::new(bar.wrap_read(file)), bar))
}
