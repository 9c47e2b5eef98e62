//! `import events`: one JSON object a line, as `export events` writes it.

use std::{
    io::{BufRead, BufReader, Read},
    path::Path,
};

use flate2::read::MultiGzDecoder;

use super::{Batch, progress};
use crate::{
    command::{Complaint, export::Line},
    domain::error::Code,
    service::Services,
};

/// Bytes of one line: a tag as large as the settings allow, each character escaped, and every text at its longest.
const MOST_BYTES: u64 = 32 << 20;

/// Imports events, and says what became of each line.
pub(super) async fn run(services: &Services, file: &Path, site: &str) -> Result<(), Complaint> {
    let (source, bar) = progress::open(file)?;
    let mut source = inflated(source).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut batch = Batch::new(services, site, Code::MalformedJson);
    let (mut number, mut blank) = (0_u64, 0_u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = source.by_ref().take(MOST_BYTES).read_until(b'\n', &mut line);
        if read.map_err(|error| format!("line {}: {error}", number + 1))? == 0 {
            break;
        }
        number += 1;
        if line.len() as u64 == MOST_BYTES && !line.ends_with(b"\n") {
            return Err(format!("line {number}: longer than {MOST_BYTES} bytes"));
        }
        if line.trim_ascii().is_empty() {
            blank += 1;
            continue;
        }
        match serde_json::from_slice::<Line>(&line) {
            Ok(line) => batch.add(number, line.into()).await?,
            Err(error) => {
                batch.add_unreadable().await;
                bar.suspend(|| eprintln!("line {number}: invalid: {}: {error}", Code::MalformedJson.name()));
            }
        }
    }
    batch.flush().await?;
    bar.finish_and_clear();
    let tally = &batch.tally;
    println!(
        "{number} lines: {} events imported, {} there already, {} refused, {} unreadable, {blank} blank",
        tally.accepted, tally.duplicates, tally.refused, tally.unreadable
    );
    Ok(())
}

/// The text of a plain or compressed file, known by its first bytes.
fn inflated(source: Box<dyn Read + Send>) -> std::io::Result<Box<dyn BufRead + Send>> {
    let mut source = BufReader::new(source);
    if source.fill_buf()?.starts_with(&[0x1f, 0x8b]) {
        return Ok(Box::new(BufReader::new(MultiGzDecoder::new(source))));
    }
    Ok(Box::new(source))
}
