//! Reading a file, with a progress bar where somebody watches.

use std::{
    fs::File,
    io::{IsTerminal, Read},
    path::Path,
};

use indicatif::{ProgressBar, ProgressStyle};

use crate::command::Complaint;

/// Opens a file, or standard input for `-`; the bar counts its bytes as they lie on disk. Of standard input nobody knows how
/// many there are.
pub(super) fn open(path: &Path) -> Result<(Box<dyn Read + Send>, ProgressBar), Complaint> {
    let complain = |error: std::io::Error| format!("{}: {error}", path.display());
    let is_watched = std::io::stderr().is_terminal();
    let bar = |length: Option<u64>, template: &str| {
        let bar = match (is_watched, length) {
            (false, _) => ProgressBar::hidden(),
            (true, Some(length)) => ProgressBar::new(length),
            (true, None) => ProgressBar::new_spinner(),
        };
        match ProgressStyle::with_template(template) {
            Ok(style) => bar.with_style(style),
            Err(_) => bar,
        }
    };
    if path == Path::new("-") {
        let bar = bar(None, "{spinner} {bytes} {elapsed}");
        return Ok((Box::new(bar.wrap_read(std::io::stdin())), bar));
    }
    let file = File::open(path).map_err(complain)?;
    let length = file.metadata().map_err(complain)?.len();
    let bar = bar(Some(length), "{bar:40} {bytes}/{total_bytes} {msg} {eta}");
    Ok((Box::new(bar.wrap_read(file)), bar))
}
